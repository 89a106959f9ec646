#include "serve/accounts/key_directory.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "serve/accounts/account_counters.h"
#include "serve/accounts/secret.h"

namespace ferry {
namespace {

// A book with so many keys, whose secrets are "0", "1", ...; every third is revoked.
AccountBook book_of(int keys) {
  AccountBook book;
  book.organisation.name = "Example";
  for (int i = 0; i < keys; ++i) {
    const std::string id = fmt::format("key_{}", i);
    KeyRecord key = {.id = id, .terms = {.name = id}};
    if (i % 3 == 2) key.revoked = WallTime();
    book.keys.push_back(key);
    book.secrets.push_back({.hash = hash_secret(std::to_string(i)), .key_id = id});
  }
  return book;
}

KeyDirectory directory_of(const AccountBook& book) {
  return KeyDirectory(book, [](const std::string&) { return std::make_shared<AccountCounters>(); });
}

TEST(KeyDirectory, FindsEveryKeyAndNoOther) {
  for (const int count : {0, 1, 2, 3, 7, 64, 100}) {
    const KeyDirectory directory = directory_of(book_of(count));
    for (int i = 0; i < count; ++i) {
      const DirectoryEntry& entry = directory.find(hash_secret(std::to_string(i)));
      ASSERT_EQ(entry.principal->key_id, fmt::format("key_{}", i));
      EXPECT_EQ(entry.state, i % 3 == 2 ? DirectoryEntry::State::revoked : DirectoryEntry::State::good);
    }
    EXPECT_EQ(directory.find(hash_secret("x")).state, DirectoryEntry::State::unknown);
    EXPECT_EQ(directory.find(KeyHash{}).state, DirectoryEntry::State::unknown);
    KeyHash last;
    last.fill(std::byte{255});
    EXPECT_EQ(directory.find(last).state, DirectoryEntry::State::unknown);
    EXPECT_EQ(directory.has_keys(), count > 0);
  }
}

TEST(KeyDirectory, ADifferenceInTheLastBitIsADifference) {
  const KeyDirectory directory = directory_of(book_of(50));
  for (int i = 0; i < 50; ++i) {
    KeyHash hash = hash_secret(std::to_string(i));
    hash.back() ^= std::byte{1};
    EXPECT_EQ(directory.find(hash).state, DirectoryEntry::State::unknown);
  }
}

// What a look-up costs tells nothing: neither whether there is such a key, nor which one, nor its state.
TEST(KeyDirectory, ALookUpTakesTheSameStepsWhateverItFinds) {
  for (const size_t count : {1u, 2u, 5u, 64u, 1000u}) {
    std::vector<KeyHash> hashes;
    for (size_t i = 0; i < count; ++i) hashes.push_back(hash_secret(std::to_string(i)));
    std::sort(hashes.begin(), hashes.end());
    std::set<int> steps;
    const auto look_up = [&](const KeyHash& wanted) {
      int taken = 0;
      const size_t index = last_not_above<KeyHash>(hashes, [&](const KeyHash& other) {
        ++taken;
        return other <= wanted;
      });
      steps.insert(taken);
      return index;
    };
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(look_up(hashes[i]), i);
    for (int i = 0; i < 100; ++i) look_up(hash_secret(fmt::format("unknown {}", i)));
    look_up(KeyHash{});
    EXPECT_EQ(steps.size(), 1u) << count;
  }
}

TEST(KeyDirectory, AKeysAccountsAreNested) {
  AccountBook book = book_of(2);
  book.teams.push_back({.id = "team_1", .terms = {.name = "support", .budgets = {.day = 5}}});
  book.keys[0].terms.team_id = "team_1";
  const KeyDirectory directory = directory_of(book);
  const auto& inside = directory.find(hash_secret("0")).principal;
  ASSERT_EQ(inside->accounts.size(), 3u);
  EXPECT_EQ(inside->team_name, "support");
  EXPECT_EQ(inside->accounts[0]->level, AccountLevel::key);
  EXPECT_EQ(inside->accounts[1]->budgets.day, 5);
  EXPECT_EQ(inside->accounts[2]->name, "Example");
  const auto& outside = directory.find(hash_secret("1")).principal;
  ASSERT_EQ(outside->accounts.size(), 2u);
  EXPECT_EQ(outside->accounts[1], inside->accounts[2]);
  EXPECT_EQ(directory.keyless()->accounts.front(), inside->accounts[2]);
  EXPECT_EQ(directory.accounts().size(), 4u);
}

TEST(Principal, ScopesAreNamesOrTheirBeginnings) {
  Principal principal;
  EXPECT_TRUE(principal.may_use_route("anything"));
  EXPECT_TRUE(principal.may_use_endpoint("chat/completions"));
  principal.routes = {"support", "eu/*"};
  principal.endpoints = {"embeddings"};
  EXPECT_TRUE(principal.may_use_route("support"));
  EXPECT_TRUE(principal.may_use_route("eu/small"));
  EXPECT_TRUE(principal.may_use_route("eu/"));
  for (const char* other : {"supporter", "suppor", "", "eu", "us/eu/x"})
    EXPECT_FALSE(principal.may_use_route(other));
  EXPECT_FALSE(principal.may_use_endpoint("chat/completions"));
  EXPECT_FALSE(Principal{.role = Role::auditor}.may_use_route("support")) << "auditors only read";
}

}  // namespace
}  // namespace ferry
