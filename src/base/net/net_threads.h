#pragma once
// The threads that run sockets. A server and a pool of upstream connections that share them keep an exchange
// on one thread from the client's request to the last byte of its answer, without a hand-over.
//
//   NetThreads threads(2);
//   HttpPool pool(threads, {});
//   FERRY_TRY(auto server, HttpServer::start(settings, handler, refusals, &threads));
//
// Whatever runs on a network thread must not block. Servers and pools are destroyed before their threads.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/core/function_ref.h"
#include "base/settings/units.h"

namespace boost::asio {
class io_context;
}

namespace ferry {

class NetThreads {
 public:
  // At least one.
  explicit NetThreads(int count);
  // Stops and joins; what was posted and has not begun is dropped. Not on one of the threads.
  ~NetThreads();
  NetThreads(const NetThreads&) = delete;
  NetThreads& operator=(const NetThreads&) = delete;

  size_t count() const { return loops_.size(); }
  // Which of these threads this is; nothing on any other.
  std::optional<size_t> current() const;
  // For work that has no thread yet: this thread where it is one of these, else each in its turn. Any thread.
  size_t choose();

  // Runs `task` on that thread, after what was posted to it before, never within this call. Any thread.
  void post(size_t index, std::function<void()> task);
  // The same after a delay, for retries and time limits. Any thread.
  void post_after(size_t index, Duration delay, std::function<void()> task);
  // Runs `task(index)` on each of them and waits until all have. Not on one of the threads.
  void run_on_each(FunctionRef<void(size_t index)> task);

  // Asio's door, for this room.
  boost::asio::io_context& io(size_t index);

 private:
  struct Loop;

  void run(size_t index);

  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<size_t> next_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace ferry
