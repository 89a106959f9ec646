// Random routes, policies, requests, faults and reloads: what a vendor may not
// be told never reaches it. What really arrived at the vendors' sockets is
// compared with an oracle (test_residency_world.h) that shares no code with the
// guard.

#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "base/db/scratch_folder.h"
#include "base/observe/log.h"
#include "serve/gateway/test_residency_vendors.h"
#include "serve/gateway/test_upstream.h"
#include "serve/guard/detectors.h"

namespace ferry {
namespace {

using namespace residency;  // NOLINT(google-build-using-namespace): this test's
                            // own helpers

constexpr uint64_t kBatches = 48;
constexpr uint64_t kExchanges = 48;  // of a batch, all at once
constexpr uint64_t kThreads = 6;     // batches at a time: most of them wait for a retry

struct Sent {
  Cargo cargo = {};
  Form form = Form::openai_chat;
  std::vector<Planted> planted = {};
  uint64_t from = 0;  // moments between which it began
  uint64_t to = 0;
  std::shared_ptr<TestAnswer> answer = {};
};

// Random configurations of one gateway, and what was sent through it.
class Batch {
 public:
  Batch(uint64_t seed, int number, const std::string& url, std::unique_ptr<Gateway> gateway)
      : rng_(seed), number_(number), gateway_(std::move(gateway)) {
    worlds_.push_back(random_world(rng_, number));
    worlds_.push_back(stricter(worlds_[0], rng_));
    worlds_.push_back(stricter(worlds_[1], rng_));
    for (const World& world : worlds_) {
      const std::string yaml = yaml_of(world, url);
      ConfigReading reading = read_gateway_config(yaml);
      EXPECT_TRUE(reading.config) << reading.error("random.yaml").message << "\n" << yaml;
      configs_.push_back(reading.config);
    }
  }

  // Any thread. From the first call on, each is the next stricter one, or back
  // to the first.
  void reload(bool back = false) {
    const std::lock_guard lock(mutex_);
    const size_t next =
        back ? 0 : std::min(reloads_.empty() ? 0 : reloads_.back().world + 1, worlds_.size() - 1);
    const uint64_t called = moment();
    EXPECT_TRUE(gateway_->use(configs_[next], "test"));
    reloads_.push_back({next, called, moment()});
  }

  // Sends everything, with reloads in between, and waits for the clients'
  // answers.
  void run(const Principal& keyless) {
    reload();
    const bool reloads = chance(rng_, 0.7);
    may_reload_ = reloads;
    for (uint64_t i = 0; i < kExchanges; ++i) {
      if (reloads && rng_.below(16) == 0) reload(rng_.below(3) == 0);
      send(i, keyless);
    }
    for (const Sent& sent : sent_) EXPECT_TRUE(sent.answer->wait());
  }

  // A vendor is about to fail this exchange: now and then another configuration
  // comes just before.
  void before_fault(uint64_t exchange) {
    if (may_reload_ && Rng(exchange * 7 + 1).below(6) == 0) reload();
  }

  const Sent& sent(uint64_t exchange) const { return sent_.at(exchange % kExchanges); }
  const std::vector<Sent>& all() const { return sent_; }
  // The configurations that may have been in force at some time between two
  // moments.
  std::vector<const World*> worlds(uint64_t from, uint64_t to) const {
    std::vector<const World*> some;
    for (size_t i = 0; i < reloads_.size(); ++i) {
      const bool had_come = reloads_[i].called <= to;
      const bool had_gone = i + 1 < reloads_.size() && reloads_[i + 1].returned < from;
      if (had_come && !had_gone) some.push_back(&worlds_[reloads_[i].world]);
    }
    return some;
  }
  const Route& route(const std::string& name) const { return worlds_[0].routes.at(name); }
  std::string describe() const { return yaml_of(worlds_[0], "URL"); }

 private:
  struct Reload {
    size_t world;
    uint64_t called;
    uint64_t returned;
  };

  void send(uint64_t index, const Principal& keyless) {
    const auto form = static_cast<Form>(rng_.below(10) < 5 ? 0 : rng_.below(10) < 7 ? 1 : 2);
    const std::string route = fmt::format("r{}", rng_.below(3));
    const uint64_t exchange = static_cast<uint64_t>(number_) * kExchanges + index;
    RandomRequest request = RequestMaker(rng_, form, exchange, route, chance(rng_, 0.6) ? 0.2 : 0).make();
    Principal principal = keyless;
    principal.labels = some_of(rng_, kLabels, 0.04);
    Sent sent{.cargo = {.route = route, .labels = principal.labels, .unreadable = request.unreadable},
              .form = form,
              .planted = std::move(request.planted),
              .answer = std::make_shared<TestAnswer>()};
    for (const Planted& planted : sent.planted) sent.cargo.kinds.insert(planted.kind);
    const HttpHeaders headers = random_headers(sent.cargo);
    constexpr std::array<const WireDialect*, 3> kDialects{&kOpenAiChat, &kAnthropicMessages,
                                                          &kOpenAiCompletions};
    sent.from = moment();
    gateway_->answer({.dialect = kDialects[static_cast<size_t>(form)],
                      .body = std::move(request.body),
                      .headers = headers,
                      .principal = std::make_shared<const Principal>(std::move(principal))},
                     std::make_unique<TestClient>(sent.answer));
    sent.to = moment();
    sent_.push_back(std::move(sent));
  }

  HttpHeaders random_headers(Cargo& cargo) {
    HttpHeaders headers;
    std::vector<std::string> labels = some_of(rng_, kLabels, 0.06);
    if (chance(rng_, 0.02)) labels.emplace_back("stranger");
    if (chance(rng_, 0.5)) {
      for (const std::string& label : labels) headers.push_back({"x-ferry-labels", label});
    } else if (!labels.empty()) {
      headers.push_back({"X-Ferry-Labels", fmt::format("{}", fmt::join(labels, " , "))});
    }
    if (chance(rng_, 0.2)) headers.push_back({"x-ferry-tags", "kind=odd"});
    cargo.labels.insert(cargo.labels.end(), labels.begin(), labels.end());
    return headers;
  }

  Rng rng_;
  const int number_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<World> worlds_;  // each stricter than the one before
  std::vector<GatewayConfigPtr> configs_;
  std::vector<Sent> sent_;
  std::atomic<bool> may_reload_ = false;
  std::mutex mutex_;  // guards what follows, while anything runs
  std::vector<Reload> reloads_;
};

// What the run consisted of, so that a test that exercises nothing fails.
struct Counts {
  std::map<std::string, int> of;
  int& operator[](const std::string& what) { return of[what]; }

  void expect_enough() {
    const std::map<std::string, int> least{{"answered", 600},
                                           {"shadows", 30},
                                           {"blocked", 300},
                                           {"to the engine", 300},
                                           {"to vendors", 600},
                                           {"values to be redacted", 40},
                                           {"values that may be seen", 60},
                                           {"with fallbacks", 100},
                                           {"of cascades, escalated", 15},
                                           {"sent after a reload since its beginning", 100},
                                           {"form 0", 600},
                                           {"form 1", 300},
                                           {"form 2", 150},
                                           {"planted in a user message", 80},
                                           {"planted in a second part", 20},
                                           {"planted in a system", 20},
                                           {"planted in a later message", 10},
                                           {"planted in a tool argument", 15},
                                           {"planted in a tool result", 15},
                                           {"planted in a tool description", 10},
                                           {"planted in a tool schema", 10},
                                           {"planted in a document", 2},
                                           {"planted in a user", 10},
                                           {"planted in a stop", 10},
                                           {"planted in a metadata", 5},
                                           {"planted in a foreign", 5},
                                           {"planted in a prompt", 10}};
    for (const auto& [what, count] : least) EXPECT_GE(of[what], count) << what;
    for (int fault = 0; fault <= static_cast<int>(Fault::stall); ++fault)
      EXPECT_GE(of[fmt::format("fault {}", fault)], 3);
    for (const auto& [what, count] : of) testing::Test::RecordProperty(property_name(what), count);
  }

 private:
  static std::string property_name(std::string what) {
    std::replace(what.begin(), what.end(), ' ', '_');
    std::erase(what, ',');
    return what;
  }
};

class ResidencyProperty : public testing::Test {
 protected:
  ResidencyProperty() { set_log(LogLevel::off, LogFormat::automatic); }

  void run_batches(uint64_t seed) {
    const std::shared_ptr<const Principal> keyless = accounts_->keyless();
    std::atomic<uint64_t> next = 0;
    const auto work = [&] {
      for (uint64_t i; (i = next++) < kBatches;) batches_[i]->run(*keyless);
    };
    for (uint64_t i = 0; i < kBatches; ++i) {
      batches_.push_back(
          std::make_unique<Batch>(seed * 1'000'003 + i, static_cast<int>(i), vendors_.url(),
                                  std::make_unique<Gateway>(threads_, *pool_, *accounts_, nullptr, engine_)));
    }
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < kThreads; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    // Shadows may still be on their way.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    vendors_.stop();
    engine_->stop();
    pool_.reset();
  }

  void before_fault(uint64_t exchange) {
    if (const uint64_t batch = exchange / kExchanges; batch < batches_.size())
      batches_[batch]->before_fault(exchange);
  }

  void count_answers(Counts& counts) {
    for (const auto& batch : batches_) {
      for (const Sent& sent : batch->all()) {
        ++counts[fmt::format("form {}", static_cast<int>(sent.form))];
        const bool told = sent.answer->error.has_value();
        ++counts[told ? "answered with an error" : "answered"];
        counts["blocked"] += told && sent.answer->error->reason == "blocked";
        for (const Planted& planted : sent.planted) ++counts["planted in a " + planted.place];
      }
    }
    for (const auto& [fault, count] : vendors_.faults())
      counts[fmt::format("fault {}", static_cast<int>(fault))] = count;
  }

  Receipts receipts_;
  Vendors vendors_{receipts_, [this](uint64_t exchange) { before_fault(exchange); }};
  std::shared_ptr<Engine> engine_ =
      std::make_shared<Engine>(receipts_, [this](uint64_t exchange) { before_fault(exchange); });
  ScratchFolder folder_;
  std::unique_ptr<Accounts> accounts_ = Accounts::open(folder_ / "ferry.db").value();
  NetThreads threads_{2};
  std::vector<std::unique_ptr<Batch>> batches_;  // outlive the pool: their gateways' exchanges end with it
  std::unique_ptr<HttpPool> pool_ = std::make_unique<HttpPool>(threads_, HttpPoolSettings{});
};

// As it was meant: the escapes that requests are written with, taken back.
std::string unescaped(std::string text) {
  for (const std::string_view escape : {"\\\\u0040", "\\u0040"}) {
    for (size_t at = 0; (at = text.find(escape, at)) != std::string::npos;)
      text.replace(at, escape.size(), "@");
  }
  return text;
}

template <class Holds>
bool all_of(const std::vector<const World*>& worlds, Holds holds) {
  return !worlds.empty() &&
         std::all_of(worlds.begin(), worlds.end(), [&](const World* w) { return holds(*w); });
}

// Checks one thing that reached a vendor. `not_before`: it was surely not sent
// before this moment.
void check(const Batch& batch, const Sent& sent, const Receipt& receipt, uint64_t not_before,
           Counts& counts) {
  const std::string body = unescaped(receipt.body);
  const auto begun = batch.worlds(sent.from, sent.to);
  const auto leaving = batch.worlds(not_before, receipt.when);
  for (const auto& [worlds, when] : {std::pair(&begun, "began"), std::pair(&leaving, "left")}) {
    const bool forbidden =
        all_of(*worlds, [&](const World& world) { return world.forbids(sent.cargo, receipt.vendor); });
    EXPECT_FALSE(forbidden) << "exchange " << *receipt.exchange << " reached " << receipt.vendor
                            << ", which every configuration of the time when it " << when
                            << " forbids. Labels: "
                            << fmt::format("{}; found: {}", sent.cargo.labels, sent.cargo.kinds) << "\n"
                            << body << "\n"
                            << batch.describe();
    for (const Planted& planted : sent.planted) {
      const bool hidden =
          all_of(*worlds, [&](const World& world) { return world.hides(sent.cargo, planted.kind); });
      ++counts[hidden ? "values to be redacted" : "values that may be seen"];
      if (!hidden) continue;
      EXPECT_EQ(body.find(planted.value), std::string::npos)
          << receipt.vendor << " was shown the " << planted.kind << " in a " << planted.place
          << ", which every configuration of the time when it " << when << " has redacted\n"
          << body;
    }
  }
  const bool more_is_forbidden = begun != leaving;
  counts["sent after a reload since its beginning"] += more_is_forbidden;
}

uint64_t seed_of_run() {
  const char* seed = std::getenv("FERRY_RESIDENCY_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
}

TEST(ResidencyOracle, KnowsWhatTheDetectorsFind) {
  const auto detectors = Detectors::compile({.lists = {{"staff", {"Zebulon Quark"}}},
                                             .regexes = {{.name = "ticket", .pattern = "TICKET-\\d{6}"}}})
                             .value();
  Rng rng(1);
  for (int i = 0; i < 500; ++i) {
    for (const std::string& kind : kKinds) {
      const std::string value = random_value(rng, kind);
      const auto findings = detectors->find("please look " + value + " into the matter");
      const bool found = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.kind == finding_kind(kind.substr(0, kind.find('.'))) &&
               finding.end - finding.begin == value.size();
      });
      EXPECT_TRUE(found) << kind << ": " << value;
    }
  }
}

TEST_F(ResidencyProperty, WhatIsForbiddenReachesNobody) {
  const uint64_t seed = seed_of_run();
  RecordProperty("seed", std::to_string(seed));
  run_batches(seed);
  Counts counts;
  std::map<uint64_t, std::vector<const Receipt*>> by_exchange;
  const std::vector<Receipt> receipts = receipts_.take();
  for (const Receipt& receipt : receipts) {
    ASSERT_TRUE(receipt.exchange) << "a request without its mark: " << receipt.body;
    by_exchange[*receipt.exchange].push_back(&receipt);
  }
  for (const auto& [exchange, came] : by_exchange) {
    const Batch& batch = *batches_.at(exchange / kExchanges);
    const Sent& sent = batch.sent(exchange);
    const Route& route = batch.route(sent.cargo.route);
    // Attempts follow one another, but for shadows: what came later was not
    // sent before the answer to the one before.
    uint64_t not_before = sent.from;
    std::set<std::string> asked;
    for (const Receipt* receipt : came) {
      if (receipt->vendor == "local") {
        ++counts["to the engine"];
      } else {
        ++counts["to vendors"];
        check(batch, sent, *receipt, not_before, counts);
      }
      const bool is_shadow = receipt->model.starts_with("shadow");
      counts["shadows"] += is_shadow;
      if (!is_shadow) asked.insert(receipt->vendor + "/" + receipt->model);
      if (!route.has_shadows && receipt->answered > 0) not_before = receipt->answered;
    }
    counts["with fallbacks"] += asked.size() > 1;
    counts["of cascades, escalated"] +=
        route.has_cascade && asked.size() > 1 && came.front()->vendor == "local";
  }
  count_answers(counts);
  counts.expect_enough();
}

}  // namespace
}  // namespace ferry
