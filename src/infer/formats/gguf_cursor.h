#pragma once
// A bounded reader over a GGUF file's bytes: nothing is handed out that is not there.

#include <bit>
#include <cstring>
#include <span>
#include <string_view>

#include "base/core/result.h"
#include "infer/formats/quoted.h"

namespace ferry {

static_assert(std::endian::native == std::endian::little,
              "GGUF is read in place, so only by little-endian hosts");

template <class T>
T load_unaligned(const std::byte* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

// What is being read, for messages: the metadata, or the metadata "general.name".
struct GgufPlace {
  std::string_view what;
  std::string_view name = {};
};

class GgufCursor {
 public:
  // `file` is for messages and must outlive the cursor.
  GgufCursor(std::span<const std::byte> bytes, std::string_view file) : bytes_(bytes), file_(file) {}

  size_t offset() const { return offset_; }
  size_t left() const { return bytes_.size() - offset_; }

  // `place` is named in the error when fewer bytes are left.
  Result<std::span<const std::byte>> take(uint64_t count, GgufPlace place) {
    if (count > left()) return too_short(count, 1, place);
    const auto taken = bytes_.subspan(offset_, static_cast<size_t>(count));
    offset_ += taken.size();
    return taken;
  }

  // `count` things of `size` bytes each.
  Result<std::span<const std::byte>> take(uint64_t count, uint64_t size, GgufPlace place) {
    if (count > left() / size) return too_short(count, size, place);
    return take(count * size, place);
  }

  template <class T>
  Result<T> number(GgufPlace place) {
    FERRY_TRY(const auto bytes, take(sizeof(T), place));
    return load_unaligned<T>(bytes.data());
  }

  // A u64 length and that many bytes.
  Result<std::string_view> string(GgufPlace place) {
    FERRY_TRY(const auto length, number<uint64_t>(place));
    FERRY_TRY(const auto bytes, take(length, place));
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  // Fails when `count` things of at least `least` bytes each cannot fit what is left.
  Result<void> expect_room(uint64_t count, uint64_t least, GgufPlace place) const {
    if (count > left() / least) return too_short(count, least, place);
    return {};
  }

 private:
  tl::unexpected<Error> too_short(uint64_t count, uint64_t size, GgufPlace place) const {
    return fail(ErrorCode::corrupt,
                "{}: the file is cut short or damaged: {}{}{} at byte {} needs {}{} bytes, {} are left",
                file_, place.what, place.name.empty() ? "" : " ",
                place.name.empty() ? "" : quoted_name(place.name), offset_,
                size == 1 ? "" : fmt::format("{} times ", count), size == 1 ? count : size, left());
  }

  std::span<const std::byte> bytes_;
  std::string_view file_;
  size_t offset_ = 0;
};

}  // namespace ferry
