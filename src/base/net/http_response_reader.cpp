#include "base/net/http_response_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace ferry {
namespace {

constexpr size_t kMaxFields = 256;
constexpr size_t kMaxAnnouncements = 16;
constexpr std::string_view kVersions = "HTTP/1.";
constexpr size_t kStatusLine = std::string_view("HTTP/1.1 200").size();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// The elements of "a, b=c", trimmed.
template <class Take>
void for_each_element(std::string_view list, Take take) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    take(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

void HttpResponseReader::begin(HttpResponseLimits limits, bool head_only) {
  limits_ = limits;
  head_only_ = head_only;
  part_ = Part::head;
  begun_ = false;
  head_text_.clear();
  scanned_ = head_end_ = announcements_ = 0;
  chunks_.reset();
  piece_ = {};
}

HttpResponseReader::Event HttpResponseReader::fail(HttpFailure failure, std::string problem) {
  part_ = Part::failed;
  failure_ = failure;
  problem_ = std::move(problem);
  return Event::failed;
}

HttpResponseReader::Event HttpResponseReader::read(std::string_view& bytes) {
  begun_ = begun_ || !bytes.empty();
  switch (part_) {
    case Part::head: {
      Event event = read_head(bytes);
      while (event == Event::more && !bytes.empty()) event = read_head(bytes);  // after an announcement
      return event;
    }
    case Part::sized:
      return read_sized(bytes);
    case Part::chunked:
      return read_chunked(bytes);
    case Part::until_close:
      return read_until_close(bytes);
    case Part::ended:
      return Event::end;
    case Part::failed:
      break;
  }
  return Event::failed;
}

HttpResponseReader::Event HttpResponseReader::end_of_stream(bool clean) {
  switch (part_) {
    case Part::head:
      return fail(HttpFailure::closed_before_head, begun_ ? "the connection ended within the response's head"
                                                          : "the connection ended without a response");
    case Part::until_close:
      if (!clean) return fail(HttpFailure::cut, "the connection broke before the response's end was certain");
      part_ = Part::ended;
      keep_alive_ = false;
      return Event::end;
    case Part::sized:
      return fail(HttpFailure::cut, fmt::format("the response ended {} bytes early", body_left_));
    case Part::chunked:
      return fail(HttpFailure::cut, "the response ended before its last chunk");
    case Part::ended:
      return Event::end;
    case Part::failed:
      break;
  }
  return Event::failed;
}

HttpResponseReader::Event HttpResponseReader::read_head(std::string_view& bytes) {
  // Most heads come whole and are parsed where they are.
  if (head_text_.empty()) {
    if (!accept_lines(bytes)) return Event::failed;
    if (head_end_ == 0) {
      head_text_.assign(bytes);
      bytes = {};
      return Event::more;
    }
    const std::string_view text = bytes.substr(0, head_end_);
    bytes.remove_prefix(head_end_);
    return parse_head(text);
  }
  const size_t before = head_text_.size();
  head_text_.append(bytes);
  if (!accept_lines(head_text_)) return Event::failed;
  if (head_end_ == 0) {
    bytes = {};
    return Event::more;
  }
  bytes.remove_prefix(head_end_ - before);
  const std::string text = std::move(head_text_).substr(0, head_end_);
  head_text_.clear();
  return parse_head(text);
}

// Walks from line to line up to the empty one, so that what is no head is refused as soon as it is there.
bool HttpResponseReader::accept_lines(std::string_view text) {
  const std::string_view version = text.substr(0, kVersions.size());
  if (!kVersions.starts_with(version)) {
    fail(HttpFailure::malformed, "what came is not an HTTP/1.1 response");
    return false;
  }
  while (head_end_ == 0) {
    const size_t line_feed = text.find('\n', scanned_);
    const size_t seen = std::min(line_feed, text.size());
    if (seen >= limits_.max_header) {
      fail(HttpFailure::too_large,
           fmt::format("the response's head is larger than {} bytes", limits_.max_header));
      return false;
    }
    if (line_feed == std::string_view::npos) return true;
    const std::string_view line = text.substr(scanned_, line_feed + 1 - scanned_);
    if (!line.ends_with("\r\n")) {
      fail(HttpFailure::malformed, "a line of the response's head ends without CR LF");
      return false;
    }
    scanned_ = line_feed + 1;
    if (line.size() == 2) head_end_ = scanned_;
  }
  return true;
}

HttpResponseReader::Event HttpResponseReader::parse_head(std::string_view text) {
  scanned_ = head_end_ = 0;
  head_ = {};
  head_.headers.reserve(16);
  bool is_first = true;
  while (text.size() > 2) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end - 1);
    text.remove_prefix(end + 1);
    if (is_first ? !parse_status_line(line) : !parse_field(line)) return Event::failed;
    is_first = false;
  }
  if (is_first) return fail(HttpFailure::malformed, "the response begins with an empty line");
  if (head_.status < 200) {
    if (head_.status == 101) return fail(HttpFailure::malformed, "the server switches protocols unasked");
    if (++announcements_ > kMaxAnnouncements)
      return fail(HttpFailure::malformed, "the server announces a response without end (1xx)");
    return Event::more;
  }
  return accept_fields() ? begin_body() : Event::failed;
}

// "HTTP/1.1 200 OK"; the reason may be missing, and the space before it.
bool HttpResponseReader::parse_status_line(std::string_view line) {
  const bool is_whole = line.size() >= kStatusLine && (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                        is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]) &&
                        (line.size() == kStatusLine || line[kStatusLine] == ' ') && holds_no_control(line);
  head_.status = is_whole ? (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0') : 0;
  if (head_.status < 100 || head_.status > 599) {
    fail(HttpFailure::malformed, "the response's status line is malformed");
    return false;
  }
  is_http_1_0_ = line[7] == '0';
  return true;
}

bool HttpResponseReader::parse_field(std::string_view line) {
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  // A folded line begins with a space, which no name holds.
  if (colon == std::string_view::npos || !is_http_token(name) || !holds_no_control(line)) {
    fail(HttpFailure::malformed, "a header of the response is malformed");
    return false;
  }
  if (head_.headers.size() == kMaxFields) {
    fail(HttpFailure::too_large, fmt::format("the response has more than {} headers", kMaxFields));
    return false;
  }
  head_.headers.push_back({std::string(name), std::string(trimmed(line.substr(colon + 1)))});
  return true;
}

bool HttpResponseReader::accept_fields() {
  keep_alive_ = !is_http_1_0_;
  keep_alive_timeout_.reset();
  int lengths = 0, encodings = 0;
  for (const auto& [name, value] : head_.headers) {
    if (equal_ignoring_case(name, "content-length")) {
      ++lengths;
      if (!accept_length(value)) return false;
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
      ++encodings;
      if (!equal_ignoring_case(value, "chunked")) {
        fail(HttpFailure::malformed, "the response has a Transfer-Encoding other than chunked");
        return false;
      }
    } else if (equal_ignoring_case(name, "connection")) {
      take_connection(value);
    } else if (equal_ignoring_case(name, "keep-alive")) {
      take_keep_alive(value);
    }
  }
  if (lengths > 1) {
    fail(HttpFailure::malformed, "the response has more than one Content-Length");
  } else if (encodings > 1) {
    fail(HttpFailure::malformed, "the response has more than one Transfer-Encoding");
  } else if (encodings > 0 && lengths > 0) {
    fail(HttpFailure::malformed, "the response has both Transfer-Encoding and Content-Length");
  } else if (encodings > 0 && is_http_1_0_) {
    fail(HttpFailure::malformed, "a Transfer-Encoding in an HTTP/1.0 response");
  }
  if (encodings > 0) chunks_.emplace(limits_.max_body);
  return part_ != Part::failed;
}

bool HttpResponseReader::accept_length(std::string_view value) {
  uint64_t length = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, length);
  if (error == std::errc::invalid_argument || stop != end) {
    fail(HttpFailure::malformed, "the response's Content-Length is not a number");
    return false;
  }
  const bool has_body = !head_only_ && head_.status != 204 && head_.status != 304;
  if (error == std::errc::result_out_of_range || (has_body && length > limits_.max_body)) {
    fail(HttpFailure::too_large, fmt::format("the response is larger than {} bytes", limits_.max_body));
    return false;
  }
  head_.content_length = length;
  return true;
}

void HttpResponseReader::take_connection(std::string_view value) {
  for_each_element(value, [this](std::string_view option) {
    if (equal_ignoring_case(option, "close")) keep_alive_ = false;
    if (equal_ignoring_case(option, "keep-alive") && is_http_1_0_) keep_alive_ = true;
  });
}

void HttpResponseReader::take_keep_alive(std::string_view value) {
  constexpr std::string_view key = "timeout=";
  for_each_element(value, [&](std::string_view element) {
    if (element.size() <= key.size() || !equal_ignoring_case(element.substr(0, key.size()), key)) return;
    uint32_t seconds = 0;
    const char* end = element.data() + element.size();
    const auto [stop, error] = std::from_chars(element.data() + key.size(), end, seconds);
    if (error == std::errc() && stop == end) keep_alive_timeout_ = std::chrono::seconds(seconds);
  });
}

HttpResponseReader::Event HttpResponseReader::begin_body() {
  if (head_only_ || head_.status == 204 || head_.status == 304) {
    chunks_.reset();
    part_ = Part::ended;
  } else if (chunks_) {
    part_ = Part::chunked;
  } else if (head_.content_length) {
    body_left_ = *head_.content_length;
    part_ = body_left_ > 0 ? Part::sized : Part::ended;
  } else {
    body_left_ = limits_.max_body;
    part_ = Part::until_close;
    keep_alive_ = false;
  }
  return Event::head;
}

HttpResponseReader::Event HttpResponseReader::read_sized(std::string_view& bytes) {
  piece_ = bytes.substr(0, body_left_);
  if (piece_.empty()) return Event::more;
  bytes.remove_prefix(piece_.size());
  body_left_ -= piece_.size();
  if (body_left_ == 0) part_ = Part::ended;
  return Event::body;
}

HttpResponseReader::Event HttpResponseReader::read_until_close(std::string_view& bytes) {
  if (bytes.empty()) return Event::more;
  if (bytes.size() > body_left_) {
    return fail(HttpFailure::too_large,
                fmt::format("the response is larger than {} bytes", limits_.max_body));
  }
  piece_ = bytes;
  body_left_ -= bytes.size();
  bytes.remove_prefix(bytes.size());
  return Event::body;
}

HttpResponseReader::Event HttpResponseReader::read_chunked(std::string_view& bytes) {
  decoded_.clear();
  bytes.remove_prefix(chunks_->put(bytes, decoded_));
  // What came before the end, or before what is wrong, is handed on first.
  if (!decoded_.empty()) {
    piece_ = decoded_;
    return Event::body;
  }
  switch (chunks_->status()) {
    case ChunkDecoder::Status::more:
      return Event::more;
    case ChunkDecoder::Status::done:
      part_ = Part::ended;
      return Event::end;
    case ChunkDecoder::Status::too_large:
      return fail(HttpFailure::too_large,
                  fmt::format("the response is larger than {} bytes", limits_.max_body));
    case ChunkDecoder::Status::malformed:
      break;
  }
  return fail(HttpFailure::malformed, std::string(chunks_->problem()));
}

}  // namespace ferry
