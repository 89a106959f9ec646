#include "base/net/http_response_reader.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

using Event = HttpResponseReader::Event;

// What came out of the bytes, as text that can be compared.
std::string read_all(HttpResponseReader& reader, std::string_view bytes, size_t step,
                     std::string* rest = nullptr) {
  std::string seen;
  std::string body;
  for (size_t at = 0; at < bytes.size(); at += step) {
    std::string_view piece = bytes.substr(at, step);
    for (;;) {
      const Event event = reader.read(piece);
      if (event == Event::more) break;
      if (event == Event::head) {
        const HttpResponseHead head = reader.take_head();
        seen += fmt::format("{}", head.status);
        for (const auto& [name, value] : head.headers) seen += fmt::format(" {}={}", name, value);
      } else if (event == Event::body) {
        EXPECT_FALSE(reader.piece().empty());
        body += reader.piece();
      } else {
        if (rest != nullptr)
          *rest = std::string(piece) + std::string(bytes.substr(std::min(at + step, bytes.size())));
        return event == Event::end ? seen + " [" + body + "]" : "failed: " + reader.problem();
      }
    }
  }
  return seen + " [" + body + "...";
}

std::string read_all(std::string_view bytes, size_t step, HttpResponseLimits limits = {}) {
  HttpResponseReader reader;
  reader.begin(limits, false);
  return read_all(reader, bytes, step);
}

TEST(HttpResponseReader, TheResultIsTheSameHoweverTheBytesAreCut) {
  constexpr std::string_view kBytes =
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nServer:\t x \r\nTransfer-Encoding: Chunked\r\nEmpty:\r\n\r\n"
      "4;ext=1\r\nwiki\r\n6\r\npedia!\r\n0\r\nTrailer: dropped\r\n\r\nHTTP/1.1 200 OK\r\n";
  for (size_t step = 1; step <= kBytes.size(); ++step) {
    HttpResponseReader reader;
    reader.begin({}, false);
    std::string rest;
    EXPECT_EQ(read_all(reader, kBytes, step, &rest),
              "200 Server=x Transfer-Encoding=Chunked Empty= [wikipedia!]")
        << step;
    EXPECT_EQ(rest, "HTTP/1.1 200 OK\r\n") << step;
    EXPECT_TRUE(reader.keep_alive());
  }
}

TEST(HttpResponseReader, ReadsOneAfterTheOther) {
  HttpResponseReader reader;
  for (const char* body : {"first", "second"}) {
    reader.begin({}, false);
    EXPECT_FALSE(reader.begun());
    const std::string bytes =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", strlen(body), body);
    EXPECT_EQ(read_all(reader, bytes, 7), fmt::format("200 Content-Length={} [{}]", strlen(body), body));
    EXPECT_TRUE(reader.begun());
  }
}

TEST(HttpResponseReader, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes : {
           std::string("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
           std::string("HTTP/1.1  200 OK\r\n\r\n"),
           std::string("HTTP/1.1 20 OK\r\n\r\n"),
           std::string("HTTP/1.1 2000 OK\r\n\r\n"),
           std::string("HTTP/1.1 099 OK\r\n\r\n"),
           std::string("HTTP/1.2 200 OK\r\n\r\n"),
           std::string("http/1.1 200 OK\r\n\r\n"),
           std::string("\r\n\r\n"),
           std::string("HTTP/1.1 200 O\0K\r\n\r\n", 20),
           ok + "Content-Length : 0\r\n\r\n",
           ok + " Content-Length: 0\r\n\r\n",
           ok + "X: a\r\n\tb\r\n\r\n",
           ok + "X: a\rb\r\n\r\n",
           ok + "no colon\r\n\r\n",
           ok + ": no name\r\n\r\n",
           ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
           ok + "Content-Length: 1, 1\r\n\r\nx",
           ok + "Content-Length: +1\r\n\r\nx",
           ok + "Content-Length: -1\r\n\r\nx",
           ok + "Content-Length: 0x1\r\n\r\nx",
           ok + "Content-Length:\r\n\r\nx",
           ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           ok + "Transfer-Encoding: identity\r\n\r\n",
           ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
           ok + "Transfer-Encoding:\r\n\r\n",
           std::string("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           ok + "Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n",
           ok + "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
           ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
           ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
       }) {
    for (const size_t step : {size_t{1}, bytes.size()}) {
      EXPECT_TRUE(read_all(bytes, step).starts_with("failed: ")) << bytes;
    }
  }
}

TEST(HttpResponseReader, TheConnectionsEndIsAnEndOnlyWhereItMayBe) {
  const auto at_end = [](std::string_view bytes, bool clean) {
    HttpResponseReader reader;
    reader.begin({}, false);
    read_all(reader, bytes, bytes.size() + 1);
    const Event event = reader.end_of_stream(clean);
    return event == Event::end ? "end" : std::string(to_string(reader.failure()));
  };
  EXPECT_EQ(at_end("", true), "closed_before_head");
  EXPECT_EQ(at_end("HTTP/1.1 100 Continue\r\n\r\n", true), "closed_before_head");
  EXPECT_EQ(at_end("HTTP/1.1 200 OK\r\n\r\n", true), "end");
  EXPECT_EQ(at_end("HTTP/1.1 200 OK\r\n\r\nx", true), "end");
  EXPECT_EQ(at_end("HTTP/1.1 200 OK\r\n\r\nx", false), "cut");
  EXPECT_EQ(at_end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", true), "cut");
  EXPECT_EQ(at_end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", true), "cut");
}

TEST(HttpResponseReader, TheLimitsAreThePromisedOnes) {
  const HttpResponseLimits limits{.max_header = 100, .max_body = 4};
  const auto is_too_large = [&](std::string_view bytes, size_t step) {
    HttpResponseReader reader;
    reader.begin(limits, false);
    const std::string seen = read_all(reader, bytes, step);
    return seen.starts_with("failed") && reader.failure() == HttpFailure::too_large;
  };
  for (const size_t step : {1, 1000}) {
    EXPECT_FALSE(is_too_large("HTTP/1.1 200 OK\r\nX: " + std::string(76, 'x') + "\r\n\r\n", step));
    EXPECT_TRUE(is_too_large("HTTP/1.1 200 OK\r\nX: " + std::string(77, 'x') + "\r\n\r\n", step));
    EXPECT_TRUE(is_too_large("HTTP/1.1 200 " + std::string(100, 'x'), step));
    EXPECT_FALSE(is_too_large("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", step));
    EXPECT_TRUE(is_too_large("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", step));
    EXPECT_TRUE(is_too_large("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", step));
    EXPECT_FALSE(is_too_large("HTTP/1.1 200 OK\r\n\r\nbody", step));
    EXPECT_TRUE(is_too_large("HTTP/1.1 200 OK\r\n\r\nbody!", step));
    EXPECT_TRUE(
        is_too_large("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n1\r\n!", step));
    EXPECT_FALSE(is_too_large("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", step));
  }
}

TEST(HttpResponseReader, WhatFollowsConnectionHeaders) {
  const auto after = [](std::string_view head) {
    HttpResponseReader reader;
    reader.begin({}, false);
    read_all(reader, std::string(head) + "Content-Length: 0\r\n\r\n", 1000);
    const auto timeout = reader.keep_alive_timeout();
    return fmt::format("{} {}", reader.keep_alive(), timeout ? timeout->count() : -1);
  };
  EXPECT_EQ(after("HTTP/1.1 200 OK\r\n"), "true -1");
  EXPECT_EQ(after("HTTP/1.0 200 OK\r\n"), "false -1");
  EXPECT_EQ(after("HTTP/1.1 200 OK\r\nConnection: upgrade , CLOSE\r\n"), "false -1");
  EXPECT_EQ(after("HTTP/1.1 200 OK\r\nConnection: x\r\nconnection: close\r\n"), "false -1");
  EXPECT_EQ(after("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nKeep-Alive: timeout=5, max=100\r\n"),
            "true 5");
  EXPECT_EQ(after("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=x, Timeout=12\r\n"), "true 12");
  EXPECT_EQ(after("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=99999999999\r\n"), "true -1");
}

}  // namespace
}  // namespace ferry
