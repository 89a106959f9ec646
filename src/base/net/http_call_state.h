#pragma once
// A call on its way through a pool. Includes Asio, so only this room's .cpp files include it.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/steady_timer.hpp>

#include "base/net/http_call.h"
#include "base/net/http_connector.h"
#include "base/net/net_threads.h"

namespace ferry {

class HttpPoolConnection;
class HttpPoolShard;

class HttpCallState : public std::enable_shared_from_this<HttpCallState> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpCallState(HttpPoolCall pool_call, std::shared_ptr<HttpCallSink> call_sink, NetThreads& net_threads,
                size_t thread_index, HttpPoolShard& pool_shard);

  // What the handle does. Any thread.
  void cancel();
  void pause();
  void resume();
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  bool paused() const { return paused_.load(std::memory_order_acquire); }

  // The last word: no handle reaches the pool from now on. The sink goes with it. On the call's thread, once.
  void end();
  void end(const HttpCallFailure& failure);

  // All below belong to the call's thread.
  const HttpPoolCall call;
  std::shared_ptr<HttpCallSink> sink;
  HttpPoolShard& shard;
  Clock::time_point connect_deadline;
  const Clock::time_point total_deadline;
  // Where the call is: in line (`patience` ends that), being connected, on a connection, or over.
  std::optional<boost::asio::steady_timer> patience;
  std::shared_ptr<HttpConnector> connector;
  std::shared_ptr<HttpPoolConnection> connection;
  bool resent = false;
  bool over = false;

 private:
  std::shared_ptr<HttpCallSink> finish();
  void tell(void (HttpPoolShard::*what)(const std::shared_ptr<HttpCallState>&));

  NetThreads& threads_;
  const size_t thread_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> paused_ = false;
  std::mutex mutex_;
  bool reachable_ = true;  // guarded by mutex_: threads and pool are there
};

}  // namespace ferry
