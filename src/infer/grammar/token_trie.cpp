#include "infer/grammar/token_trie.h"

#include <algorithm>

namespace ferry {

TokenTrie TokenTrie::build(std::vector<Entry> entries) {
  TokenTrie trie;
  std::erase_if(entries,
                [](const Entry& entry) { return entry.bytes.empty() || entry.bytes.size() > UINT16_MAX; });
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.token < b.token;
  });
  std::vector<uint32_t> path;  // the nodes of the last text, by depth
  std::string_view last;
  const auto close_to = [&](size_t depth) {
    for (; path.size() > depth; path.pop_back())
      trie.nodes_[path.back()].end = static_cast<uint32_t>(trie.nodes_.size());
  };
  for (const Entry& entry : entries) {
    if (!path.empty() && entry.bytes == last) {
      trie.twins_.emplace_back(trie.nodes_[path.back()].token, entry.token);
      continue;
    }
    const auto shared = static_cast<size_t>(
        std::mismatch(last.begin(), last.end(), entry.bytes.begin(), entry.bytes.end()).first - last.begin());
    close_to(shared);
    for (size_t depth = shared; depth < entry.bytes.size(); ++depth) {
      path.push_back(static_cast<uint32_t>(trie.nodes_.size()));
      trie.nodes_.push_back(
          {0, kNoToken, static_cast<uint16_t>(depth + 1), static_cast<uint8_t>(entry.bytes[depth])});
    }
    trie.nodes_.back().token = entry.token;
    trie.longest_ = std::max(trie.longest_, entry.bytes.size());
    last = entry.bytes;
  }
  close_to(0);
  for (uint32_t i = 0; i < trie.nodes_.size(); i = trie.nodes_[i].end) {
    trie.branches_[trie.nodes_[i].byte] = {i, trie.nodes_[i].end};
  }
  return trie;
}

}  // namespace ferry
