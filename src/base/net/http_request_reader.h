#pragma once
// Bytes of one connection in, requests out. Knows no socket and no clock, so that it can be fuzzed.
//
// Boost.Beast parses the header; on top of it stand the checks against request smuggling (RFC 9112
// sections 2.2, 3.2, 5.2, 6.1, 6.3) that it lacks: CRLF line ends only, no folded lines, one Host, at most
// one Content-Length made of digits, Transfer-Encoding exactly "chunked" or nothing. Trailers are dropped:
// they must not become headers.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/http_chunks.h"
#include "base/net/http_types.h"

namespace ferry {

struct HttpLimits {
  size_t max_header = 64 << 10;
  uint64_t max_body = uint64_t{32} << 20;
};

// Why the connection cannot go on, as the response that says so. Afterwards it must be closed: where the
// next request would begin is unknown.
struct HttpRefusal {
  int status = 400;
  std::string message;
};

class HttpRequestReader {
 public:
  enum class Status {
    idle,     // between requests: nothing of the next one has come
    header,   // a part of a header is there
    body,     // the header is whole, the body is not
    ready,    // take() it
    refused,  // refusal() says why; final
  };

  explicit HttpRequestReader(HttpLimits limits);

  void append(std::string_view bytes);
  // Parses as far as the bytes go. Bytes after a ready request wait for its take().
  Status advance();

  // The ready request, without remote_address. The reader goes on with the next.
  HttpRequest take();
  // Whether the connection may stay open after the request that was taken last.
  bool keep_alive() const { return keep_alive_; }
  const HttpRefusal& refusal() const { return refusal_; }
  // What has been read of the request that was refused, or whose time was up: nothing, or its header. Final.
  HttpRequest take_partial() { return std::move(request_); }

  // True once for a request that waits for "100 Continue" before it sends its body.
  bool take_continue();

  // Bytes that are not parsed yet.
  size_t buffered() const { return buffer_.size() - begin_; }

 private:
  std::string_view unparsed() const { return std::string_view(buffer_).substr(begin_); }
  void consume(size_t bytes);
  Status find_header_end();
  bool accept_line(std::string_view line);
  Status parse_header(size_t header_bytes);
  bool accept_fields();
  void accept_length(std::string_view value);
  bool accept_target();
  Status parse_body();
  Status parse_chunks();
  Status refuse(int status, std::string message);
  Status refuse_large_body();

  HttpLimits limits_;
  std::string buffer_;
  size_t begin_ = 0;        // of what is not parsed, in buffer_
  size_t scanned_ = 0;      // bytes of the header, from begin_, that hold only whole, acceptable lines
  size_t line_count_ = 0;   // among them
  size_t blank_lines_ = 0;  // skipped before the request line
  Status status_ = Status::idle;
  bool keep_alive_ = false;
  bool wants_continue_ = false;
  HttpRequest request_;                 // whose header is whole
  std::optional<ChunkDecoder> chunks_;  // of its body, where that is chunked
  uint64_t body_left_ = 0;              // of its body, where that is not
  HttpRefusal refusal_;
};

}  // namespace ferry
