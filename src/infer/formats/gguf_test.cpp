#include "infer/formats/gguf.h"

#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>

#include "infer/formats/ggml_types.h"
#include "infer/formats/test_files.h"
#include "infer/tensor/blocks.h"

namespace ferry {
namespace {

using testing::ElementsAre;

const std::filesystem::path kVocabs = std::filesystem::path(FERRY_DATA_DIR) / "vocabs";

template <class T>
void append(std::string& out, T number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

std::string encoded(std::string_view text) {
  std::string out;
  append(out, uint64_t{text.size()});
  return out + std::string(text);
}

std::string header(uint64_t tensors, uint64_t entries, uint32_t version = 3) {
  std::string out = "GGUF";
  append(out, version);
  append(out, tensors);
  append(out, entries);
  return out;
}

template <class T>
std::string entry(std::string_view key, GgufType type, T value) {
  std::string out = encoded(key);
  append(out, static_cast<uint32_t>(type));
  append(out, value);
  return out;
}

std::string array_head(GgufType element, uint64_t count) {
  std::string out;
  append(out, static_cast<uint32_t>(element));
  append(out, count);
  return out;
}

std::string array_entry(std::string_view key, GgufType element, uint64_t count, std::string_view elements) {
  std::string out = encoded(key);
  append(out, static_cast<uint32_t>(GgufType::array));
  return out + array_head(element, count) + std::string(elements);
}

// `ne` is innermost first, as in the file.
std::string tensor(std::string_view name, std::initializer_list<uint64_t> ne, uint32_t type,
                   uint64_t offset) {
  std::string out = encoded(name);
  append(out, static_cast<uint32_t>(ne.size()));
  for (const uint64_t dim : ne) append(out, dim);
  append(out, type);
  append(out, offset);
  return out;
}

// The text with zeros up to a multiple of 32, then `data` more.
std::string padded(std::string text, size_t data = 0) {
  text.resize((text.size() + 31) / 32 * 32 + data);
  return text;
}

Result<std::shared_ptr<const GgufFile>> parse(const std::string& text) {
  return GgufFile::parse(bytes_of(text), "m.gguf");
}

std::vector<float> weights(const TensorView& view) {
  std::vector<float> out(static_cast<size_t>(view.shape.elements()));
  dequantize_row(view.dtype, view.data, view.shape.elements(), out.data());
  return out;
}

TEST(Gguf, ReadsEveryMetadataTypeThatGgufPyWrites) {
  const auto file = GgufFile::open(golden_path("small.gguf")).value();
  EXPECT_EQ(file->version(), 3u);
  EXPECT_EQ(file->require<std::string_view>("general.architecture").value(), "llama");
  EXPECT_EQ(file->require<int64_t>("test.u8").value(), 200);
  EXPECT_EQ(file->require<int64_t>("test.i8").value(), -100);
  EXPECT_EQ(file->require<int64_t>("test.u16").value(), 60000);
  EXPECT_EQ(file->require<int64_t>("test.i16").value(), -30000);
  EXPECT_EQ(file->require<int64_t>("test.u32").value(), 4000000000);
  EXPECT_EQ(file->require<int64_t>("test.i32").value(), -2000000000);
  EXPECT_EQ(file->require<int64_t>("test.i64").value(), -(int64_t{1} << 62));
  EXPECT_EQ(file->require<double>("test.f32").value(), 0.5);
  EXPECT_EQ(file->require<double>("test.f64").value(), 1e300);
  EXPECT_EQ(file->require<double>("test.u8").value(), 200.0);
  EXPECT_EQ(file->require<bool>("test.bool").value(), true);
  EXPECT_EQ(file->require<std::string_view>("test.string").value(), "héllo\nworld");
  EXPECT_THAT(file->require<std::vector<std::string_view>>("test.strings").value(),
              ElementsAre("a", "", "ccc"));
  EXPECT_THAT(file->require<std::vector<int64_t>>("test.integers").value(), ElementsAre(1, -2, 3));
  EXPECT_THAT(file->require<std::vector<float>>("test.floats").value(), ElementsAre(0.25f, -1.5f));
  EXPECT_THAT(file->require<std::vector<bool>>("test.booleans").value(), ElementsAre(true, false));
}

TEST(Gguf, ListsMetadataInTheFilesOrderForPeople) {
  const auto file = GgufFile::open(golden_path("small.gguf")).value();
  std::string text;
  for (const GgufEntry& e : file->metadata()) text += fmt::format("{}={}\n", e.key, gguf_value_text(e));
  EXPECT_EQ(text,
            "general.architecture=\"llama\"\ntest.u8=200\ntest.i8=-100\ntest.u16=60000\ntest.i16=-30000\n"
            "test.u32=4000000000\ntest.i32=-2000000000\ntest.u64=9223372036854775808\n"
            "test.i64=-4611686018427387904\ntest.f32=0.5\ntest.f64=1e+300\ntest.bool=true\n"
            "test.string=\"héllo\\nworld\"\ntest.strings=[3 string]\ntest.integers=[3 int32]\n"
            "test.floats=[2 float32]\ntest.booleans=[2 bool]\ntest.nested=[2 array]\n");
}

TEST(Gguf, MetadataOfAnotherTypeIsAnErrorThatNamesFileKeyAndValue) {
  const auto file = GgufFile::open(golden_path("small.gguf")).value();
  expect_error(file->require<int64_t>("test.string"), ErrorCode::corrupt,
               {"small.gguf", "\"test.string\" must be an integer, not string \"héllo\\nworld\""});
  expect_error(file->require<int64_t>("test.u64"), ErrorCode::corrupt, {"uint64 9223372036854775808"});
  expect_error(file->require<int64_t>("test.f32"), ErrorCode::corrupt, {"float32 0.5"});
  expect_error(file->require<int64_t>("test.integers"), ErrorCode::corrupt, {"array [3 int32]"});
  expect_error(file->require<double>("test.floats"), ErrorCode::corrupt, {"must be a number"});
  expect_error(file->require<bool>("test.u8"), ErrorCode::corrupt, {"must be a boolean"});
  expect_error(file->require<bool>("test.booleans"), ErrorCode::corrupt, {"must be a boolean"});
  expect_error(file->require<std::string_view>("test.strings"), ErrorCode::corrupt, {"must be a string"});
  expect_error(file->require<std::vector<std::string_view>>("test.string"), ErrorCode::corrupt,
               {"array of strings"});
  expect_error(file->require<std::vector<std::string_view>>("test.nested"), ErrorCode::corrupt,
               {"[2 array]"});
  expect_error(file->require<std::vector<int64_t>>("test.u8"), ErrorCode::corrupt, {"array of integers"});
  expect_error(file->require<std::vector<int64_t>>("test.nested"), ErrorCode::corrupt, {"array of integers"});
  expect_error(file->require<std::vector<float>>("test.integers"), ErrorCode::corrupt, {"array of floats"});
  expect_error(file->require<std::vector<bool>>("test.integers"), ErrorCode::corrupt, {"array of booleans"});
  expect_error(file->require<int64_t>("absent"), ErrorCode::not_found,
               {"\"absent\" is missing", "an integer"});
  EXPECT_EQ(file->optional<int64_t>("absent").value(), std::nullopt);
  expect_error(file->optional<int64_t>("test.string"), ErrorCode::corrupt, {"must be an integer"});
}

TEST(Gguf, ReadsTensorsOfEveryTypeThatFerryComputesWith) {
  for (const char* name : {"small.gguf", "aligned.gguf"}) {
    SCOPED_TRACE(name);
    const auto file = GgufFile::open(golden_path(name)).value();
    const auto f32 = file->tensor("f32").value();
    EXPECT_EQ(f32.shape, (Shape{2, 3, 4}));
    EXPECT_EQ(weights(f32)[23], 11.5f);
    const auto f16 = file->tensor("f16").value();
    EXPECT_EQ(f16.dtype, DType::f16);
    EXPECT_EQ(f16.shape, (Shape{3, 5}));
    EXPECT_EQ(weights(f16)[14], 7.0f);
    EXPECT_THAT(weights(file->tensor("bf16").value()), ElementsAre(0.0f, 0.5f, 1.0f, 1.5f));
    EXPECT_EQ(file->tensor("one").value().shape, (Shape{1}));
    const auto q8_0 = file->tensor("Q8_0").value();
    EXPECT_EQ(q8_0.shape, (Shape{2, 64}));
    EXPECT_NEAR(weights(q8_0)[127], 63.5f, 0.05f);
    EXPECT_NEAR(weights(file->tensor("Q4_0").value())[127], 63.5f, 5);
    EXPECT_EQ(file->tensor("Q4_K").value().shape, (Shape{3, 256}));
    const auto q6_k = file->tensor("Q6_K").value();
    EXPECT_EQ(q6_k.shape, (Shape{3, 256}));
    for (int i = 0; i < 3 * 210; ++i) ASSERT_EQ(std::to_integer<int>(q6_k.data[i]), i % 251);
  }
}

TEST(Gguf, AnUnsupportedTensorIsReportedWhenItIsAskedFor) {
  const auto file = GgufFile::open(golden_path("small.gguf")).value();
  EXPECT_EQ(file->tensors().size(), 9u);
  EXPECT_EQ(ggml_type_name(file->find_tensor("Q5_K")->ggml_type), "Q5_K");
  expect_error(file->tensor("Q5_K"), ErrorCode::unsupported,
               {"small.gguf", "tensor \"Q5_K\" is Q5_K", "Q4_K"});
  expect_error(file->tensor("blk.0"), ErrorCode::not_found, {"small.gguf", "no tensor \"blk.0\""});
  const std::string bytes = padded(header(1, 0) + tensor("t", {7}, 1234, 0), 32);
  const auto future = parse(bytes).value();
  expect_error(future->tensor("t"), ErrorCode::unsupported, {"type 1234"});
}

TEST(Gguf, TypeNumbersAndNamesAgree) {
  EXPECT_EQ(ggml_type_of(DType::q6_k), 14u);
  EXPECT_EQ(dtype_of_ggml_type(30), DType::bf16);
  EXPECT_EQ(dtype_of_ggml_type(13), std::nullopt);
  EXPECT_EQ(dtype_of_ggml_type(4), std::nullopt);
  EXPECT_EQ(dtype_of_ggml_type(4000000000u), std::nullopt);
  EXPECT_EQ(ggml_type_name(39), "MXFP4");
  EXPECT_EQ(ggml_type_name(5), "type 5");
}

TEST(GgufErrors, EveryTruncationIsAnErrorThatSaysSo) {
  const std::string whole = golden_file("small.gguf");
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const auto file = parse(cut);
    // Only the padding behind the last tensor (a lone float) may be missing.
    if (size >= whole.size() - 28) {
      EXPECT_TRUE(file) << size;
    } else {
      ASSERT_FALSE(file) << size;
      EXPECT_THAT(file.error().message, testing::StartsWith("m.gguf: ")) << size;
    }
  }
}

TEST(GgufErrors, WrongMagicAndVersions) {
  expect_error(parse(""), ErrorCode::corrupt, {"m.gguf: not a GGUF file"});
  expect_error(parse("GGML............"), ErrorCode::corrupt, {"not a GGUF file"});
  expect_error(parse(header(0, 0, 1)), ErrorCode::unsupported, {"GGUF version 1; versions 2 and 3"});
  expect_error(parse(header(0, 0, 4)), ErrorCode::unsupported, {"GGUF version 4"});
  expect_error(parse(header(0, 0, 0x03000000)), ErrorCode::unsupported, {"big-endian"});
  EXPECT_TRUE(parse(header(0, 0, 2)));
  EXPECT_TRUE(parse(header(0, 0, 3)));
}

TEST(GgufErrors, CountsThatCannotBeThere) {
  expect_error(parse(header(0, uint64_t{1} << 40)), ErrorCode::corrupt,
               {"cut short or damaged: the metadata"});
  expect_error(parse(header(~uint64_t{0}, 0)), ErrorCode::corrupt, {"the list of tensors"});
  expect_error(parse(header(0, 1) + array_entry("k", GgufType::string, ~uint64_t{0}, "")), ErrorCode::corrupt,
               {"metadata \"k\" at byte"});
  expect_error(parse(header(0, 1) + array_entry("k", GgufType::u64, uint64_t{1} << 61, "")),
               ErrorCode::corrupt, {"metadata \"k\"", "2305843009213693952 times 8 bytes"});
  std::string long_key = header(0, 1);
  append(long_key, ~uint64_t{0} - 7);
  expect_error(parse(long_key + "0123456789"), ErrorCode::corrupt, {"a metadata key", "10 are left"});
}

TEST(GgufErrors, UndefinedValueTypes) {
  expect_error(parse(header(0, 1) + entry("k", static_cast<GgufType>(13), 0)), ErrorCode::corrupt,
               {"metadata \"k\" has value type 13"});
  expect_error(parse(header(0, 1) + array_entry("k", static_cast<GgufType>(99), 0, "")), ErrorCode::corrupt,
               {"value type 99"});
}

TEST(GgufErrors, ArraysNestedTooDeep) {
  std::string nested;
  for (int depth = 0; depth < 3; ++depth) nested += array_head(GgufType::array, 1);
  const std::string bottom = array_head(GgufType::u8, 1) + "x";
  EXPECT_TRUE(
      parse(header(0, 1) + array_entry("k", GgufType::array, 1, array_head(GgufType::array, 1) + bottom)));
  expect_error(parse(header(0, 1) + array_entry("k", GgufType::array, 1, nested + bottom)),
               ErrorCode::unsupported, {"metadata \"k\" nests arrays deeper than 4"});
}

TEST(GgufErrors, NamesThatAreThereTwice) {
  expect_error(parse(header(0, 2) + entry("k", GgufType::u8, 'a') + entry("k", GgufType::boolean, 'b')),
               ErrorCode::corrupt, {"metadata \"k\" is there twice"});
  expect_error(parse(padded(header(2, 0) + tensor("t", {1}, 0, 0) + tensor("t", {2}, 0, 32), 64)),
               ErrorCode::corrupt, {"tensor \"t\" is there twice"});
}

TEST(GgufErrors, ControlCharactersInNamesAreEscapedAndLongNamesCut) {
  expect_error(parse(header(0, 1) + entry("a\x1b[2J\xff", static_cast<GgufType>(13), 0)), ErrorCode::corrupt,
               {"metadata \"a\\x1b[2J\\xff\""});
  const auto file = parse(header(0, 1) + entry(std::string(5000, 'k'), static_cast<GgufType>(13), 0));
  ASSERT_FALSE(file);
  EXPECT_LT(file.error().message.size(), 250u);
}

TEST(GgufErrors, AlignmentMustBeAPowerOfTwo) {
  for (const uint32_t bad : {0u, 3u, 48u}) {
    expect_error(parse(header(0, 1) + entry("general.alignment", GgufType::u32, bad)), ErrorCode::corrupt,
                 {"\"general.alignment\" is", "power of two"});
  }
  expect_error(parse(header(0, 1) + entry("general.alignment", GgufType::f32, 32.0f)), ErrorCode::corrupt,
               {"\"general.alignment\" must be an integer"});
  expect_error(parse(header(0, 1) + entry("general.alignment", GgufType::u64, uint64_t{1} << 40)),
               ErrorCode::corrupt, {"power of two"});
  EXPECT_TRUE(parse(header(0, 1) + entry("general.alignment", GgufType::u32, 1u)));
  EXPECT_TRUE(parse(header(0, 1) + entry("general.alignment", GgufType::u32, uint32_t{1} << 31)));
}

TEST(GgufErrors, TensorsMustLieInTheFile) {
  const auto with = [](std::string info, size_t data) { return padded(header(1, 0) + info, data); };
  EXPECT_TRUE(parse(with(tensor("t", {8}, 0, 32), 64)));
  expect_error(parse(with(tensor("t", {9}, 0, 32), 64)), ErrorCode::corrupt,
               {"tensor \"t\" (F32 [9]) needs 36 bytes at offset 32 of the 64 bytes of data"});
  expect_error(parse(with(tensor("t", {1}, 0, 96), 64)), ErrorCode::corrupt, {"at offset 96"});
  expect_error(parse(with(tensor("t", {1}, 0, ~uint64_t{31}), 64)), ErrorCode::corrupt, {"needs 4 bytes"});
  expect_error(parse(with(tensor("t", {1}, 0, 4), 64)), ErrorCode::corrupt,
               {"offset 4, which is not a multiple of the alignment 32"});
  expect_error(parse(with(tensor("t", {1}, 13, 96), 64)), ErrorCode::corrupt, {"Q5_K", "at offset 96"});
  // The list of tensors ends the file: no data at all, not even the padding.
  expect_error(parse(header(1, 0) + tensor("t", {1}, 0, 0)), ErrorCode::corrupt, {"of the 0 bytes of data"});
}

TEST(GgufErrors, ShapesMustMakeSense) {
  const auto with = [](std::string info) { return padded(header(1, 0) + info, 64); };
  expect_error(parse(with(tensor("t", {1, 1, 1, 1, 1}, 0, 0))), ErrorCode::corrupt,
               {"\"t\" has 5 dimensions"});
  expect_error(parse(with(tensor("t", {uint64_t{1} << 63}, 0, 0))), ErrorCode::corrupt,
               {"tensor \"t\"", "overflows"});
  expect_error(parse(with(tensor("t", {uint64_t{1} << 40, uint64_t{1} << 40}, 13, 0))), ErrorCode::corrupt,
               {"overflows"});
  expect_error(parse(with(tensor("t", {33}, 8, 0))), ErrorCode::corrupt,
               {"rows of 33 are not whole Q8_0 blocks"});
}

TEST(Gguf, ScalarsAreVectorsOfOneAndEmptyTensorsAreFine) {
  const std::string text =
      padded(header(2, 0) + tensor("scalar", {}, 0, 0) + tensor("empty", {4, 0}, 0, 32), 32);
  const auto file = parse(text).value();
  EXPECT_EQ(file->tensor("scalar").value().shape, (Shape{1}));
  EXPECT_EQ(file->tensor("empty").value().shape, (Shape{0, 4}));
  EXPECT_EQ(file->tensor("empty").value().rows(), 0);
}

TEST(Gguf, AMissingFileIsNotFound) {
  expect_error(GgufFile::open("/nonexistent/m.gguf"), ErrorCode::not_found, {"/nonexistent/m.gguf"});
}

TEST(GgufRealFiles, OpenAndGiveTheirVocabulary) {
  if (!std::filesystem::exists(kVocabs)) GTEST_SKIP() << "no real vocabularies in " << kVocabs;
  const auto file = GgufFile::open(kVocabs / "ggml-vocab-llama-bpe.gguf");
  ASSERT_TRUE(file) << file.error().message;
  const GgufFile& llama = **file;
  EXPECT_EQ(llama.require<std::string_view>("general.architecture").value(), "llama");
  EXPECT_EQ(llama.require<int64_t>("llama.block_count").value(), 32);
  const auto tokens = llama.require<std::vector<std::string_view>>("tokenizer.ggml.tokens").value();
  ASSERT_EQ(tokens.size(), 128256u);
  EXPECT_EQ(tokens[0], "!");
  EXPECT_EQ(tokens[128000], "<|begin_of_text|>");
  EXPECT_EQ(llama.require<std::vector<int64_t>>("tokenizer.ggml.token_type").value()[128000], 3);
  EXPECT_TRUE(llama.tensors().empty());
}

TEST(GgufRealFiles, EveryVocabularyOpens) {
  if (!std::filesystem::exists(kVocabs)) GTEST_SKIP() << "no real vocabularies in " << kVocabs;
  for (const auto& path : std::filesystem::directory_iterator(kVocabs)) {
    if (path.path().extension() != ".gguf") continue;
    const auto file = GgufFile::open(path.path());
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_GT((*file)->require<std::vector<std::string_view>>("tokenizer.ggml.tokens").value().size(),
              30000u);
  }
}

}  // namespace
}  // namespace ferry
