#pragma once
// What a tokenizer is made of. The loaders (json_*.cpp, gguf_*.cpp) fill it in; tokenizer.cpp uses it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infer/tokenizer/added_tokens.h"
#include "infer/tokenizer/decoder.h"
#include "infer/tokenizer/fim_tokens.h"
#include "infer/tokenizer/model.h"
#include "infer/tokenizer/normalizer.h"
#include "infer/tokenizer/pre_tokenizer.h"
#include "infer/tokenizer/tokenizer.h"
#include "infer/tokenizer/vocab.h"
#include "infer/tokenizer/word_cache.h"

namespace ferry {

// A part of what the post-processor makes of two texts.
struct PairPart {
  enum class Kind { special, first, second };
  Kind kind = Kind::special;
  TokenId token = kNoToken;  // of a special part
  int32_t type = 0;          // of the segment that its tokens are of
};

// Text goes: raw added tokens -> normaliser -> normalised added tokens -> pre-tokeniser -> model, and the
// post-processor's tokens around it.
struct TokenizerParts {
  TokenizerParts() = default;
  TokenizerParts(const TokenizerParts&) = delete;  // the model refers to vocab
  TokenizerParts& operator=(const TokenizerParts&) = delete;

  Vocab vocab;  // the model's own: what words may become
  AddedTokens raw_added;
  AddedTokens normalized_added;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<Model> model;
  std::vector<TokenId> before;  // what the post-processor puts around the text
  std::vector<TokenId> after;
  std::vector<PairPart> pair;  // the same for two texts; empty: the file does not say
  Decoder decoder;

  std::vector<AddedToken> added;  // ascending IDs
  int32_t size = 0;               // the largest ID of all, plus one
  std::optional<TokenId> bos, eos;
  std::vector<TokenId> stop;
  FimTokens fim;
  uint32_t cache_owner = WordCache::new_owner();

  const AddedToken* find_added(TokenId id) const;
  std::string_view text(
      TokenId id) const;  // an added token's content, or the vocabulary's; empty when absent
  bool shows(TokenId id, bool skip_special) const;  // whether decoding gives the token's text
  TokenId find(std::string_view text) const;

  // See Tokenizer::encode and encode_pieces.
  std::vector<TokenId> encode(std::span<const TextPiece> pieces, EncodeOptions options) const;

  // Takes the added tokens over and sorts them into the two searches; special ones can then be had in no
  // other way (as a word that happens to be spelled like one, say). After normalizer, vocab and model are
  // set.
  void take_added(std::vector<AddedToken> tokens, const FimKeys& fim_keys = {});
};

}  // namespace ferry
