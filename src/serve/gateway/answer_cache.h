#pragma once
// Answers given again to the same question: an exact-match cache, bounded in memory, that forgets what was
// used longest ago. What counts as the same is the key's business, not the cache's:
//
//   const std::optional<AnswerKey> key = answer_key({.route = ..., .tenant = ..., ...}, body);
//   if (key && wish.may_read) hit = cache.find(*key, now_us, wish.max_age_us);
//   ... else, when the answer is whole:
//   if (key && wish.may_write && cacheable(request, result)) cache.put(*key, answer, ttl, now_us, epoch);

#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/settings/units.h"
#include "serve/dialects/exchange.h"
#include "serve/traffic/digest.h"

namespace ferry {

using AnswerKey = Digest;

// Whose question it is, and under which conditions: none of it is ever shared across a difference.
struct AnswerScope {
  std::string_view route = {};
  std::string_view tenant = {};              // the key's id
  std::string_view dialect = {};             // the client's, by name
  std::span<const std::string> labels = {};  // of the exchange; any order
  // The client's headers that go to upstreams as well (WireBody::headers): they may change the answer.
  std::span<const std::pair<std::string, std::string>> headers = {};
};

// SHA-256 over the scope and the body's canonical form: members sorted at every level, white space and the
// spelling of strings gone, numbers as they were spelt (1 is not 1.0), and without the top level's members
// that change nothing in the answer:
//   how it is told: stream, stream_options, stream_interval
//   who and what it is for: user, metadata, safety_identifier, session_id, request_id
//   advice to queues and prefix caches: service_tier, priority, prompt_cache_key, prompt_cache_retention,
//     cache_prompt, n_cache_reuse, id_slot, backend_sampling
// (serve/dialects/known_fields.cpp calls them advice.) `cache_salt` stays: who salts wants to share nothing.
// Nothing, and the answer is neither looked up nor kept, where the body is no JSON object, is nested deeper
// than 64, or names a member twice anywhere: readers disagree about which of them counts.
std::optional<AnswerKey> answer_key(const AnswerScope& scope, std::string_view body);

// What the client says about caches: its Cache-Control header (RFC 9111, section 5.2.1); several of them
// joined by commas, empty where there is none. What is not known there is passed over.
struct CacheWish {
  bool may_read = true;                                      // no-store, no-cache, max-age=0 forbid it
  bool may_write = true;                                     // no-store forbids it
  int64_t max_age_us = std::numeric_limits<int64_t>::max();  // an older answer will not do
};
CacheWish parse_cache_control(std::string_view header);

// Whether the answer may be given again. It may where it is whole: every choice that was asked for is there,
// has something in it, and ended by itself, in calls, or at a length (max_tokens is part of the key, so that
// the next one would be cut as well). It may not where a filter or a server's pause ended a choice, or where
// the model refused (another try may not be refused); nor where the request offers tools that run elsewhere
// (a search, a sandbox): what they say changes, and what they do would not be done.
bool cacheable(const GenerationRequest& request, const GenerationResult& result);

struct CachedAnswer {
  GenerationResult result;  // with its usage
  std::string target;       // "provider/model" that gave it
  int64_t made_us = 0;      // since 1970
};

// What an entry of this answer takes, the cache's own share included: the sizes of all strings, vectors and
// JSON values as they are allocated.
size_t memory_of(const CachedAnswer& answer);

// Any thread; one lock, held for a look-up and a move in a list (values are freed outside of it).
class AnswerCache {
 public:
  struct Stats {
    size_t entries = 0;
    size_t bytes = 0;  // at most the capacity
    uint64_t hits = 0;
    uint64_t misses = 0;   // looked up and not there, or too old
    uint64_t evicted = 0;  // forgotten for want of room
  };

  explicit AnswerCache(ByteSize capacity) : capacity_(capacity.bytes) {}

  // Times are the caller's clock, microseconds since 1970. Null: there is none, its time is over, or it is
  // older than the client wants. One whose time is over goes.
  std::shared_ptr<const CachedAnswer> find(const AnswerKey& key, int64_t now_us,
                                           int64_t max_age_us = std::numeric_limits<int64_t>::max());

  // The cache's age in clears. An exchange asks when it begins, and hands it to put(): what was made under a
  // configuration that is gone is not kept.
  uint64_t epoch() const;
  // Replaces what is there. Nothing is kept where the answer is larger than the capacity, the ttl is not
  // above 0, or `epoch` is not the present one.
  void put(const AnswerKey& key, std::shared_ptr<const CachedAnswer> answer, Duration ttl, int64_t now_us,
           uint64_t epoch);

  void clear();  // a new configuration holds
  Stats stats() const;

 private:
  struct Entry {
    AnswerKey key;
    std::shared_ptr<const CachedAnswer> answer;
    int64_t expires_us = 0;
    size_t bytes = 0;
  };
  // The digest is as good as random.
  struct KeyHash {
    size_t operator()(const AnswerKey& key) const;
  };
  using Entries = std::list<Entry>;

  // The entry leaves the index and joins `gone`, which is freed outside the lock. REQUIRES: the lock.
  void remove(Entries::iterator entry, Entries& gone);

  const size_t capacity_;
  mutable std::mutex mutex_;  // guards what follows
  Entries entries_;           // used last: first
  std::unordered_map<AnswerKey, Entries::iterator, KeyHash> index_;
  Stats stats_;
  uint64_t epoch_ = 0;
};

}  // namespace ferry
