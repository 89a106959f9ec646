#include "app/cli/signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

#include "base/core/result.h"

namespace ferry::cli {
namespace {

// All that a handler touches: lock-free atomics, and a pipe that is never closed.
std::atomic<bool> g_deferred = false;
std::atomic<int> g_guards = 0;
std::atomic<bool> g_interrupted = false;
int g_pipe[2] = {-1, -1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  const int saved = errno;
  if (number == SIGINT && g_guards.load() > 0) {
    g_interrupted.store(true);
  } else if (g_deferred.exchange(false)) {
    const auto byte = static_cast<unsigned char>(number);
    [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
  } else {
    ::_exit(128 + number);
  }
  errno = saved;
}

}  // namespace

void install_signal_handlers() {
  FERRY_CHECK(::pipe2(g_pipe, O_CLOEXEC) == 0);
  struct sigaction action {};
  action.sa_handler = on_signal;  // without SA_RESTART: a read from the terminal must notice
  for (const int number : {SIGINT, SIGTERM}) FERRY_CHECK(::sigaction(number, &action, nullptr) == 0);
}

void defer_signals() {
  g_deferred.store(true);
}

int wait_for_signal() {
  unsigned char byte = 0;
  while (::read(g_pipe[0], &byte, 1) != 1) FERRY_CHECK(errno == EINTR);
  return byte;
}

InterruptGuard::InterruptGuard() {
  g_interrupted.store(false);
  ++g_guards;
}

InterruptGuard::~InterruptGuard() {
  --g_guards;
}

bool InterruptGuard::take() const {
  return g_interrupted.exchange(false);
}

}  // namespace ferry::cli
