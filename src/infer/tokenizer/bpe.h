#pragma once
// Byte-pair encoding, of bytes (GPT-2 and its heirs) or of characters (SentencePiece's kind).

#include <array>
#include <string>

#include "infer/tokenizer/merges.h"
#include "infer/tokenizer/model.h"

namespace ferry {

struct BpeOptions {
  // Words are raw bytes and the vocabulary is in GPT-2's spelling of bytes (byte_level.h).
  bool byte_level = false;
  // A character that is not in the vocabulary becomes tokens <0x00> ... <0xFF>, if all of them are there.
  bool byte_fallback = false;
  // A word that is a token is that token, whatever the merges would make of it.
  bool ignore_merges = false;
  // What else stands for unknown characters; without it they are left out.
  TokenId unk = kNoToken;
  bool fuse_unk = false;                  // one unk for a run of unknown characters
  std::string continuing_subword_prefix;  // spelled before every character of a word but the first
  std::string end_of_word_suffix;         // spelled after the last character of a word
};

class Bpe : public Model {
 public:
  // `vocab` must outlive the model.
  Bpe(BpeOptions options, const Vocab& vocab, MergeTable merges);

  void encode_word(std::string_view word, std::vector<TokenId>& out) const override;
  std::string_view kind() const override { return "BPE"; }

  // Whether cutting words before this character, where something else precedes it, leaves every result as it
  // is: no merge goes across such a place. True of "▁" in SentencePiece vocabularies.
  bool may_cut_before(std::string_view character) const;

 private:
  TokenId whole_word(std::string_view word) const;
  void start_bytes(std::string_view word, std::vector<TokenId>& symbols) const;
  void start_characters(std::string_view word, std::vector<TokenId>& symbols) const;
  TokenId character_token(std::string_view character, bool first, bool last) const;
  bool append_fallback(std::string_view character, std::vector<TokenId>& symbols) const;

  BpeOptions options_;
  const Vocab& vocab_;
  MergeTable merges_;
  bool affixes_;                              // a prefix or suffix is spelled into the symbols
  std::array<TokenId, 256> byte_tokens_;      // of one byte: by its spelling (byte level)
  std::array<TokenId, 256> fallback_tokens_;  // <0x..>
  std::array<TokenId, 128> ascii_tokens_;     // of one ASCII character
};

}  // namespace ferry
