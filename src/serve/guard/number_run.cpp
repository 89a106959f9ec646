#include "serve/guard/number_run.h"

#include "serve/guard/characters.h"

namespace ferry {
namespace {

struct Separator {
  char sign = 0;
  int bytes = 0;
};

// One separator with a digit behind it.
Separator read_separator(const Window& window, size_t at) {
  const int byte = window.at(at);
  Separator found;
  if (byte == ' ' || byte == '-' || byte == '.' || byte == '/') {
    found = {static_cast<char>(byte), 1};
  } else if (byte == 0xC2 && window.at(at + 1) == 0xA0) {
    found = {' ', 2};  // no-break space
  } else if (byte == 0xE2 && window.at(at + 1) == 0x80) {
    const int last = window.at(at + 2);
    if (last == 0xAF) found = {' ', 3};                  // narrow no-break space
    if (last == 0x90 || last == 0x91) found = {'-', 3};  // hyphen, non-breaking hyphen
  }
  if (found.bytes > 0 && !is(window.at(at + found.bytes), kDigit)) return {};
  return found;
}

bool joins(const Window& window, const NumberRun& run, int groups) {
  const char separator = run.groups[groups - 1].separator;
  if (separator != 0) return separator != ' ';
  const int next = window.at(end_of(run, groups));
  return is_alnum(next) || next == '_';
}

}  // namespace

NumberRun read_number_run(const Window& window, size_t begin) {
  NumberRun run;
  for (size_t at = begin; run.count < NumberRun::kMaxGroups;) {
    DigitGroup& group = run.groups[run.count];
    group.begin = at;
    for (; is(window.at(at), kDigit) && group.digits <= NumberRun::kMaxDigits; ++at, ++group.digits) {
      if (run.total == NumberRun::kMaxDigits) {
        group.digits = NumberRun::kMaxDigits + 1;
        break;
      }
      run.digits[run.total++] = static_cast<char>(window.at(at));
    }
    ++run.count;
    if (group.digits > NumberRun::kMaxDigits) break;
    const Separator separator = read_separator(window, at);
    if (separator.bytes == 0) break;
    group.separator = separator.sign;
    at += separator.bytes;
  }
  return run;
}

int match_form(const Window& window, const NumberRun& run, std::string_view form) {
  for (int group = 0; group < run.count; ++group) {
    int digits = 0;
    while (!form.empty() && form.front() >= '0' && form.front() <= '9') {
      digits = digits * 10 + (form.front() - '0');
      form.remove_prefix(1);
    }
    if (run.groups[group].digits != digits) return 0;
    if (form.empty()) return joins(window, run, group + 1) ? 0 : group + 1;
    if (run.groups[group].separator != form.front()) return 0;
    form.remove_prefix(1);
  }
  return 0;
}

std::string_view digits_of(const NumberRun& run, int groups) {
  size_t count = 0;
  for (int i = 0; i < groups; ++i) count += run.groups[i].digits;
  return {run.digits.data(), count};
}

size_t end_of(const NumberRun& run, int groups) {
  const DigitGroup& last = run.groups[groups - 1];
  return last.begin + last.digits;
}

}  // namespace ferry
