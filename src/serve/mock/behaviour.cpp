#include "serve/mock/behaviour.h"

#include <algorithm>
#include <iterator>

#include "base/core/rng.h"
#include "base/settings/setting_types.h"

namespace ferry::mock {
namespace {

constexpr std::string_view kFaultNames[kFaultCount] = {
    "status_400", "status_401", "status_403", "status_404", "status_429",   "status_500",
    "status_503", "status_529", "refuse",     "stall_head", "cut_head",     "stall_stream",
    "cut_stream", "garbage",    "huge_line",  "slow_drip",  "lying_length", "error_event",
};

constexpr int64_t kMaxTokens = 1'000'000;

template <class T>
Result<void> read(T& target, std::string_view text) {
  FERRY_TRY(target, SettingType<T>::parse(text));
  return {};
}

Result<void> read_count(int64_t& target, std::string_view text) {
  FERRY_TRY(const int64_t value, parse_integer(text));
  if (value < 0 || value > kMaxTokens)
    return fail(ErrorCode::invalid_argument, "must be 0 to {}", kMaxTokens);
  target = value;
  return {};
}

// "cut_stream:0.1,status_500:0.05"; a fault without a probability always happens.
Result<void> read_faults(std::vector<FaultChance>& target, std::string_view text) {
  FERRY_TRY(const auto elements, SettingType<std::vector<std::string>>::parse(text));
  std::vector<FaultChance> faults;
  for (const std::string& element : elements) {
    const std::string_view whole = element;
    const size_t colon = whole.find(':');
    const auto fault = parse_fault(whole.substr(0, colon));
    if (!fault) {
      return fail(ErrorCode::invalid_argument, "\"{}\" is not a fault; there are {}", whole.substr(0, colon),
                  fmt::join(kFaultNames, ", "));
    }
    FaultChance chance{*fault};
    if (colon != std::string_view::npos) {
      FERRY_TRY(chance.probability, parse_number(whole.substr(colon + 1)));
    }
    if (!(chance.probability >= 0 && chance.probability <= 1))
      return fail(ErrorCode::invalid_argument, "a probability is 0 to 1");
    faults.push_back(chance);
  }
  target = std::move(faults);
  return {};
}

struct Entry {
  BehaviourOption option;
  Result<void> (*set)(Behaviour& behaviour, std::string_view value);
};

constexpr Entry kEntries[] = {
    {{"latency", "before the first byte of an answer (20ms)"},
     [](Behaviour& b, auto v) { return read(b.latency, v); }},
    {{"token-latency", "between two tokens of a stream (5ms)"},
     [](Behaviour& b, auto v) { return read(b.token_latency, v); }},
    {{"tokens", "length of an answer"}, [](Behaviour& b, auto v) { return read_count(b.tokens, v); }},
    {{"text", "the answer"}, [](Behaviour& b, auto v) { return read(b.text, v); }},
    {{"echo", "answer with the last message's text"}, [](Behaviour& b, auto v) { return read(b.echo, v); }},
    {{"call-tools", "call tools also where the request leaves it to the model"},
     [](Behaviour& b, auto v) { return read(b.call_tools, v); }},
    {{"cached-tokens", "how many of a prompt's tokens the usage calls cached"},
     [](Behaviour& b, auto v) { return read_count(b.cached_tokens, v); }},
    {{"logprob", "of each token, where they are asked for"},
     [](Behaviour& b, auto v) { return read(b.logprob, v); }},
    {{"retry-after", "seconds that a 429 or 503 asks to wait"},
     [](Behaviour& b, auto v) { return read_count(b.retry_after, v); }},
    {{"fault", "what goes wrong, and how often: cut_stream:0.1,status_500:0.05"},
     [](Behaviour& b, auto v) { return read_faults(b.faults, v); }},
    {{"seed", "of the draws that decide about faults"}, [](Behaviour& b, auto v) { return read(b.seed, v); }},
};

}  // namespace

std::string_view to_string(Fault fault) {
  return kFaultNames[static_cast<size_t>(fault)];
}

std::optional<Fault> parse_fault(std::string_view name) {
  const auto found = std::find(std::begin(kFaultNames), std::end(kFaultNames), name);
  if (found == std::end(kFaultNames)) return std::nullopt;
  return static_cast<Fault>(found - std::begin(kFaultNames));
}

std::optional<int> status_of(Fault fault) {
  constexpr int kStatuses[] = {400, 401, 403, 404, 429, 500, 503, 529};
  const auto index = static_cast<size_t>(fault);
  if (index >= std::size(kStatuses)) return std::nullopt;
  return kStatuses[index];
}

Result<void> Behaviour::set(std::string_view name, std::string_view value) {
  for (const Entry& entry : kEntries) {
    if (entry.option.name != name) continue;
    if (Result<void> done = entry.set(*this, value); !done) {
      return tl::unexpected(std::move(done).error().within(name));
    }
    return {};
  }
  return fail(ErrorCode::invalid_argument, "the mock has no behaviour \"{}\"", name);
}

Result<void> Behaviour::set_all(std::string_view pairs) {
  while (!pairs.empty()) {
    const size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string_view pair = pairs.substr(0, end);
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos)
      return fail(ErrorCode::invalid_argument, "\"{}\" must be NAME=VALUE", pair);
    FERRY_TRY_VOID(set(pair.substr(0, equals), pair.substr(equals + 1)));
  }
  return {};
}

std::optional<Fault> Behaviour::draw(uint64_t number) const {
  if (faults.empty()) return std::nullopt;
  double drawn = Rng(Rng(seed).next() ^ number).uniform();
  for (const FaultChance& chance : faults) {
    if (drawn < chance.probability) return chance.fault;
    drawn -= chance.probability;
  }
  return std::nullopt;
}

std::vector<BehaviourOption> behaviour_options() {
  std::vector<BehaviourOption> options;
  for (const Entry& entry : kEntries) options.push_back(entry.option);
  return options;
}

}  // namespace ferry::mock
