#include "infer/formats/gguf_writer.h"

#include <bit>
#include <type_traits>

#include "base/core/file.h"
#include "infer/formats/ggml_types.h"
#include "infer/formats/quoted.h"
#include "infer/formats/unique_names.h"

namespace ferry {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr uint64_t kAlignment = 32;
constexpr char kZeros[kAlignment] = {};
constexpr uint32_t kVersion = 3;

template <class T>
  requires std::is_arithmetic_v<T>
void append(std::string& out, T number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_string(std::string& out, std::string_view text) {
  append(out, uint64_t{text.size()});
  out.append(text);
}

// Zeros that make `bytes` a multiple of the alignment.
std::string_view padding(uint64_t bytes) {
  return {kZeros, (kAlignment - bytes % kAlignment) % kAlignment};
}

}  // namespace

void GgufWriter::begin_entry(std::string_view key, GgufType type) {
  keys_.emplace_back(key);
  append_string(metadata_, key);
  append(metadata_, static_cast<uint32_t>(type));
}

void GgufWriter::begin_array(std::string_view key, GgufType type, size_t count) {
  begin_entry(key, GgufType::array);
  append(metadata_, static_cast<uint32_t>(type));
  append(metadata_, uint64_t{count});
}

void GgufWriter::add_bool(std::string_view key, bool value) {
  begin_entry(key, GgufType::boolean);
  append(metadata_, static_cast<uint8_t>(value));
}

void GgufWriter::add_uint32(std::string_view key, uint32_t value) {
  begin_entry(key, GgufType::u32);
  append(metadata_, value);
}

void GgufWriter::add_int64(std::string_view key, int64_t value) {
  begin_entry(key, GgufType::i64);
  append(metadata_, value);
}

void GgufWriter::add_float32(std::string_view key, float value) {
  begin_entry(key, GgufType::f32);
  append(metadata_, value);
}

void GgufWriter::add_string(std::string_view key, std::string_view value) {
  begin_entry(key, GgufType::string);
  append_string(metadata_, value);
}

void GgufWriter::add_strings(std::string_view key, std::span<const std::string_view> values) {
  begin_array(key, GgufType::string, values.size());
  for (const std::string_view value : values) append_string(metadata_, value);
}

void GgufWriter::add_int32s(std::string_view key, std::span<const int32_t> values) {
  begin_array(key, GgufType::i32, values.size());
  for (const int32_t value : values) append(metadata_, value);
}

void GgufWriter::add_float32s(std::string_view key, std::span<const float> values) {
  begin_array(key, GgufType::f32, values.size());
  for (const float value : values) append(metadata_, value);
}

void GgufWriter::add_entry(const GgufEntry& entry) {
  if (entry.type == GgufType::array) {
    begin_array(entry.key, entry.element_type, entry.count);
  } else {
    begin_entry(entry.key, entry.type);
  }
  metadata_.append(reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size());
}

void GgufWriter::add_tensor(std::string_view name, const TensorView& tensor) {
  tensors_.push_back({std::string(name), tensor});
}

Result<void> GgufWriter::check_names() const {
  FERRY_TRY_VOID(expect_unique({keys_.begin(), keys_.end()}, "metadata"));
  std::vector<std::string_view> names;
  for (const Tensor& tensor : tensors_) names.push_back(tensor.name);
  return expect_unique(std::move(names), "tensor");
}

Result<void> GgufWriter::write(const std::filesystem::path& path) const {
  FERRY_TRY_VOID(check_names());
  std::string header = "GGUF";
  append(header, kVersion);
  append(header, uint64_t{tensors_.size()});
  append(header, uint64_t{keys_.size()});
  header += metadata_;

  std::vector<std::string_view> pieces(1);  // the header comes first, once it is complete
  uint64_t offset = 0;
  for (const auto& [name, view] : tensors_) {
    const auto bytes = checked_bytes(view.dtype, view.shape);
    if (!bytes)
      return fail(ErrorCode::invalid_argument, "tensor {}: {}", quoted_name(name), bytes.error().message);
    append_string(header, name);
    append(header, static_cast<uint32_t>(view.shape.rank()));
    for (int i = view.shape.rank(); i-- > 0;) append(header, view.shape[i]);
    append(header, ggml_type_of(view.dtype));
    append(header, offset);
    const std::string_view data(reinterpret_cast<const char*>(view.data), static_cast<size_t>(*bytes));
    pieces.push_back(data);
    pieces.push_back(padding(data.size()));
    offset += data.size() + pieces.back().size();
  }
  header += padding(header.size());
  pieces[0] = header;
  return write_file_atomic(path, pieces);
}

}  // namespace ferry
