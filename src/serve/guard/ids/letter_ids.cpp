#include <algorithm>
#include <string>

#include "serve/guard/characters.h"
#include "serve/guard/ids/checks.h"
#include "serve/guard/ids/national_id.h"

namespace ferry {
namespace {

struct Spelling {
  size_t begin;
  size_t end;
  std::string number;  // capital letters and digits
};

char upper(int byte) {
  return static_cast<char>(byte >= 'a' && byte <= 'z' ? byte - 32 : byte);
}

// Reads on from `at` until `number` has `size` letters and digits, over single separators; what follows may
// be neither letter nor digit.
bool read_rest(const Window& window, size_t at, size_t size, std::string_view separators, Spelling& out) {
  while (out.number.size() < size) {
    const int byte = window.at(at);
    const bool separator = byte >= 0 && separators.find(static_cast<char>(byte)) != separators.npos &&
                           is_alnum(window.at(at + 1));
    if (!separator && !is_alnum(byte)) return false;
    if (!separator) out.number.push_back(upper(byte));
    ++at;
  }
  out.end = at;
  return !is_alnum(window.at(at));
}

bool has_digits(std::string_view number, size_t begin, size_t count) {
  const std::string_view part = number.substr(begin, count);
  return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

// `letters` letters before the first digit, over one separator or none, at a border.
std::optional<Spelling> letters_before(const Window& window, size_t digit, size_t letters,
                                       std::string_view separators) {
  if (digit < letters) return std::nullopt;
  const bool separated = separators.find(static_cast<char>(window.at(digit - 1))) != separators.npos;
  const size_t end = digit - (separated ? 1 : 0);
  if (end < letters) return std::nullopt;
  Spelling spelling{end - letters, 0, {}};
  for (size_t i = spelling.begin; i < end; ++i) {
    if (!is(window.at(i), kLetter)) return std::nullopt;
    spelling.number.push_back(upper(window.at(i)));
  }
  if (spelling.begin > 0 && is_alnum(window.at(spelling.begin - 1))) return std::nullopt;
  return spelling;
}

Finding finding(const Spelling& spelling, Confidence confidence, std::string_view rule) {
  return {spelling.begin, spelling.end, FindingKind::national_id, confidence, rule};
}

std::optional<Finding> find_nino(const Window& window, size_t digit) {
  auto spelling = letters_before(window, digit, 2, " ");
  if (!spelling || !read_rest(window, digit, 9, " ", *spelling)) return std::nullopt;
  const std::string& number = spelling->number;
  if (!has_digits(number, 2, 6) || !is_uk_nino(number)) return std::nullopt;
  return finding(*spelling, Confidence::likely, "uk_nino");
}

std::optional<Finding> find_nie(const Window& window, size_t digit) {
  auto spelling = letters_before(window, digit, 1, "-");
  if (!spelling || !read_rest(window, digit, 9, "-", *spelling)) return std::nullopt;
  const std::string& number = spelling->number;
  if (!has_digits(number, 1, 7) || !is_capital(number[8]) || !is_es_nie(number)) return std::nullopt;
  return finding(*spelling, Confidence::certain, "es_nie");
}

std::optional<Finding> find_codice_fiscale(const Window& window, size_t digit) {
  // The first digit may be the year's first, or a later place where letters stand for digits.
  size_t begin = digit;
  while (begin > 0 && digit - begin < 14 && is(window.at(begin - 1), kLetter)) --begin;
  if (digit - begin < 6 || (begin > 0 && is_alnum(window.at(begin - 1)))) return std::nullopt;
  Spelling spelling{begin, 0, {}};
  if (!read_rest(window, begin, 16, "", spelling)) return std::nullopt;
  if (!is_it_codice_fiscale(spelling.number)) return std::nullopt;
  return finding(spelling, Confidence::certain, "it_codice_fiscale");
}

std::optional<Finding> find_dni(const Window& window, const NumberRun& run) {
  const size_t begin = run.groups[0].begin;
  if (run.groups[0].digits != 8 && run.groups[0].digits > 2) return std::nullopt;
  Spelling spelling{begin, 0, {}};
  if (!read_rest(window, begin, 9, run.groups[0].digits == 8 ? "-" : ".-", spelling)) return std::nullopt;
  const std::string& number = spelling.number;
  if (!has_digits(number, 0, 8) || !is_capital(number[8]) || !is_es_dni(number)) return std::nullopt;
  return finding(spelling, Confidence::likely, "es_dni");
}

// "1 85 05 2A 123 456 78": the digits of the run end before the A or B.
std::optional<Finding> find_corsican(const Window& window, const NumberRun& run) {
  const int next = window.at(end_of(run, run.count));
  if (run.total != 6 || (upper(next) != 'A' && upper(next) != 'B')) return std::nullopt;
  Spelling spelling{run.groups[0].begin, 0, {}};
  if (!read_rest(window, spelling.begin, 15, " ", spelling)) return std::nullopt;
  const std::string& number = spelling.number;
  if (!has_digits(number, 0, 6) || !has_digits(number, 7, 8) || !is_fr_nir(number)) return std::nullopt;
  return finding(spelling, Confidence::certain, "fr_nir");
}

}  // namespace

std::optional<Finding> find_letter_id(const Window& window, const NumberRun& run) {
  const size_t digit = run.groups[0].begin;
  const int before = digit > 0 ? window.at(digit - 1) : -1;
  if (!is_alnum(before)) {
    if (auto dni = find_dni(window, run)) return dni;
    if (auto nir = find_corsican(window, run)) return nir;
  }
  if (before == ' ' || before == '-' || is(before, kLetter)) {
    if (auto nino = find_nino(window, digit)) return nino;
    if (auto nie = find_nie(window, digit)) return nie;
  }
  if (is(before, kLetter)) return find_codice_fiscale(window, digit);
  return std::nullopt;
}

}  // namespace ferry
