// Stands in for libFuzzer in ordinary builds: runs a fuzz target on its corpus and, for a moment, on seeded
// mutations of it, so that every test run feeds every parser bad input.
//   replay --seconds=2 FOLDER

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/core/file.h"
#include "base/core/rng.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ferry {
namespace {

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::string> inputs{""};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (auto content = read_file(entry.path())) inputs.push_back(*std::move(content));
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

// A few random edits of one input, spliced now and then with another.
std::string mutate(const std::vector<std::string>& corpus, Rng& rng) {
  std::string text = corpus[rng.below(corpus.size())];
  if (rng.below(4) == 0) {
    const std::string& other = corpus[rng.below(corpus.size())];
    text = text.substr(0, rng.below(text.size() + 1)) + other.substr(rng.below(other.size() + 1));
  }
  for (uint64_t edits = 1 + rng.below(8); edits > 0 && !text.empty(); --edits) {
    const size_t at = rng.below(text.size());
    switch (rng.below(5)) {
      case 0:
        text[at] = static_cast<char>(rng.next());
        break;
      case 1:
        text[at] = static_cast<char>(text[at] ^ (1 << rng.below(8)));
        break;
      case 2:
        text.erase(at, 1 + rng.below(16));
        break;
      case 3:
        text.insert(at, text.substr(rng.below(text.size()), rng.below(32)));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

void run(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

}  // namespace
}  // namespace ferry

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  double seconds = 2;
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--seconds=", 10) == 0) {
      seconds = std::stod(argv[i] + 10);
    } else {
      corpus = ferry::read_corpus(argv[i]);
    }
  }
  if (corpus.size() < 2) {
    std::fprintf(stderr, "no corpus: give the folder of inputs\n");
    return 1;
  }
  for (const std::string& input : corpus) ferry::run(input);
  ferry::Rng rng(1);
  uint64_t executions = corpus.size();
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (; Clock::now() < end; ++executions) ferry::run(ferry::mutate(corpus, rng));
  std::printf("%zu inputs, %llu executions, no finding\n", corpus.size(),
              static_cast<unsigned long long>(executions));
}
