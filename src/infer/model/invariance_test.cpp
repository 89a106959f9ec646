// The numeric contract through a whole model: the bits of a row's logits do not depend on who shares its
// batch, how its prompt was cut, which pages hold its past, or how many threads ran.

#include <numeric>

#include "base/core/rng.h"
#include "infer/formats/test_files.h"
#include "infer/model/random_model.h"
#include "infer/model/test_models.h"

namespace ferry {
namespace {

using kernels::Arithmetic;

// One cache that several sequences share, each with pages of its own, dealt out in turns so that no
// sequence's pages lie together.
class Party {
 public:
  Party(Model& model, KvType kv, size_t sequences, int32_t positions)
      : model_(model), pages_(sequences), next_(sequences, 0) {
    const int32_t each = positions / 32 + 1;
    cache_.emplace(must(KvCache::create(model.kv_geometry(kv), each * static_cast<int32_t>(sequences))));
    for (int32_t page = 0; page < cache_->pages(); ++page) {
      pages_[static_cast<size_t>(page) % sequences].push_back(page);
    }
  }

  struct Turn {
    size_t sequence;
    std::span<const int32_t> tokens;
  };

  // The logits of every row, in the order of the turns.
  std::vector<float> feed(const std::vector<Turn>& turns, ThreadPool& pool) {
    std::vector<int32_t> tokens;
    std::vector<BatchSequence> sequences;
    for (const Turn& turn : turns) {
      const auto rows = static_cast<int32_t>(turn.tokens.size());
      sequences.push_back({pages_[turn.sequence], next_[turn.sequence], rows});
      tokens.insert(tokens.end(), turn.tokens.begin(), turn.tokens.end());
      next_[turn.sequence] += rows;
    }
    std::vector<int32_t> rows(tokens.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<float> logits(tokens.size() * static_cast<size_t>(model_.spec().vocab));
    model_.forward({tokens, sequences, rows}, *cache_, pool, logits.data());
    return logits;
  }

 private:
  Model& model_;
  std::optional<KvCache> cache_;
  std::vector<std::vector<PageId>> pages_;
  std::vector<int32_t> next_;
};

std::vector<int32_t> random_tokens(size_t count, int32_t vocab, uint64_t seed) {
  Rng rng(seed);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) token = static_cast<int32_t>(rng.below(static_cast<uint64_t>(vocab)));
  return tokens;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<float> in_one_batch(Model& model, KvType kv, const std::vector<int32_t>& tokens, int threads) {
  ThreadPool pool(threads);
  Party party(model, kv, 1, static_cast<int32_t>(tokens.size()));
  return party.feed({{0, tokens}}, pool);
}

std::vector<float> in_chunks(Model& model, KvType kv, const std::vector<int32_t>& tokens,
                             const std::vector<size_t>& chunks) {
  ThreadPool pool(2);
  Party party(model, kv, 1, static_cast<int32_t>(tokens.size()));
  std::vector<float> logits;
  std::span<const int32_t> rest(tokens);
  for (size_t i = 0; !rest.empty(); ++i) {
    const size_t rows = std::min(chunks[i % chunks.size()], rest.size());
    const auto part = party.feed({{0, rest.first(rows)}}, pool);
    logits.insert(logits.end(), part.begin(), part.end());
    rest = rest.subspan(rows);
  }
  return logits;
}

// Three sequences of other tokens go along, some rows ahead of ours and some behind, in every batch.
std::vector<float> in_company(Model& model, KvType kv, const std::vector<int32_t>& tokens, size_t chunk) {
  ThreadPool pool(3);
  const auto vocab = model.spec().vocab;
  Party party(model, kv, 4, static_cast<int32_t>(tokens.size()));
  const auto other = random_tokens(tokens.size(), vocab, 7);
  std::vector<float> logits;
  for (size_t at = 0; at < tokens.size(); at += chunk) {
    const size_t rows = std::min(chunk, tokens.size() - at);
    const std::span others = std::span(other).subspan(at, rows);
    const auto all = party.feed({{1, others.first(1)},
                                 {2, others},
                                 {0, std::span(tokens).subspan(at, rows)},
                                 {3, others.first(rows / 2 + 1)}},
                                pool);
    const auto begin = all.begin() + static_cast<ptrdiff_t>((1 + rows) * static_cast<size_t>(vocab));
    logits.insert(logits.end(), begin, begin + static_cast<ptrdiff_t>(rows * static_cast<size_t>(vocab)));
  }
  return logits;
}

struct Setting {
  const kernels::KernelTable* table;
  Arithmetic arithmetic;
  KvType kv;
};

std::vector<Setting> settings() {
  std::vector<Setting> out;
  for (const auto* table : supported_tables()) {
    out.push_back({table, Arithmetic::bf16, KvType::bf16});
    out.push_back({table, Arithmetic::f32, KvType::f32});
    out.push_back({table, Arithmetic::int8, KvType::bf16});
    out.push_back({table, Arithmetic::bf16, KvType::int8});
  }
  return out;
}

std::string setting_name(const Setting& setting) {
  return fmt::format("{}_{}_kv_{}", setting.table->name, kernels::arithmetic_name(setting.arithmetic),
                     kv_type_name(setting.kv));
}

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting_name(setting);
}

class Invariance : public testing::TestWithParam<Setting> {
 protected:
  std::unique_ptr<Model> load(const std::filesystem::path& path) {
    ThreadPool pool(2);
    return must(Model::load(
        path, {.table = GetParam().table, .arithmetic = GetParam().arithmetic, .progress = {}}, pool));
  }
};

TEST_P(Invariance, SmallModelsGiveTheSameBitsInEveryBatch) {
  const KvType kv = GetParam().kv;
  for (const char* golden : {"llama3", "mistral", "qwen3"}) {
    const auto model = load(golden_folder() / golden);
    const auto tokens = random_tokens(300, model->spec().vocab, 3);
    const auto expected = in_one_batch(*model, kv, tokens, 1);
    for (const int threads : {2, 16}) {
      EXPECT_TRUE(same_bits(in_one_batch(*model, kv, tokens, threads), expected)) << golden << threads;
    }
    EXPECT_TRUE(same_bits(in_chunks(*model, kv, tokens, {1}), expected)) << golden;
    EXPECT_TRUE(same_bits(in_chunks(*model, kv, tokens, {255, 1, 2}), expected)) << golden;
    EXPECT_TRUE(same_bits(in_chunks(*model, kv, tokens, {17, 3, 64, 33}), expected)) << golden;
    EXPECT_TRUE(same_bits(in_company(*model, kv, tokens, 40), expected)) << golden;
    EXPECT_TRUE(same_bits(in_company(*model, kv, tokens, 1), expected)) << golden;
  }
}

TEST_P(Invariance, LogitsOfSomeRowsAreThoseOfAllRows) {
  const auto model = load(golden_folder() / "llama31");
  const auto tokens = random_tokens(20, model->spec().vocab, 4);
  const auto vocab = static_cast<size_t>(model->spec().vocab);
  const auto all = in_one_batch(*model, GetParam().kv, tokens, 1);

  ThreadPool pool(2);
  KvCache cache = must(KvCache::create(model->kv_geometry(GetParam().kv), 1));
  const PageId page = 0;
  const BatchSequence sequence{{&page, 1}, 0, 20};
  const std::vector<int32_t> wanted = {19, 0, 7};
  std::vector<float> logits(wanted.size() * vocab);
  model->forward({tokens, {&sequence, 1}, wanted}, cache, pool, logits.data());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const float* row = all.data() + static_cast<size_t>(wanted[i]) * vocab;
    EXPECT_EQ(std::memcmp(logits.data() + i * vocab, row, vocab * sizeof(float)), 0) << wanted[i];
  }
  model->forward({tokens, {&sequence, 1}, {}}, cache, pool, nullptr);  // a prompt's middle wants none
}

// Llama-3.2-1B's widths, with two layers and few words.
class WideModel {
 public:
  WideModel() {
    ModelShape shape = must(find_shape("llama-3.2-1b"));
    shape.layers = 2;
    shape.vocab = 512;
    const auto written = write_random_model(shape, DType::q4_0, path());
    if (!written) ADD_FAILURE() << written.error().message;
  }

  std::filesystem::path path() const { return folder_.path() / "wide.gguf"; }

 private:
  TestFolder folder_;
};

// As many as a table does in a moment.
size_t wide_rows(std::string_view table) {
  return table == "reference" ? 2 : table == "sse2" ? 18 : 40;
}

TEST_P(Invariance, WideModelGivesTheSameBitsInEveryBatch) {
  static const WideModel wide;
  const KvType kv = GetParam().kv;
  const auto model = load(wide.path());
  const auto tokens = random_tokens(wide_rows(GetParam().table->name), model->spec().vocab, 6);
  const auto expected = in_one_batch(*model, kv, tokens, 2);
  for (const float value : expected) ASSERT_TRUE(std::isfinite(value));
  EXPECT_TRUE(same_bits(in_chunks(*model, kv, tokens, {1, 1, 15, 2, 16}), expected));
  if (tokens.size() < 16) return;
  for (const int threads : {1, 16}) {
    EXPECT_TRUE(same_bits(in_one_batch(*model, kv, tokens, threads), expected)) << threads;
  }
  EXPECT_TRUE(same_bits(in_company(*model, kv, tokens, 11), expected));
}

INSTANTIATE_TEST_SUITE_P(Model, Invariance, testing::ValuesIn(settings()),
                         [](const auto& test) { return setting_name(test.param); });

}  // namespace
}  // namespace ferry
