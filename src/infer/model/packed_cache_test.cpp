#include "infer/model/packed_cache.h"

#include <chrono>
#include <fstream>

#include "base/core/rng.h"
#include "infer/formats/safetensors_writer.h"
#include "infer/model/test_checkpoint.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using kernels::Arithmetic;
using kernels::KernelTable;
using kernels::PackedMatrix;

constexpr int64_t kOutputs = 70;
constexpr int64_t kInputs = 256;

class PackedCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    fs::create_directories(root_);
    write_model(1);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write_model(uint64_t seed) {
    Rng rng(seed);
    values_.resize(kOutputs * kInputs);
    for (float& value : values_) value = static_cast<float>(rng.gaussian());
    SafetensorsWriter writer;
    writer.add_tensor("w", view());
    ASSERT_TRUE(writer.write(model_));
  }

  TensorView view() const {
    return {DType::f32, {kOutputs, kInputs}, reinterpret_cast<const std::byte*>(values_.data())};
  }

  PackedCache cache(const KernelTable& table = *kernels::choose_table().value(),
                    Arithmetic arithmetic = Arithmetic::bf16) const {
    return PackedCache(folder_, must(WeightSource::open(model_)), table, arithmetic);
  }

  static std::optional<PackedMatrix> find(const PackedCache& cache) {
    return cache.find("w", DType::f32, kOutputs, kInputs);
  }

  // Packs and writes; the matrix as it was packed.
  PackedMatrix keep() {
    PackedCache fresh = cache();
    PackedMatrix packed = must((*kernels::choose_table())->pack(view(), Arithmetic::bf16, pool_));
    fresh.add("w", packed);
    fresh.write().join();
    return packed;
  }

  fs::path kept_file() const {
    for (const auto& entry : fs::directory_iterator(folder_)) return entry.path();
    return {};
  }

  ThreadPool pool_{1};
  fs::path root_ = fs::path(testing::TempDir()) / "ferry_packed_cache_test";
  fs::path folder_ = root_ / "cache";
  fs::path model_ = root_ / "model.safetensors";
  std::vector<float> values_;
};

TEST_F(PackedCacheTest, FindsTheBytesThatWerePacked) {
  EXPECT_FALSE(find(cache()));
  const PackedMatrix packed = keep();
  const auto found = find(cache());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->table, packed.table);
  EXPECT_EQ(found->source, packed.source);
  EXPECT_EQ(found->outputs, kOutputs);
  EXPECT_EQ(found->inputs, kInputs);
  ASSERT_EQ(found->data.size(), packed.data.size());
  EXPECT_EQ(std::memcmp(found->data.data(), packed.data.data(), packed.data.size()), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(found->data.data()) % 64, 0u);
}

TEST_F(PackedCacheTest, WhatItFoundOutlivesItAndTheFile) {
  const PackedMatrix packed = keep();
  const auto found = find(cache());
  fs::remove_all(folder_);
  EXPECT_EQ(std::memcmp(found->data.data(), packed.data.data(), packed.data.size()), 0);
}

TEST_F(PackedCacheTest, AChangedModelIsPackedAnew) {
  keep();
  write_model(2);
  EXPECT_FALSE(find(cache()));
}

TEST_F(PackedCacheTest, ATouchedModelIsPackedAnew) {
  keep();
  fs::last_write_time(model_, fs::last_write_time(model_) + std::chrono::seconds(1));
  EXPECT_FALSE(find(cache()));
}

TEST_F(PackedCacheTest, AnotherTableOrArithmeticHasItsOwn) {
  keep();
  EXPECT_FALSE(find(cache(*kernels::choose_table("reference").value())));
  EXPECT_FALSE(find(cache(*kernels::choose_table().value(), Arithmetic::f32)));
  EXPECT_TRUE(find(cache()));
}

// As an older Ferry with another layout would have left it.
TEST_F(PackedCacheTest, AnotherLayoutIsPackedAnew) {
  keep();
  static KernelTable changed = *kernels::choose_table().value();
  changed.pack = [](const TensorView& w, Arithmetic arithmetic, ThreadPool& pool) {
    auto packed = (*kernels::choose_table())->pack(w, arithmetic, pool);
    const auto whole = std::make_shared<SharedBytes>(packed.value().data);
    packed->data = SharedBytes(whole, {whole->data(), whole->size() - 64});
    return packed;
  };
  EXPECT_FALSE(find(cache(changed)));
}

TEST_F(PackedCacheTest, TensorsOfAnotherSizeOrNameAreNotFound) {
  keep();
  EXPECT_FALSE(cache().find("w", DType::f32, kOutputs + 64, kInputs));
  EXPECT_FALSE(cache().find("v", DType::f32, kOutputs, kInputs));
}

TEST_F(PackedCacheTest, ADamagedFileIsNoFile) {
  keep();
  const std::string whole = must(read_file(kept_file()));
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, whole.size() - 1}) {
    std::ofstream(kept_file(), std::ios::binary) << whole.substr(0, size);
    EXPECT_FALSE(find(cache())) << size;
  }
}

TEST_F(PackedCacheTest, AStoppedWriterLeavesNothing) {
  PackedCache fresh = cache();
  fresh.add("w", must((*kernels::choose_table())->pack(view(), Arithmetic::bf16, pool_)));
  std::jthread writer = fresh.write();
  writer.request_stop();
  writer.join();
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().extension(), ".packed") << entry.path();  // whole, or not there
  }
}

TEST_F(PackedCacheTest, NothingToKeepNeedsNoThread) {
  EXPECT_FALSE(cache().write().joinable());
  EXPECT_FALSE(PackedCache().write().joinable());
}

TEST_F(PackedCacheTest, SmallModelsAreNotKept) {
  const ModelOptions options{.table = *kernels::choose_table(), .packed_folder = folder_};
  must(Model::load(golden_folder() / "llama32", options, pool_)).reset();
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(PackedCacheTest, FilesOfModelsThatAreGoneGo) {
  keep();
  const fs::path old = kept_file();
  fs::rename(model_, root_ / "other.safetensors");
  model_ = root_ / "other.safetensors";
  keep();
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(find(cache()));
}

TEST_F(PackedCacheTest, AFolderThatCannotBeIsNoError) {
  std::ofstream(folder_) << "a file";
  keep();
  EXPECT_FALSE(find(cache()));
}

// A whole model: mapped weights give the logits that packed ones give.
TEST_F(PackedCacheTest, ModelsAnswerTheSame) {
  const auto load = [&] {
    ModelOptions options{
        .table = *kernels::choose_table(), .packed_folder = folder_, .least_packed_bytes = 0};
    return must(Model::load(golden_folder() / "llama32", options, pool_));
  };
  const auto logits = [&](Model& model) {
    KvCache kv = must(KvCache::create(model.kv_geometry(KvType::f32), 1));
    const std::array<PageId, 1> pages = {0};
    const std::array<int32_t, 3> tokens = {3, 1, 4};
    const std::array<int32_t, 1> rows = {2};
    const BatchSequence sequence{pages, 0, 3};
    std::vector<float> out(static_cast<size_t>(model.spec().vocab));
    model.forward({tokens, {&sequence, 1}, rows}, kv, pool_, out.data());
    return out;
  };
  std::vector<float> packed;
  {
    const auto model = load();
    packed = logits(*model);
    while (!fs::exists(folder_) || kept_file().extension() != ".packed")
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(logits(*load()), packed);
}

}  // namespace
}  // namespace ferry
