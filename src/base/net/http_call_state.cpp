#include "base/net/http_call_state.h"

#include "base/net/http_pool_shard.h"

namespace ferry {

HttpCallState::HttpCallState(HttpPoolCall pool_call, std::shared_ptr<HttpCallSink> call_sink,
                             NetThreads& net_threads, size_t thread_index, HttpPoolShard& pool_shard)
    : call(std::move(pool_call)),
      sink(std::move(call_sink)),
      shard(pool_shard),
      connect_deadline(Clock::now() + call.deadlines.connect),
      total_deadline(Clock::now() + call.deadlines.total),
      threads_(net_threads),
      thread_(thread_index) {}

// Under the lock, so that the pool cannot go while the task is handed over.
void HttpCallState::tell(void (HttpPoolShard::*what)(const std::shared_ptr<HttpCallState>&)) {
  const std::lock_guard lock(mutex_);
  if (!reachable_) return;
  threads_.post(thread_, [self = shared_from_this(), what] {
    if (!self->over) (self->shard.*what)(self);
  });
}

void HttpCallState::cancel() {
  if (!cancelled_.exchange(true)) tell(&HttpPoolShard::cancel);
}

void HttpCallState::pause() {
  paused_.store(true, std::memory_order_release);
}

void HttpCallState::resume() {
  if (paused_.exchange(false)) tell(&HttpPoolShard::resume);
}

std::shared_ptr<HttpCallSink> HttpCallState::finish() {
  FERRY_CHECK(!over);
  over = true;
  patience.reset();
  connector.reset();
  connection.reset();
  const std::lock_guard lock(mutex_);
  reachable_ = false;
  return std::move(sink);
}

void HttpCallState::end() {
  finish()->on_end();
}

void HttpCallState::end(const HttpCallFailure& failure) {
  finish()->on_error(failure);
}

}  // namespace ferry
