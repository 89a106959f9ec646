#pragma once
// The loaders: from a file's account of a tokenizer to the parts that do the work.

#include <memory>
#include <string_view>

#include "base/core/json.h"
#include "base/core/result.h"
#include "infer/tokenizer/parts.h"

namespace ferry {

class GgufFile;

// `source` names the text in errors.
Result<std::unique_ptr<TokenizerParts>> parts_from_json(std::string_view text, std::string_view source);
Result<std::unique_ptr<TokenizerParts>> parts_from_gguf(const GgufFile& file);

// bos_token and eos_token of a tokenizer_config.json.
Result<void> apply_tokenizer_config(std::string_view text, std::string_view source, TokenizerParts& parts);

// Members of tokenizer.json. `where` names the member in errors; null gives the empty list.
Result<Normalizer> normalizer_from_json(const json::value& document, std::string_view where);
struct PreTokenizerSpec {
  PreTokenizer steps;
  bool byte_level = false;  // the words are bytes, and the vocabulary in GPT-2's spelling
};
Result<PreTokenizerSpec> pre_tokenizer_from_json(const json::value& document, std::string_view where);
Result<Decoder> decoder_from_json(const json::value& document, std::string_view where);
struct SurroundingTokens {
  std::vector<TokenId> before, after;
  std::vector<PairPart> pair = {};  // empty: it does not say how two texts are framed
};
Result<SurroundingTokens> post_processor_from_json(const json::value& document, std::string_view where);

// Fills in parts.vocab and parts.model. A SentencePiece vocabulary also gets a step of the pre-tokeniser that
// cuts words where no merge can go across: the same tokens, faster.
Result<void> model_from_json(const json::object& model, std::string_view where, bool byte_level,
                             TokenizerParts& parts);

// The splitting of GGUF's tokenizer.ggml.pre by its name; `unsupported` lists the known ones.
struct GgufSplitting {
  PreTokenizer steps;
  bool ignore_merges = false;
  bool add_bos = false;  // where the file does not say
};
Result<GgufSplitting> gguf_splitting(std::string_view name);

}  // namespace ferry
