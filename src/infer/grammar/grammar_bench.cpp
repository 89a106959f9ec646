// Time to compile and time for a mask, over a collection of schemas, with the tokens of a real vocabulary.
//
// FERRY_GRAMMAR_SCHEMAS names a file of lines {"id", "schema", "tests": [{"valid", "text"}]}
// (bench/grammar/prepare.py makes one of JSONSchemaBench); without it, schemas are made at random. Each valid
// text is encoded and followed token by token; each invalid one must be refused somewhere.
// FERRY_GRAMMAR_REPORT names a file for what happened to each schema.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include <benchmark/benchmark.h>

#include "base/core/file.h"
#include "infer/grammar/grammar.h"
#include "infer/grammar/vocabulary.h"

namespace ferry {
namespace {

using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

struct Test {
  bool valid;
  std::string text;
};
struct Item {
  std::string id;
  json::value schema;
  std::vector<Test> tests;
};

std::vector<Item> read_collection(const char* path) {
  std::vector<Item> items;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    auto document = parse_json(line, path, {.max_depth = 500});
    if (!document) continue;
    const json::object& object = document->get_object();
    Item item{std::string(object.at("id").get_string()), object.at("schema"), {}};
    for (const json::value& test : object.at("tests").get_array()) {
      item.tests.push_back({test.at("valid").get_bool(), std::string(test.at("text").get_string())});
    }
    items.push_back(std::move(item));
  }
  return items;
}

double quantile(std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(q * static_cast<double>(sorted.size())))];
}

class Collection {
 public:
  Collection(std::shared_ptr<const Tokenizer> tokenizer, const char* report)
      : tokenizer_(std::move(tokenizer)),
        vocabulary_(GrammarVocabulary::create(*tokenizer_, tokenizer_->stop_tokens())) {
    if (report != nullptr) report_.open(report);
  }

  void run(const Item& item) {
    const auto start = Clock::now();
    const auto grammar = compile_grammar(JsonSchemaSource{.schema = item.schema}, vocabulary_);
    compile_us_.push_back(us_since(start));
    if (compile_us_.back() > 20000) report_ << item.id << "\tslow compile\t" << compile_us_.back() << "\n";
    if (!grammar) {
      ++refused_;
      report_ << item.id << "\trefused\t" << grammar.error().message << "\n";
      return;
    }
    bool passes = true;
    for (const Test& test : item.tests) {
      const bool accepted = follow(*grammar, test.text, item.id);
      if (accepted == test.valid) continue;
      passes = false;
      ++(test.valid ? false_rejects_ : false_accepts_);
      report_ << item.id << (test.valid ? "\tfalse reject\t" : "\tfalse accept\t")
              << (test.valid ? where_ : test.text) << "\n";
    }
    if (passes) ++passing_;
  }

  void tell(benchmark::State& state) {
    std::sort(compile_us_.begin(), compile_us_.end());
    std::sort(mask_us_.begin(), mask_us_.end());
    double sum = 0;
    for (const double us : mask_us_) sum += us;
    state.counters["mask_mean_us"] = mask_us_.empty() ? 0 : sum / static_cast<double>(mask_us_.size());
    state.counters["mask_p50_us"] = quantile(mask_us_, 0.5);
    state.counters["mask_p99_us"] = quantile(mask_us_, 0.99);
    state.counters["mask_p999_us"] = quantile(mask_us_, 0.999);
    state.counters["mask_max_us"] = quantile(mask_us_, 1);
    state.counters["masks"] = static_cast<double>(mask_us_.size());
    state.counters["compile_p50_us"] = quantile(compile_us_, 0.5);
    state.counters["compile_p99_us"] = quantile(compile_us_, 0.99);
    state.counters["compile_max_us"] = quantile(compile_us_, 1);
    state.counters["schemas"] = static_cast<double>(compile_us_.size());
    state.counters["refused"] = static_cast<double>(refused_);
    state.counters["passing"] = static_cast<double>(passing_);
    state.counters["false_accepts"] = static_cast<double>(false_accepts_);
    state.counters["false_rejects"] = static_cast<double>(false_rejects_);
  }

 private:
  bool follow(const std::shared_ptr<const Grammar>& grammar, const std::string& text, const std::string& id) {
    GrammarState state(grammar);
    TokenMask mask;
    const auto tokens = tokenizer_->encode(text, {.add_special = false, .parse_special = false});
    for (size_t at = 0; at < tokens.size(); ++at) {
      const auto start = Clock::now();
      const auto computed = state.mask(mask);
      mask_us_.push_back(us_since(start));
      if (mask_us_.back() > 500) {
        report_ << id << "\tslow mask\t" << static_cast<int>(mask_us_.back()) << "\t"
                << tokenizer_->decode(std::span(tokens).first(at)) << "\n";
      }
      if (!computed || !mask.contains(tokens[at])) {
        where_ =
            tokenizer_->decode(std::span(tokens).first(at)) + " >>> " + tokenizer_->decode({&tokens[at], 1});
        return false;
      }
      FERRY_CHECK(state.accept(tokens[at]));
    }
    where_ = "the end";
    return state.may_end();
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const GrammarVocabulary> vocabulary_;
  std::ofstream report_;
  std::vector<double> compile_us_;
  std::vector<double> mask_us_;
  std::string where_;  // the last text that was refused, was
  size_t refused_ = 0;
  size_t passing_ = 0;
  size_t false_accepts_ = 0;
  size_t false_rejects_ = 0;
};

std::shared_ptr<const Tokenizer> bench_tokenizer() {
  for (const std::string& path : {std::string(FERRY_DATA_DIR) + "/vocabs/ggml-vocab-llama-bpe.gguf",
                                  std::string(FERRY_SOURCE_DIR) + "/tests/golden/tokenizer/llama3.json"}) {
    if (auto tokenizer = Tokenizer::open(path)) return *tokenizer;
  }
  return nullptr;
}

void collection(benchmark::State& state) {
  const auto tokenizer = bench_tokenizer();
  FERRY_CHECK(tokenizer != nullptr);
  const char* path = std::getenv("FERRY_GRAMMAR_SCHEMAS");
  const std::vector<Item> items = path != nullptr ? read_collection(path) : std::vector<Item>();
  for (auto _ : state) {
    Collection all(tokenizer, std::getenv("FERRY_GRAMMAR_REPORT"));
    for (const Item& item : items) all.run(item);
    all.tell(state);
  }
}
BENCHMARK(collection)->Iterations(1)->Unit(benchmark::kMillisecond);

void make_vocabulary(benchmark::State& state) {
  const auto tokenizer = bench_tokenizer();
  FERRY_CHECK(tokenizer != nullptr);
  for (auto _ : state) {
    benchmark::DoNotOptimize(GrammarVocabulary::create(*tokenizer, tokenizer->stop_tokens()));
  }
}
BENCHMARK(make_vocabulary)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ferry
