#include "infer/formats/safetensors.h"

#include <cstring>

#include <gmock/gmock.h>

#include "infer/formats/test_files.h"
#include "infer/tensor/blocks.h"

namespace ferry {
namespace {

using testing::ElementsAre;
using testing::Pair;

// A file with this header and that many bytes of data.
std::string with_header(std::string_view header, size_t data = 0) {
  const uint64_t length = header.size();
  std::string text(reinterpret_cast<const char*>(&length), sizeof length);
  return text + std::string(header) + std::string(data, '\0');
}

std::string with_tensor(std::string_view tensor, size_t data) {
  return with_header(fmt::format(R"({{"t":{}}})", tensor), data);
}

Result<std::shared_ptr<const SafetensorsFile>> parse(const std::string& text) {
  return SafetensorsFile::parse(bytes_of(text), "m.safetensors");
}

std::vector<float> weights(const TensorView& view) {
  std::vector<float> out(static_cast<size_t>(view.shape.elements()));
  dequantize_row(view.dtype, view.data, view.shape.elements(), out.data());
  return out;
}

TEST(Safetensors, ReadsWhatTheReferenceWrites) {
  const auto file = SafetensorsFile::open(golden_path("small.safetensors")).value();
  const auto f32 = file->tensor("f32").value();
  EXPECT_EQ(f32.shape, (Shape{2, 3}));
  EXPECT_THAT(weights(f32), ElementsAre(0, 0.5f, 1, 1.5f, 2, 2.5f));
  EXPECT_THAT(weights(file->tensor("f16").value()), ElementsAre(0, 0.5f, 1, 1.5f));
  EXPECT_THAT(weights(file->tensor("bf16").value()), ElementsAre(0, 0.5f, 1, 1.5f));
  EXPECT_EQ(file->tensor("bf16").value().dtype, DType::bf16);
  EXPECT_EQ(file->tensor("scalar").value().shape, Shape());
  EXPECT_EQ(file->tensor("empty").value().rows(), 0);
  EXPECT_TRUE(file->tensor("quo\"te\n"));
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("note", "héllo")));
  EXPECT_EQ(file->tensors().size(), 9u);
}

TEST(Safetensors, WhatCannotBeComputedWithIsReportedWhenItIsAskedFor) {
  const auto file = SafetensorsFile::open(golden_path("small.safetensors")).value();
  expect_error(file->tensor("int8"), ErrorCode::unsupported,
               {"small.safetensors", "tensor \"int8\" is I8", "BF16"});
  expect_error(file->tensor("fp8"), ErrorCode::unsupported, {"tensor \"fp8\" is F8_E4M3"});
  expect_error(file->tensor("five"), ErrorCode::unsupported, {"tensor \"five\" has 5 dimensions"});
  expect_error(file->tensor("absent"), ErrorCode::not_found, {"small.safetensors", "no tensor \"absent\""});
}

TEST(SafetensorsErrors, EveryTruncationIsAnError) {
  const std::string whole = golden_file("small.safetensors");
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const auto file = parse(cut);
    ASSERT_FALSE(file) << size;
    EXPECT_EQ(file.error().code, ErrorCode::corrupt);
    EXPECT_THAT(file.error().message, testing::HasSubstr("m.safetensors")) << size;
  }
  expect_error(parse(whole + "x"), ErrorCode::corrupt,
               {"the tensors end at byte 64 of the 65 bytes of data"});
}

TEST(SafetensorsErrors, HeadersThatAreNotThere) {
  expect_error(parse("short"), ErrorCode::corrupt, {"not a safetensors file: it has only 5 bytes"});
  expect_error(parse(std::string(16, '\xff')), ErrorCode::corrupt,
               {"a header of 18446744073709551615 bytes where 8"});
  expect_error(parse(with_header("")), ErrorCode::corrupt, {"m.safetensors"});
  expect_error(parse(with_header("{\"a\":")), ErrorCode::corrupt,
               {"header: m.safetensors:1:6: not valid JSON"});
  expect_error(parse(with_header("[]")), ErrorCode::corrupt, {"the header must be an object, not an array"});
  expect_error(parse(with_header(std::string(100, '['))), ErrorCode::corrupt, {"not valid JSON"});
  EXPECT_TRUE(parse(with_header("{}")));
  EXPECT_TRUE(parse(with_header("{}      ")));  // padded, as the reference does
}

TEST(SafetensorsErrors, MetadataIsOfStrings) {
  expect_error(parse(with_header(R"({"__metadata__":[]})")), ErrorCode::corrupt,
               {"\"__metadata__\" must be an object"});
  expect_error(parse(with_header(R"({"__metadata__":{"a":1}})")), ErrorCode::corrupt,
               {"\"a\" must be a string"});
  expect_error(parse(with_header(R"({"__metadata__":{"a":null}})")), ErrorCode::corrupt,
               {"\"a\" is missing"});
  EXPECT_TRUE(parse(with_header(R"({"__metadata__":null})")));
}

TEST(SafetensorsErrors, TensorsAreDescribedWhole) {
  expect_error(parse(with_tensor("3", 0)), ErrorCode::corrupt,
               {"tensor \"t\" must be an object, not a number"});
  expect_error(parse(with_tensor(R"({"shape":[1],"data_offsets":[0,4]})", 4)), ErrorCode::corrupt,
               {"tensor \"t\"", "\"dtype\" is missing"});
  expect_error(parse(with_tensor(R"({"dtype":"F32","data_offsets":[0,4]})", 4)), ErrorCode::corrupt,
               {"\"shape\" is missing"});
  expect_error(parse(with_tensor(R"({"dtype":"F32","shape":[1]})", 4)), ErrorCode::corrupt,
               {"\"data_offsets\" is missing"});
  for (const char* bad : {"-1", "1.5", "\"1\"", "18446744073709551615"}) {
    expect_error(
        parse(with_tensor(fmt::format(R"({{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}})", bad), 4)),
        ErrorCode::corrupt, {"\"shape\" must be integers from 0 on"});
  }
  expect_error(parse(with_tensor(R"({"dtype":"F33","shape":[1],"data_offsets":[0,4]})", 4)),
               ErrorCode::unsupported, {"of type \"F33\", which safetensors does not define"});
}

TEST(SafetensorsErrors, SizesMustAgree) {
  const auto with = [](const char* dtype, const char* shape, const char* range, size_t data) {
    return parse(with_tensor(
        fmt::format(R"({{"dtype":"{}","shape":{},"data_offsets":{}}})", dtype, shape, range), data));
  };
  EXPECT_TRUE(with("F32", "[2]", "[0,8]", 8));
  EXPECT_TRUE(with("F4", "[3,2]", "[0,3]", 3));
  expect_error(with("F32", "[2]", "[0,8,9]", 8), ErrorCode::corrupt,
               {"\"data_offsets\" must be two integers"});
  expect_error(with("F32", "[2]", "[8,0]", 8), ErrorCode::corrupt, {"bytes 8 to 0 of the 8 bytes"});
  expect_error(with("F32", "[2]", "[0,12]", 8), ErrorCode::corrupt, {"bytes 0 to 12 of the 8 bytes"});
  expect_error(with("F32", "[3]", "[0,8]", 8), ErrorCode::corrupt, {"F32 [3]", "does not have the 8 bytes"});
  expect_error(with("F4", "[3]", "[0,1]", 1), ErrorCode::corrupt, {"F4 [3]"});
  expect_error(with("F32", "[4294967296,4294967296]", "[0,0]", 0), ErrorCode::corrupt,
               {"[4294967296, 4294967296]"});
}

TEST(SafetensorsErrors, HolesAndOverlapsAreRefused) {
  const auto with = [](const char* a, const char* b, size_t data) {
    return parse(with_header(fmt::format(R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":{}}},)"
                                         R"("b":{{"dtype":"U8","shape":[4],"data_offsets":{}}}}})",
                                         a, b),
                             data));
  };
  EXPECT_TRUE(with("[4,8]", "[0,4]", 8));
  expect_error(with("[0,4]", "[2,6]", 6), ErrorCode::corrupt,
               {"tensor \"b\" starts at byte 2 of the data, but those before it end at 4"});
  expect_error(with("[0,4]", "[0,4]", 4), ErrorCode::corrupt, {"starts at byte 0"});
  expect_error(with("[0,4]", "[5,9]", 9), ErrorCode::corrupt, {"\"b\" starts at byte 5"});
  expect_error(with("[1,5]", "[5,9]", 9), ErrorCode::corrupt, {"\"a\" starts at byte 1"});
  expect_error(with("[0,4]", "[4,8]", 9), ErrorCode::corrupt, {"end at byte 8 of the 9 bytes"});
}

}  // namespace
}  // namespace ferry
