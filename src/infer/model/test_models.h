#pragma once
// What the tests of this room share: golden cases, and a sequence that runs through a model.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/json.h"
#include "infer/model/model.h"

namespace ferry {

inline std::filesystem::path golden_folder() {
  return std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/model";
}

struct GoldenCase {
  std::string path;      // below golden_folder(): a folder or a .gguf file
  std::string expected;  // whose logits: of the same weights, where they were stored without loss
};

inline void PrintTo(const GoldenCase& golden, std::ostream* out) {
  *out << golden.path;
}

// For test names: "llama31_f32.gguf" -> "llama31_f32_gguf".
inline std::string case_name(const GoldenCase& golden) {
  std::string name = golden.path;
  std::ranges::replace(name, '.', '_');
  return name;
}

inline std::vector<GoldenCase> golden_cases() {
  return {{"llama2", "llama2"},
          {"llama3", "llama3"},
          {"llama31", "llama31"},
          {"llama32", "llama32"},
          {"llama_linear_bias", "llama_linear_bias"},
          {"mistral", "mistral"},
          {"qwen2", "qwen2"},
          {"qwen2_window", "qwen2_window"},
          {"qwen3", "qwen3"},
          {"qwen3_sharded", "qwen3"},
          {"llama31_f32.gguf", "llama31"},
          {"llama31_f16.gguf", "llama31"},
          {"llama31_bf16.gguf", "llama31"},
          {"llama31_q8_0.gguf", "llama31_q8_0"},
          {"llama31_q4_0.gguf", "llama31_q4_0"},
          {"llama_linear_bias_f16.gguf", "llama_linear_bias"},
          {"mistral_q8_0.gguf", "mistral_q8_0"},
          {"qwen2_q8_0.gguf", "qwen2_q8_0"},
          {"qwen3_f16.gguf", "qwen3"},
          {"llama_wide_q4_k.gguf", "llama_wide_q4_k"},
          {"llama_wide_q6_k.gguf", "llama_wide_q6_k"}};
}

// What transformers computed (make.py).
struct Expected {
  std::vector<int32_t> tokens;
  int32_t prompt = 0;  // tokens[prompt .. prompt + greedy) are the greedy continuation of those before
  int32_t greedy = 0;
  int32_t vocab = 0;
  std::vector<float> logits;  // [tokens, vocab]
  json::value document;

  const float* row(size_t i) const { return logits.data() + i * static_cast<size_t>(vocab); }
};

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  ADD_FAILURE() << result.error().message;
  std::abort();
}

inline Expected read_expected(const std::string& name) {
  Expected out;
  const auto json_path = golden_folder() / (name + ".json");
  out.document = must(parse_json(must(read_file(json_path)), json_path.string()));
  const json::object& object = out.document.get_object();
  for (const json::value& token : object.at("tokens").get_array()) {
    out.tokens.push_back(static_cast<int32_t>(token.get_int64()));
  }
  out.prompt = static_cast<int32_t>(object.at("prompt").get_int64());
  out.greedy = static_cast<int32_t>(object.at("greedy").get_int64());
  out.vocab = static_cast<int32_t>(object.at("vocab").get_int64());
  const std::string bytes = must(read_file(golden_folder() / (name + ".logits")));
  out.logits.resize(out.tokens.size() * static_cast<size_t>(out.vocab));
  EXPECT_EQ(bytes.size(), out.logits.size() * sizeof(float));
  std::memcpy(out.logits.data(), bytes.data(), bytes.size());
  return out;
}

inline std::vector<const kernels::KernelTable*> supported_tables() {
  std::vector<const kernels::KernelTable*> tables;
  for (const kernels::KernelTable* table : kernels::all_tables()) {
    if (table->supported()) tables.push_back(table);
  }
  return tables;
}

// One sequence with a cache of its own whose pages lie in no useful order.
class Sequence {
 public:
  Sequence(Model& model, KvType kv, int32_t positions)
      : model_(model), cache_(must(KvCache::create(model.kv_geometry(kv), positions / 32 + 2))) {
    for (int32_t i = 0; i <= positions / 32; ++i) pages_.push_back(i % 2 == 0 ? i + 1 : i - 1);
  }

  // The logits of the last `wanted` rows, [wanted, vocab].
  std::vector<float> feed(std::span<const int32_t> tokens, size_t wanted, ThreadPool& pool) {
    const auto rows = static_cast<int32_t>(tokens.size());
    const BatchSequence sequence{pages_, position_, rows};
    std::vector<int32_t> logit_rows;
    for (size_t i = tokens.size() - wanted; i < tokens.size(); ++i) {
      logit_rows.push_back(static_cast<int32_t>(i));
    }
    std::vector<float> logits(wanted * static_cast<size_t>(model_.spec().vocab));
    model_.forward({tokens, {&sequence, 1}, logit_rows}, cache_, pool, logits.data());
    position_ += rows;
    return logits;
  }

 private:
  Model& model_;
  KvCache cache_;
  std::vector<PageId> pages_;
  int32_t position_ = 0;
};

inline int32_t argmax(const float* logits, int32_t vocab) {
  return static_cast<int32_t>(std::max_element(logits, logits + vocab) - logits);
}

// max |got - expected| / max |expected|; infinite for a NaN, so that no comparison passes by accident.
inline double relative_error(const std::vector<float>& got, const std::vector<float>& expected) {
  double worst = 0;
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double delta = std::abs(static_cast<double>(got[i]) - expected[i]);
    if (std::isnan(delta)) return INFINITY;
    worst = std::max(worst, delta);
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return worst / largest;
}

}  // namespace ferry
