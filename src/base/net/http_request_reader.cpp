#include "base/net/http_request_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>  // first: Boost 1.81 with g++ 12 needs it

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

namespace ferry {
namespace {

namespace http = boost::beast::http;

constexpr size_t kMaxHeaderLines = 256;
constexpr size_t kMaxBlankLines = 2;
constexpr size_t kCompactAt = 64 << 10;

bool is_token_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "GET /x HTTP/2.0": a version of HTTP, only not ours.
bool names_other_version(std::string_view header) {
  const std::string_view line = header.substr(0, header.find('\r'));
  if (line.size() < 9) return false;
  const std::string_view version = line.substr(line.size() - 9);
  return version.starts_with(" HTTP/") && is_digits(version.substr(6, 1)) && version[7] == '.' &&
         is_digits(version.substr(8));
}

}  // namespace

HttpRequestReader::HttpRequestReader(HttpLimits limits) : limits_(limits) {}

void HttpRequestReader::append(std::string_view bytes) {
  if (status_ == Status::refused) return;
  buffer_.append(bytes);
}

void HttpRequestReader::consume(size_t bytes) {
  begin_ += bytes;
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ >= kCompactAt) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
}

HttpRequestReader::Status HttpRequestReader::advance() {
  switch (status_) {
    case Status::ready:
    case Status::refused:
      return status_;
    case Status::body:
      return status_ = parse_body();
    case Status::idle:
    case Status::header:
      return status_ = find_header_end();
  }
  return status_;
}

HttpRequest HttpRequestReader::take() {
  FERRY_CHECK(status_ == Status::ready);
  status_ = Status::idle;
  wants_continue_ = false;
  if (buffer_.empty() && buffer_.capacity() > kCompactAt) buffer_.shrink_to_fit();
  return std::exchange(request_, {});
}

bool HttpRequestReader::take_continue() {
  return std::exchange(wants_continue_, false);
}

HttpRequestReader::Status HttpRequestReader::refuse(int status, std::string message) {
  refusal_ = {status, std::move(message)};
  buffer_.clear();
  begin_ = 0;
  return status_ = Status::refused;
}

// Walks line by line up to the empty one, so that a bad line is refused as soon as it is there.
HttpRequestReader::Status HttpRequestReader::find_header_end() {
  for (;;) {
    const std::string_view text = unparsed();
    const size_t line_feed = text.find('\n', scanned_);
    const size_t seen = line_feed == std::string_view::npos ? text.size() : line_feed + 1;
    if (seen > limits_.max_header) {
      return refuse(431, fmt::format("the request's headers are larger than {} bytes", limits_.max_header));
    }
    if (!text.empty() && line_count_ == 0 && text[0] != '\r' && !is_token_char(text[0])) {
      return refuse(400, text[0] == 0x16 ? "this port speaks plain HTTP, but TLS was sent; use http://"
                                         : "the first byte is not that of an HTTP method");
    }
    if (line_feed == std::string_view::npos) return text.empty() ? Status::idle : Status::header;

    const std::string_view line = text.substr(scanned_, seen - scanned_);
    if (line == "\r\n" && line_count_ == 0) {
      if (++blank_lines_ > kMaxBlankLines) return refuse(400, "empty lines instead of a request");
      consume(2);
      continue;
    }
    if (!accept_line(line)) return status_;
    scanned_ = seen;
    if (line == "\r\n") return parse_header(seen);
    ++line_count_;
  }
}

bool HttpRequestReader::accept_line(std::string_view line) {
  if (!line.ends_with("\r\n")) {
    refuse(400, "a line of the header ends without CR LF");
  } else if (line.find('\r') != line.size() - 2 || line.find('\0') != std::string_view::npos) {
    refuse(400, "a line of the header holds a CR or a NUL");
  } else if (line_count_ > 0 && (line[0] == ' ' || line[0] == '\t')) {
    refuse(400, "a header is folded over several lines");
  } else if (line_count_ > kMaxHeaderLines) {
    refuse(431, fmt::format("more than {} header lines", kMaxHeaderLines));
  }
  return status_ != Status::refused;
}

HttpRequestReader::Status HttpRequestReader::parse_header(size_t header_bytes) {
  const std::string header(unparsed().substr(0, header_bytes));
  consume(header_bytes);
  scanned_ = line_count_ = blank_lines_ = 0;

  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<uint32_t>(header_bytes + 1));
  parser.body_limit(boost::none);
  boost::system::error_code error;
  const size_t used = parser.put(boost::asio::buffer(header), error);
  if (error == http::error::bad_version && names_other_version(header)) {
    return refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
  }
  if (error) return refuse(400, "the request is malformed: " + error.message());
  if (used != header_bytes || !parser.is_header_done()) return refuse(400, "the header is malformed");
  const auto& message = parser.get();
  request_ = {};
  request_.is_http_1_0 = message.version() == 10;
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  for (const auto& field : message) {
    request_.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  keep_alive_ = message.keep_alive();
  if (!accept_fields() || !accept_target()) return status_;
  return parse_body();
}

bool HttpRequestReader::accept_fields() {
  std::string_view expect;
  int hosts = 0, lengths = 0, encodings = 0;
  for (const auto& [name, value] : request_.headers) {
    if (equal_ignoring_case(name, "host")) {
      ++hosts;
      if (value.find_first_of(" \t,/@") != std::string_view::npos)
        refuse(400, "the Host header is malformed");
    } else if (equal_ignoring_case(name, "content-length")) {
      ++lengths;
      accept_length(value);
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
      ++encodings;
      if (!equal_ignoring_case(value, "chunked")) refuse(501, "the only Transfer-Encoding served is chunked");
    } else if (equal_ignoring_case(name, "expect")) {
      expect = value;
    }
  }
  if (hosts > 1 || (hosts == 0 && !request_.is_http_1_0))
    refuse(400, "a request needs exactly one Host header");
  if (lengths > 1) refuse(400, "more than one Content-Length");
  if (encodings > 1) refuse(400, "more than one Transfer-Encoding");
  if (encodings > 0 && lengths > 0) refuse(400, "both Transfer-Encoding and Content-Length");
  if (encodings > 0 && request_.is_http_1_0) refuse(400, "Transfer-Encoding in an HTTP/1.0 request");
  if (!expect.empty() && !equal_ignoring_case(expect, "100-continue")) {
    refuse(417, "the only expectation met is 100-continue");
  }
  chunks_.reset();
  if (encodings > 0) chunks_.emplace(limits_.max_body);
  if (lengths == 0) body_left_ = 0;
  wants_continue_ = !expect.empty() && !request_.is_http_1_0 && (chunks_ || body_left_ > 0);
  return status_ != Status::refused;
}

void HttpRequestReader::accept_length(std::string_view value) {
  if (!is_digits(value)) {
    refuse(400, "Content-Length is not a number");
    return;
  }
  const auto read = std::from_chars(value.data(), value.data() + value.size(), body_left_);
  if (read.ec != std::errc() || body_left_ > limits_.max_body) refuse_large_body();
}

// Origin form "/path?query", absolute form "http://host/path" (RFC 9112 section 3.2), "*" for OPTIONS.
bool HttpRequestReader::accept_target() {
  std::string_view rest = request_.target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (rest.size() < scheme.size() || !equal_ignoring_case(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
    if (rest.empty()) rest = "/";
  }
  if (!rest.starts_with('/') && !rest.starts_with('?') && !(rest == "*" && request_.method == "OPTIONS")) {
    refuse(400, "the request's target is not a path");
    return false;
  }
  const size_t question = rest.find('?');
  request_.path = std::string(rest.substr(0, question));
  if (request_.path.empty()) request_.path.assign(1, '/');
  if (question != std::string_view::npos) request_.query = std::string(rest.substr(question + 1));
  return true;
}

HttpRequestReader::Status HttpRequestReader::parse_body() {
  if (chunks_) return parse_chunks();
  // Grows with what comes, not with what Content-Length claims.
  const std::string_view part = unparsed().substr(0, body_left_);
  request_.body += part;
  body_left_ -= part.size();
  consume(part.size());
  return body_left_ > 0 ? Status::body : Status::ready;
}

HttpRequestReader::Status HttpRequestReader::parse_chunks() {
  consume(chunks_->put(unparsed(), request_.body));
  switch (chunks_->status()) {
    case ChunkDecoder::Status::more:
      return Status::body;
    case ChunkDecoder::Status::done:
      return Status::ready;
    case ChunkDecoder::Status::too_large:
      return refuse_large_body();
    case ChunkDecoder::Status::malformed:
      break;
  }
  return refuse(400, std::string(chunks_->problem()));
}

HttpRequestReader::Status HttpRequestReader::refuse_large_body() {
  return refuse(413, fmt::format("the request's body is larger than {} bytes", limits_.max_body));
}

}  // namespace ferry
