#pragma once
// Requests for embeddings and for scores, free of any wire format.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serve/dialects/exchange.h"

namespace ferry {

struct EmbeddingRequest {
  std::string model;
  std::vector<Prompt> inputs;      // at least one; none empty
  bool add_special_tokens = true;  // around texts
  std::optional<int64_t>
      truncate;  // keep so many tokens of each input at most; -1: as many as the model takes
  std::optional<int64_t> dimensions;  // of the vectors, at least 1
};

// How well the second texts fit the first: one first text, or as many as second ones.
struct ScoreRequest {
  std::string model;
  std::vector<std::string> first;
  std::vector<std::string> second;
  std::optional<int64_t>
      truncate;                  // as above, of a pair; of each text where the model embeds them one by one
  std::string first_field = {};  // what the wire format calls them, for messages
  std::string second_field = {};
};

struct EmbeddingResult {
  std::vector<std::vector<float>> vectors;  // one for each input
  int64_t prompt_tokens = 0;
};

struct ScoreResult {
  std::vector<float> scores;  // one for each second text
  int64_t prompt_tokens = 0;
};

}  // namespace ferry
