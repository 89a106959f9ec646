#include <algorithm>
#include <array>
#include <string>

#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"

namespace ferry {
namespace {

constexpr int kMaxDigits = 15;  // E.164
constexpr size_t kMaxBytes = 32;
constexpr std::string_view kWords =
    "tel|phone|mobile|cell|call|fax|dial|sms|whatsapp|contact|reach|ring|handy|mobil|ruf|fon|anruf|hotline|"
    "portable|appel|móvil|llam|cellulare|chiam|telefon|gsm|bel |nummer|komórk";

// ITU-T E.164, "List of Recommendation ITU-T E.164 assigned country codes": the codes of two digits; 1 and 7
// stand alone, every other one has three.
constexpr std::string_view kTwoDigitCodes =
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 "
    "82 84 "
    "86 90 91 92 93 94 95 98 ";

struct Spoken {
  size_t begin;
  size_t end = 0;
  std::array<char, kMaxDigits + 1> digits{};
  int count = 0;
  int groups = 1;
  std::array<int, 8> lengths{};
  std::string separators = {};  // each that occurs, once
  bool has_brackets = false;
};

bool is_separator(int byte) {
  return byte == ' ' || byte == '-' || byte == '.' || byte == '/';
}

int no_break_space(const Window& window, size_t at) {
  if (window.at(at) == 0xC2 && window.at(at + 1) == 0xA0) return 2;
  return window.at(at) == 0xE2 && window.at(at + 1) == 0x80 && window.at(at + 2) == 0xAF ? 3 : 0;
}

// Bytes between two groups of digits: one sign, or one sign beside a bracket, or " / " and " - "; 0: the
// number ends.
size_t gap(const Window& window, size_t at, Spoken& spoken) {
  size_t signs = 0;
  size_t bytes = 0;
  for (; bytes < 4; ++bytes) {
    const int byte = window.at(at + bytes);
    if (is(byte, kDigit)) return bytes;
    if (byte == '(' || byte == ')') {
      spoken.has_brackets = true;
    } else if (const int wide = no_break_space(window, at + bytes); wide > 0) {
      bytes += wide - 1;
      if (++signs > 1) return 0;
    } else if (is_separator(byte)) {
      if (byte != ' ' && spoken.separators.find(static_cast<char>(byte)) == std::string::npos)
        spoken.separators.push_back(static_cast<char>(byte));
      if (++signs > 3) return 0;
    } else {
      return 0;
    }
  }
  return 0;
}

void read_spoken(const Window& window, Spoken& spoken, size_t at) {
  spoken.end = at;
  while (at - spoken.begin < kMaxBytes) {
    if (is(window.at(at), kDigit)) {
      if (spoken.count <= kMaxDigits)
        spoken.digits[std::min(spoken.count, kMaxDigits)] = static_cast<char>(window.at(at));
      ++spoken.count;
      ++spoken.lengths[std::min(spoken.groups, 8) - 1];
      spoken.end = ++at;
      continue;
    }
    const size_t bytes = gap(window, at, spoken);
    if (bytes == 0) return;
    ++spoken.groups;
    at += bytes;
  }
}

std::string_view digits_of(const Spoken& spoken) {
  return {spoken.digits.data(), static_cast<size_t>(std::min(spoken.count, kMaxDigits))};
}

bool is_country_code(std::string_view digits) {
  if (digits[0] == '1' || digits[0] == '7') return true;
  const std::string two = std::string(digits.substr(0, 2)) + " ";
  if (kTwoDigitCodes.find(two) != std::string_view::npos) return true;
  return digits[0] != '0' && two != "28 " && digits.substr(0, 3) != "210" && digits.size() > 3;
}

// North American Numbering Plan: neither area nor exchange begins with 0 or 1, nor is N11.
bool is_nanp(std::string_view ten) {
  const auto good = [](std::string_view three) {
    return three[0] >= '2' && !(three[1] == '1' && three[2] == '1');
  };
  return ten.size() == 10 && good(ten.substr(0, 3)) && good(ten.substr(3, 3));
}

std::optional<Confidence> judge_international(const Spoken& spoken) {
  if (spoken.count < 8 || spoken.count > kMaxDigits || !is_country_code(digits_of(spoken)))
    return std::nullopt;
  if (digits_of(spoken)[0] == '1' && !is_nanp(digits_of(spoken).substr(1))) return std::nullopt;
  return Confidence::certain;
}

// "22.11.2024", "01/02/1999 10"
bool looks_like_date(const Spoken& spoken) {
  const auto& n = spoken.lengths;
  return spoken.groups >= 3 && n[0] <= 2 && n[1] <= 2 && n[2] == 4 && spoken.separators.size() == 1;
}

bool has_nanp_form(const Spoken& spoken) {
  const auto& n = spoken.lengths;
  const std::string_view digits = digits_of(spoken);
  if (spoken.groups == 3 && n[0] == 3 && n[1] == 3 && n[2] == 4) return is_nanp(digits);
  const bool trunk = spoken.groups == 4 && n[0] == 1 && n[1] == 3 && n[2] == 3 && n[3] == 4;
  return trunk && digits[0] == '1' && is_nanp(digits.substr(1));
}

std::optional<Confidence> judge_national(const Spoken& spoken, bool named) {
  if (spoken.count > 12 || looks_like_date(spoken) || spoken.separators.size() > 1) return std::nullopt;
  if (has_nanp_form(spoken)) {
    const bool telling = spoken.has_brackets || !spoken.separators.empty() || named;
    return telling ? Confidence::likely : Confidence::possible;
  }
  const bool grouped = spoken.groups > 1;
  const bool trunk = digits_of(spoken)[0] == '0' && digits_of(spoken)[1] != '0' && spoken.count >= 9;
  if (named && spoken.count >= 7) return Confidence::likely;
  if (trunk && grouped && spoken.lengths[0] >= 2) return Confidence::likely;
  return trunk || (grouped && spoken.count >= 9) ? std::optional(Confidence::possible) : std::nullopt;
}

bool is_dotted_or_timed(const Window& window, size_t end) {
  const int next = window.at(end);
  return is_alnum(next) || next == '_' || next == '%' ||
         ((next == ':' || next == '.' || next == ',' || next == '-') && is(window.at(end + 1), kDigit));
}

}  // namespace

std::optional<Finding> find_phone(const Window& window, const NumberRun& run) {
  const size_t digit = run.groups[0].begin;
  Spoken spoken{.begin = digit};
  const bool bracket = digit > 0 && window.at(digit - 1) == '(';
  if (bracket) {
    spoken.has_brackets = true;
    --spoken.begin;
  }
  const bool plus = spoken.begin > 0 && window.at(spoken.begin - 1) == '+';
  if (plus) --spoken.begin;
  if (spoken.begin > 0 && !bracket && !plus) {
    const int before = window.at(spoken.begin - 1);
    if (before == '.' || before == '-' || before == '_' || before == '/' || before == '$' || before == '#')
      return std::nullopt;
  }
  // "… 3704 0044 …" is the middle of a number.
  const auto place = static_cast<ptrdiff_t>(digit);
  const bool in_run = window.at(place - 1) == ' ' && is(window.at(place - 2), kDigit);
  const bool exit_code = !plus && !in_run && window.at(digit) == '0' && window.at(digit + 1) == '0';
  read_spoken(window, spoken, exit_code ? digit + 2 : digit);
  if (spoken.count < 7 || is_dotted_or_timed(window, spoken.end)) return std::nullopt;
  const bool named = has_context(window, spoken.begin, kWords);
  std::optional<Confidence> confidence =
      plus || exit_code ? judge_international(spoken) : judge_national(spoken, named);
  if (!confidence) return std::nullopt;
  if (in_run && !plus && !bracket && !named) confidence = Confidence::possible;
  if (exit_code && !named) confidence = spoken.groups > 1 ? Confidence::likely : Confidence::possible;
  return Finding{spoken.begin, spoken.end, FindingKind::phone, *confidence,
                 plus || exit_code ? "international" : "national"};
}

}  // namespace ferry
