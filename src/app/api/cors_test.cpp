#include "app/api/cors.h"

#include <gmock/gmock.h>

#include "app/api/test_server.h"

namespace ferry::api {
namespace {

constexpr const char* kPage = "https://app.example";

class CorsTest : public testing::Test {
 protected:
  HttpResponse send(const std::string& method, const std::string& path, HttpHeaders headers) {
    return HttpClient()
        .send({.method = method, .url = server_.url(path), .headers = std::move(headers), .body = {}})
        .value();
  }
  HttpResponse preflight(const std::string& origin, const std::string& path = "/v1/chat/completions") {
    return send("OPTIONS", path,
                {{"Origin", origin},
                 {"Access-Control-Request-Method", "POST"},
                 {"Access-Control-Request-Headers", "authorization,content-type"}});
  }
  void allow(std::vector<std::string> origins) {
    server_.service.cors = Cors::load(std::move(origins)).value();
  }

  TestServer server_{{"sk-one"}};
};

TEST_F(CorsTest, APageThatIsAllowedMaySendAnyRequestAndReadTheAnswer) {
  allow({"http://localhost:3000", kPage});
  // Browsers send no key with the preflight.
  const HttpResponse asked = preflight(kPage);
  EXPECT_EQ(asked.status, 204);
  EXPECT_EQ(asked.header("Access-Control-Allow-Origin"), kPage);
  EXPECT_EQ(asked.header("Access-Control-Allow-Headers"), "authorization,content-type");
  EXPECT_THAT(std::string(asked.header("Access-Control-Allow-Methods").value()), testing::HasSubstr("POST"));
  EXPECT_EQ(asked.header("Vary"), "Origin");

  const HttpResponse answered =
      send("GET", "/v1/models", {{"Origin", kPage}, {"Authorization", "Bearer sk-one"}});
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("Access-Control-Allow-Origin"), kPage);
  EXPECT_THAT(std::string(answered.header("Access-Control-Expose-Headers").value()),
              testing::HasSubstr("x-request-id"));
}

// A page can only tell its user what it may read.
TEST_F(CorsTest, RefusalsCanBeReadToo) {
  allow({kPage});
  EXPECT_EQ(send("GET", "/v1/models", {{"Origin", kPage}}).header("Access-Control-Allow-Origin"), kPage);
  EXPECT_EQ(send("GET", "/nothing", {{"Origin", kPage}}).header("Access-Control-Allow-Origin"), kPage);
  HttpCall large{.method = "POST",
                 .url = server_.url("/tokenize"),
                 .headers = {{"Origin", kPage}},
                 .body = std::string(1 << 17, 'x')};
  const HttpResponse refused = HttpClient().send(large).value();
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), kPage);
}

TEST_F(CorsTest, OtherPagesAreTold) {
  allow({kPage});
  for (const char* other :
       {"https://evil.example", "http://app.example", "https://app.example.evil.example", "null"}) {
    const HttpResponse asked = preflight(other);
    EXPECT_EQ(asked.status, 405) << other;
    EXPECT_FALSE(asked.header("Access-Control-Allow-Origin")) << other;
    EXPECT_EQ(asked.header("Vary"), "Origin");
  }
  EXPECT_FALSE(send("GET", "/health", {}).header("Access-Control-Allow-Origin"));
}

TEST_F(CorsTest, AStarIsEveryPage) {
  allow({"*"});
  EXPECT_EQ(preflight("https://anything.example").status, 204);
  const HttpResponse answered = send("GET", "/health", {{"Origin", "null"}});
  EXPECT_EQ(answered.header("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(answered.header("Vary"));
}

TEST_F(CorsTest, WithoutOriginsNoPageIsAllowed) {
  const HttpResponse asked = preflight(kPage);
  EXPECT_EQ(asked.status, 405);
  EXPECT_FALSE(asked.header("Access-Control-Allow-Origin"));
  EXPECT_FALSE(send("GET", "/health", {{"Origin", kPage}}).header("Vary"));
}

TEST_F(CorsTest, OptionsWithoutAPageIsNoPreflight) {
  allow({"*"});
  const HttpResponse asked = send("OPTIONS", "/v1/models", {});
  EXPECT_EQ(asked.status, 405);
  EXPECT_EQ(asked.header("Allow"), "GET");
  EXPECT_EQ(preflight(kPage, "/nothing").status, 404);
}

TEST(Cors, RefusesWhatIsNoOrigin) {
  for (const char* wrong : {"app.example", "https://", "https://app.example/", "https://app.example/path", "",
                            "://x", "https://a b"}) {
    const auto loaded = Cors::load({wrong});
    ASSERT_FALSE(loaded) << wrong;
    EXPECT_THAT(loaded.error().message, testing::HasSubstr("cors_origins"));
  }
}

}  // namespace
}  // namespace ferry::api
