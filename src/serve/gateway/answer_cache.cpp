#include "serve/gateway/answer_cache.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ferry {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

char lower(char c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

// Without blanks around it, in lower case.
std::string directive_of(std::string_view item) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!item.empty() && is_blank(item.front())) item.remove_prefix(1);
  while (!item.empty() && is_blank(item.back())) item.remove_suffix(1);
  std::string directive(item);
  std::transform(directive.begin(), directive.end(), directive.begin(), lower);
  return directive;
}

// max-age's seconds, with quotes or without them; what is no number wants a fresh answer, as RFC 9111 has it.
int64_t age_us(std::string_view seconds) {
  if (seconds.size() >= 2 && seconds.front() == '"' && seconds.back() == '"')
    seconds = seconds.substr(1, seconds.size() - 2);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / kSecondUs;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<int64_t>::max();
  if (error != std::errc() || end != seconds.data() + seconds.size() || value < 0) return 0;
  return std::min(value, kMost) * kSecondUs;
}

void obey(std::string_view directive, CacheWish& wish) {
  constexpr std::string_view kMaxAge = "max-age=";
  if (directive == "no-store") wish.may_read = wish.may_write = false;
  if (directive == "no-cache") wish.may_read = false;
  if (!directive.starts_with(kMaxAge)) return;
  wish.max_age_us = std::min(wish.max_age_us, age_us(directive.substr(kMaxAge.size())));
  if (wish.max_age_us == 0) wish.may_read = false;
}

}  // namespace

CacheWish parse_cache_control(std::string_view header) {
  CacheWish wish;
  while (!header.empty()) {
    const size_t comma = std::min(header.find(','), header.size());
    obey(directive_of(header.substr(0, comma)), wish);
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
  return wish;
}

size_t AnswerCache::KeyHash::operator()(const AnswerKey& key) const {
  size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof(hash));
  return hash;
}

void AnswerCache::remove(Entries::iterator entry, Entries& gone) {
  index_.erase(entry->key);
  stats_.bytes -= entry->bytes;
  gone.splice(gone.begin(), entries_, entry);
}

std::shared_ptr<const CachedAnswer> AnswerCache::find(const AnswerKey& key, int64_t now_us,
                                                      int64_t max_age_us) {
  Entries gone;
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return ++stats_.misses, nullptr;
  const Entries::iterator entry = found->second;
  if (now_us >= entry->expires_us) return remove(entry, gone), ++stats_.misses, nullptr;
  if (now_us - entry->answer->made_us > max_age_us) return ++stats_.misses, nullptr;
  entries_.splice(entries_.begin(), entries_, entry);
  ++stats_.hits;
  return entry->answer;
}

uint64_t AnswerCache::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

void AnswerCache::put(const AnswerKey& key, std::shared_ptr<const CachedAnswer> answer, Duration ttl,
                      int64_t now_us, uint64_t epoch) {
  const size_t bytes = memory_of(*answer);
  if (bytes > capacity_ || ttl <= Duration::zero()) return;
  const int64_t ttl_us = std::chrono::duration_cast<std::chrono::microseconds>(ttl).count();
  Entries fresh;
  fresh.push_back({key, std::move(answer), now_us + ttl_us, bytes});
  Entries gone;
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_) return;
  if (const auto old = index_.find(key); old != index_.end()) remove(old->second, gone);
  while (stats_.bytes + bytes > capacity_) {
    remove(std::prev(entries_.end()), gone);
    ++stats_.evicted;
  }
  entries_.splice(entries_.begin(), fresh);
  index_.emplace(key, entries_.begin());
  stats_.bytes += bytes;
}

void AnswerCache::clear() {
  Entries gone;
  const std::lock_guard lock(mutex_);
  ++epoch_;
  gone.swap(entries_);
  index_.clear();
  stats_.bytes = 0;
}

AnswerCache::Stats AnswerCache::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.entries = entries_.size();
  return stats;
}

}  // namespace ferry
