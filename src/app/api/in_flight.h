#pragma once
// The requests that are being answered, and whether more are taken: what a server that stops must know.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace ferry::api {

// Any thread may use it.
class InFlight {
 public:
  // Ends a request's answer before its time, so that its client sees why. Called once at most.
  using End = std::function<void()>;
  // The answer is over when this is destroyed.
  using Registration = std::shared_ptr<void>;

  // Where all answers have been ended already, `end` is called at once.
  [[nodiscard]] Registration add(End end);

  // No new requests, please.
  void begin_draining();
  bool draining() const;

  // Ends all answers that are not complete, and those that are still to be added.
  void end_all();

 private:
  struct State {
    void forget(uint64_t id);

    std::mutex mutex;  // guards what follows
    bool draining = false;
    bool ended = false;
    std::map<uint64_t, End> ends;
    uint64_t next = 0;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();  // registrations may outlive this
};

}  // namespace ferry::api
