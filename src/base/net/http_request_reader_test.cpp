#include "base/net/http_request_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace ferry {
namespace {

using namespace std::string_literals;
using Status = HttpRequestReader::Status;

struct Seen {
  std::vector<HttpRequest> requests;
  int refused_with = 0;
  Status last = Status::idle;
};

// Feeds `bytes` in pieces of `step` and takes every request that comes out.
Seen feed(std::string_view bytes, size_t step, HttpLimits limits = {}) {
  Seen seen;
  HttpRequestReader reader(limits);
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.append(bytes.substr(at, step));
    while ((seen.last = reader.advance()) == Status::ready) seen.requests.push_back(reader.take());
    if (seen.last == Status::refused) {
      seen.refused_with = reader.refusal().status;
      break;
    }
  }
  return seen;
}

Seen feed(std::string_view bytes) {
  return feed(bytes, bytes.size());
}

constexpr std::string_view kPipelined =
    "GET /a?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"
    "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    "\r\nPOST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "4;ext=1\r\nwiki\r\n6\r\npedia!\r\n0\r\nTrailer: dropped\r\n\r\n"
    "HEAD /d HTTP/1.0\r\nX-Empty:\r\n\r\n";

void expect_pipelined(const Seen& seen) {
  ASSERT_EQ(seen.requests.size(), 4u);
  EXPECT_EQ(seen.requests[0].method, "GET");
  EXPECT_EQ(seen.requests[0].target, "/a?x=1");
  EXPECT_EQ(seen.requests[0].path, "/a");
  EXPECT_EQ(seen.requests[0].query, "x=1");
  EXPECT_EQ(seen.requests[1].body, "hello");
  EXPECT_EQ(seen.requests[2].body, "wikipedia!");
  EXPECT_FALSE(seen.requests[2].header("trailer"));
  EXPECT_TRUE(seen.requests[3].is_http_1_0);
  EXPECT_EQ(seen.requests[3].header("x-empty"), "");
  EXPECT_EQ(seen.last, Status::idle);
}

TEST(HttpRequestReader, PipelinedRequestsAreTheSameHoweverTheBytesAreSplit) {
  for (size_t step = 1; step <= kPipelined.size(); ++step) {
    SCOPED_TRACE(step);
    expect_pipelined(feed(kPipelined, step));
  }
}

TEST(HttpRequestReader, EachTwoPieceSplitGivesTheSameRequests) {
  for (size_t cut = 1; cut < kPipelined.size(); ++cut) {
    SCOPED_TRACE(cut);
    Seen seen;
    HttpRequestReader reader({});
    for (const std::string_view piece : {kPipelined.substr(0, cut), kPipelined.substr(cut)}) {
      reader.append(piece);
      while ((seen.last = reader.advance()) == Status::ready) seen.requests.push_back(reader.take());
    }
    expect_pipelined(seen);
  }
}

struct Refusal {
  const char* name;
  std::string bytes;
  int status;
};

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> table = {
      {"unknown transfer encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"chunked, identity", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
       501},
      {"gzip, chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"empty transfer encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n", 501},
      {"quoted chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 501},
      {"two transfer encodings",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"length and chunked",
       "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two equal lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
       400},
      {"two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"list of lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\nab", 400},
      {"signed length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nab", 400},
      {"negative length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
      {"hex length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x2\r\n\r\nab", 400},
      {"empty length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400},
      {"overflowing length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
       400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"two hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"folded header", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
      {"folded with a tab", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n", 400},
      {"space before the first header", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"space before the colon", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\nabc", 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"one bare line feed", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"bare carriage return", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s, 400},
      {"control character in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\x01b\r\n\r\n", 400},
      {"no colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n", 400},
      {"empty name", "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"trailing space", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
      {"HTTP/2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9 in words", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505},
      {"not HTTP", "GET / SMTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a TLS greeting", "\x16\x03\x01", 400},
      {"only empty lines", "\r\n\r\n\r\n\r\n", 400},
      {"target without a slash", "GET index HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"star for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"authority form", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"unknown expectation", "POST / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\nContent-Length: 1\r\n\r\na",
       417},
      {"chunk size with a sign",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", 400},
      {"chunk size 0x1",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400},
      {"overflowing chunk size",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\na\r\n0\r\n\r\n",
       400},
      {"chunk longer than its size",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400},
      {"chunk without a size",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n;a\r\na\r\n0\r\n\r\n", 400},
      {"chunk size after a space",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n", 400},
      {"CR in a chunk's extension",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;\r0\r\na\r\n0\r\n\r\n", 400},
      {"NUL in a trailer",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: \0\r\n\r\n"s, 400},
      {"chunk lines ended by line feeds",
       "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n\r\n\r\n", 400},
  };
  return table;
}

TEST(HttpRequestReader, RefusesWhatCouldBeReadInTwoWays) {
  for (const Refusal& refusal : refusals()) {
    SCOPED_TRACE(refusal.name);
    const Seen whole = feed(refusal.bytes + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(whole.refused_with, refusal.status);
    EXPECT_TRUE(whole.requests.empty());
    const Seen bytewise = feed(refusal.bytes + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 1);
    EXPECT_EQ(bytewise.refused_with, refusal.status);
    EXPECT_TRUE(bytewise.requests.empty());
  }
}

TEST(HttpRequestReader, RefusesABadChunkAtTheSameByteHoweverItIsSplit) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nwiki\r\n";
  for (size_t step = 1; step <= bytes.size(); ++step) EXPECT_EQ(feed(bytes, step).refused_with, 400) << step;
}

TEST(HttpRequestReader, ReadsAQuotedExtensionOnlyToTheEndOfItsLine) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;ext=\"never closed\r\nab\r\n0;\"\r\n\r\n";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const Seen seen = feed(bytes, step);
    ASSERT_EQ(seen.requests.size(), 1u) << step;
    EXPECT_EQ(seen.requests[0].body, "ab");
  }
}

TEST(HttpRequestReader, ReadsAnEmptyChunkedBodyByteByByte) {
  const Seen seen = feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1);
  ASSERT_EQ(seen.requests.size(), 1u);
  EXPECT_EQ(seen.requests[0].body, "");
}

TEST(HttpRequestReader, RefusesBadLinesBeforeTheHeaderEnds) {
  EXPECT_EQ(feed("GET / HTTP/1.1\nHost: h").refused_with, 400);
  EXPECT_EQ(feed("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n").refused_with, 400);
}

TEST(HttpRequestReader, TellsAVisitorWithTlsWhatIsWrong) {
  HttpRequestReader reader({});
  reader.append("\x16\x03\x01");
  ASSERT_EQ(reader.advance(), Status::refused);
  EXPECT_NE(reader.refusal().message.find("http://"), std::string::npos);
}

TEST(HttpRequestReader, AcceptsWhatTheStandardAllows) {
  for (const std::string_view bytes : {
           "GET http://host:80/p?q HTTP/1.1\r\nHost: host\r\n\r\n",
           "GET http://host?q HTTP/1.1\r\nHost: host\r\n\r\n",
           "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost:\r\n\r\n",
           "\r\nGET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
           "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\nhOsT:\t h \t\r\nX: \xC3\xA9\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n",
       }) {
    SCOPED_TRACE(bytes);
    const Seen seen = feed(bytes, 1);
    EXPECT_EQ(seen.refused_with, 0);
    EXPECT_EQ(seen.requests.size(), 1u);
  }
  EXPECT_EQ(feed("GET http://host?q HTTP/1.1\r\nHost: host\r\n\r\n").requests.at(0).path, "/");
  EXPECT_EQ(feed("GET http://host/p?q HTTP/1.1\r\nHost: host\r\n\r\n").requests.at(0).path, "/p");
}

TEST(HttpRequestReader, KeepsOrClosesAsVersionAndHeaderSay) {
  const auto keeps = [](std::string_view bytes) {
    HttpRequestReader reader({});
    reader.append(bytes);
    EXPECT_EQ(reader.advance(), Status::ready);
    reader.take();
    return reader.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpRequestReader, LimitsHeaderAndBody) {
  const HttpLimits limits{.max_header = 1000, .max_body = 10};
  const std::string big(2000, 'x');
  EXPECT_EQ(feed("GET /" + big, 100, limits).refused_with, 431);
  EXPECT_EQ(feed("GET / HTTP/1.1\r\nHost: h\r\nX: " + big + "\r\n\r\n", 4000, limits).refused_with, 431);
  EXPECT_EQ(
      feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789", 99, limits).refused_with, 0);
  EXPECT_EQ(feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n", 99, limits).refused_with, 413);
  EXPECT_EQ(
      feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nghijk\r\n", 7,
           limits)
          .refused_with,
      413);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 300; ++i) many += "a:\r\n";
  EXPECT_EQ(feed(many + "\r\n").refused_with, 431);
  const std::string chunk = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;";
  EXPECT_EQ(feed(chunk + std::string(20000, 'x'), 5000).refused_with, 400);
  std::string trailers = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 5000; ++i) trailers += "a: b\r\n";
  EXPECT_EQ(feed(trailers, 3).refused_with, 400);
}

TEST(HttpRequestReader, AsksForTheBodyOnceAndOnlyWhenItIsAwaited) {
  HttpRequestReader reader({});
  reader.append("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(reader.advance(), Status::body);
  EXPECT_TRUE(reader.take_continue());
  EXPECT_FALSE(reader.take_continue());
  reader.append("ab");
  EXPECT_EQ(reader.advance(), Status::ready);
  EXPECT_EQ(reader.take().body, "ab");

  reader.append("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reader.advance(), Status::ready);
  EXPECT_FALSE(reader.take_continue());
}

TEST(HttpRequestReader, DoesNotAllocateWhatALengthOnlyClaims) {
  HttpRequestReader reader({.max_body = uint64_t{1} << 50});
  reader.append("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1125899906842623\r\n\r\nab");
  EXPECT_EQ(reader.advance(), Status::body);  // a petabyte claimed, two bytes held
}

}  // namespace
}  // namespace ferry
