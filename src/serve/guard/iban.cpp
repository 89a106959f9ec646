#include <array>
#include <string>

#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"

namespace ferry {
namespace {

// SWIFT IBAN Registry, release 99 (December 2024): country and length.
constexpr std::string_view kLengths =
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 "
    "EE20 "
    "EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 "
    "JO30 "
    "KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 "
    "OM23 "
    "PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 "
    "TR26 "
    "UA29 VA22 VG24 XK20 YE30 ";

char upper(int byte) {
  return static_cast<char>(byte >= 'a' && byte <= 'z' ? byte - 32 : byte);
}

size_t length_for(char first, char second) {
  for (size_t i = 0; i < kLengths.size(); i += 5) {
    if (kLengths[i] == first && kLengths[i + 1] == second)
      return static_cast<size_t>(kLengths[i + 2] - '0') * 10 + static_cast<size_t>(kLengths[i + 3] - '0');
  }
  return 0;
}

// ISO 7064 MOD 97-10, with the first four characters at the end.
bool has_check_digits(std::string_view iban) {
  unsigned remainder = 0;
  for (size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    const bool digit = c >= '0' && c <= '9';
    remainder = digit ? (remainder * 10 + (c - '0')) % 97 : (remainder * 100 + (c - 'A' + 10)) % 97;
  }
  return remainder == 1;
}

}  // namespace

std::optional<Finding> find_iban(const Window& window, size_t digit) {
  if (digit < 2 || !is(window.at(digit - 1), kLetter) || !is(window.at(digit - 2), kLetter))
    return std::nullopt;
  const size_t begin = digit - 2;
  if (begin > 0 && is_alnum(window.at(begin - 1))) return std::nullopt;
  const size_t length = length_for(upper(window.at(begin)), upper(window.at(begin + 1)));
  if (length == 0 || !is(window.at(digit + 1), kDigit)) return std::nullopt;
  std::array<char, 34> iban;
  size_t count = 0;
  size_t at = begin;
  for (; count < length; ++at) {
    const int byte = window.at(at);
    const bool separator = (byte == ' ' || byte == '-') && count % 4 == 0 && is_alnum(window.at(at + 1));
    if (!separator && !is_alnum(byte)) return std::nullopt;
    if (!separator) iban[count++] = upper(byte);
  }
  if (is_alnum(window.at(at)) || !has_check_digits({iban.data(), count})) return std::nullopt;
  return Finding{begin, at, FindingKind::iban, Confidence::certain, "iban"};
}

}  // namespace ferry
