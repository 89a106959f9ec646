// Opening a vocabulary-only file of 128 256 tokens, and listing its tokens.

#include <filesystem>

#include <benchmark/benchmark.h>

#include "infer/formats/gguf.h"

namespace ferry {
namespace {

const std::filesystem::path kVocabulary =
    std::filesystem::path(FERRY_DATA_DIR) / "vocabs/ggml-vocab-llama-bpe.gguf";

void open_vocabulary(benchmark::State& state) {
  if (!GgufFile::open(kVocabulary)) return state.SkipWithError("the real vocabularies are not there");
  for (auto _ : state) benchmark::DoNotOptimize(GgufFile::open(kVocabulary).value());
}
BENCHMARK(open_vocabulary)->Unit(benchmark::kMicrosecond);

void list_tokens(benchmark::State& state) {
  const auto file = GgufFile::open(kVocabulary);
  if (!file) return state.SkipWithError("the real vocabularies are not there");
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        (*file)->require<std::vector<std::string_view>>("tokenizer.ggml.tokens").value());
  }
}
BENCHMARK(list_tokens)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ferry
