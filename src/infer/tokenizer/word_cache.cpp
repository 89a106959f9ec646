#include "infer/tokenizer/word_cache.h"

namespace ferry {

WordCache& WordCache::of_this_thread() {
  thread_local WordCache cache;
  return cache;
}

uint32_t WordCache::new_owner() {
  static std::atomic<uint32_t> last = 0;
  return ++last;
}

void WordCache::encode(uint32_t owner, const Model& model, std::string_view word, std::vector<TokenId>& out) {
  if (word.size() > kMostBytes) {
    model.encode_word(word, out);
    return;
  }
  Entry& entry = entries_[(hash_bytes(word) ^ owner) % kEntries];
  const bool hit = entry.owner == owner && entry.bytes == word.size() &&
                   std::memcmp(entry.word.data(), word.data(), word.size()) == 0;
  if (hit) {
    out.insert(out.end(), entry.ids.begin(), entry.ids.begin() + entry.tokens);
    return;
  }
  const size_t before = out.size();
  model.encode_word(word, out);
  const size_t tokens = out.size() - before;
  if (tokens > kMostTokens) return;
  entry.owner = owner;
  entry.bytes = static_cast<uint8_t>(word.size());
  entry.tokens = static_cast<uint8_t>(tokens);
  std::copy(word.begin(), word.end(), entry.word.begin());
  std::copy(out.begin() + static_cast<ptrdiff_t>(before), out.end(), entry.ids.begin());
}

}  // namespace ferry
