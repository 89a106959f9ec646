#include "base/net/http_response_head.h"

#include <algorithm>
#include <ctime>
#include <iterator>

#include <fmt/format.h>

#include "base/core/result.h"

namespace ferry {
namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT"; strftime would follow the locale.
void append_date(std::string& out) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  fmt::format_to(std::back_inserter(out), "Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                 days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour,
                 utc.tm_min, utc.tm_sec);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  std::replace_copy_if(
      value.begin(), value.end(), std::back_inserter(out),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  out.append("\r\n");
}

}  // namespace

bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_head(std::string& out, const HttpHead& head, const HttpHeaders& headers) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", head.status, http_reason(head.status));
  append_date(out);
  if (!head.content_type.empty()) append_field(out, "Content-Type", head.content_type);
  if (head.content_length && status_has_body(head.status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *head.content_length);
  }
  if (head.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (!head.keep_alive) out.append("Connection: close\r\n");
  if (head.keep_alive && head.is_http_1_0) out.append("Connection: keep-alive\r\n");
  for (const HttpHeader& header : headers) append_field(out, header.name, header.value);
  out.append("\r\n");
}

void append_chunk(std::string& out, std::string_view data) {
  FERRY_CHECK(!data.empty());
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", data.size());
  out.append(data).append("\r\n");
}

}  // namespace ferry
