#pragma once
// What the mock upstream is told to do: by flags for all requests, by `x-mock-…` headers for one, or by what
// follows a '?' in the model's name ("gpt-mock?fault=cut_stream&latency=20ms"), which also passes through a
// gateway.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/settings/units.h"

namespace ferry::mock {

enum class Fault : uint8_t {
  status_400,
  status_401,
  status_403,
  status_404,
  status_429,  // with Retry-After
  status_500,
  status_503,  // with Retry-After
  status_529,
  refuse,        // the connection is reset as soon as the request has come
  stall_head,    // nothing comes
  cut_head,      // a part of the head, then the end
  stall_stream,  // half of the answer, then nothing
  cut_stream,    // half of the answer, then the end
  garbage,       // bytes that are no HTTP
  huge_line,     // a line of 32 MiB: an event's in a stream, a header's elsewhere
  slow_drip,     // the answer byte by byte
  lying_length,  // more is promised than comes
  error_event,   // a stream with status 200 that ends in an error event; elsewhere status_500
};
inline constexpr size_t kFaultCount = static_cast<size_t>(Fault::error_event) + 1;

std::string_view to_string(Fault fault);  // "cut_stream"
std::optional<Fault> parse_fault(std::string_view name);
// 429 for status_429; nothing for faults that are none.
std::optional<int> status_of(Fault fault);

struct FaultChance {
  Fault fault;
  double probability = 1;
};

struct Behaviour {
  Duration latency{0};        // before the first byte of an answer
  Duration token_latency{0};  // between two tokens of a stream
  int64_t tokens = 16;        // of an answer, unless it is cut by the request's limit
  std::string text = {};      // the answer; empty: words that say nothing
  bool echo = false;          // the answer is the last message's text
  bool call_tools = false;    // tools are called also where the request leaves it to the model
  int64_t cached_tokens = 0;  // of the prompt, as the usage tells
  double logprob = -0.05;     // of each token, where they are asked for
  int64_t retry_after = 1;    // seconds
  std::vector<FaultChance> faults = {};
  uint64_t seed = 0;  // of the draws that decide about faults

  // "latency", "20ms". Names are those of the flags without dashes; errors name what is allowed.
  Result<void> set(std::string_view name, std::string_view value);
  // "a=1&b=2"
  Result<void> set_all(std::string_view pairs);
  // For the request of this number: the fault that is drawn, if any. The same seed and number give the same.
  std::optional<Fault> draw(uint64_t number) const;
};

// Every name that set() knows, with what it means, for help and documentation.
struct BehaviourOption {
  std::string_view name;
  std::string_view help;
};
std::vector<BehaviourOption> behaviour_options();

}  // namespace ferry::mock
