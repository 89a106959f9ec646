// Numbers: intervals and multiples.

#include <algorithm>
#include <charconv>
#include <numeric>

#include "infer/grammar/schema_compiler.h"

namespace ferry {
namespace {

constexpr uint64_t kMaxDivisor = 1000;  // whose remainders are followed digit by digit
constexpr int64_t kMaxListed = 2000;    // multiples that are listed one by one

std::optional<int64_t> to_int(const Decimal& decimal) {
  const std::string text = decimal.text();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr int64_t kFar = int64_t{1} << 60;

// Without its fraction; `none` when there is no bound, and at most kFar away from 0.
int64_t whole_part(const std::optional<Decimal>& bound, int64_t none) {
  if (!bound) return none;
  const Decimal whole{bound->negative, bound->whole, {}};
  return std::clamp(to_int(whole).value_or(bound->negative ? -kFar : kFar), -kFar, kFar);
}

// 1, 0.1, 0.01, ...: how many places.
std::optional<uint32_t> places_of_unit(const Decimal& step) {
  if (step.whole == "1" && step.fraction.empty()) return 0;
  const bool unit = step.whole == "0" && step.fraction.find_first_not_of('0') == step.fraction.size() - 1 &&
                    step.fraction.back() == '1';
  if (!unit) return std::nullopt;
  return static_cast<uint32_t>(step.fraction.size());
}

}  // namespace

Result<SchemaCompiler::Numbers> SchemaCompiler::numbers_in(const Branch& branch) {
  Numbers numbers;
  for (const Leaf& leaf : branch) {
    const json::object& schema = *leaf.schema;
    const auto flag = [&](std::string_view keyword) {  // draft 4 has these beside the bound
      const json::value* value = schema.if_contains(keyword);
      return value != nullptr && value->is_bool() && value->get_bool();
    };
    for (const std::string_view keyword :
         {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}) {
      const json::value* value = schema.if_contains(keyword);
      if (value == nullptr || (value->is_bool() && keyword.starts_with("exclusive"))) continue;
      if (!value->is_number()) {
        return document_.error(ErrorCode::invalid_argument, &schema, keyword, "must be a number, not {}",
                               to_json(*value));
      }
      const Decimal bound = Decimal::of(*value);
      if (keyword == "minimum") numbers.interval.at_least(bound, flag("exclusiveMinimum"));
      if (keyword == "maximum") numbers.interval.at_most(bound, flag("exclusiveMaximum"));
      if (keyword == "exclusiveMinimum") numbers.interval.at_least(bound, true);
      if (keyword == "exclusiveMaximum") numbers.interval.at_most(bound, true);
      if (keyword != "multipleOf") continue;
      if (bound.negative || bound.is_zero()) {
        return document_.error(ErrorCode::invalid_argument, &schema, keyword, "must be greater than 0");
      }
      numbers.multiples.push_back(bound);
      numbers.schema = &schema;
    }
  }
  return numbers;
}

Result<bool> SchemaCompiler::allows_number(const Numbers& numbers, const json::value& number) {
  const Decimal decimal = Decimal::of(number);
  if (!numbers.interval.contains(decimal)) return false;
  for (const Decimal& step : numbers.multiples) {
    const auto multiple = is_multiple(decimal, step);
    if (!multiple) {
      return document_.error(ErrorCode::unsupported, numbers.schema, "multipleOf", "{} has too many digits",
                             step.text());
    }
    if (!*multiple) return false;
  }
  return true;
}

Result<void> SchemaCompiler::add_numbers(const Branch& branch, uint8_t types, Scalars& out) {
  RegexPool& pool = parts_.pool;
  FERRY_TRY(const Numbers numbers, numbers_in(branch));
  const bool fractions = (types & kFraction) != 0;
  std::vector<Decimal> forbidden;
  for (const json::value* value : excluded_values(branch)) {
    if (value->is_number()) forbidden.push_back(Decimal::of(*value));
  }
  // With a bound there are no exponents and no -0: then a number has few spellings.
  const bool bounded = numbers.interval.min || numbers.interval.max || !forbidden.empty();
  uint64_t divisor = 1;            // integers must be multiples of it
  std::optional<uint32_t> places;  // fractions may have so many
  for (const Decimal& step : numbers.multiples) {
    const auto unit = places_of_unit(step);
    if (unit) {
      places = std::min(*unit, places.value_or(*unit));
      continue;
    }
    if (!fractions && is_multiple(Decimal::parse("1"), step).value_or(false)) continue;
    const auto whole = to_int(step);
    if (!whole || static_cast<uint64_t>(*whole) > kMaxDivisor * kMaxDivisor) {
      return document_.error(ErrorCode::unsupported, numbers.schema, "multipleOf",
                             "{} is not supported: only integers and 0.1, 0.01, ... are", step.text());
    }
    divisor = std::lcm(divisor, static_cast<uint64_t>(*whole));
    if (divisor > kMaxDivisor * kMaxDivisor) divisor = kMaxDivisor * kMaxDivisor + 1;
  }
  if (divisor > 1 && !forbidden.empty()) {
    return document_.error(ErrorCode::unsupported, numbers.schema, "multipleOf",
                           "is not supported beside forbidden numbers");
  }
  if (divisor > 1) return add_multiples(numbers, divisor, out);
  const bool only_fractions = (types & kInteger) == 0;
  if (!fractions || places == 0u) {
    out.texts = bounded ? integers_in(pool, numbers.interval) : text_.any_integer();
  } else if (!bounded && !places && !only_fractions) {
    out.texts = text_.any_number();
  } else {
    out.texts = decimals_in(pool, numbers.interval);
    if (places) {
      const RegexId digit = pool.bytes(ByteSet::range('0', '9'));
      const RegexId fraction = pool.optional(pool.cat(pool.literal("."), pool.repeat(digit, 1, *places)));
      const RegexId whole =
          pool.cat(pool.optional(pool.literal("-")), pool.repeat(digit, 1, RegexPool::kUnbounded));
      out.texts = pool.both(out.texts, pool.cat(whole, fraction));
    }
  }
  if (only_fractions) {
    const RegexId digit = pool.bytes(ByteSet::range('0', '9'));
    ByteSet sign_or_point = ByteSet::of('-');
    sign_or_point.insert('.');
    const RegexId before = pool.star(pool.bytes(sign_or_point | ByteSet::range('0', '9')));
    const RegexId not_zero = pool.bytes(ByteSet::range('1', '9'));
    // A point, and some other digit than 0 after it.
    out.texts = pool.both(
        out.texts, pool.cat({before, pool.literal("."), pool.star(digit), not_zero, pool.star(digit)}));
  }
  for (const Decimal& number : forbidden) {
    const RegexId zeros = pool.repeat(pool.literal("0"), 0, RegexPool::kUnbounded);
    const RegexId tail = number.is_whole() ? pool.optional(pool.cat(pool.literal("."), zeros)) : zeros;
    out.texts = pool.both(out.texts, pool.complement(pool.cat(pool.literal(number.text()), tail)));
  }
  return {};
}

// A few multiples are listed. Of many, the remainder is followed digit by digit, which leaves no room for
// other bounds than those on the sign.
Result<void> SchemaCompiler::add_multiples(const Numbers& numbers, uint64_t divisor, Scalars& out) {
  RegexPool& pool = parts_.pool;
  const auto step = static_cast<int64_t>(divisor);
  const Interval& interval = numbers.interval;
  const int64_t low = whole_part(interval.min, -kFar);
  const int64_t high = whole_part(interval.max, kFar);
  if (low > -kFar && high < kFar && (high - low) / step <= kMaxListed) {
    std::vector<std::string> texts;
    for (int64_t n = low / step - 1; n <= high / step + 1; ++n) {
      const std::string text = std::to_string(n * step);
      if (interval.contains(Decimal::parse(text))) texts.push_back(text);
    }
    out.texts = pool.literals(std::vector<std::string_view>(texts.begin(), texts.end()));
    return {};
  }
  const bool positive = interval.min && !interval.min->negative;
  const bool from_step = positive && !interval.contains(Decimal());
  const bool odd_bound = interval.max || (interval.min && !positive) ||
                         (from_step && !interval.contains(Decimal::parse(std::to_string(divisor))));
  if (divisor > kMaxDivisor || odd_bound) {
    return document_.error(
        ErrorCode::unsupported, numbers.schema, "multipleOf",
        "is supported for divisors up to {} without other bounds than a minimum of 0 or the "
        "divisor, or with bounds that leave at most {} values",
        kMaxDivisor, kMaxListed);
  }
  RuleSet& rules = parts_.rules;
  std::vector<RuleId> rest;  // by the remainder so far
  for (uint64_t r = 0; r < divisor; ++r) rest.push_back(rules.add_rule("remainder"));
  const auto digit = [&](uint64_t d) { return rules.terminal(pool.literal(std::to_string(d))); };
  for (uint64_t r = 0; r < divisor; ++r) {
    if (r == 0) rules.add_alternative(rest[0], {});
    for (uint64_t d = 0; d < 10; ++d)
      rules.add_alternative(rest[r], {digit(d), rules.rule(rest[(r * 10 + d) % divisor])});
  }
  const RuleId number = rules.add_rule("multiple");
  if (!from_step) rules.add_alternative(number, {digit(0)});
  for (uint64_t d = 1; d < 10; ++d) {
    const SymbolId after = rules.rule(rest[d % divisor]);
    rules.add_alternative(number, {digit(d), after});
    if (!positive)
      rules.add_alternative(number, {rules.terminal(pool.literal("-" + std::to_string(d))), after});
  }
  out.multiples = rules.rule(number);
  return {};
}

}  // namespace ferry
