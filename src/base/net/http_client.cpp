#include "base/net/http_client.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>  // first: Boost 1.81 with g++ 12 needs it

#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ferry {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::system::error_code;

constexpr uint32_t kMaxHeader = 64 << 10;
// Beast asserts that a body which begins with its last chunk is seen whole; this is its length. Only the
// first chunk may wait for it: later pieces must reach the caller as they come.
constexpr size_t kLeastFirstChunk = 5;
constexpr size_t kMaxUnparsed = 128 << 10;  // a header, or a chunk's size line

// Hands each piece of the body on as it is parsed.
struct SinkBody {
  using value_type = const FunctionRef<bool(std::string_view)>*;

  class reader {  // NOLINT(readability-identifier-naming): Beast's name
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>& /*header*/, value_type& sink) : sink_(sink) {}

    void init(const boost::optional<uint64_t>& /*length*/, BeastError& error) { error = {}; }

    template <class Buffers>
    size_t put(const Buffers& buffers, BeastError& error) {
      size_t bytes = 0;
      error = {};
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        bytes += buffer.size();
        if (buffer.size() == 0 || (*sink_)({static_cast<const char*>(buffer.data()), buffer.size()}))
          continue;
        error = boost::asio::error::operation_aborted;
        break;
      }
      return bytes;
    }

    void finish(BeastError& error) { error = {}; }

   private:
    value_type& sink_;
  };
};

using Parser = http::response_parser<SinkBody>;

Error os_error(ErrorCode code, const std::string& what, int number) {
  return {code, fmt::format("{}: {}", what, std::strerror(number))};
}

// Waits for `events`; false when the time is over.
bool wait_for(int fd, short events, Duration timeout) {
  pollfd poll_entry{fd, events, 0};
  int ready = 0;
  do {
    ready = ::poll(&poll_entry, 1, static_cast<int>(std::min<int64_t>(timeout.count(), INT_MAX)));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

std::string request_text(const HttpCall& call, const HttpUrl& url) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", call.method, url.target);
  if (!find_header(call.headers, "Host")) {
    text += fmt::format("Host: {}\r\n", url.authority());
  }
  for (const HttpHeader& header : call.headers) {
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  if (!call.body.empty() || (call.method != "GET" && call.method != "HEAD")) {
    text.append(fmt::format("Content-Length: {}\r\n", call.body.size()));
  }
  return text.append("\r\n").append(call.body);
}

// A line break in a method, target or header would smuggle a second request into this one.
Result<void> check_call(const HttpCall& call, const HttpUrl& url) {
  if (url.tls) return fail(ErrorCode::unsupported, "{}: only http:// addresses can be called", call.url);
  const auto has_break = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  };
  bool broken = has_break(call.method) || has_break(url.target) || has_break(url.host) ||
                url.target.find(' ') != std::string::npos;
  for (const HttpHeader& header : call.headers)
    broken = broken || has_break(header.name) || has_break(header.value);
  if (broken) return fail(ErrorCode::invalid_argument, "{}: line breaks in the request's head", call.url);
  return {};
}

HttpResponse head_of(const Parser& parser) {
  HttpResponse head;
  head.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    const auto name = field.name_string();
    head.headers.push_back({{name.data(), name.size()}, {field.value().data(), field.value().size()}});
  }
  return head;
}

}  // namespace

class HttpClient::Connection {
 public:
  Connection(int fd, HttpUrl url) : fd_(fd), url_(std::move(url)) {}
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Kept, to the same place, and silent: a server that closed it, or sent what nobody asked for, is not.
  bool is_reusable_for(const HttpUrl& url) const {
    return keep_ && url.host == url_.host && url.port == url_.port && !wait_for(fd_, POLLIN, Duration(0));
  }

  Result<HttpResponse> exchange(const HttpCall& call, const HttpUrl& url, const HttpSink& sink) {
    keep_ = false;
    // A server may answer before it has read everything (413) and close: its answer counts then.
    const Result<void> sent = send_all(request_text(call, url), call.read_timeout);
    Result<HttpResponse> response = receive(call, sink);
    if (!response && !sent) return tl::unexpected(sent.error());
    return response;
  }

 private:
  Result<void> send_all(std::string_view text, Duration timeout) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        text.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!wait_for(fd_, POLLOUT, timeout))
          return fail(ErrorCode::unavailable, "{}: sending timed out", url_.host);
      } else if (errno != EINTR) {
        return tl::unexpected(os_error(ErrorCode::unavailable, url_.host + ": cannot send", errno));
      }
    }
    return {};
  }

  // Appends what comes to buffer_; 0 at the connection's end.
  Result<size_t> receive_some(Duration timeout) {
    char piece[16384];
    for (;;) {
      if (!wait_for(fd_, POLLIN, timeout)) {
        return fail(ErrorCode::unavailable, "{}:{}: no answer within {}", url_.host, url_.port,
                    to_string(timeout));
      }
      const ssize_t got = ::recv(fd_, piece, sizeof piece, MSG_DONTWAIT);
      if (got >= 0) {
        buffer_.append(piece, static_cast<size_t>(got));
        return static_cast<size_t>(got);
      }
      if (errno != EINTR && errno != EAGAIN) {
        return tl::unexpected(os_error(ErrorCode::unavailable, url_.host + ": cannot receive", errno));
      }
    }
  }

  Result<HttpResponse> receive(const HttpCall& call, const HttpSink& sink) {
    for (;;) {
      FERRY_TRY(HttpResponse head, receive_one(call, sink));
      if (head.status >= 200) return head;  // 1xx only announces
    }
  }

  Result<HttpResponse> receive_one(const HttpCall& call, const HttpSink& sink) {
    Parser parser;
    parser.header_limit(kMaxHeader);
    parser.body_limit(boost::none);
    parser.skip(call.method == "HEAD");
    parser.get().body() = &sink.on_body;
    HttpResponse head;
    while (!parser.is_done()) {
      const bool had_header = parser.is_header_done();
      FERRY_TRY_VOID(parse_more(parser, call.read_timeout));
      if (had_header || !parser.is_header_done()) continue;
      head = head_of(parser);
      if (head.status >= 200 && !sink.on_head(head))
        return fail(ErrorCode::cancelled, "{}: cancelled", call.url);
      parser.eager(true);
    }
    keep_ = parser.get().keep_alive();
    return head;
  }

  // Parses what is there; what is not enough is waited for.
  Result<void> parse_more(Parser& parser, Duration timeout) {
    BeastError error = http::error::need_more;
    const bool in_body = parser.is_header_done();
    const size_t least = in_body && parser.chunked() && !first_chunk_begun_ ? kLeastFirstChunk : 1;
    if (buffer_.size() >= least) {
      const size_t used = parser.put(boost::asio::buffer(buffer_), error);
      buffer_.erase(0, used);
      first_chunk_begun_ = in_body && (first_chunk_begun_ || used > 0);
    }
    if (error == http::error::need_more) {
      if (buffer_.size() > kMaxUnparsed)
        return fail(ErrorCode::corrupt, "{}: the answer's head is too long", url_.host);
      FERRY_TRY(const size_t got, receive_some(timeout));
      error = {};
      if (got > 0) return {};
      if (!parser.got_some()) return fail(ErrorCode::unavailable, "{}: closed without an answer", url_.host);
      parser.put_eof(error);
    }
    if (error == boost::asio::error::operation_aborted)
      return fail(ErrorCode::cancelled, "{}: cancelled", url_.host);
    if (error == http::error::partial_message) {
      return fail(ErrorCode::unavailable, "{}: the connection broke within the answer", url_.host);
    }
    if (error) return fail(ErrorCode::corrupt, "{}: malformed answer: {}", url_.host, error.message());
    return {};
  }

  int fd_;
  HttpUrl url_;  // host and port; the target is each call's own
  bool keep_ = false;
  std::string buffer_;              // received, not parsed
  bool first_chunk_begun_ = false;  // of the body that is being parsed
};

HttpClient::HttpClient() = default;
HttpClient::~HttpClient() = default;

namespace {

// A connected socket, or the number of the error.
tl::expected<int, int> connect_to(const addrinfo& address, Duration timeout) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return tl::unexpected(errno);
  int error = 0;
  if (::connect(fd, address.ai_addr, address.ai_addrlen) != 0) error = errno;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof error;
    error = ETIMEDOUT;
    if (wait_for(fd, POLLOUT, timeout)) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) {
    ::close(fd);
    return tl::unexpected(error);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

Result<void> HttpClient::connect(const HttpUrl& url, Duration timeout) {
  connection_.reset();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found)) {
    return fail(ErrorCode::unavailable, "cannot find {}: {}", url.host, ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int last_error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const auto fd = connect_to(*address, timeout);
    if (fd) {
      connection_ = std::make_unique<Connection>(*fd, url);
      return {};
    }
    last_error = fd.error();
  }
  return tl::unexpected(os_error(ErrorCode::unavailable,
                                 fmt::format("cannot connect to {}:{}", url.host, url.port), last_error));
}

Result<HttpResponse> HttpClient::stream(const HttpCall& call, const HttpSink& sink) {
  FERRY_TRY(const HttpUrl url, parse_http_url(call.url));
  FERRY_TRY_VOID(check_call(call, url));
  if (!connection_ || !connection_->is_reusable_for(url)) FERRY_TRY_VOID(connect(url, call.connect_timeout));
  Result<HttpResponse> response = connection_->exchange(call, url, sink);
  if (!response) connection_.reset();
  return response;
}

Result<HttpResponse> HttpClient::send(const HttpCall& call) {
  std::string body;
  bool too_large = false;
  const auto on_head = [](const HttpResponse& /*head*/) { return true; };
  const auto on_body = [&](std::string_view piece) {
    too_large = body.size() + piece.size() > call.max_body_bytes;
    if (!too_large) body.append(piece);
    return !too_large;
  };
  Result<HttpResponse> response = stream(call, HttpSink{on_head, on_body});
  if (too_large) {
    return fail(ErrorCode::resource_exhausted, "{}: the answer is larger than {} bytes", call.url,
                call.max_body_bytes);
  }
  if (response) response->body = std::move(body);
  return response;
}

}  // namespace ferry
