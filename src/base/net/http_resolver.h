#pragma once
// Names to addresses for network threads: asked on threads that may block, remembered for a while, asked once
// where many want the same. Includes Asio, so only this room's .cpp files include it.

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>  // before Asio: see http_connection.h
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include "base/core/result.h"
#include "base/core/task_queue.h"
#include "base/net/http_pool.h"

namespace ferry {

class HttpResolver {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;  // not empty
  using Done = std::function<void(const Result<Addresses>&)>;

  explicit HttpResolver(HttpPoolSettings settings);
  // Waits for look-ups that run; those that have not begun are dropped.
  ~HttpResolver() { stopping_ = true; }

  // Calls `done` on the thread that runs `io`: at once for an address or a name that is remembered, else
  // later. Any thread that runs `io`.
  void resolve(const std::string& host, boost::asio::io_context& io, Done done);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiter {
    boost::asio::io_context* io;
    Done done;
  };
  struct Name {
    Addresses addresses = {};
    Clock::time_point expiry = {};
    std::vector<Waiter> waiters = {};  // not empty: a look-up runs
  };

  void look_up(const std::string& host);
  Result<Addresses> ask(const std::string& host) const;
  void forget_expired();

  const HttpPoolSettings settings_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::unordered_map<std::string, Name> names_;  // guarded by mutex_
  TaskQueue queue_;                              // last: its tasks use the others
};

}  // namespace ferry
