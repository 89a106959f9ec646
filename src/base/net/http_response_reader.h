#pragma once
// Bytes of a server in, one response out. Knows no socket and no clock, so that it can be fuzzed.
//
// Strict where readers have been known to differ (RFC 9112 sections 2.2, 5, 6.3): lines end in CR LF, no
// folded lines, no control characters, at most one Content-Length made of digits, Transfer-Encoding exactly
// "chunked" and only in HTTP/1.1, never both. Trailers are dropped.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/http_call.h"
#include "base/net/http_chunks.h"

namespace ferry {

struct HttpResponseLimits {
  size_t max_header = 64 << 10;
  uint64_t max_body = uint64_t{1} << 40;
};

class HttpResponseReader {
 public:
  enum class Event {
    more,    // all bytes were taken; others must come
    head,    // take_head()
    body,    // piece()
    end,     // the response is whole; what is left of the bytes does not belong to it
    failed,  // failure(), problem(); final until the next begin()
  };

  // For the response to the next request. `head_only`: there is no body whatever the head says, for the
  // request was HEAD (or CONNECT, whose success has none).
  void begin(HttpResponseLimits limits, bool head_only);

  // Takes bytes from the front of `bytes`.
  Event read(std::string_view& bytes);
  // The connection has ended. `clean`: in a way that a third party could not have forged (with TLS: by its
  // own end mark). `end` where the body reaches up to there, else `failed`.
  Event end_of_stream(bool clean);

  HttpResponseHead take_head() { return std::move(head_); }
  std::string_view piece() const { return piece_; }  // until the next call, or as long as the bytes
  bool begun() const { return begun_; }              // a byte has come
  // Of the whole response: whether the connection may be used again, and how long the server keeps it at
  // most.
  bool keep_alive() const { return keep_alive_; }
  std::optional<std::chrono::seconds> keep_alive_timeout() const { return keep_alive_timeout_; }

  HttpFailure failure() const { return failure_; }
  const std::string& problem() const { return problem_; }

 private:
  enum class Part { head, sized, chunked, until_close, ended, failed };

  Event read_head(std::string_view& bytes);
  bool accept_lines(std::string_view text);
  Event parse_head(std::string_view text);
  bool parse_status_line(std::string_view line);
  bool parse_field(std::string_view line);
  bool accept_fields();
  bool accept_length(std::string_view value);
  void take_connection(std::string_view value);
  void take_keep_alive(std::string_view value);
  Event begin_body();
  Event read_sized(std::string_view& bytes);
  Event read_chunked(std::string_view& bytes);
  Event read_until_close(std::string_view& bytes);
  Event fail(HttpFailure failure, std::string problem);

  HttpResponseLimits limits_;
  bool head_only_ = false;
  Part part_ = Part::ended;
  bool begun_ = false;
  std::string head_text_;     // as far as it has come, where it came in several pieces
  size_t scanned_ = 0;        // bytes of the head's text that hold only whole, acceptable lines
  size_t head_end_ = 0;       // of the head's text; 0: has not come
  size_t announcements_ = 0;  // 1xx
  HttpResponseHead head_;
  bool is_http_1_0_ = false;
  bool keep_alive_ = false;
  std::optional<std::chrono::seconds> keep_alive_timeout_;
  uint64_t body_left_ = 0;  // of a sized body; of max_body up to the connection's end
  std::optional<ChunkDecoder> chunks_;
  std::string decoded_;
  std::string_view piece_;
  HttpFailure failure_ = HttpFailure::malformed;
  std::string problem_;
};

}  // namespace ferry
