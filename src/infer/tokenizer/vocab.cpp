#include "infer/tokenizer/vocab.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ferry {
namespace {

constexpr TokenId kHidden = -2;  // in a slot: searches go on past it

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product =
      static_cast<unsigned __int128>(a ^ kMultiplier) * (b ^ 0xD1B54A32D192ED03u);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t load(const char* from, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, from, bytes);
  return value;
}

// The most IDs that a vocabulary of so many entries may span.
int64_t id_limit(size_t entries) {
  return static_cast<int64_t>(entries) * 8 + 65536;
}

}  // namespace

uint64_t hash_bytes(std::string_view bytes) {
  uint64_t state = bytes.size();
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left > 8; left -= 8, at += 8) state = mix(state, load(at, 8));
  return mix(state, load(at, left));
}

void Vocab::reserve(size_t entries, size_t text_bytes) {
  text_.reserve(text_bytes);
  spans_.reserve(entries);
  expected_entries_ = entries;
  grow_slots(entries);
}

void Vocab::grow_slots(size_t entries) {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(std::bit_ceil(std::max<size_t>(16, entries * 2)), Slot{});
  for (const Slot& slot : old) {
    if (slot.id >= 0) insert(hash_bytes(text(slot.id)), slot.id);
  }
}

void Vocab::insert(uint64_t hash, TokenId id) {
  slots_[slot_of(hash, text(id))] = {static_cast<uint32_t>(hash >> 32), id, spans_[id]};
}

// Where the text is, or the empty slot where it belongs.
size_t Vocab::slot_of(uint64_t hash, std::string_view text) const {
  const size_t mask = slots_.size() - 1;
  const auto tag = static_cast<uint32_t>(hash >> 32);
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.id == kNoToken || (slot.id >= 0 && slot.hash == tag && text_of(slot.span) == text)) return i;
  }
}

Result<void> Vocab::add(TokenId id, std::string_view text) {
  const size_t entries = std::max(entries_, expected_entries_);
  if (id < 0 || id >= id_limit(entries)) {
    return fail(ErrorCode::corrupt,
                "token \"{}\" has the ID {}, impossible in a vocabulary of about {} tokens", text, id,
                entries);
  }
  if (text.size() >= kAbsent - text_.size()) {
    return fail(ErrorCode::unsupported, "the vocabulary has more than {} bytes of text", kAbsent);
  }
  if (static_cast<size_t>(id) >= spans_.size()) spans_.resize(static_cast<size_t>(id) + 1);
  if ((entries_ + 1) * 2 > slots_.size()) grow_slots(entries_ * 2);
  spans_[id] = {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(text.size())};
  text_.append(text);
  insert(hash_bytes(text), id);
  ++entries_;
  longest_bytes_ = std::max(longest_bytes_, text.size());
  return {};
}

void Vocab::hide(std::string_view text) {
  if (slots_.empty()) return;
  Slot& slot = slots_[slot_of(hash_bytes(text), text)];
  if (slot.id >= 0) slot.id = kHidden;
}

TokenId Vocab::find_near(std::string_view text, TokenId guess) const {
  for (const TokenId id : {guess, guess + 1}) {
    if (contains(id) && text_of(spans_[id]) == text) return id;
  }
  return find(text);
}

TokenId Vocab::find(std::string_view text) const {
  if (slots_.empty()) return kNoToken;
  return slots_[slot_of(hash_bytes(text), text)].id;
}

std::string_view Vocab::text(TokenId id) const {
  return contains(id) ? text_of(spans_[id]) : std::string_view();
}

bool Vocab::contains(TokenId id) const {
  return id >= 0 && id < size() && spans_[id].begin != kAbsent;
}

}  // namespace ferry
