#pragma once
// SIGINT and SIGTERM, for the whole process. What a signal does depends on what the program is doing.

namespace ferry::cli {

// Until something below says otherwise, a signal ends the process at once with 128 + its number: also where
// the system would not, as it does not for the first process of a container.
void install_signal_handlers();

// The next signal is waited for instead, the one after it ends the process at once.
void defer_signals();
// From now on SIGHUP is waited for, too, each time; it ends nothing.
void defer_hangups();
// Blocks until a signal has come since defer_signals(); returns its number.
int wait_for_signal();
// Readable while that would return at once: for poll().
int signal_descriptor();

// While one of these lives, SIGINT is only noted. Several may live at once, on one thread; they share the
// note.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // Whether SIGINT has come since the last call, or since the first of the guards was made.
  bool take() const;
  // Readable while take() would say yes: for poll().
  int descriptor() const;
};

// A program that a signal ends gives the terminal of standard input back as it was at this call.
void remember_terminal();

}  // namespace ferry::cli
