#include <numeric>

#include <gmock/gmock.h>

#include "infer/formats/gguf_writer.h"
#include "infer/formats/safetensors_writer.h"
#include "infer/formats/test_files.h"
#include "infer/formats/weights.h"
#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry {
namespace {

std::vector<float> counted(size_t n) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<float>(i) / 2;
  return values;
}

template <class T>
TensorView view_of(const std::vector<T>& values, DType dtype, const Shape& shape) {
  return {dtype, shape, reinterpret_cast<const std::byte*>(values.data())};
}

TEST(GgufWriter, WritesWhatGgufPyWrites) {
  const TestFolder folder;
  const auto x = counted(6);
  std::vector<std::byte> y(2 * 68);
  quantize_row(DType::q8_0, counted(128).data(), 128, y.data());
  GgufWriter writer;
  writer.add_string("general.architecture", "llama");
  writer.add_uint32("test.count", 7);
  writer.add_int64("test.big", -(int64_t{1} << 40));
  writer.add_float32("test.rate", 0.5f);
  writer.add_bool("test.flag", true);
  writer.add_strings("test.tokens", std::vector<std::string_view>{"a", "bc", ""});
  writer.add_float32s("test.scores", std::vector<float>{0.25f, -1.5f});
  writer.add_int32s("test.types", std::vector<int32_t>{1, 3, 3});
  writer.add_tensor("x", view_of(x, DType::f32, {2, 3}));
  writer.add_tensor("y", view_of(y, DType::q8_0, {2, 64}));
  ASSERT_TRUE(writer.write(folder.path() / "w.gguf"));
  EXPECT_TRUE(read_file(folder.path() / "w.gguf").value() == golden_file("written.gguf"));
}

TEST(GgufWriter, CopiesAFileByteForByte) {
  const TestFolder folder;
  const auto original = GgufFile::open(golden_path("written.gguf")).value();
  GgufWriter writer;
  for (const GgufEntry& entry : original->metadata()) writer.add_entry(entry);
  for (const GgufTensor& tensor : original->tensors())
    writer.add_tensor(tensor.name, original->view(tensor).value());
  ASSERT_TRUE(writer.write(folder.path() / "w.gguf"));
  EXPECT_TRUE(read_file(folder.path() / "w.gguf").value() == golden_file("written.gguf"));
}

TEST(GgufWriter, CopiesEveryTypeOfMetadata) {
  const TestFolder folder;
  const auto original = GgufFile::open(golden_path("small.gguf")).value();
  GgufWriter writer;
  for (const GgufEntry& entry : original->metadata()) writer.add_entry(entry);
  ASSERT_TRUE(writer.write(folder.path() / "w.gguf"));
  const auto copy = GgufFile::open(folder.path() / "w.gguf").value();
  ASSERT_EQ(copy->metadata().size(), original->metadata().size());
  for (size_t i = 0; i < copy->metadata().size(); ++i) {
    const GgufEntry& a = original->metadata()[i];
    const GgufEntry& b = copy->metadata()[i];
    EXPECT_EQ(a.key, b.key);
    EXPECT_TRUE(std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end())) << a.key;
  }
}

TEST(GgufWriter, RefusesNamesGivenTwiceAndBadShapes) {
  const TestFolder folder;
  const auto path = folder.path() / "w.gguf";
  const auto x = counted(33);
  GgufWriter twice;
  twice.add_bool("k", true);
  twice.add_uint32("k", 1);
  expect_error(twice.write(path), ErrorCode::invalid_argument, {"metadata \"k\" was given twice"});
  GgufWriter same;
  same.add_tensor("t", view_of(x, DType::f32, {1}));
  same.add_tensor("t", view_of(x, DType::f32, {1}));
  expect_error(same.write(path), ErrorCode::invalid_argument, {"tensor \"t\" was given twice"});
  GgufWriter odd;
  odd.add_tensor("t", view_of(x, DType::q8_0, {33}));
  expect_error(odd.write(path), ErrorCode::invalid_argument, {"tensor \"t\"", "whole Q8_0 blocks"});
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(SafetensorsWriter, WritesWhatTheReferenceWrites) {
  const TestFolder folder;
  const auto x = counted(6);
  const auto s = counted(1);
  const std::vector<uint16_t> y = {f32_to_f16(0), f32_to_f16(0.5f), f32_to_f16(1)};
  SafetensorsWriter writer;
  writer.add_metadata("format", "pt");
  writer.add_tensor("x", view_of(x, DType::f32, {2, 3}));
  writer.add_tensor("y", view_of(y, DType::f16, {3}));
  writer.add_tensor("s", view_of(s, DType::f32, {}));
  ASSERT_TRUE(writer.write(folder.path() / "w.safetensors"));
  EXPECT_TRUE(read_file(folder.path() / "w.safetensors").value() == golden_file("written.safetensors"));
}

TEST(SafetensorsWriter, ReadsBackAwkwardNamesAndEveryType) {
  const TestFolder folder;
  const auto x = counted(6);
  SafetensorsWriter writer;
  writer.add_tensor("quo\"te\n", view_of(x, DType::f16, {3}));
  writer.add_tensor("é", view_of(x, DType::bf16, {2, 2}));
  writer.add_tensor("", view_of(x, DType::f32, {0, 3}));
  ASSERT_TRUE(writer.write(folder.path() / "w.safetensors"));
  const auto source = WeightSource::open(folder.path() / "w.safetensors").value();
  EXPECT_EQ(source.require("quo\"te\n", {3}).value().dtype, DType::f16);
  EXPECT_EQ(source.require("é", {2, 2}).value().dtype, DType::bf16);
  EXPECT_TRUE(source.require("", {0, 3}));
}

TEST(SafetensorsWriter, RefusesWhatTheFormatCannotHold) {
  const TestFolder folder;
  const auto x = counted(64);
  const auto write = [&](const char* name, DType dtype, const Shape& shape) {
    SafetensorsWriter writer;
    writer.add_tensor(name, view_of(x, dtype, shape));
    return writer.write(folder.path() / "w");
  };
  expect_error(write("t", DType::q8_0, {32}), ErrorCode::invalid_argument, {"tensor \"t\" is Q8_0"});
  expect_error(write("t", DType::f32, {-1}), ErrorCode::invalid_argument, {"tensor \"t\"", "negative"});
  expect_error(write("\xff", DType::f32, {1}), ErrorCode::invalid_argument, {"\"\\xff\" cannot be the name"});
  expect_error(write("__metadata__", DType::f32, {1}), ErrorCode::invalid_argument, {"cannot be the name"});
  SafetensorsWriter twice;
  twice.add_tensor("t", view_of(x, DType::f32, {1}));
  twice.add_tensor("t", view_of(x, DType::f16, {1}));
  expect_error(twice.write(folder.path() / "w"), ErrorCode::invalid_argument,
               {"tensor \"t\" was given twice"});
}

}  // namespace
}  // namespace ferry
