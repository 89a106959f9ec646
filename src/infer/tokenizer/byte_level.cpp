#include "infer/tokenizer/byte_level.h"

#include <array>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr char32_t kLastSpelling = 0x100 + 68 - 1;

struct Spellings {
  std::array<char32_t, 256> of_byte{};
  std::array<int, kLastSpelling + 1> byte_of{};

  Spellings() {
    byte_of.fill(-1);
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
      const char32_t c = printable ? static_cast<char32_t>(byte) : next++;
      of_byte[byte] = c;
      byte_of[c] = byte;
    }
  }
};

const Spellings& spellings() {
  static const Spellings table;
  return table;
}

}  // namespace

void append_byte_level(std::string& out, unsigned char byte) {
  append_utf8(out, spellings().of_byte[byte]);
}

std::string to_byte_level(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  for (const char byte : bytes) append_byte_level(out, static_cast<unsigned char>(byte));
  return out;
}

void append_from_byte_level(std::string& out, std::string_view spelling) {
  const Spellings& table = spellings();
  const size_t before = out.size();
  for (size_t i = 0; i < spelling.size();) {
    const CharAt c = char_at(spelling, i);
    const int byte = c.code_point <= kLastSpelling ? table.byte_of[c.code_point] : -1;
    if (byte < 0) {
      out.resize(before);
      out.append(spelling);
      return;
    }
    out.push_back(static_cast<char>(byte));
    i += c.bytes;
  }
}

}  // namespace ferry
