#include "app/api/engine_watch.h"

#include <functional>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "infer/engine/test_engine.h"

namespace ferry::api {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Takes a step when the test says so.
struct FakeEngine {
  std::mutex mutex;
  Clock::time_point last_step = Clock::now() - 1h;
  bool steps = true;
  int probes = 0;
  std::vector<std::function<void()>> waiting;

  WatchedEngine watched(std::string name) {
    return {.model = std::move(name),
            .last_step =
                [this] {
                  const std::lock_guard lock(mutex);
                  return last_step;
                },
            .probe =
                [this](std::function<void()> done) {
                  const std::lock_guard lock(mutex);
                  ++probes;
                  if (steps) return done();
                  waiting.push_back(std::move(done));
                }};
  }
  void step() {
    const std::lock_guard lock(mutex);
    for (const auto& done : std::exchange(waiting, {})) done();
  }
};

Result<void> ask(EngineWatch& watch) {
  std::promise<Result<void>> answered;
  watch.check([&](Result<void> answer) { answered.set_value(std::move(answer)); });
  return answered.get_future().get();
}

bool soon(const std::function<bool()>& holds) {
  for (const Clock::time_point began = Clock::now(); Clock::now() - began < 30s;) {
    if (holds()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

TEST(EngineWatch, AsksEachEngineForAStep) {
  FakeEngine one;
  FakeEngine two;
  EngineWatch watch({one.watched("one"), two.watched("two")}, 10s);
  EXPECT_TRUE(ask(watch));
  EXPECT_TRUE(ask(watch));
  EXPECT_EQ(one.probes, 2);
  EXPECT_EQ(two.probes, 2);
}

TEST(EngineWatch, DoesNotBotherAnEngineThatHasJustTakenAStep) {
  FakeEngine engine;
  engine.last_step = Clock::now();
  EngineWatch watch({engine.watched("m")}, 10s);
  EXPECT_TRUE(ask(watch));
  EXPECT_EQ(engine.probes, 0);
}

TEST(EngineWatch, NamesTheEngineThatStandsStillUntilItMovesAgain) {
  FakeEngine well;
  FakeEngine stuck;
  stuck.steps = false;
  EngineWatch watch({well.watched("well"), stuck.watched("stuck")}, 50ms);
  const Clock::time_point began = Clock::now();
  const Result<void> first = ask(watch);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::unavailable);
  EXPECT_THAT(first.error().message, testing::HasSubstr("engine of model stuck has taken no step for"));
  EXPECT_GE(Clock::now() - began, 50ms);

  EXPECT_FALSE(ask(watch));
  EXPECT_EQ(stuck.probes, 1);  // the question still stands
  stuck.step();
  stuck.steps = true;
  EXPECT_TRUE(ask(watch));
  EXPECT_EQ(stuck.probes, 2);
}

TEST(EngineWatch, SeesARealEngineStandStillAndMoveAgain) {
  const auto engine = load();
  EngineWatch watch({{.model = "tiny",
                      .last_step = [&] { return engine->status().last_step; },
                      .probe = [&](auto done) { engine->probe(std::move(done)); }}},
                    50ms);
  std::promise<void> stuck;
  std::promise<void> freed;
  Listener listener;
  const auto id = engine->submit(request(1, 5, 1), [&, tell = listener.callback()](const EngineEvent& event) {
    stuck.set_value();
    freed.get_future().wait();
    tell(event);
  });
  ASSERT_TRUE(id);
  stuck.get_future().wait();
  std::this_thread::sleep_for(1100ms);  // until its last step is none of late
  EXPECT_FALSE(ask(watch));
  freed.set_value();
  listener.wait();
  // Its listener hears the end within the step; the question that still stands is answered after it.
  EXPECT_TRUE(soon([&] { return bool(ask(watch)); }));
}

}  // namespace
}  // namespace ferry::api
