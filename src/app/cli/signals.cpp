#include "app/cli/signals.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/core/result.h"

namespace ferry::cli {
namespace {

// All that a handler touches: lock-free atomics, descriptors that are never closed, and what is written once.
std::atomic<bool> g_deferred = false;
std::atomic<int> g_guards = 0;
int g_pipe[2] = {-1, -1};
int g_interrupts = -1;  // an eventfd, so that poll() can wait for it beside the keys
std::atomic<bool> g_terminal_known = false;
termios g_terminal;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void end_process(int number) {
  if (g_terminal_known.load()) ::tcsetattr(STDIN_FILENO, TCSANOW, &g_terminal);
  ::_exit(128 + number);
}

void on_signal(int number) {
  const int saved = errno;
  if (number == SIGINT && g_guards.load() > 0) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(g_interrupts, &one, sizeof(one));
  } else if (g_deferred.exchange(false)) {
    const auto byte = static_cast<unsigned char>(number);
    [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
  } else {
    end_process(number);
  }
  errno = saved;
}

void on_hangup(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
  errno = saved;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART: a read from the terminal must notice
  FERRY_CHECK(::sigaction(number, &action, nullptr) == 0);
}

}  // namespace

void install_signal_handlers() {
  FERRY_CHECK(::pipe2(g_pipe, O_CLOEXEC) == 0);
  g_interrupts = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  FERRY_CHECK(g_interrupts >= 0);
  for (const int number : {SIGINT, SIGTERM}) handle(number, on_signal);
}

void defer_signals() {
  g_deferred.store(true);
}

void defer_hangups() {
  handle(SIGHUP, on_hangup);
}

int wait_for_signal() {
  unsigned char byte = 0;
  while (::read(g_pipe[0], &byte, 1) != 1) FERRY_CHECK(errno == EINTR);
  return byte;
}

int signal_descriptor() {
  return g_pipe[0];
}

InterruptGuard::InterruptGuard() {
  if (g_guards.fetch_add(1) == 0) take();
}

InterruptGuard::~InterruptGuard() {
  --g_guards;
}

bool InterruptGuard::take() const {
  uint64_t count = 0;
  return ::read(g_interrupts, &count, sizeof(count)) == sizeof(count);
}

int InterruptGuard::descriptor() const {
  return g_interrupts;
}

void remember_terminal() {
  if (::tcgetattr(STDIN_FILENO, &g_terminal) == 0) g_terminal_known.store(true);
}

}  // namespace ferry::cli
