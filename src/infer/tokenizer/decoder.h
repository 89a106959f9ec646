#pragma once
// Puts the texts of tokens together: the "decoder" of tokenizer.json, a list of steps. The steps work token
// by token and keep little, so that one implementation serves both whole texts and streams.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "infer/tokenizer/matcher.h"

namespace ferry {

struct ByteLevelDecode {};  // GPT-2's spelling to bytes, of the whole text; what is no UTF-8 becomes U+FFFD
struct ByteFallbackDecode {};  // runs of <0x..> to characters; each byte that forms none becomes U+FFFD
struct FuseDecode {};          // what follows sees one text instead of tokens
struct ReplaceDecode {
  std::shared_ptr<const Matcher> matcher;
  std::string content;
};
struct StripDecode {
  std::string character;  // one, in UTF-8
  size_t start = 0;       // how many at most go at the beginning of each token (of the text, once fused)
  size_t stop = 0;        // ... at the end
};
struct MetaspaceDecode {
  std::string replacement;
  bool strip_first = true;  // of the first token, all replacements go; else they are spaces
};
struct WordPieceDecode {
  std::string prefix = "##";
  bool cleanup = true;  // no space before punctuation and the like
};

using DecoderStep = std::variant<ByteLevelDecode, ByteFallbackDecode, FuseDecode, ReplaceDecode, StripDecode,
                                 MetaspaceDecode, WordPieceDecode>;

struct Decoder {
  std::vector<DecoderStep> steps;
  bool join_with_spaces = false;  // what a file without decoder means
};

// The running state of one step. Texts go in, texts come out at the next one.
class DecodeStage {
 public:
  explicit DecodeStage(DecodeStage* next) : next_(next) {}
  virtual ~DecodeStage() = default;
  virtual void push(std::string_view text) = 0;
  // The text has ended: hands on what is kept, and starts afresh.
  virtual void finish() { next_->finish(); }

 protected:
  DecodeStage* next_;
};

// A decoder at work on one text. The Decoder must outlive it.
class DecodeRun {
 public:
  explicit DecodeRun(const Decoder& decoder);

  void push(std::string_view token_text) { stages_.back()->push(token_text); }
  void finish() { stages_.back()->finish(); }
  // What has come out since the last call: whole characters.
  std::string take();

 private:
  void add_step(const DecoderStep& step, bool fused);

  std::unique_ptr<std::string> out_;                  // where the last stage writes
  std::vector<std::unique_ptr<DecodeStage>> stages_;  // the first stage is at the end
};

// The bytes that one token stands for in the middle of a text.
std::string bytes_of_token(const Decoder& decoder, std::string_view token_text);

}  // namespace ferry
