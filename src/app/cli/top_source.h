#pragma once
// Where `ferry top` looks: a server's GET /metrics, over a connection that is kept.

#include <functional>
#include <memory>
#include <string>

#include "app/cli/top_reading.h"
#include "base/net/http_pool.h"
#include "base/net/net_threads.h"

namespace ferry::cli {

class TopSource {
 public:
  // `url`: the server's, as "http://127.0.0.1:8080"; a path before /metrics may follow. `key`: empty for
  // none. Errors: invalid_argument, unsupported.
  static Result<std::unique_ptr<TopSource>> open(const std::string& url, const std::string& key);

  // One look; waits until it is there, or `give_up` says yes (cancelled). Errors name the page: nobody
  // answers, it refuses, what it says cannot be read, it has none of the gateway's numbers.
  Result<TopReading> read(const std::function<bool()>& give_up);

 private:
  TopSource() : pool_(threads_, {}) {}
  Result<TopReading> reading_of(const HttpCollectedResult& answer) const;

  NetThreads threads_{1};
  HttpPool pool_;
  std::shared_ptr<const HttpOrigin> origin_;
  std::string page_;    // for messages
  std::string target_;  // the page's path
  HttpHeaders headers_;
};

}  // namespace ferry::cli
