#include "base/core/utf8.h"

namespace ferry {
namespace {

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

// The number of bytes that a character starting with `lead` has, and the range allowed for its second byte.
struct Lead {
  uint32_t length;  // 0: not a lead byte
  unsigned char second_min;
  unsigned char second_max;
};

Lead classify(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// How many bytes from `offset` on belong to a well-formed prefix of a character (at least 1).
uint32_t well_formed_prefix(std::string_view text, size_t offset, const Lead& lead) {
  uint32_t n = 1;
  while (n < lead.length && offset + n < text.size()) {
    const auto byte = static_cast<unsigned char>(text[offset + n]);
    const bool fits = n == 1 ? byte >= lead.second_min && byte <= lead.second_max : is_continuation(byte);
    if (!fits) break;
    ++n;
  }
  return n;
}

}  // namespace

Utf8Char decode_utf8(std::string_view text, size_t offset) {
  const auto first = static_cast<unsigned char>(text[offset]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = classify(first);
  if (lead.length == 0 || well_formed_prefix(text, offset, lead) != lead.length) return {0xFFFD, 1, false};
  char32_t code_point = first & (0x7F >> lead.length);
  for (uint32_t i = 1; i < lead.length; ++i) {
    code_point = (code_point << 6) | (static_cast<unsigned char>(text[offset + i]) & 0x3F);
  }
  return {code_point, lead.length, true};
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | (code_point >> 18));
    push(0x80 | ((code_point >> 12) & 0x3F));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

bool is_valid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const Utf8Char c = decode_utf8(text, i);
    if (!c.valid) return false;
    i += c.bytes;
  }
  return true;
}

size_t incomplete_utf8_tail(std::string_view text) {
  const size_t most = text.size() < 3 ? text.size() : 3;
  for (size_t back = 1; back <= most; ++back) {
    const size_t offset = text.size() - back;
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (is_continuation(byte)) continue;
    const Lead lead = classify(byte);
    const bool cut = lead.length > back && well_formed_prefix(text, offset, lead) == back;
    return cut ? back : 0;
  }
  return 0;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Lead lead = classify(static_cast<unsigned char>(text[i]));
    const uint32_t n = lead.length == 0 ? 1 : well_formed_prefix(text, i, lead);
    if (n == lead.length) {
      out.append(text.substr(i, n));
    } else {
      out.append("\xEF\xBF\xBD");
    }
    i += n;
  }
  return out;
}

}  // namespace ferry
