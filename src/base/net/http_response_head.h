#pragma once
// The text of response heads and of chunked pieces (RFC 9112).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/http_types.h"

namespace ferry {

struct HttpHead {
  int status = 200;
  std::string_view content_type;           // empty: none
  std::optional<uint64_t> content_length;  // not set: chunked, or up to the connection's end
  bool chunked = false;
  bool keep_alive = true;
  bool is_http_1_0 = false;
};

// Status line, Date, the fields above and `headers`, empty line. Line breaks in values become spaces, so
// that no value can forge a header.
void append_head(std::string& out, const HttpHead& head, const HttpHeaders& headers);

// A piece of a chunked body; must not be empty, for an empty one would end the body.
void append_chunk(std::string& out, std::string_view data);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Whether a response with this status has a body at all.
bool status_has_body(int status);

}  // namespace ferry
