// Conditions of a route's rules.

#include <array>

#include "serve/route/config_linker.h"
#include "serve/route/language.h"

namespace ferry {
namespace {

constexpr int kDayMinutes = 24 * 60;
constexpr int64_t kMostSize = int64_t{1} << 40;
constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// "08:30" → minutes; 24:00 is allowed.
Result<int> parse_clock(std::string_view text) {
  const auto digit = [&](size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 100; };
  if (text.size() == 5 && text[2] == ':') {
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (minutes < 60 && hours * 60 + minutes <= kDayMinutes) return hours * 60 + minutes;
  }
  return fail(ErrorCode::invalid_argument, "must be a time such as \"08:30\"");
}

Result<int> parse_offset(std::string_view text) {
  const bool signs = text.starts_with('+') || text.starts_with('-');
  const auto clock = parse_clock(signs ? text.substr(1) : std::string_view());
  if (!clock || *clock > 14 * 60)
    return fail(ErrorCode::invalid_argument, "must be an offset such as \"+02:00\"");
  return text[0] == '-' ? -*clock : *clock;
}

std::vector<TagCondition> read_tags(const ConfigValue& value) {
  std::vector<TagCondition> tags;
  for (const auto& [name, written] : value.entries()) {
    TagCondition tag{name, written.texts()};
    if (tag.values == std::vector<std::string>{"*"}) tag.values.clear();
    tags.push_back(std::move(tag));
  }
  std::sort(tags.begin(), tags.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return tags;
}

std::vector<std::string> read_languages(const ConfigValue& value) {
  std::vector<std::string> languages = value.names();
  const std::vector<std::string> known = known_languages();
  for (const std::string& language : languages) {
    if (std::find(known.begin(), known.end(), language) == known.end())
      value.error(fmt::format("has \"{}\"; known are {}", language, fmt::join(known, ", ")));
  }
  return languages;
}

std::optional<SizeRange> read_size(const ConfigValue& value) {
  const auto map = value.map();
  if (!map) return std::nullopt;
  SizeRange range;
  if (const auto least = map->find("least")) set(range.least, least->integer(0, kMostSize));
  if (const auto most = map->find("most")) set(range.most, most->integer(0, kMostSize));
  if (range.most && *range.most < range.least) value.error("has a most that is below its least");
  return range;
}

unsigned read_days(const ConfigValue& value) {
  unsigned days = 0;
  for (const ConfigValue& item : value.items()) {
    if (const auto day = item.one_of(kDays)) days |= 1u << *day;
  }
  return days;
}

std::optional<TimeWindow> read_time(const ConfigValue& value) {
  const auto map = value.map();
  if (!map) return std::nullopt;
  TimeWindow window;
  if (const auto from = map->find("from")) set(window.from_minute, from->parsed(parse_clock));
  if (const auto to = map->find("to")) set(window.to_minute, to->parsed(parse_clock));
  if (const auto days = map->find("days")) window.days = read_days(*days);
  if (const auto offset = map->find("utc_offset")) set(window.offset_minutes, offset->parsed(parse_offset));
  if (window.from_minute == kDayMinutes) value.error("has a `from` of 24:00, when no day begins");
  return window;
}

}  // namespace

RouteCondition read_condition(const ConfigMap& map, ConfigLinker& linker) {
  RouteCondition condition;
  if (const auto value = map.find("tags")) condition.tags = read_tags(*value);
  if (const auto value = map.find("keys")) condition.keys = value->texts();
  if (const auto value = map.find("teams")) condition.teams = value->texts();
  if (const auto value = map.find("languages")) condition.languages = read_languages(*value);
  if (const auto value = map.find("labels")) condition.labels = linker.labels(*value);
  if (const auto value = map.find("characters")) condition.characters = read_size(*value);
  if (const auto value = map.find("tokens")) condition.tokens = read_size(*value);
  if (const auto value = map.find("tools")) condition.tools = value->flag();
  if (const auto value = map.find("images")) condition.images = value->flag();
  if (const auto value = map.find("time")) condition.time = read_time(*value);
  if (map.value().node().members.empty()) map.value().error("needs at least one condition");
  return condition;
}

}  // namespace ferry
