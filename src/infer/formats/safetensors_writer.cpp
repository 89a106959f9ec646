#include "infer/formats/safetensors_writer.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "base/core/file.h"
#include "base/core/json.h"
#include "base/core/utf8.h"
#include "infer/formats/quoted.h"
#include "infer/formats/unique_names.h"

namespace ferry {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::string_view kMetadataKey = "__metadata__";

bool can_be_stored(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

// The reference's order among types: wider first, and BF16 before F16.
std::pair<int64_t, bool> type_order(DType dtype) {
  return {-dtype_info(dtype).bytes, dtype == DType::f16};
}

// Appends the tensor's member of the header; gives its bytes.
Result<std::string_view> describe(std::string_view name, const TensorView& view, uint64_t offset,
                                  JsonWriter& out) {
  if (!is_valid_utf8(name) || name == kMetadataKey) {
    return fail(ErrorCode::invalid_argument, "{} cannot be the name of a tensor", quoted_name(name));
  }
  if (!can_be_stored(view.dtype)) {
    return fail(ErrorCode::invalid_argument, "tensor {} is {}, which safetensors files cannot hold",
                quoted_name(name), dtype_info(view.dtype).name);
  }
  const auto bytes = checked_bytes(view.dtype, view.shape);
  if (!bytes)
    return fail(ErrorCode::invalid_argument, "tensor {}: {}", quoted_name(name), bytes.error().message);
  out.key(name);
  out.begin_object();
  out.member("dtype", dtype_info(view.dtype).name);
  out.key("shape");
  out.begin_array();
  for (int i = 0; i < view.shape.rank(); ++i) out.value(view.shape[i]);
  out.end_array();
  out.key("data_offsets");
  out.begin_array();
  out.value(offset);
  out.value(offset + static_cast<uint64_t>(*bytes));
  out.end_array();
  out.end_object();
  return std::string_view(reinterpret_cast<const char*>(view.data), static_cast<size_t>(*bytes));
}

}  // namespace

void SafetensorsWriter::add_metadata(std::string_view key, std::string_view value) {
  metadata_.emplace_back(key, value);
}

void SafetensorsWriter::add_tensor(std::string_view name, const TensorView& tensor) {
  tensors_.push_back({std::string(name), tensor});
}

Result<void> SafetensorsWriter::write(const std::filesystem::path& path, const std::stop_token& stop) const {
  std::vector<std::string_view> names;
  std::vector<const Tensor*> order;
  for (const Tensor& tensor : tensors_) {
    names.push_back(tensor.name);
    order.push_back(&tensor);
  }
  FERRY_TRY_VOID(expect_unique(std::move(names), "tensor"));
  std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return std::tuple(type_order(a->view.dtype), std::string_view(a->name)) <
           std::tuple(type_order(b->view.dtype), std::string_view(b->name));
  });

  std::string header(sizeof(uint64_t), '\0');  // the length, once it is known
  JsonWriter json(header);
  json.begin_object();
  if (!metadata_.empty()) {
    json.key(kMetadataKey);
    json.begin_object();
    for (const auto& [key, value] : metadata_) json.member(key, value);
    json.end_object();
  }
  std::vector<std::string_view> pieces(1);  // the header comes first, once it is complete
  uint64_t offset = 0;
  for (const Tensor* tensor : order) {
    FERRY_TRY(const std::string_view data, describe(tensor->name, tensor->view, offset, json));
    pieces.push_back(data);
    offset += data.size();
  }
  json.end_object();
  header.resize((header.size() + data_alignment_ - 1) / data_alignment_ * data_alignment_, ' ');
  const uint64_t length = header.size() - sizeof(uint64_t);
  header.replace(0, sizeof length, reinterpret_cast<const char*>(&length), sizeof length);
  pieces[0] = header;
  return write_file_atomic(path, pieces, stop);
}

}  // namespace ferry
