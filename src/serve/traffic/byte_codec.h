#pragma once
// Numbers and texts as bytes: integers little-endian, doubles by their bits, texts behind their length (u32).

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "serve/traffic/digest.h"
#include "serve/traffic/exchange_id.h"

static_assert(std::endian::native == std::endian::little, "integers are copied as they are");

namespace ferry {

// Appends to a string it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void flag(bool value) { number(static_cast<uint8_t>(value)); }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    out_.append(value);
  }
  void texts(const std::vector<std::string>& values) {
    number(static_cast<uint32_t>(values.size()));
    for (const std::string& value : values) text(value);
  }
  void digest(const Digest& value) { out_.append(bytes_of(value)); }
  void id(ExchangeId value) {
    number(value.high);
    number(value.low);
  }

 private:
  std::string& out_;
};

// Reads the same. What is not there reads as zero or empty, and ok() is false from then on.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

  template <class T>
  T number() {
    T value{};
    const std::string_view piece = take(sizeof value);
    if (!piece.empty()) std::memcpy(&value, piece.data(), sizeof value);
    return value;
  }
  bool flag() {
    const auto value = number<uint8_t>();
    ok_ = ok_ && value <= 1;
    return value == 1;
  }
  // An enumeration whose last value is `last`.
  template <class T>
  T choice(T last) {
    const auto value = number<uint8_t>();
    ok_ = ok_ && value <= static_cast<uint8_t>(last);
    return ok_ ? static_cast<T>(value) : T{};
  }
  std::string text() { return std::string(take(number<uint32_t>())); }
  std::vector<std::string> texts() {
    std::vector<std::string> values;
    for (uint32_t left = count(sizeof(uint32_t)); left > 0 && ok_; --left) values.push_back(text());
    return values;
  }
  // How many things of at least `least_bytes` each follow.
  uint32_t count(size_t least_bytes) {
    const auto value = number<uint32_t>();
    ok_ = ok_ && value <= bytes_.size() / least_bytes;
    return ok_ ? value : 0;
  }
  Digest digest() {
    Digest value{};
    const std::string_view piece = take(value.size());
    if (!piece.empty()) std::memcpy(value.data(), piece.data(), value.size());
    return value;
  }
  ExchangeId id() {
    const auto high = number<uint64_t>();
    return {high, number<uint64_t>()};
  }

 private:
  std::string_view take(size_t size) {
    ok_ = ok_ && size <= bytes_.size();
    if (!ok_) return {};
    const std::string_view piece = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return piece;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace ferry
