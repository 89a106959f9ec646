#include "base/net/net_threads.h"

#include <latch>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/core/result.h"

namespace ferry {
namespace {

namespace asio = boost::asio;

struct Place {
  const NetThreads* threads = nullptr;
  size_t index = 0;
};
thread_local Place t_place;

}  // namespace

struct NetThreads::Loop {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(io);
};

NetThreads::NetThreads(int count) {
  FERRY_CHECK(count > 0);
  for (int i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>());
  for (size_t i = 0; i < loops_.size(); ++i) threads_.emplace_back([this, i] { run(i); });
}

NetThreads::~NetThreads() {
  FERRY_CHECK(!current());
  for (const auto& loop : loops_) loop->io.stop();
  for (std::thread& thread : threads_) thread.join();
}

void NetThreads::run(size_t index) {
  t_place = {this, index};
  loops_[index]->io.run();
}

std::optional<size_t> NetThreads::current() const {
  if (t_place.threads != this) return std::nullopt;
  return t_place.index;
}

size_t NetThreads::choose() {
  const std::optional<size_t> here = current();
  return here ? *here : next_.fetch_add(1, std::memory_order_relaxed) % loops_.size();
}

void NetThreads::post(size_t index, std::function<void()> task) {
  asio::post(io(index), std::move(task));
}

void NetThreads::post_after(size_t index, Duration delay, std::function<void()> task) {
  auto timer = std::make_shared<asio::steady_timer>(io(index), delay);
  timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
    if (!error) task();
  });
}

void NetThreads::run_on_each(FunctionRef<void(size_t index)> task) {
  FERRY_CHECK(!current());
  std::latch all(static_cast<std::ptrdiff_t>(loops_.size()));
  for (size_t i = 0; i < loops_.size(); ++i) {
    post(i, [&task, &all, i] {
      task(i);
      all.count_down();
    });
  }
  all.wait();
}

asio::io_context& NetThreads::io(size_t index) {
  return loops_.at(index)->io;
}

}  // namespace ferry
