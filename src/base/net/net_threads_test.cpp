#include "base/net/net_threads.h"

#include <atomic>
#include <latch>
#include <set>

#include "base/net/test_client.h"

namespace ferry {
namespace {

TEST(NetThreads, TasksRunInOrderOnTheThreadTheyAreFor) {
  NetThreads threads(3);
  EXPECT_EQ(threads.count(), 3u);
  EXPECT_FALSE(threads.current());
  std::vector<int> order;
  std::latch done(1);
  threads.post(1, [&] {
    threads.post(1, [&] {
      order.push_back(2);
      EXPECT_EQ(threads.current(), 1u);
      EXPECT_EQ(threads.choose(), 1u);
      done.count_down();
    });
    order.push_back(1);
  });
  done.wait();
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(NetThreads, OtherThreadsAreSentToEachInItsTurn) {
  NetThreads threads(2);
  std::set<size_t> chosen{threads.choose(), threads.choose()};
  EXPECT_EQ(chosen.size(), 2u);
}

TEST(NetThreads, AThreadOfOthersIsNotTheirs) {
  NetThreads one(1), other(1);
  std::latch done(1);
  one.post(0, [&] {
    EXPECT_TRUE(one.current());
    EXPECT_FALSE(other.current());
    done.count_down();
  });
  done.wait();
}

TEST(NetThreads, WaitsForEach) {
  NetThreads threads(4);
  std::atomic<int> ran = 0;
  std::set<size_t> indices;
  std::mutex mutex;
  threads.run_on_each([&](size_t index) {
    const std::lock_guard lock(mutex);
    indices.insert(index);
    EXPECT_EQ(threads.current(), index);
    ++ran;
  });
  EXPECT_EQ(ran, 4);
  EXPECT_EQ(indices.size(), 4u);
}

TEST(NetThreads, LaterTasksRunLaterAndAreDroppedAtTheEnd) {
  auto dropped = std::make_shared<int>(0);
  {
    NetThreads threads(1);
    std::latch done(1);
    const auto before = std::chrono::steady_clock::now();
    threads.post_after(0, milliseconds(20), [&] { done.count_down(); });
    threads.post_after(0, std::chrono::hours(1), [dropped] { FAIL(); });
    done.wait();
    EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(20));
  }
  EXPECT_EQ(dropped.use_count(), 1);
}

TEST(NetThreads, AServerMayLiveOnThemAndGoBeforeThem) {
  NetThreads threads(2);
  std::atomic<int> elsewhere = 0;
  const auto handler = [&](const std::shared_ptr<HttpExchange>& exchange) {
    elsewhere += !threads.current();
    echo(exchange);
  };
  for (int round = 0; round < 20; ++round) {
    auto server = HttpServer::start(on_any_port(), handler, {}, &threads).value();
    RawClient first(server->port()), second(server->port()), idle(server->port());
    first.send(get("/a"));
    second.send(get("/b"));
    EXPECT_NE(first.read_until("/a []").find("200 OK"), std::string::npos);
    EXPECT_NE(second.read_until("/b []").find("200 OK"), std::string::npos);
    server.reset();
    idle.read_all();
    EXPECT_TRUE(idle.ended());
  }
  EXPECT_EQ(elsewhere, 0);
  std::latch done(1);
  threads.post(0, [&] { done.count_down(); });
  done.wait();
}

}  // namespace
}  // namespace ferry
