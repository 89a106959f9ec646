#include "infer/draft/ngram_lookup.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ferry {
namespace {

// How many tokens before `a` and `b` are the same, at most `most`.
int32_t common_suffix(std::span<const TokenId> tokens, int32_t a, int32_t b, int32_t most) {
  const int32_t bound = std::min({a, b, most});
  int32_t length = 0;
  while (length < bound &&
         tokens[static_cast<size_t>(a - 1 - length)] == tokens[static_cast<size_t>(b - 1 - length)]) {
    ++length;
  }
  return length;
}

}  // namespace

void NgramLookup::propose(std::span<const TokenId> tokens, int32_t most, std::vector<TokenId>& guesses) {
  index(tokens);
  last_ = longest_match(tokens);
  last_size_ = static_cast<int32_t>(tokens.size());
  if (last_.length == 0) return;
  // Where the text that is copied from ends, it goes on with the copy: a match may overlap what it predicts.
  const std::span<const TokenId> source = tokens.subspan(static_cast<size_t>(last_.end));
  for (int32_t i = 0; i < most; ++i) guesses.push_back(source[static_cast<size_t>(i) % source.size()]);
}

// All positions but the last, which nothing follows yet.
void NgramLookup::index(std::span<const TokenId> tokens) {
  const auto size = static_cast<int32_t>(tokens.size());
  for (auto end = static_cast<int32_t>(previous_.size()); end < size; ++end) {
    if (previous_.size() >= latest_.size()) grow(tokens);
    insert(tokens, end);
  }
}

void NgramLookup::insert(std::span<const TokenId> tokens, int32_t end) {
  int32_t earlier = 0;
  if (end >= kShortest) earlier = std::exchange(latest_[slot(tokens, end)], end);
  previous_.push_back(earlier);
}

void NgramLookup::grow(std::span<const TokenId> tokens) {
  const auto known = static_cast<int32_t>(previous_.size());
  latest_.assign(std::bit_ceil(std::max<size_t>(64, tokens.size())), 0);
  previous_.resize(1);
  for (int32_t end = 1; end < known; ++end) insert(tokens, end);
}

size_t NgramLookup::slot(std::span<const TokenId> tokens, int32_t end) const {
  uint64_t hash = 0;
  for (const TokenId token : tokens.subspan(static_cast<size_t>(end - kShortest), kShortest)) {
    hash = (hash ^ static_cast<uint32_t>(token)) * 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio
    hash ^= hash >> 32;
  }
  return hash & (latest_.size() - 1);
}

NgramLookup::Match NgramLookup::longest_match(std::span<const TokenId> tokens) const {
  const auto size = static_cast<int32_t>(tokens.size());
  Match best;
  const auto consider = [&](int32_t end) {
    const int32_t length = common_suffix(tokens, end, size, kLongest);
    if (length >= kShortest && length > best.length) best = {end, length};
  };
  if (latest_.empty() || size < kShortest) return best;
  int32_t end = latest_[slot(tokens, size)];
  for (int32_t i = 0; i < kCandidates && end > 0; ++i) {
    consider(end);
    end = previous_[static_cast<size_t>(end)];
  }
  if (last_.length > 0) consider(last_.end + size - last_size_);
  return best;
}

}  // namespace ferry
