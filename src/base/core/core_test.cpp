#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <numeric>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/core/cpu_quota.h"
#include "base/core/file.h"
#include "base/core/json.h"
#include "base/core/thread_pool.h"
#include "base/core/utf8.h"

namespace ferry {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::invalid_argument, "{} is odd", n);
  return n / 2;
}
Result<int> quarter(int n) {
  FERRY_TRY(const int h, half(n));
  return half(h);
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
  EXPECT_EQ(quarter(5).error().code, ErrorCode::invalid_argument);
}

TEST(File, AtomicWriteThenMapAndRead) {
  const auto path = std::filesystem::temp_directory_path() / "ferry_core_test.txt";
  ASSERT_TRUE(write_file_atomic(path, "hello"));
  EXPECT_EQ(read_file(path).value(), "hello");
  EXPECT_EQ(MappedFile::open(path).value()->text(), "hello");
  EXPECT_EQ(read_file(path, 4).error().code, ErrorCode::resource_exhausted);
  const std::string_view pieces[] = {"in ", "", "pieces"};
  ASSERT_TRUE(write_file_atomic(path, pieces));
  EXPECT_EQ(read_file(path).value(), "in pieces");
  std::filesystem::remove(path);
  EXPECT_EQ(MappedFile::open(path).error().code, ErrorCode::not_found);
  EXPECT_EQ(MappedFile::open(std::filesystem::temp_directory_path()).error().code,
            ErrorCode::invalid_argument);
}

TEST(File, AtomicWriteKeepsTheRights) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ferry_core_rights_{}", ::getpid());
  const auto rights = [&] { return std::filesystem::status(path).permissions(); };
  using std::filesystem::perms;
  const mode_t umask_before = ::umask(022);
  ASSERT_TRUE(write_file_atomic(path, "new"));
  ::umask(umask_before);
  EXPECT_EQ(rights(), static_cast<perms>(0644));
  std::filesystem::permissions(path, static_cast<perms>(0600));
  ASSERT_TRUE(write_file_atomic(path, "changed"));
  EXPECT_EQ(rights(), static_cast<perms>(0600));
  std::filesystem::remove(path);
}

TEST(Json, ErrorsNameThePlace) {
  const auto bad = parse_json("{\n \"a\": x}", "config.json");
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().message.starts_with("config.json:2:7: not valid JSON")) << bad.error().message;
  EXPECT_FALSE(parse_json("{} {}", "x"));
  EXPECT_FALSE(parse_json("[1,", "x"));
  EXPECT_FALSE(parse_json(std::string(100, '['), "x"));
}

TEST(Json, TypedMembers) {
  const json::value v = parse_json(R"({"n":3,"f":8192.0,"s":"x","z":null})", "t").value();
  const json::object& o = v.get_object();
  EXPECT_EQ(json_require<int64_t>(o, "n", "t").value(), 3);
  EXPECT_EQ(json_require<int64_t>(o, "f", "t").value(), 8192);
  EXPECT_EQ(json_optional<std::string>(o, "z", "t").value(), std::nullopt);
  EXPECT_EQ(json_require<bool>(o, "s", "t").error().message, "t: \"s\" must be true or false, not a string");
  EXPECT_EQ(json_require<bool>(o, "q", "t").error().message, "t: \"q\" is missing; it must be true or false");
}

TEST(Json, WriterPrintsPlainNumbersAndEscapes) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("a", 0.7);
  w.member("b", 100.0f);
  w.member("c", "q\"\n\x01\xff");
  w.key("d");
  w.begin_array();
  w.value(true);
  w.null();
  w.value(-3);
  w.end_array();
  w.end_object();
  EXPECT_EQ(out, "{\"a\":0.7,\"b\":100,\"c\":\"q\\\"\\n\\u0001\xEF\xBF\xBD\",\"d\":[true,null,-3]}");
  EXPECT_EQ(to_json(parse_json(R"({"x":[1,{"y":1.5}]})", "t").value()), R"({"x":[1,{"y":1.5}]})");
}

TEST(Utf8, ValidatesAndFindsCutCharacters) {
  EXPECT_TRUE(is_valid_utf8("aé€😀"));
  EXPECT_FALSE(is_valid_utf8("\xC0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));
  EXPECT_EQ(incomplete_utf8_tail("a\xF0\x9F\x98"), 3u);
  EXPECT_EQ(incomplete_utf8_tail("a\xF0\x9F\x98\x80"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("\xE2\x82"), 2u);
  EXPECT_EQ(incomplete_utf8_tail("\x82\x82"), 0u);
  EXPECT_EQ(incomplete_utf8_tail("\xED\xA0"), 0u);  // a surrogate can never complete
  // Python: b"a\xf0\x9f\x98b\xff".decode(errors="replace")
  EXPECT_EQ(replace_invalid_utf8("a\xF0\x9F\x98"
                                 "b\xFF"),
            "a\uFFFDb\uFFFD");
  std::string all;
  append_utf8(all, U'é');
  append_utf8(all, U'😀');
  EXPECT_EQ(all, "é😀");
  EXPECT_EQ(decode_utf8(all, 2).code_point, U'😀');
}

TEST(ThreadPool, CoversEveryIndexOnce) {
  for (const int threads : {1, 2, 5, 16}) {
    ThreadPool pool(threads);
    for (const int64_t count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
      pool.parallel_for(count, 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++hits[static_cast<size_t>(i)];
      });
      for (const auto& hit : hits) ASSERT_EQ(hit, 1);
    }
  }
}

// Thousands of short loops one after the other, more threads than this machine has cores: nobody may take a
// piece of the next loop for one of the last, and nothing may get stuck.
TEST(ThreadPool, ShortLoopsFollowEachOtherWithAnyNumberOfThreads) {
  for (const int threads : {2, 3, 16}) {
    ThreadPool pool(threads);
    std::vector<int64_t> values(64);
    for (int64_t round = 1; round <= 3000; ++round) {
      const int64_t count = 1 + round % 64;
      pool.parallel_for(count, 1 + round % 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) values[static_cast<size_t>(i)] += round;
      });
      const int64_t sum = std::accumulate(values.begin(), values.end(), int64_t{0});
      ASSERT_EQ(sum, round * count);
      std::fill(values.begin(), values.end(), 0);
    }
  }
}

TEST(ThreadPool, UsesNoTimeWhileItIsIdle) {
  ThreadPool pool(2);
  pool.parallel_for(100, 1, [](int64_t, int64_t) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::clock_t before = std::clock();  // of all threads
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.05);
}

TEST(CpuQuota, IsAtLeastOne) {
  EXPECT_GE(usable_cores(), 1);
}

}  // namespace
}  // namespace ferry
