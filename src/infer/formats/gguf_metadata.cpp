// GgufFile's typed look-ups.

#include "infer/formats/gguf.h"
#include "infer/formats/gguf_cursor.h"
#include "infer/formats/quoted.h"

namespace ferry {
namespace {

// Element i of a sequence of numbers, when it is an integer that fits.
std::optional<int64_t> integer_at(const GgufEntry& entry, size_t i) {
  const auto load = [&]<class T>(T) { return load_unaligned<T>(entry.bytes.data() + i * sizeof(T)); };
  switch (entry.element_type) {
    case GgufType::u8:
      return load(uint8_t{});
    case GgufType::i8:
      return load(int8_t{});
    case GgufType::u16:
      return load(uint16_t{});
    case GgufType::i16:
      return load(int16_t{});
    case GgufType::u32:
      return load(uint32_t{});
    case GgufType::i32:
      return load(int32_t{});
    case GgufType::i64:
      return load(int64_t{});
    case GgufType::u64: {
      const auto value = load(uint64_t{});
      if (value > INT64_MAX) return std::nullopt;
      return static_cast<int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> float_at(const GgufEntry& entry, size_t i) {
  if (entry.element_type == GgufType::f32)
    return load_unaligned<float>(entry.bytes.data() + i * sizeof(float));
  if (entry.element_type == GgufType::f64)
    return load_unaligned<double>(entry.bytes.data() + i * sizeof(double));
  return std::nullopt;
}

std::optional<bool> bool_at(const GgufEntry& entry, size_t i) {
  if (entry.element_type != GgufType::boolean) return std::nullopt;
  return entry.bytes[i] != std::byte{0};
}

// The string at `bytes`, which the parser has checked; moves `bytes` behind it.
std::string_view next_string(const std::byte*& bytes) {
  const auto length = static_cast<size_t>(load_unaligned<uint64_t>(bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes) + sizeof(uint64_t), length);
  bytes += sizeof(uint64_t) + length;
  return text;
}

template <class At>
auto only(const GgufEntry& entry, At at) -> decltype(at(entry, 0)) {
  if (entry.type == GgufType::array) return std::nullopt;
  return at(entry, 0);
}

template <class T, class At>
std::optional<std::vector<T>> all_elements(const GgufEntry& entry, At at) {
  if (entry.type != GgufType::array) return std::nullopt;
  std::vector<T> values;
  for (size_t i = 0; i < entry.count; ++i) {
    const auto value = at(entry, i);
    if (!value) return std::nullopt;
    if (i == 0) values.reserve(entry.count);  // elements of at least a byte each are there
    values.push_back(static_cast<T>(*value));
  }
  return values;
}

// What each T may be read from, and what to call it in messages.
template <class T>
struct Kind;
template <>
struct Kind<bool> {
  static constexpr const char* name = "a boolean";
  static std::optional<bool> get(const GgufEntry& entry) { return only(entry, bool_at); }
};
template <>
struct Kind<int64_t> {
  static constexpr const char* name = "an integer";
  static std::optional<int64_t> get(const GgufEntry& entry) { return only(entry, integer_at); }
};
template <>
struct Kind<double> {
  static constexpr const char* name = "a number";
  static std::optional<double> get(const GgufEntry& entry) {
    if (const auto value = only(entry, float_at)) return value;
    return only(entry, integer_at);
  }
};
template <>
struct Kind<std::string_view> {
  static constexpr const char* name = "a string";
  static std::optional<std::string_view> get(const GgufEntry& entry) {
    if (entry.type != GgufType::string) return std::nullopt;
    const std::byte* bytes = entry.bytes.data();
    return next_string(bytes);
  }
};
template <>
struct Kind<std::vector<std::string_view>> {
  static constexpr const char* name = "an array of strings";
  static std::optional<std::vector<std::string_view>> get(const GgufEntry& entry) {
    if (entry.type != GgufType::array || entry.element_type != GgufType::string) return std::nullopt;
    std::vector<std::string_view> strings;
    strings.reserve(entry.count);
    const std::byte* bytes = entry.bytes.data();
    for (uint64_t i = 0; i < entry.count; ++i) strings.push_back(next_string(bytes));
    return strings;
  }
};
template <>
struct Kind<std::vector<int64_t>> {
  static constexpr const char* name = "an array of integers";
  static std::optional<std::vector<int64_t>> get(const GgufEntry& entry) {
    return all_elements<int64_t>(entry, integer_at);
  }
};
template <>
struct Kind<std::vector<float>> {
  static constexpr const char* name = "an array of floats";
  static std::optional<std::vector<float>> get(const GgufEntry& entry) {
    return all_elements<float>(entry, float_at);
  }
};
template <>
struct Kind<std::vector<bool>> {
  static constexpr const char* name = "an array of booleans";
  static std::optional<std::vector<bool>> get(const GgufEntry& entry) {
    return all_elements<bool>(entry, bool_at);
  }
};

}  // namespace

std::string_view gguf_type_name(GgufType type) {
  constexpr std::string_view kNames[] = {"uint8", "int8",   "uint16", "int16",  "uint32", "int32",  "float32",
                                         "bool",  "string", "array",  "uint64", "int64",  "float64"};
  return kNames[static_cast<size_t>(type)];
}

std::string gguf_value_text(const GgufEntry& entry) {
  if (entry.type == GgufType::array)
    return fmt::format("[{} {}]", entry.count, gguf_type_name(entry.element_type));
  if (const auto text = Kind<std::string_view>::get(entry)) return quoted_name(*text);
  if (const auto flag = bool_at(entry, 0)) return *flag ? "true" : "false";
  if (const auto number = integer_at(entry, 0)) return fmt::format("{}", *number);
  if (entry.type == GgufType::u64) return fmt::format("{}", load_unaligned<uint64_t>(entry.bytes.data()));
  if (entry.type == GgufType::f32) return fmt::format("{}", load_unaligned<float>(entry.bytes.data()));
  return fmt::format("{}", load_unaligned<double>(entry.bytes.data()));
}

template <class T>
Result<std::optional<T>> GgufFile::optional(std::string_view key) const {
  const GgufEntry* entry = find_entry(key);
  if (entry == nullptr) return std::optional<T>();
  if (std::optional<T> value = Kind<T>::get(*entry)) return value;
  return fail(ErrorCode::corrupt, "{}: metadata {} must be {}, not {} {}", name_, quoted_name(key),
              Kind<T>::name, gguf_type_name(entry->type), gguf_value_text(*entry));
}

template <class T>
Result<T> GgufFile::require(std::string_view key) const {
  FERRY_TRY(std::optional<T> value, optional<T>(key));
  if (value) return *std::move(value);
  return fail(ErrorCode::not_found, "{}: metadata {} is missing; it must be {}", name_, quoted_name(key),
              Kind<T>::name);
}

#define FERRY_GGUF_TYPE(...)                                              \
  template Result<__VA_ARGS__> GgufFile::require(std::string_view) const; \
  template Result<std::optional<__VA_ARGS__>> GgufFile::optional(std::string_view) const;
FERRY_GGUF_TYPE(bool)
FERRY_GGUF_TYPE(int64_t)
FERRY_GGUF_TYPE(double)
FERRY_GGUF_TYPE(std::string_view)
FERRY_GGUF_TYPE(std::vector<std::string_view>)
FERRY_GGUF_TYPE(std::vector<int64_t>)
FERRY_GGUF_TYPE(std::vector<float>)
FERRY_GGUF_TYPE(std::vector<bool>)
#undef FERRY_GGUF_TYPE

}  // namespace ferry
