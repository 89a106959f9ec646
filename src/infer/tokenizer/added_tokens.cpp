#include "infer/tokenizer/added_tokens.h"

#include <algorithm>

#include "infer/tokenizer/char_class.h"

namespace ferry {
namespace {

bool has_class_at(std::string_view text, size_t at, uint8_t classes) {
  return (char_class(char_at(text, at).code_point) & classes) != 0;
}

bool touches_word(std::string_view text, size_t begin, size_t end) {
  const bool before = begin > 0 && has_class_at(text, begin - bytes_before(text, begin), kWord);
  return before || (end < text.size() && has_class_at(text, end, kWord));
}

size_t spaces_begin(std::string_view text, size_t end, size_t least) {
  while (end > least && has_class_at(text, end - bytes_before(text, end), kSpace))
    end -= bytes_before(text, end);
  return end;
}

size_t spaces_end(std::string_view text, size_t at) {
  while (at < text.size() && has_class_at(text, at, kSpace)) at += char_at(text, at).bytes;
  return at;
}

}  // namespace

void AddedTokens::add(const AddedToken& token) {
  if (token.content.empty()) return;
  uint32_t node = 0;
  for (const char c : token.content) {
    const auto byte = static_cast<unsigned char>(c);
    uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<uint32_t>(nodes_.size());
      nodes_.push_back({0, nodes_[node].first_child, -1, byte});
      nodes_[node].first_child = next;
    }
    node = next;
  }
  nodes_[node].entry = static_cast<int32_t>(entries_.size());
  entries_.push_back(
      {token.id, token.special || token.reserved, token.single_word, token.lstrip, token.rstrip});
  first_bytes_.set(static_cast<unsigned char>(token.content[0]));
}

uint32_t AddedTokens::child(uint32_t node, unsigned char byte) const {
  uint32_t next = nodes_[node].first_child;
  while (next != 0 && nodes_[next].byte != byte) next = nodes_[next].next_sibling;
  return next;
}

// Special tokens must end by special_end.
AddedTokens::Match AddedTokens::longest_at(std::string_view text, size_t at, size_t special_end) const {
  Match longest;
  uint32_t node = 0;
  for (size_t end = at; end < text.size();) {
    node = child(node, static_cast<unsigned char>(text[end]));
    if (node == 0) break;
    ++end;
    if (nodes_[node].entry < 0) continue;
    const Entry& entry = entries_[nodes_[node].entry];
    if (!entry.special || end <= special_end) longest = {&entry, end};
  }
  return longest;
}

void AddedTokens::split(std::string_view text, std::span<const Range> special_allowed,
                        std::vector<Segment>& out) const {
  size_t done = 0;  // everything before is in a segment
  size_t range = 0;
  for (size_t at = 0; at < text.size();) {
    if (!first_bytes_[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    while (range < special_allowed.size() && special_allowed[range].end <= at) ++range;
    const bool in_range = range < special_allowed.size() && special_allowed[range].begin <= at;
    const Match match = longest_at(text, at, in_range ? special_allowed[range].end : 0);
    if (match.entry == nullptr) {
      ++at;
      continue;
    }
    const size_t match_begin = at;
    at = match.end;
    if (match.entry->single_word && touches_word(text, match_begin, match.end)) continue;
    const size_t begin = match.entry->lstrip
                             ? std::max(done, spaces_begin(text, match_begin, std::min(done, match_begin)))
                             : match_begin;
    if (done < begin) out.push_back({kNoToken, done, begin});
    const size_t end = match.entry->rstrip ? spaces_end(text, match.end) : match.end;
    out.push_back({match.entry->id, begin, end});
    done = std::max(done, end);
  }
  if (done < text.size()) out.push_back({kNoToken, done, text.size()});
}

}  // namespace ferry
