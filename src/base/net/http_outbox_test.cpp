#include "base/net/http_outbox.h"

#include <memory>

#include <gtest/gtest.h>

namespace ferry {
namespace {

struct Fixture {
  int wakes = 0;
  HttpOutbox outbox{HttpOutboxTerms{false, false, true, 1000}, [this] { ++wakes; }};
};

TEST(HttpOutbox, WakesOnceUntilSomethingIsTaken) {
  Fixture f;
  f.outbox.begin_stream(200, "text/plain", {});
  f.outbox.write("a");
  f.outbox.write("b");
  EXPECT_EQ(f.wakes, 1);
  std::string out;
  EXPECT_EQ(f.outbox.take(out), HttpOutbox::Progress::open);
  EXPECT_TRUE(out.ends_with("1\r\na\r\n1\r\nb\r\n"));
  f.outbox.write("c");
  EXPECT_EQ(f.wakes, 2);
}

// The connection was woken but does not take while its write is pending: a cut must reach it all the same.
TEST(HttpOutbox, ACutWakesAConnectionThatHasNotTakenYet) {
  Fixture overflowing;
  overflowing.outbox.begin_stream(200, "text/plain", {});
  ASSERT_EQ(overflowing.wakes, 1);
  EXPECT_FALSE(overflowing.outbox.write(std::string(1001, 'x')));
  EXPECT_EQ(overflowing.wakes, 2);
  EXPECT_TRUE(overflowing.outbox.disconnected());

  Fixture abandoned;
  abandoned.outbox.begin_stream(200, "text/plain", {});
  abandoned.outbox.abandon();
  EXPECT_EQ(abandoned.wakes, 2);
}

TEST(HttpOutbox, CountsWhatIsTakenButNotSent) {
  Fixture f;
  f.outbox.respond(200, "text/plain", "hello", {});
  const size_t whole = f.outbox.buffered_bytes();
  std::string out;
  EXPECT_EQ(f.outbox.take(out), HttpOutbox::Progress::ended);
  EXPECT_EQ(out.size(), whole);
  EXPECT_EQ(f.outbox.buffered_bytes(), whole);
  f.outbox.sent(whole - 2);
  EXPECT_EQ(f.outbox.buffered_bytes(), 2u);
}

TEST(HttpOutbox, NeverWakesAConnectionThatIsGone) {
  Fixture f;
  int told = 0;
  f.outbox.on_disconnect([&] { ++told; });
  f.outbox.disconnect();
  f.outbox.disconnect();
  f.outbox.respond(200, "text/plain", "x", {});
  f.outbox.abandon();
  EXPECT_EQ(f.wakes, 0);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace ferry
