// FERRY_TOKENIZER_BENCH names a folder of NAME.json or NAME.gguf and a text.txt (bench/tokenizer/compare.py
// makes one); without it a small tokenizer of the goldens is measured.

#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>

#include "base/core/file.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

std::string bench_text(const fs::path& folder) {
  if (auto text = read_file(folder / "text.txt")) return *std::move(text);
  std::string text;
  for (int i = 0; text.size() < (1 << 20); ++i)
    text += fmt::format("The {} quick brown foxes don't jump.\n", i);
  return text;
}

// In calls of so many bytes.
void encode(benchmark::State& state, const Tokenizer& tokenizer, std::string_view text) {
  const auto piece = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    size_t tokens = 0;
    for (size_t at = 0; at < text.size(); at += piece)
      tokens += tokenizer.encode(text.substr(at, piece)).size();
    benchmark::DoNotOptimize(tokens);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}

void stream(benchmark::State& state, const Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text.substr(0, 1 << 16));
  for (auto _ : state) {
    StreamDecoder decoder(tokenizer);
    for (const TokenId id : ids) benchmark::DoNotOptimize(decoder.push(id));
    benchmark::DoNotOptimize(decoder.finish());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * ids.size()));
}

void load(benchmark::State& state, const fs::path& path) {
  for (auto _ : state) {
    auto tokenizer = Tokenizer::open(path);
    FERRY_CHECK(tokenizer);
  }
}

void add_benchmarks(const fs::path& path, std::string_view text) {
  const auto tokenizer = Tokenizer::open(path);
  if (!tokenizer) {
    std::fprintf(stderr, "%s\n", tokenizer.error().message.c_str());
    return;
  }
  const std::string name = path.filename().string();
  const auto run_encode = [t = *tokenizer, text](benchmark::State& state) { encode(state, *t, text); };
  benchmark::RegisterBenchmark(("encode/" + name).c_str(), run_encode)->Arg(1000)->Arg(1'000'000);
  const auto run_stream = [t = *tokenizer, text](benchmark::State& state) { stream(state, *t, text); };
  benchmark::RegisterBenchmark(("stream/" + name).c_str(), run_stream);
  benchmark::RegisterBenchmark(("load/" + name).c_str(), [path](benchmark::State& state) {
    load(state, path);
  })->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  const char* named = std::getenv("FERRY_TOKENIZER_BENCH");
  const fs::path folder = named != nullptr ? named : fs::path(FERRY_SOURCE_DIR) / "tests/golden/tokenizer";
  static const std::string text = bench_text(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool wanted = named != nullptr
                            ? entry.path().extension() == ".json" || entry.path().extension() == ".gguf"
                            : entry.path().filename() == "llama3.json";
    if (wanted) add_benchmarks(entry.path(), text);
  }
  return true;
}();

}  // namespace
}  // namespace ferry
