#include "infer/template/strftime.h"

#include <array>

#include <fmt/format.h>

namespace ferry::jinja {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

struct Date {
  int year;
  int month;     // 1 to 12
  int day;       // 1 to 31
  int year_day;  // from 0
  int week_day;  // Sunday is 0
};

Date date_of(const std::tm& time) {
  static constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  Date date{time.tm_year + 1900, time.tm_mon + 1, time.tm_mday, 0, 0};
  date.year_day =
      kBefore[static_cast<size_t>(time.tm_mon) % 12] + date.day - 1 + (date.month > 2 && is_leap(date.year));
  const int y = date.year - 1;
  date.week_day =
      (1 + y + y / 4 - y / 100 + y / 400 + date.year_day) % 7;  // 1 January of year 1 was a Monday
  return date;
}

// ISO 8601: the week belongs to the year that has its Thursday.
struct IsoWeek {
  int year;
  int week;
};

IsoWeek iso_week(const Date& date) {
  const int monday_based = (date.week_day + 6) % 7;
  const int week = (date.year_day - monday_based + 10) / 7;
  const auto weeks_in = [](int year) {
    const auto p = [](int y) { return (y + y / 4 - y / 100 + y / 400) % 7; };
    return p(year) == 4 || p(year - 1) == 3 ? 53 : 52;
  };
  if (week < 1) return {date.year - 1, weeks_in(date.year - 1)};
  if (week > weeks_in(date.year)) return {date.year + 1, 1};
  return {date.year, week};
}

// `padded`: false for "%-d" and the like.
std::string number(int value, int width, bool padded, char fill = '0') {
  if (!padded) return fmt::format("{}", value);
  return fill == '0' ? fmt::format("{:0{}}", value, width) : fmt::format("{:{}}", value, width);
}

std::string directive(char c, const std::tm& time, bool padded) {
  const Date date = date_of(time);
  const int hour12 = time.tm_hour % 12 == 0 ? 12 : time.tm_hour % 12;
  const auto day = kDays[static_cast<size_t>(date.week_day)];
  const auto month = kMonths[static_cast<size_t>(date.month - 1) % 12];
  switch (c) {
    case 'a':
      return std::string(day.substr(0, 3));
    case 'A':
      return std::string(day);
    case 'b':
    case 'h':
      return std::string(month.substr(0, 3));
    case 'B':
      return std::string(month);
    case 'c':
      return format_time("%a %b %e %H:%M:%S %Y", time);
    case 'C':
      return number(date.year / 100, 2, padded);
    case 'd':
      return number(date.day, 2, padded);
    case 'D':
    case 'x':
      return format_time("%m/%d/%y", time);
    case 'e':
      return number(date.day, 2, padded, ' ');
    case 'f':
      return "000000";
    case 'F':
      return format_time("%Y-%m-%d", time);
    case 'G':
      return number(iso_week(date).year, 1, padded);
    case 'g':
      return number(iso_week(date).year % 100, 2, padded);
    case 'H':
      return number(time.tm_hour, 2, padded);
    case 'I':
      return number(hour12, 2, padded);
    case 'j':
      return number(date.year_day + 1, 3, padded);
    case 'k':
      return number(time.tm_hour, 2, padded, ' ');
    case 'l':
      return number(hour12, 2, padded, ' ');
    case 'm':
      return number(date.month, 2, padded);
    case 'M':
      return number(time.tm_min, 2, padded);
    case 'n':
      return "\n";
    case 'p':
      return time.tm_hour < 12 ? "AM" : "PM";
    case 'P':
      return time.tm_hour < 12 ? "am" : "pm";
    case 'r':
      return format_time("%I:%M:%S %p", time);
    case 'R':
      return format_time("%H:%M", time);
    case 's': {
      std::tm copy = time;
      return fmt::format("{}", std::mktime(&copy));
    }
    case 'S':
      return number(time.tm_sec, 2, padded);
    case 't':
      return "\t";
    case 'T':
    case 'X':
      return format_time("%H:%M:%S", time);
    case 'u':
      return number(date.week_day == 0 ? 7 : date.week_day, 1, padded);
    case 'U':
      return number((date.year_day + 7 - date.week_day) / 7, 2, padded);
    case 'V':
      return number(iso_week(date).week, 2, padded);
    case 'w':
      return number(date.week_day, 1, padded);
    case 'W':
      return number((date.year_day + 7 - (date.week_day + 6) % 7) / 7, 2, padded);
    case 'y':
      return number(date.year % 100, 2, padded);
    case 'Y':
      return number(date.year, 1, padded);
    case 'z':
    case 'Z':
      return {};  // Python's datetime.now() knows no time zone
    case '%':
      return "%";
    default:
      return fmt::format("%{}{}", padded ? "" : "-", c);
  }
}

}  // namespace

std::string format_time(std::string_view format, const std::tm& time) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out.push_back(format[i]);
      continue;
    }
    const bool padded = format[i + 1] != '-' || i + 2 == format.size();
    i += padded ? 1 : 2;
    out += directive(format[i], time, padded);
  }
  return out;
}

}  // namespace ferry::jinja
