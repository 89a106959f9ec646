#include <chrono>

#include "serve/route/config_linker.h"

namespace ferry {
namespace {

constexpr int64_t kMostHardware = int64_t{1'000'000} * 1'000'000'000;  // billionths an hour
constexpr int64_t kMostTokensPerSecond = 1'000'000'000;

Result<int64_t> parse_date(std::string_view text) {
  const auto digits = [&](size_t begin, size_t count) {
    int value = 0;
    for (const char c : text.substr(begin, count))
      value = c >= '0' && c <= '9' && value >= 0 ? value * 10 + c - '0' : -1;
    return value;
  };
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const int year = digits(0, 4);
    const int month = digits(5, 2);
    const int day = digits(8, 2);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (year >= 1970 && month > 0 && day > 0 && date.ok())
      return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days(date).time_since_epoch())
          .count();
  }
  return fail(ErrorCode::invalid_argument, "must be a date such as 2026-01-31");
}

Price read_token_price(const ConfigMap& map) {
  Price price;
  if (const auto value = map.require("input")) set(price.input, value->nano());
  if (const auto value = map.require("output")) set(price.output, value->nano());
  price.cached_input = price.input;
  price.cache_write = price.input;
  if (const auto value = map.find("cached_input")) set(price.cached_input, value->nano());
  if (const auto value = map.find("cache_write")) set(price.cache_write, value->nano());
  price.cache_write_1h = price.cache_write;
  if (const auto value = map.find("cache_write_1h")) set(price.cache_write_1h, value->nano());
  return price;
}

// A cached token costs our engine nothing; every other one its share of the time.
Price full_load_price(const HardwarePrice& hardware) {
  const int64_t each = own_model_price(hardware, 0, 0).full_load.value_or(0);
  return {.input = each, .cache_write = each, .cache_write_1h = each, .output = each};
}

void read_hardware_price(const ConfigMap& map, const TargetConfig& target, DatedPrice& dated) {
  const ConfigValue hourly = *map.find("hardware_per_hour");
  if (!target.is_local()) hourly.error("is for own models; rented ones have prices of tokens");
  for (const std::string_view name : {"input", "output", "cached_input", "cache_write", "cache_write_1h"}) {
    if (const auto value = map.find(name)) value->error("is not there beside hardware_per_hour");
  }
  HardwarePrice hardware;
  set(hardware.nano_per_hour, hourly.nano());
  if (hardware.nano_per_hour > kMostHardware) hourly.error("must be at most 1000000" + hourly.not_this());
  if (const auto value = map.find("tokens_per_second")) {
    set(hardware.tokens_per_s, value->integer(1, kMostTokensPerSecond));
  }
  dated.hardware = hardware;
  dated.price = full_load_price(hardware);
}

DatedPrice read_price(const ConfigMap& map, const TargetConfig& target) {
  DatedPrice dated;
  if (const auto value = map.find("from")) set(dated.from, value->parsed(parse_date));
  if (map.has("hardware_per_hour")) {
    read_hardware_price(map, target, dated);
    return dated;
  }
  if (const auto value = map.find("tokens_per_second")) value->error("needs hardware_per_hour beside it");
  dated.price = read_token_price(map);
  return dated;
}

// Of a list, the schema's path of a map is the same as of one map.
std::vector<DatedPrice> read_history(const ConfigValue& value, const TargetConfig& target) {
  std::vector<DatedPrice> history;
  const bool is_list = value.node().is_list();
  for (const ConfigValue& item : value.items_of_same_kind()) {
    const auto map = item.map();
    if (!map) continue;
    const DatedPrice price = read_price(*map, target);
    if (is_list && !map->has("from")) {
      item.error("needs the field \"from\": it is one of several");
    } else if (!history.empty() && price.from <= history.back().from) {
      item.error("must have a later date than the one before it");
    } else {
      history.push_back(price);
    }
  }
  return history;
}

}  // namespace

void read_prices(const ConfigValue& section, ConfigLinker& linker) {
  for (const auto& [name, value] : section.entries()) {
    TargetConfig* target = linker.target(name, value);
    if (target != nullptr) target->prices = PriceHistory(read_history(value, *target));
  }
}

}  // namespace ferry
