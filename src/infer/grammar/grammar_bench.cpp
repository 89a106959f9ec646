// Time to compile and time for a mask, over a collection of schemas, with the tokens of a real vocabulary.
//
// FERRY_GRAMMAR_SCHEMAS names a file of lines {"id", "schema", "tests": [{"valid", "text"}]}
// (bench/grammar/prepare.py collects them); without it, schemas are made at random. Each valid text is
// encoded and followed token by token; each invalid one must be refused somewhere. For schemas without texts
// an answer is drawn from the masks. FERRY_GRAMMAR_REPORT names a file for what happened to each schema.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include <benchmark/benchmark.h>

#include "base/core/file.h"
#include "base/core/rng.h"
#include "infer/grammar/grammar.h"
#include "infer/grammar/random_schema.h"
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

std::vector<Item> random_collection() {
  std::vector<Item> items;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    items.push_back({fmt::format("random {}", seed), RandomSchema(seed).make(), {}});
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
    const auto grammar = compile_grammar(
        JsonSchemaSource{.schema = item.schema, .in_order = std::getenv("FERRY_GRAMMAR_IN_ORDER") != nullptr},
        vocabulary_);
    compile_us_.push_back(us_since(start));
    if (compile_us_.back() > 20000) report_ << item.id << "\tslow compile\t" << compile_us_.back() << "\n";
    if (!grammar) {
      ++refused_;
      report_ << item.id << "\trefused\t" << grammar.error().message << "\n";
      return;
    }
    if (item.tests.empty()) wander(*grammar, item.id);
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
  // At most so many tokens; where many are possible, mostly the end of a string, or words.
  void wander(const std::shared_ptr<const Grammar>& grammar, const std::string& id) {
    GrammarState state(grammar);
    TokenMask mask;
    std::vector<TokenId> tokens;
    while (!state.ended() && tokens.size() < 300) {
      if (!timed_mask(state, mask, id, tokens)) return;
      tokens.push_back(draw(mask));
      FERRY_CHECK(state.accept(tokens.back()));
    }
  }

  TokenId draw(const TokenMask& mask) {
    std::vector<TokenId> quotes;
    std::vector<TokenId> words;
    std::vector<TokenId> all;
    for (TokenId token = 0; token < mask.size(); ++token) {
      if (!mask.contains(token)) continue;
      const std::string_view bytes = vocabulary_->bytes(token);
      all.push_back(token);
      if (bytes.starts_with('"')) quotes.push_back(token);
      if (!bytes.empty() && bytes.size() > 2 && (bytes[0] == ' ' || (bytes[0] >= 'a' && bytes[0] <= 'z')))
        words.push_back(token);
    }
    const bool many = all.size() > 500;
    const std::vector<TokenId>& from = many && !quotes.empty() && rng_.below(3) == 0 ? quotes
                                       : many && !words.empty()                      ? words
                                                                                     : all;
    return from[rng_.below(from.size())];
  }

  bool timed_mask(GrammarState& state, TokenMask& mask, const std::string& id,
                  std::span<const TokenId> tokens) {
    const auto start = Clock::now();
    const auto computed = state.mask(mask);
    mask_us_.push_back(us_since(start));
    if (mask_us_.back() > 500) {
      report_ << id << "\tslow mask\t" << static_cast<int>(mask_us_.back()) << "\t"
              << tokenizer_->decode(tokens) << "\n";
    }
    return computed.has_value();
  }

  bool follow(const std::shared_ptr<const Grammar>& grammar, const std::string& text, const std::string& id) {
    GrammarState state(grammar);
    TokenMask mask;
    const auto tokens = tokenizer_->encode(text, {.add_special = false, .parse_special = false});
    for (size_t at = 0; at < tokens.size(); ++at) {
      if (!timed_mask(state, mask, id, std::span(tokens).first(at)) || !mask.contains(tokens[at])) {
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
  Rng rng_{1};
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
  const std::vector<Item> items = path != nullptr ? read_collection(path) : random_collection();
  for (auto _ : state) {
    Collection all(tokenizer, std::getenv("FERRY_GRAMMAR_REPORT"));
    for (const Item& item : items) all.run(item);
    all.tell(state);
  }
}
BENCHMARK(collection)->Iterations(1)->Unit(benchmark::kMillisecond);

// Free text with tools to be called: the first masks, and later ones.
void free_text(benchmark::State& state) {
  const auto tokenizer = bench_tokenizer();
  FERRY_CHECK(tokenizer != nullptr);
  const auto vocabulary = GrammarVocabulary::create(*tokenizer, tokenizer->stop_tokens());
  using Kind = GrammarTree::Kind;
  const GrammarTree call{.kind = Kind::sequence,
                         .parts = {{.kind = Kind::special, .text = "<tool_call>"},
                                   {.kind = Kind::schema, .schema = json::object{{"type", "object"}}},
                                   {.kind = Kind::special, .text = "</tool_call>"}}};
  const auto tokens =
      tokenizer->encode("Let me think: a < b, and <tools> are there. I call <tool", {.add_special = false});
  double first_us = 0;
  double later_us = 0;
  double compile_us = 0;
  for (auto _ : state) {
    const auto begin = Clock::now();
    const auto grammar =
        compile_grammar(TreeSource{.tree = call, .triggers = {"<tool_call>"}, .goes_on = true}, vocabulary);
    compile_us = us_since(begin);
    for (double* us : {&first_us, &later_us}) {
      GrammarState at(*grammar);
      TokenMask mask;
      *us = 0;
      for (const TokenId token : tokens) {
        const auto start = Clock::now();
        FERRY_CHECK(at.mask(mask).has_value());
        *us += us_since(start) / static_cast<double>(tokens.size());
        FERRY_CHECK(at.accept(token));
      }
    }
  }
  state.counters["compile_us"] = compile_us;
  state.counters["first_us"] = first_us;
  state.counters["later_us"] = later_us;
}
BENCHMARK(free_text)->Unit(benchmark::kMillisecond);

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
