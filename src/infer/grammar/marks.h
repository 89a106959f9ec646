#pragma once
// How expressions over bytes tell special tokens from texts: by bytes that UTF-8 does not have. A
// vocabulary's tokens with such bytes of their own are in no mask.

#include <cstdint>
#include <string>
#include <vector>

#include "infer/grammar/byte_set.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

constexpr uint8_t kMarkByte = 0xFE;        // then the number of the mark
constexpr uint8_t kAnySpecialByte = 0xFF;  // a special token, whichever, that is no trigger
constexpr std::string_view kAnySpecial = "\xFF";

inline bool is_mark_byte(char c) {
  return static_cast<uint8_t>(c) >= kMarkByte;
}

// A token that a grammar has as a part of its own, not as text.
struct Mark {
  TokenId token = 0;
  bool is_trigger = false;
};

// Those of one grammar.
class Marks {
 public:
  static constexpr size_t kMost = 256;

  // The bytes that stand for it. REQUIRES: fewer than kMost others are there.
  std::string add(TokenId token) {
    size_t i = 0;
    while (i < all_.size() && all_[i].token != token) ++i;
    if (i == all_.size()) all_.push_back({.token = token});
    return bytes(i);
  }
  void set_trigger(TokenId token) {
    for (Mark& mark : all_) mark.is_trigger = mark.is_trigger || mark.token == token;
  }
  // Free text with any special tokens in it occurs.
  void allow_any_special() { any_special_ = true; }

  bool any_special() const { return any_special_; }
  const std::vector<Mark>& all() const { return all_; }
  static std::string bytes(size_t mark) { return {static_cast<char>(kMarkByte), static_cast<char>(mark)}; }

 private:
  std::vector<Mark> all_;
  bool any_special_ = false;
};

}  // namespace ferry
