#pragma once
// Requests of the mock upstream to what goes on the wire, and what is remembered of them. Any thread.

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/net/http_types.h"
#include "serve/mock/answer.h"
#include "serve/mock/behaviour.h"
#include "serve/mock/script.h"

namespace ferry::mock {

struct ServiceSettings {
  Behaviour behaviour = {};
  std::vector<std::string> models = {"mock-large", "mock-small"};  // what is listed; any name is answered
  std::vector<std::string> keys = {};  // as Authorization: Bearer or x-api-key; none: everybody may ask
  size_t record = 0;                   // how many of the last requests are kept: digests of their bodies
  bool record_bodies = false;          // and headers and bodies themselves
};

class Service {
 public:
  explicit Service(ServiceSettings settings);

  Script answer(const HttpRequest& request, bool keep_alive);
  // For a request that could not be read.
  Script refuse(int status, std::string_view message);
  // A client left before its answer was complete.
  void on_disconnect() { disconnects_.fetch_add(1, std::memory_order_relaxed); }

  // GET /mock/stats.
  std::string stats() const;

 private:
  struct Recorded {
    uint64_t number;
    std::string method, target, sha256;
    size_t bytes;
    HttpHeaders headers;
    std::string body;
  };
  struct Given {
    Answer answer;
    Dialect dialect = Dialect::openai;
    const Behaviour* behaviour;
    std::optional<Fault> fault = {};
  };

  Given route(const HttpRequest& request, uint64_t number, Behaviour& own);
  Given generate(const HttpRequest& request, Route route, Dialect dialect, uint64_t number, Behaviour& own);
  Result<bool> read_own_behaviour(const HttpRequest& request, std::string_view in_model,
                                  Behaviour& own) const;
  bool has_key(const HttpRequest& request) const;
  void count(const HttpRequest& request, uint64_t number, const Given& given);
  void reset();

  const ServiceSettings settings_;
  std::atomic<uint64_t> requests_ = 0;
  std::atomic<uint64_t> disconnects_ = 0;
  std::array<std::atomic<uint64_t>, kFaultCount> faults_ = {};
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, uint64_t, std::less<>> by_path_;
  std::map<int, uint64_t> by_status_;
  std::deque<Recorded> recorded_;
};

}  // namespace ferry::mock
