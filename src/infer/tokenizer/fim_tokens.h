#pragma once
// Fill-in-the-middle: the tokens by which a model is told what stands before a gap, what stands after it, and
// where its answer begins. Families of models differ in their spelling and order; what is known of them is a
// table in fim_tokens.cpp. GGUF files may name the tokens by keys of their own (tokenizer.ggml.fim_*).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/function_ref.h"

namespace ferry {

using TokenId = int32_t;

struct FimTokens {
  // How other files of a repository stand before the one with the gap.
  enum class Files {
    plain,      // as text, each under a line with its name: the vocabulary has no tokens for them
    separated,  // [repository] name \n, then for each file [file] its name \n its text; so the one with the
                // gap
    bare_last,  // [repository] name, the files likewise, and [file] without a name before the one with the
                // gap
  };

  std::optional<TokenId> prefix, suffix, middle;
  std::optional<TokenId> repository;  // before a repository's name
  std::optional<TokenId> file;        // before each file of it
  std::vector<TokenId> ends;          // in an answer they end the middle, as the model's own end tokens do
  // [prefix] before [suffix] after [middle], or [suffix] after [prefix] before [middle].
  bool suffix_first = false;
  bool needs_middle = true;  // false: the answer just goes on where the prefix ends
  Files files = Files::plain;

  bool usable() const { return missing().empty(); }
  // "prefix and middle": what the vocabulary lacks; empty where it has all.
  std::string missing() const;
};

// IDs that a file gives by role.
struct FimKeys {
  std::optional<TokenId> prefix, suffix, middle, pad, repository, file;
};

// `find` gives the ID of an added token by its text. Keys overrule what is found by text.
FimTokens find_fim_tokens(FunctionRef<std::optional<TokenId>(std::string_view text)> find,
                          const FimKeys& keys = {});

// Whether an added token of this text belongs to some family, or only ever stands where a middle has ended.
bool is_fim_text(std::string_view text);
// The first of these alone: no word of a text may become such a token.
bool is_fim_marker(std::string_view text);

}  // namespace ferry
