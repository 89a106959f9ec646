#pragma once
// Which web pages' scripts may read this server's answers (the Fetch standard's CORS protocol).

#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/net/http_types.h"

namespace ferry::api {

// Immutable. Made of nothing, it allows no page.
class Cors {
 public:
  Cors() = default;
  // "https://app.example", "http://localhost:3000"; "*" is every page.
  static Result<Cors> load(std::vector<std::string> origins);

  // What an answer to this request says about it.
  HttpHeaders headers(const HttpRequest& request) const;
  // Whether the request only asks whether another one would be allowed, and is.
  bool is_preflight(const HttpRequest& request) const;
  // What answers that, beside headers().
  static HttpHeaders preflight_headers(const HttpRequest& request);

 private:
  bool allows(const HttpRequest& request) const;

  bool any_ = false;
  std::vector<std::string> origins_;
};

}  // namespace ferry::api
