#include "infer/formats/gguf.h"

#include <algorithm>
#include <numeric>

#include "infer/formats/ggml_types.h"
#include "infer/formats/gguf_cursor.h"
#include "infer/formats/quoted.h"

namespace ferry {
namespace {

constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr uint64_t kDefaultAlignment = 32;
constexpr int kMostNestedArrays = 4;
// The fewest bytes that one can have: an entry an empty key, its type and a byte; a tensor an empty name,
// its rank, type and offset.
constexpr uint64_t kLeastEntryBytes = 8 + 4 + 1;
constexpr uint64_t kLeastTensorBytes = 8 + 4 + 4 + 8;

// Bytes of one element; 0 for strings and arrays, which differ in length.
uint64_t fixed_size(GgufType type) {
  switch (type) {
    case GgufType::u8:
    case GgufType::i8:
    case GgufType::boolean:
      return 1;
    case GgufType::u16:
    case GgufType::i16:
      return 2;
    case GgufType::u32:
    case GgufType::i32:
    case GgufType::f32:
      return 4;
    case GgufType::u64:
    case GgufType::i64:
    case GgufType::f64:
      return 8;
    case GgufType::string:
    case GgufType::array:
      return 0;
  }
  return 0;
}

// Indices of `items` in the order of their names; `name` is a pointer to the member.
template <class Item>
std::vector<size_t> sorted_by(const std::vector<Item>& items, std::string_view Item::*name) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return items[a].*name < items[b].*name; });
  return order;
}

template <class Item>
const Item* find_by(const std::vector<Item>& items, const std::vector<size_t>& order,
                    std::string_view Item::*name, std::string_view wanted) {
  const auto at = std::lower_bound(order.begin(), order.end(), wanted,
                                   [&](size_t i, std::string_view key) { return items[i].*name < key; });
  return at != order.end() && items[*at].*name == wanted ? &items[*at] : nullptr;
}

template <class Item>
const Item* first_duplicate(const std::vector<Item>& items, const std::vector<size_t>& order,
                            std::string_view Item::*name) {
  const auto at = std::adjacent_find(order.begin(), order.end(),
                                     [&](size_t a, size_t b) { return items[a].*name == items[b].*name; });
  return at != order.end() ? &items[*at] : nullptr;
}

}  // namespace

// Fills a GgufFile from its bytes, front to back.
class GgufParser {
 public:
  GgufParser(std::span<const std::byte> bytes, GgufFile& file)
      : bytes_(bytes), cursor_(bytes, file.name_), file_(file) {}

  Result<void> run() {
    FERRY_TRY_VOID(read_header());
    FERRY_TRY_VOID(read_metadata());
    FERRY_TRY_VOID(read_tensors());
    return place_tensors();
  }

 private:
  Result<void> read_header();
  Result<void> check_version() const;
  Result<void> read_metadata();
  Result<GgufEntry> read_entry();
  Result<GgufType> read_type(GgufPlace place);
  Result<void> skip_elements(GgufType type, uint64_t count, int depth, GgufPlace place);
  Result<void> read_tensors();
  Result<GgufTensor> read_tensor();
  Result<Shape> read_shape(GgufPlace place);
  Result<void> place_tensors();
  Result<void> place(GgufTensor& tensor, uint64_t offset, std::span<const std::byte> data) const;
  Result<uint64_t> alignment() const;

  template <class... Args>
  tl::unexpected<Error> corrupt(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::corrupt, "{}: {}", file_.name_, fmt::format(format, std::forward<Args>(args)...));
  }

  std::span<const std::byte> bytes_;
  GgufCursor cursor_;
  GgufFile& file_;
  uint64_t tensor_count_ = 0;
  uint64_t entry_count_ = 0;
  std::vector<uint64_t> offsets_;  // of each tensor, from the start of the data
};

Result<void> GgufParser::read_header() {
  if (bytes_.size() < sizeof kMagic || load_unaligned<uint32_t>(bytes_.data()) != kMagic) {
    return corrupt("not a GGUF file: it does not start with \"GGUF\"");
  }
  FERRY_TRY_VOID(cursor_.take(sizeof kMagic, {"the magic"}));
  FERRY_TRY(file_.version_, cursor_.number<uint32_t>({"the version"}));
  FERRY_TRY_VOID(check_version());
  FERRY_TRY(tensor_count_, cursor_.number<uint64_t>({"the number of tensors"}));
  FERRY_TRY(entry_count_, cursor_.number<uint64_t>({"the number of metadata entries"}));
  FERRY_TRY_VOID(cursor_.expect_room(entry_count_, kLeastEntryBytes, {"the metadata"}));
  return cursor_.expect_room(tensor_count_, kLeastTensorBytes, {"the list of tensors"});
}

Result<void> GgufParser::check_version() const {
  const uint32_t version = file_.version_;
  if (version == 2 || version == 3) return {};
  if (const uint32_t swapped = __builtin_bswap32(version); swapped >= 1 && swapped <= 0xFFFF) {
    return fail(ErrorCode::unsupported, "{}: is a big-endian GGUF file; only little-endian ones can be read",
                file_.name_);
  }
  return fail(ErrorCode::unsupported, "{}: is GGUF version {}; versions 2 and 3 can be read", file_.name_,
              version);
}

Result<void> GgufParser::read_metadata() {
  for (uint64_t i = 0; i < entry_count_; ++i) {
    FERRY_TRY(const GgufEntry entry, read_entry());
    file_.entries_.push_back(entry);
  }
  file_.entries_by_key_ = sorted_by(file_.entries_, &GgufEntry::key);
  if (const auto* twice = first_duplicate(file_.entries_, file_.entries_by_key_, &GgufEntry::key)) {
    return corrupt("metadata {} is there twice", quoted_name(twice->key));
  }
  return {};
}

Result<GgufEntry> GgufParser::read_entry() {
  GgufEntry entry;
  FERRY_TRY(entry.key, cursor_.string({"a metadata key"}));
  const GgufPlace place{"metadata", entry.key};
  FERRY_TRY(entry.type, read_type(place));
  entry.element_type = entry.type;
  if (entry.type == GgufType::array) {
    FERRY_TRY(entry.element_type, read_type(place));
    FERRY_TRY(entry.count, cursor_.number<uint64_t>(place));
  }
  const size_t begin = cursor_.offset();
  FERRY_TRY_VOID(skip_elements(entry.element_type, entry.count, 1, place));
  entry.bytes = bytes_.subspan(begin, cursor_.offset() - begin);
  return entry;
}

Result<GgufType> GgufParser::read_type(GgufPlace place) {
  FERRY_TRY(const auto type, cursor_.number<uint32_t>(place));
  if (type <= static_cast<uint32_t>(GgufType::f64)) return static_cast<GgufType>(type);
  return corrupt("{} {} has value type {}, which GGUF does not define", place.what, quoted_name(place.name),
                 type);
}

// Walks over `count` elements, checking that they are there.
Result<void> GgufParser::skip_elements(GgufType type, uint64_t count, int depth, GgufPlace place) {
  if (const uint64_t size = fixed_size(type)) {
    FERRY_TRY_VOID(cursor_.take(count, size, place));
    return {};
  }
  if (type == GgufType::string) {
    for (uint64_t i = 0; i < count; ++i) FERRY_TRY_VOID(cursor_.string(place));
    return {};
  }
  if (depth == kMostNestedArrays) {
    return fail(ErrorCode::unsupported, "{}: metadata {} nests arrays deeper than {}", file_.name_,
                quoted_name(place.name), kMostNestedArrays);
  }
  for (uint64_t i = 0; i < count; ++i) {
    FERRY_TRY(const GgufType inner, read_type(place));
    FERRY_TRY(const auto inner_count, cursor_.number<uint64_t>(place));
    FERRY_TRY_VOID(skip_elements(inner, inner_count, depth + 1, place));
  }
  return {};
}

Result<void> GgufParser::read_tensors() {
  for (uint64_t i = 0; i < tensor_count_; ++i) {
    FERRY_TRY(const GgufTensor tensor, read_tensor());
    file_.tensors_.push_back(tensor);
  }
  file_.tensors_by_name_ = sorted_by(file_.tensors_, &GgufTensor::name);
  if (const auto* twice = first_duplicate(file_.tensors_, file_.tensors_by_name_, &GgufTensor::name)) {
    return corrupt("tensor {} is there twice", quoted_name(twice->name));
  }
  return {};
}

Result<GgufTensor> GgufParser::read_tensor() {
  GgufTensor tensor;
  FERRY_TRY(tensor.name, cursor_.string({"a tensor's name"}));
  const GgufPlace place{"tensor", tensor.name};
  FERRY_TRY(tensor.shape, read_shape(place));
  FERRY_TRY(tensor.ggml_type, cursor_.number<uint32_t>(place));
  FERRY_TRY(const auto offset, cursor_.number<uint64_t>(place));
  offsets_.push_back(offset);
  return tensor;
}

Result<Shape> GgufParser::read_shape(GgufPlace place) {
  FERRY_TRY(const auto rank, cursor_.number<uint32_t>(place));
  if (rank > Shape::kMaxRank) {
    return corrupt("tensor {} has {} dimensions, more than {}", quoted_name(place.name), rank,
                   Shape::kMaxRank);
  }
  FERRY_TRY(const auto dims, cursor_.take(rank, sizeof(int64_t), place));
  Shape shape;
  for (size_t i = rank; i-- > 0;) shape.push_back(load_unaligned<int64_t>(dims.data() + i * sizeof(int64_t)));
  if (rank == 0) shape.push_back(1);  // as ggml takes it
  return shape;
}

// The data starts at the first aligned byte after the list of tensors.
Result<void> GgufParser::place_tensors() {
  FERRY_TRY(const uint64_t aligned_to, alignment());
  const uint64_t start = (cursor_.offset() + aligned_to - 1) / aligned_to * aligned_to;
  const auto data = bytes_.subspan(std::min<uint64_t>(start, bytes_.size()));
  for (size_t i = 0; i < offsets_.size(); ++i) {
    if (offsets_[i] % aligned_to != 0) {
      return corrupt("tensor {} lies at offset {}, which is not a multiple of the alignment {}",
                     quoted_name(file_.tensors_[i].name), offsets_[i], aligned_to);
    }
    FERRY_TRY_VOID(place(file_.tensors_[i], offsets_[i], data));
  }
  return {};
}

// The size of a type that Ferry does not know is not known either: such a tensor only has to start in the
// file.
Result<void> GgufParser::place(GgufTensor& tensor, uint64_t offset, std::span<const std::byte> data) const {
  const std::optional<DType> dtype = dtype_of_ggml_type(tensor.ggml_type);
  auto bytes = checked_bytes(dtype.value_or(DType::f32), tensor.shape);
  if (!bytes) return corrupt("tensor {}: {}", quoted_name(tensor.name), bytes.error().message);
  const uint64_t needed = dtype ? static_cast<uint64_t>(*bytes) : 0;
  if (offset > data.size() || needed > data.size() - offset) {
    return corrupt(
        "the file is cut short or damaged: tensor {} ({} {}) needs {} bytes at offset {} of the {} bytes of "
        "data",
        quoted_name(tensor.name), ggml_type_name(tensor.ggml_type), tensor.shape.to_string(), needed, offset,
        data.size());
  }
  tensor.data = data.data() + offset;
  return {};
}

Result<uint64_t> GgufParser::alignment() const {
  FERRY_TRY(const auto value, file_.optional<int64_t>("general.alignment"));
  if (!value) return kDefaultAlignment;
  if (*value < 1 || *value > UINT32_MAX || !std::has_single_bit(static_cast<uint64_t>(*value))) {
    return corrupt("metadata \"general.alignment\" is {}; it must be a power of two", *value);
  }
  return static_cast<uint64_t>(*value);
}

Result<std::shared_ptr<const GgufFile>> GgufFile::open(const std::filesystem::path& path) {
  FERRY_TRY(auto mapping, MappedFile::open(path));
  const std::shared_ptr<GgufFile> file(new GgufFile);
  file->name_ = path.string();
  FERRY_TRY_VOID(GgufParser(mapping->bytes(), *file).run());
  file->mapping_ = std::move(mapping);
  return file;
}

Result<std::shared_ptr<const GgufFile>> GgufFile::parse(std::span<const std::byte> bytes, std::string name) {
  const std::shared_ptr<GgufFile> file(new GgufFile);
  file->name_ = std::move(name);
  FERRY_TRY_VOID(GgufParser(bytes, *file).run());
  return file;
}

const GgufEntry* GgufFile::find_entry(std::string_view key) const {
  return find_by(entries_, entries_by_key_, &GgufEntry::key, key);
}

const GgufTensor* GgufFile::find_tensor(std::string_view name) const {
  return find_by(tensors_, tensors_by_name_, &GgufTensor::name, name);
}

Result<TensorView> GgufFile::tensor(std::string_view name) const {
  if (const GgufTensor* found = find_tensor(name)) return view(*found);
  return fail(ErrorCode::not_found, "{}: there is no tensor {}", name_, quoted_name(name));
}

Result<TensorView> GgufFile::view(const GgufTensor& tensor) const {
  if (const auto dtype = dtype_of_ggml_type(tensor.ggml_type))
    return TensorView{*dtype, tensor.shape, tensor.data};
  return fail(ErrorCode::unsupported,
              "{}: tensor {} is {}, which Ferry cannot compute with; take a file in F32, F16, BF16, Q8_0, "
              "Q4_0, Q4_K or "
              "Q6_K",
              name_, quoted_name(tensor.name), ggml_type_name(tensor.ggml_type));
}

}  // namespace ferry
