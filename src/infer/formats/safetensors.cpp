#include "infer/formats/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "infer/formats/blame_file.h"
#include "infer/formats/quoted.h"

namespace ferry {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are read in place, so only by little-endian hosts");

// The reference implementation's limit. A header of a thousand tensors has about 100 kB.
constexpr uint64_t kMostHeaderBytes = 100'000'000;
constexpr size_t kMostHeaderDepth = 8;

struct StoredType {
  std::string_view name;
  int64_t bits;  // of one element
  std::optional<DType> dtype = std::nullopt;
};
constexpr StoredType kStoredTypes[] = {
    {"F32", 32, DType::f32},
    {"F16", 16, DType::f16},
    {"BF16", 16, DType::bf16},
    {"F64", 64},
    {"C64", 64},
    {"I64", 64},
    {"U64", 64},
    {"I32", 32},
    {"U32", 32},
    {"I16", 16},
    {"U16", 16},
    {"I8", 8},
    {"U8", 8},
    {"BOOL", 8},
    {"F8_E4M3", 8},
    {"F8_E5M2", 8},
    {"F8_E8M0", 8},
    {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8},
    {"F6_E2M3", 6},
    {"F6_E3M2", 6},
    {"F4", 4},
};

const StoredType* stored_type(std::string_view name) {
  const auto* at = std::find_if(std::begin(kStoredTypes), std::end(kStoredTypes),
                                [&](const StoredType& type) { return type.name == name; });
  return at != std::end(kStoredTypes) ? at : nullptr;
}

std::string dims_text(const std::vector<int64_t>& dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

// What the shape and type need; nothing when that overflows or is not whole bytes.
std::optional<uint64_t> bytes_of(const std::vector<int64_t>& dims, int64_t bits) {
  int64_t product = bits;
  for (const int64_t dim : dims) {
    if (__builtin_mul_overflow(product, dim, &product)) return std::nullopt;
  }
  if (product % 8 != 0) return std::nullopt;
  return static_cast<uint64_t>(product) / 8;
}

// A list of integers that are not negative.
Result<std::vector<int64_t>> read_integers(const json::object& tensor, std::string_view key,
                                           std::string_view where) {
  FERRY_TRY(const auto* list, json_require<const json::array*>(tensor, key, where));
  std::vector<int64_t> integers;
  for (const json::value& item : *list) {
    if (!item.is_int64() || item.get_int64() < 0) {
      return fail(ErrorCode::corrupt, "{}: \"{}\" must be integers from 0 on", where, key);
    }
    integers.push_back(item.get_int64());
  }
  return integers;
}

Result<std::span<const std::byte>> read_range(const json::object& tensor, std::span<const std::byte> data,
                                              std::string_view where) {
  FERRY_TRY(const auto range, read_integers(tensor, "data_offsets", where));
  if (range.size() != 2) return fail(ErrorCode::corrupt, "{}: \"data_offsets\" must be two integers", where);
  const auto begin = static_cast<uint64_t>(range[0]);
  const auto end = static_cast<uint64_t>(range[1]);
  if (begin > end || end > data.size()) {
    return fail(ErrorCode::corrupt,
                "{}: the file is cut short or damaged: bytes {} to {} of the {} bytes of data", where, begin,
                end, data.size());
  }
  return data.subspan(begin, end - begin);
}

Result<SafetensorsTensor> read_tensor(std::string_view name, const json::value& value,
                                      std::span<const std::byte> data, std::string_view file) {
  const std::string where = fmt::format("{}: tensor {}", file, quoted_name(name));
  const json::object* object = value.if_object();
  if (object == nullptr)
    return fail(ErrorCode::corrupt, "{} must be an object, not {}", where, json_kind(value));
  SafetensorsTensor tensor;
  tensor.name = name;
  FERRY_TRY(tensor.dtype, json_require<std::string>(*object, "dtype", where));
  FERRY_TRY(tensor.dims, read_integers(*object, "shape", where));
  FERRY_TRY(tensor.data, read_range(*object, data, where));
  const StoredType* type = stored_type(tensor.dtype);
  if (type == nullptr) {
    return fail(ErrorCode::unsupported, "{} is of type {}, which safetensors does not define", where,
                quoted_name(tensor.dtype));
  }
  if (const auto needed = bytes_of(tensor.dims, type->bits); needed != tensor.data.size()) {
    return fail(ErrorCode::corrupt, "{}: {} {} does not have the {} bytes that the file gives it", where,
                tensor.dtype, dims_text(tensor.dims), tensor.data.size());
  }
  return tensor;
}

// Holes and overlaps are refused: bytes that no tensor owns could carry anything (a second file, say).
Result<void> check_coverage(const std::vector<SafetensorsTensor>& tensors, std::span<const std::byte> data,
                            std::string_view file) {
  std::vector<const SafetensorsTensor*> order;
  for (const SafetensorsTensor& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
  });
  const std::byte* covered = data.data();
  for (const SafetensorsTensor* tensor : order) {
    if (tensor->data.data() != covered) {
      return fail(ErrorCode::corrupt,
                  "{}: tensor {} starts at byte {} of the data, but those before it end at {}", file,
                  quoted_name(tensor->name), tensor->data.data() - data.data(), covered - data.data());
    }
    covered += tensor->data.size();
  }
  if (covered == data.data() + data.size()) return {};
  return fail(ErrorCode::corrupt, "{}: the tensors end at byte {} of the {} bytes of data", file,
              covered - data.data(), data.size());
}

}  // namespace

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(const std::filesystem::path& path) {
  FERRY_TRY(auto mapping, MappedFile::open(path));
  const std::shared_ptr<SafetensorsFile> file(new SafetensorsFile);
  file->name_ = path.string();
  FERRY_TRY_VOID(file->read(mapping->bytes()));
  file->mapping_ = std::move(mapping);
  return file;
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::parse(std::span<const std::byte> bytes,
                                                                      std::string name) {
  const std::shared_ptr<SafetensorsFile> file(new SafetensorsFile);
  file->name_ = std::move(name);
  FERRY_TRY_VOID(file->read(bytes));
  return file;
}

Result<void> SafetensorsFile::read(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() < sizeof length) {
    return fail(ErrorCode::corrupt, "{}: not a safetensors file: it has only {} bytes", name_, bytes.size());
  }
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes = bytes.subspan(sizeof length);
  if (length > bytes.size() || length > kMostHeaderBytes) {
    return fail(ErrorCode::corrupt,
                "{}: not a safetensors file, or cut short: a header of {} bytes where {} are left (and at "
                "most {} allowed)",
                name_, length, bytes.size(), kMostHeaderBytes);
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), length);
  auto header = parse_json(text, name_, {.max_bytes = text.size(), .max_depth = kMostHeaderDepth});
  if (!header) return tl::unexpected(blame_file(std::move(header).error()).within("header"));
  if (!header->is_object()) {
    return fail(ErrorCode::corrupt, "{}: the header must be an object, not {}", name_, json_kind(*header));
  }
  return read_header(header->get_object(), bytes.subspan(length)).map_error(blame_file);
}

Result<void> SafetensorsFile::read_header(const json::object& header, std::span<const std::byte> data) {
  for (const auto& member : header) {
    if (member.key() == "__metadata__") {
      FERRY_TRY_VOID(read_metadata(member.value()));
    } else {
      FERRY_TRY(auto tensor, read_tensor(member.key(), member.value(), data, name_));
      tensors_.push_back(std::move(tensor));
    }
  }
  std::sort(tensors_.begin(), tensors_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return check_coverage(tensors_, data, name_);
}

Result<void> SafetensorsFile::read_metadata(const json::value& value) {
  if (value.is_null()) return {};
  const json::object* object = value.if_object();
  if (object == nullptr) {
    return fail(ErrorCode::corrupt, "{}: \"__metadata__\" must be an object, not {}", name_,
                json_kind(value));
  }
  const std::string where = name_ + ": \"__metadata__\"";
  for (const auto& member : *object) {
    FERRY_TRY(auto text, json_require<std::string>(*object, member.key(), where));
    metadata_.emplace_back(member.key(), std::move(text));
  }
  return {};
}

const SafetensorsTensor* SafetensorsFile::find_tensor(std::string_view name) const {
  const auto at = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const SafetensorsTensor& tensor, std::string_view key) { return tensor.name < key; });
  return at != tensors_.end() && at->name == name ? &*at : nullptr;
}

Result<TensorView> SafetensorsFile::tensor(std::string_view name) const {
  if (const SafetensorsTensor* found = find_tensor(name)) return view(*found);
  return fail(ErrorCode::not_found, "{}: there is no tensor {}", name_, quoted_name(name));
}

Result<TensorView> SafetensorsFile::view(const SafetensorsTensor& tensor) const {
  const StoredType* type = stored_type(tensor.dtype);
  FERRY_CHECK(type != nullptr);
  if (!type->dtype) {
    return fail(ErrorCode::unsupported,
                "{}: tensor {} is {}, which Ferry cannot compute with; take weights in F32, F16 or BF16",
                name_, quoted_name(tensor.name), tensor.dtype);
  }
  if (tensor.dims.size() > Shape::kMaxRank) {
    return fail(ErrorCode::unsupported, "{}: tensor {} has {} dimensions, more than {}", name_,
                quoted_name(tensor.name), tensor.dims.size(), Shape::kMaxRank);
  }
  Shape shape;
  for (const int64_t dim : tensor.dims) shape.push_back(dim);
  return TensorView{*type->dtype, shape, tensor.data.data()};
}

}  // namespace ferry
