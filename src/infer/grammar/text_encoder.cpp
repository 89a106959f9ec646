#include "infer/grammar/text_encoder.h"

#include <algorithm>
#include <optional>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr int kMaxSplits = 100;  // anchors, lookaheads and groups with them, one after the other

using Kind = RegexTree::Kind;
using Elements = std::vector<uint32_t>;

bool is_anchor_or_look(Kind kind) {
  return kind == Kind::begin || kind == Kind::end || kind == Kind::ahead || kind == Kind::not_ahead;
}

// For each node: an anchor or lookahead is in it. Children come before their parents in `nodes`.
std::vector<bool> find_special(const RegexTree& tree) {
  std::vector<bool> special(tree.nodes.size(), false);
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    special[i] = is_anchor_or_look(tree.nodes[i].kind);
    for (const uint32_t child : tree.nodes[i].children) special[i] = special[i] || special[child];
  }
  return special;
}

class Language {
 public:
  Language(const RegexTree& tree, TextEncoder& encoder)
      : tree_(tree), encoder_(encoder), pool_(encoder.pool()), special_(find_special(tree)) {}

  // The texts of `elements`, then `after`. open: anything may come first; at_start: nothing of the pattern
  // has been before.
  Result<RegexId> texts(Elements elements, bool open, bool at_start, RegexId after, int depth) {
    if (depth > kMaxSplits) {
      return fail(ErrorCode::resource_exhausted, "regular expression: too many anchors and lookaheads");
    }
    const bool ends_open = after == encoder_.any_text();
    trim(elements, open, ends_open);
    const size_t plain = static_cast<size_t>(
        std::find_if(elements.begin(), elements.end(), [&](uint32_t e) { return special_[e]; }) -
        elements.begin());
    if (plain > 0 || elements.empty()) {
      RegexId rest = after;
      if (plain < elements.size()) {
        FERRY_TRY(rest, texts(Elements(elements.begin() + static_cast<ptrdiff_t>(plain), elements.end()),
                              false, false, after, depth + 1));
      }
      for (size_t i = plain; i > 0; --i) {
        const bool least = (open && i == 1) || (ends_open && i == elements.size());
        rest = pool_.cat(least ? least_texts(elements[i - 1]) : plain_texts(elements[i - 1]), rest);
      }
      return opened(open, rest);
    }
    const RegexTree::Node& head = tree_.nodes[elements.front()];
    elements.erase(elements.begin());
    switch (head.kind) {
      case Kind::begin:
        if (!at_start) return unsupported("^ after the beginning");
        return texts(std::move(elements), false, true, after, depth + 1);
      case Kind::end:
        if (!std::all_of(elements.begin(), elements.end(),
                         [&](uint32_t e) { return tree_.nodes[e].kind == Kind::end; })) {
          return unsupported("$ before the end");
        }
        return opened(open, RegexPool::kEmpty);
      case Kind::ahead:
      case Kind::not_ahead:
        return look(head, std::move(elements), open, at_start, after, depth);
      case Kind::cat:
        elements.insert(elements.begin(), head.children.begin(), head.children.end());
        return texts(std::move(elements), open, at_start, after, depth + 1);
      case Kind::alt:
        return branches(head.children, elements, open, at_start, after, depth);
      case Kind::repeat: {
        if (head.max != 1) return unsupported("an anchor or lookahead inside a repetition");
        FERRY_TRY(const RegexId some, branches(head.children, elements, open, at_start, after, depth));
        if (head.min == 1) return some;
        FERRY_TRY(const RegexId none, texts(std::move(elements), open, at_start, after, depth + 1));
        return pool_.alt(some, none);
      }
      default:
        return unsupported("this");
    }
  }

  RegexId least_texts(uint32_t index) {
    const RegexTree::Node& node = tree_.nodes[index];
    if (node.kind != Kind::repeat) return plain_texts(index);
    return pool_.repeat(plain_texts(node.children[0]), node.min, node.min);
  }

  RegexId plain_texts(uint32_t index) {
    const RegexTree::Node& node = tree_.nodes[index];
    switch (node.kind) {
      case Kind::chars:
        return encoder_.chars(tree_.sets[node.set]);
      case Kind::cat: {
        RegexId id = RegexPool::kEmpty;
        for (size_t i = node.children.size(); i > 0; --i)
          id = pool_.cat(plain_texts(node.children[i - 1]), id);
        return id;
      }
      case Kind::alt: {
        std::vector<RegexId> parts;
        parts.reserve(node.children.size());
        for (const uint32_t child : node.children) parts.push_back(plain_texts(child));
        return pool_.alt(std::move(parts));
      }
      case Kind::repeat:
        return pool_.repeat(plain_texts(node.children[0]), node.min, node.max);
      default:
        return RegexPool::kEmpty;
    }
  }

 private:
  // Beside what may be anything, more repetitions than must be say nothing: there a* is nothing, and a+ is a.
  void trim(Elements& elements, bool open, bool ends_open) const {
    const auto is_optional = [&](uint32_t element) {
      const RegexTree::Node& node = tree_.nodes[element];
      return node.kind == Kind::repeat && !special_[element] && node.min == 0;
    };
    while (open && !elements.empty() && is_optional(elements.front())) elements.erase(elements.begin());
    while (ends_open && !elements.empty() && is_optional(elements.back())) elements.pop_back();
  }

  RegexId opened(bool open, RegexId texts) { return open ? pool_.cat(encoder_.any_text(), texts) : texts; }

  static tl::unexpected<Error> unsupported(std::string_view what) {
    return fail(ErrorCode::unsupported, "regular expression: {} is not understood", what);
  }

  Result<RegexId> look(const RegexTree::Node& head, Elements elements, bool open, bool at_start,
                       RegexId after, int depth) {
    FERRY_TRY(const RegexId ahead,
              texts({head.children[0]}, false, at_start && !open, encoder_.any_text(), depth + 1));
    FERRY_TRY(const RegexId rest, texts(std::move(elements), false, at_start && !open, after, depth + 1));
    const RegexId wanted = head.kind == Kind::ahead ? ahead : pool_.complement(ahead);
    return opened(open, pool_.both(wanted, rest));
  }

  Result<RegexId> branches(const std::vector<uint32_t>& heads, const Elements& elements, bool open,
                           bool at_start, RegexId after, int depth) {
    std::vector<RegexId> parts;
    for (const uint32_t head : heads) {
      FERRY_TRY_VOID(pool_.budget().check());
      Elements branch{head};
      branch.insert(branch.end(), elements.begin(), elements.end());
      FERRY_TRY(parts.emplace_back(), texts(std::move(branch), open, at_start, after, depth + 1));
    }
    return pool_.alt(std::move(parts));
  }

  const RegexTree& tree_;
  TextEncoder& encoder_;
  RegexPool& pool_;
  std::vector<bool> special_;
};

CharCount count_of(const RegexTree& tree, uint32_t index) {
  const auto plus = [](uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; };
  const auto times = [](uint64_t a, uint64_t n) { return a != 0 && n > UINT64_MAX / a ? UINT64_MAX : a * n; };
  const RegexTree::Node& node = tree.nodes[index];
  CharCount count{0, 0};
  switch (node.kind) {
    case Kind::chars:
      return {1, 1};
    case Kind::cat:
      for (const uint32_t child : node.children) {
        const CharCount part = count_of(tree, child);
        count = {plus(count.min, part.min), plus(count.max, part.max)};
      }
      return count;
    case Kind::alt:
      count.min = UINT64_MAX;
      for (const uint32_t child : node.children) {
        const CharCount part = count_of(tree, child);
        count = {std::min(count.min, part.min), std::max(count.max, part.max)};
      }
      return count;
    case Kind::repeat: {
      const CharCount part = count_of(tree, node.children[0]);
      const uint64_t max =
          node.max == RegexPool::kUnbounded && part.max != 0 ? UINT64_MAX : times(part.max, node.max);
      return {times(part.min, node.min), max};
    }
    default:
      return count;
  }
}

// ^x$ or, for whole(), x: the parts of x. Nothing when there are other anchors or lookaheads, or an open end.
std::optional<Elements> closed_elements(const RegexTree& tree, bool search) {
  const RegexTree::Node& root = tree.nodes[tree.root];
  Elements elements = root.kind == Kind::cat ? root.children : Elements{tree.root};
  bool begins = !search;
  bool ends = !search;
  if (!elements.empty() && tree.nodes[elements.front()].kind == Kind::begin) {
    begins = true;
    elements.erase(elements.begin());
  }
  if (!elements.empty() && tree.nodes[elements.back()].kind == Kind::end) {
    ends = true;
    elements.pop_back();
  }
  const std::vector<bool> special = find_special(tree);
  const bool plain = std::none_of(elements.begin(), elements.end(), [&](uint32_t e) { return special[e]; });
  if (!begins || !ends || !plain) return std::nullopt;
  return elements;
}

}  // namespace

const std::array<CharSet, kFamilies>& families() {
  static const std::array<CharSet, kFamilies> sets{
      CharSet{{0, 0x1F}, {'"', '"'}, {'\\', '\\'}, {0x7F, 0x7F}, {0x2028, 0x2029}}.complement(),
      CharSet{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, CharSet{{'a', 'z'}}};
  return sets;
}

RegexId TextEncoder::chars(const CharSet& set) {
  const auto known = known_.find(set.ranges());
  if (known != known_.end()) return known->second;
  const RegexId id = form_ == TextForm::json ? encode_json_char(pool_, set) : encode_utf8(pool_, set);
  for (size_t i = 0; i < kFamilies; ++i) {
    if (set.contains(families()[i])) family_parts_[id] |= static_cast<uint8_t>(1u << i);
  }
  if (set == CharSet::all()) family_parts_[id] |= kEveryCharacter;
  known_.emplace(set.ranges(), id);
  return id;
}

RegexId TextEncoder::text_of(std::string_view utf8) {
  std::vector<RegexId> parts;
  for (size_t at = 0; at < utf8.size();) {
    const Utf8Char c = decode_utf8(utf8, at);
    parts.push_back(chars(CharSet::of(c.code_point)));
    at += c.bytes;
  }
  RegexId id = RegexPool::kEmpty;
  for (size_t i = parts.size(); i > 0; --i) id = pool_.cat(parts[i - 1], id);
  return id;
}

Result<RegexId> TextEncoder::whole(const RegexTree& tree) {
  return Language(tree, *this).texts({tree.root}, false, true, RegexPool::kEmpty, 0);
}

Result<RegexId> TextEncoder::search(const RegexTree& tree) {
  return Language(tree, *this).texts({tree.root}, true, true, any_text(), 0);
}

CharCount count_chars(const RegexTree& tree, bool search) {
  const auto elements = closed_elements(tree, search);
  if (!elements) return {};
  CharCount count{0, 0};
  for (const uint32_t element : *elements) {
    const CharCount part = count_of(tree, element);
    count.min = count.min > UINT64_MAX - part.min ? UINT64_MAX : count.min + part.min;
    count.max = count.max > UINT64_MAX - part.max ? UINT64_MAX : count.max + part.max;
  }
  return count;
}

std::optional<CharRepeat> as_char_repeat(const RegexTree& tree, bool search) {
  const auto elements = closed_elements(tree, search);
  if (!elements || elements->size() != 1) return std::nullopt;
  const RegexTree::Node& node = tree.nodes[elements->front()];
  if (node.kind == Kind::chars) return CharRepeat{tree.sets[node.set], 1, 1};
  if (node.kind != Kind::repeat) return std::nullopt;
  const RegexTree::Node& inner = tree.nodes[node.children[0]];
  if (inner.kind != Kind::chars) return std::nullopt;
  return CharRepeat{tree.sets[inner.set], node.min, node.max};
}

}  // namespace ferry
