#include "infer/formats/weights.h"

#include <fstream>

#include <gmock/gmock.h>

#include "infer/formats/gguf_writer.h"
#include "infer/formats/shard_index.h"
#include "infer/formats/test_files.h"

namespace ferry {
namespace {

using testing::ElementsAre;

constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kFirst = "model-00001-of-00002.safetensors";
constexpr const char* kSecond = "model-00002-of-00002.safetensors";

TEST(Weights, OfAGgufFile) {
  const auto source = WeightSource::open(golden_path("small.gguf")).value();
  EXPECT_THAT(source.names(),
              ElementsAre("Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "bf16", "f16", "f32", "one"));
  EXPECT_EQ(source.require("f32", {2, 3, 4}).value().dtype, DType::f32);
  EXPECT_EQ(source.find("f16")->shape, (Shape{3, 5}));
  EXPECT_EQ(source.total_bytes(), 2 * 36 + 3 * 144 + 3 * 210 + 2 * 68 + 4 * 2 + 15 * 2 + 24 * 4 + 4);
}

TEST(Weights, OfASafetensorsFileByContentNotByName) {
  const TestFolder folder;
  const auto path = folder.path() / "weights.bin";
  std::filesystem::copy_file(golden_path("small.safetensors"), path);
  const auto source = WeightSource::open(path).value();
  EXPECT_EQ(source.require("bf16", {2, 2}).value().dtype, DType::bf16);
  EXPECT_EQ(source.name(), path.string());
}

TEST(Weights, OfAFolderWithOneFile) {
  const TestFolder folder;
  expect_error(WeightSource::open(folder.path()), ErrorCode::not_found,
               {folder.path().c_str(), "neither model.safetensors.index.json nor model.safetensors"});
  std::filesystem::copy_file(golden_path("small.safetensors"), folder.path() / "model.safetensors");
  EXPECT_TRUE(WeightSource::open(folder.path()).value().find("f32"));
}

TEST(Weights, OfShards) {
  const auto source = WeightSource::open(golden_path("sharded")).value();
  EXPECT_THAT(source.names(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(source.require("a", {2, 3}).value().dtype, DType::f32);
  EXPECT_EQ(source.require("c", {3}).value().dtype, DType::f16);
  EXPECT_EQ(source.total_bytes(), 24 + 16 + 6);
  expect_error(source.require("c", {4}), ErrorCode::corrupt,
               {kSecond, "tensor \"c\" is F16 [3]", "expects [4]"});
}

TEST(Weights, ViewsOutliveEverythingButACopyOfTheSource) {
  auto source = std::make_unique<WeightSource>(WeightSource::open(golden_path("sharded")).value());
  const WeightSource copy = *source;
  const TensorView view = source->require("b", {4}).value();
  source.reset();
  EXPECT_EQ(view.data, copy.find("b")->data);
  EXPECT_EQ(std::to_integer<int>(view.data[15]), 0x3F);  // 1.5f ends in 0x3FC0
}

TEST(Weights, AskingNamesFileTensorExpectedAndFound) {
  const auto source = WeightSource::open(golden_path("small.gguf")).value();
  expect_error(source.require("f32", {4, 3, 2}), ErrorCode::corrupt,
               {"small.gguf: tensor \"f32\" is F32 [2, 3, 4]", "expects [4, 3, 2]"});
  expect_error(source.require("absent", {7}), ErrorCode::not_found,
               {"small.gguf: there is no tensor \"absent\" (expected [7])"});
  expect_error(source.require("Q5_K", {3, 256}), ErrorCode::unsupported, {"tensor \"Q5_K\" is Q5_K"});
  EXPECT_EQ(source.optional("absent", {7}).value(), std::nullopt);
  expect_error(source.optional("f32", {7}), ErrorCode::corrupt, {"expects [7]"});
  expect_error(source.optional("Q5_K", {3, 256}), ErrorCode::unsupported, {"Q5_K"});
  EXPECT_EQ(source.find("absent"), nullptr);
  EXPECT_EQ(source.find("Q5_K"), nullptr);
}

TEST(Weights, NeitherFormatIsAnError) {
  const TestFolder folder;
  std::ofstream(folder.path() / "x") << "PK\x03\x04 this is a zip archive, as PyTorch writes";
  expect_error(WeightSource::open(folder.path() / "x"), ErrorCode::corrupt, {"not a safetensors file"});
  std::ofstream(folder.path() / "y") << "GGUF";
  expect_error(WeightSource::open(folder.path() / "y"), ErrorCode::corrupt, {"the version"});
  expect_error(WeightSource::open(folder.path() / "z"), ErrorCode::not_found, {"z"});
}

TEST(Weights, PartsOfASplitGgufAreRefused) {
  const TestFolder folder;
  GgufWriter writer;
  writer.add_uint32("split.count", 3);
  ASSERT_TRUE(writer.write(folder.path() / "m.gguf"));
  expect_error(WeightSource::open(folder.path() / "m.gguf"), ErrorCode::unsupported,
               {"one of 3 parts", "--merge"});
}

// A copy of the golden shards to break.
class BrokenShards : public testing::Test {
 protected:
  BrokenShards() {
    std::filesystem::copy(golden_path("sharded"), folder_.path(), std::filesystem::copy_options::recursive);
  }
  std::filesystem::path at(const char* name) const { return folder_.path() / name; }
  Result<WeightSource> open() const { return WeightSource::open(folder_.path()); }

  TestFolder folder_;
};

TEST_F(BrokenShards, AMissingShardIsNamedWithItsIndex) {
  std::filesystem::remove(at(kSecond));
  expect_error(open(), ErrorCode::not_found,
               {kIndex, "names \"model-00002-of-00002.safetensors\"", "cannot open"});
}

TEST_F(BrokenShards, ATensorThatIsNotInItsShard) {
  std::ofstream(at(kIndex)) << fmt::format(R"({{"weight_map":{{"a":"{}"}}}})", kSecond);
  expect_error(open(), ErrorCode::corrupt,
               {kIndex, "tensor \"a\" is said to be in", kSecond, "but is not there"});
}

TEST_F(BrokenShards, AShardThatIsCut) {
  std::filesystem::resize_file(at(kFirst), 100);
  expect_error(open(), ErrorCode::corrupt, {kIndex, kFirst});
}

TEST_F(BrokenShards, AnIndexThatIsNotJson) {
  std::ofstream(at(kIndex)) << "{";
  expect_error(open(), ErrorCode::corrupt, {kIndex, "not valid JSON"});
}

TEST(ShardIndex, ListsEachShardOnce) {
  const auto index =
      parse_shard_index(R"({"weight_map":{"x":"b.st","y":"a.st","z":"b.st"}})", "index.json").value();
  EXPECT_THAT(index.shards, ElementsAre("a.st", "b.st"));
  ASSERT_EQ(index.entries.size(), 3u);
  EXPECT_EQ(index.entries[0].tensor, "x");
  EXPECT_EQ(index.entries[0].shard, 1u);
  EXPECT_EQ(index.entries[1].shard, 0u);
  EXPECT_TRUE(parse_shard_index(R"({"weight_map":{}})", "index.json").value().shards.empty());
}

TEST(ShardIndex, ShardsMustNotLeaveTheFolder) {
  for (const char* bad : {"", ".", "..", "../x", "/etc/passwd", "a/b", "a\\\\b", "x\\u0000.safetensors"}) {
    expect_error(parse_shard_index(fmt::format(R"({{"weight_map":{{"t":"{}"}}}})", bad), "index.json"),
                 ErrorCode::corrupt,
                 {"index.json", "tensor \"t\"", "not the name of a file beside the index"});
  }
}

TEST(ShardIndex, IsAnObjectOfStrings) {
  expect_error(parse_shard_index("[]", "index.json"), ErrorCode::corrupt,
               {"index.json: must be an object, not an array"});
  expect_error(parse_shard_index("{}", "index.json"), ErrorCode::corrupt, {"\"weight_map\" is missing"});
  expect_error(parse_shard_index(R"({"weight_map":3})", "index.json"), ErrorCode::corrupt, {"an object"});
  expect_error(parse_shard_index(R"({"weight_map":{"t":3}})", "index.json"), ErrorCode::corrupt,
               {"\"t\" must be a string"});
}

}  // namespace
}  // namespace ferry
