#include <algorithm>
#include <array>

#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"
#include "serve/guard/ids/checks.h"

namespace ferry {
namespace {

struct Issuer {
  int first;  // of the number's first four digits
  int last;
  int shortest;
  int longest;
};

// The issuers' published ranges (Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay,
// Mir, RuPay, Maestro).
constexpr auto kIssuers = std::to_array<Issuer>({
    {2200, 2204, 16, 19},
    {2221, 2720, 16, 16},
    {3000, 3059, 14, 19},
    {3095, 3095, 14, 19},
    {3400, 3499, 15, 15},
    {3528, 3589, 16, 19},
    {3600, 3699, 14, 19},
    {3700, 3799, 15, 15},
    {3800, 3999, 14, 19},
    {4000, 4999, 13, 19},
    {5000, 5099, 13, 19},
    {5100, 5599, 16, 16},
    {5600, 5899, 13, 19},
    {6000, 6999, 13, 19},
    {8100, 8299, 16, 19},
});

constexpr auto kGroupings = std::to_array<std::string_view>(
    {"4 4 4 4 3", "4-4-4-4-3", "4 4 4 4", "4-4-4-4", "4 6 5", "4-6-5", "4 6 4", "4-6-4"});

constexpr std::string_view kWords =
    "card|visa|master|amex|american express|credit|debit|cc|pan|karte|kreditkarte|carte|tarjeta|carta";

bool is_card(std::string_view digits) {
  const auto first = static_cast<int>(number_at(digits, 0, 4));
  const auto length = static_cast<int>(digits.size());
  return std::any_of(kIssuers.begin(), kIssuers.end(),
                     [&](const Issuer& issuer) {
                       return first >= issuer.first && first <= issuer.last && length >= issuer.shortest &&
                              length <= issuer.longest;
                     }) &&
         has_luhn(digits);
}

// Whether the one group of digits stands alone.
bool stands_alone(const Window& window, const NumberRun& run) {
  const int next = window.at(end_of(run, 1));
  const char separator = run.groups[0].separator;
  return !is_alnum(next) && next != '_' && separator != '.' && separator != '-';
}

}  // namespace

std::optional<Finding> find_card(const Window& window, const NumberRun& run) {
  const size_t begin = run.groups[0].begin;
  for (const std::string_view grouping : kGroupings) {
    const int groups = match_form(window, run, grouping);
    if (groups > 0 && is_card(digits_of(run, groups)))
      return Finding{begin, end_of(run, groups), FindingKind::card, Confidence::certain, "card"};
  }
  const int digits = run.groups[0].digits;
  if (digits < 13 || digits > 19 || !stands_alone(window, run) || !is_card(digits_of(run, 1)))
    return std::nullopt;
  const bool named = has_context(window, begin, kWords);
  return Finding{begin, end_of(run, 1), FindingKind::card, named ? Confidence::certain : Confidence::likely,
                 "card"};
}

}  // namespace ferry
