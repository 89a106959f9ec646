#pragma once
// What sentence-transformers' files beside a model say: how hidden states become one vector for a text.
//
// modules.json lists the steps (Transformer, Pooling, Normalize), each with a folder for its configuration.
// A step that Ferry does not have is `unsupported` and named: its vectors would be other ones. Cross-encoders
// have an activation instead.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

enum class Pooling : uint8_t {
  mean,  // of all tokens, the special ones too
  cls,   // the first token
  last,
};

struct SentenceFiles {
  bool present = false;  // there is a modules.json: the model is made for embeddings
  Pooling pooling = Pooling::mean;
  bool normalize = true;    // to length 1. Without the files too, as OpenAI's API has it
  int32_t max_tokens = 0;   // of an input, special tokens included; 0: not said
  std::string prompt = {};  // goes before every text
  // Shorter vectors that the model was trained to be cut to ("Matryoshka"). Any length where
  // `any_dimensions`.
  std::vector<int64_t> dimensions = {};
  bool any_dimensions = false;
  // A score is the sigmoid of the classifier's logit, or the logit itself. Not said: a sigmoid for one label.
  std::optional<bool> sigmoid = {};
};

// Of a model's folder; of a single file there is nothing to read. Errors name the file and the field.
Result<SentenceFiles> read_sentence_files(const std::filesystem::path& model);

}  // namespace ferry
