#pragma once
// strftime in the C locale, without the process's: English names, whatever LC_TIME says.

#include <ctime>
#include <string>
#include <string_view>

namespace ferry::jinja {

// Reads the fields of `time` but for tm_yday and tm_wday, which it works out from the date. Directives that
// it does not know stay as they are written.
std::string format_time(std::string_view format, const std::tm& time);

}  // namespace ferry::jinja
