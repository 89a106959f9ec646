#include "infer/grammar/regex_pool.h"

#include <algorithm>
#include <unordered_set>

namespace ferry {
namespace {

constexpr uint32_t kNoRow = UINT32_MAX;
constexpr RegexId kUnknown = UINT32_MAX;
constexpr int kMaxDepth = 500;  // of expressions inside each other, when they are derived

uint64_t mix(uint64_t h, uint64_t value) {
  h = (h ^ value) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 29);
}

}  // namespace

RegexPool::RegexPool() {
  slots_.assign(1024, 0);
  // Slot value 0 means free, so these three are never looked up: the constructors know them.
  nodes_.push_back({.kind = Kind::nothing});
  nodes_.push_back({.kind = Kind::empty, .nullable = true});
  nodes_.push_back({.kind = Kind::complement, .nullable = true, .plain = true, .finite = false});
  first_ = {ByteSet(), ByteSet(), ByteSet::all()};
  life_ = {Life::dead, Life::live, Life::live};
  row_of_.assign(3, kNoRow);
  shortest_.assign(3, 0);
  remainder_.assign(3, 0);
}

uint64_t RegexPool::hash_of(const Node& node) const {
  uint64_t h = mix(static_cast<uint64_t>(node.kind), uint64_t{node.min} << 32 | node.max);
  switch (node.kind) {
    case Kind::bytes:
      for (int i = 0; i < 4; ++i) h = mix(h, sets_[node.a].word(i));
      return h;
    case Kind::alt:
    case Kind::both:
      for (const RegexId part : parts(node)) h = mix(h, part);
      return h;
    default:
      return mix(h, uint64_t{node.a} << 32 | node.b);
  }
}

bool RegexPool::same(const Node& a, const Node& b) const {
  if (a.kind != b.kind || a.min != b.min || a.max != b.max) return false;
  switch (a.kind) {
    case Kind::bytes:
      return sets_[a.a] == sets_[b.a];
    case Kind::alt:
    case Kind::both:
      return std::ranges::equal(parts(a), parts(b));
    default:
      return a.a == b.a && a.b == b.b;
  }
}

void RegexPool::rebuild_slots(size_t slots) {
  slots_.assign(slots, 0);
  for (size_t id = kEverything + 1; id < nodes_.size(); ++id) {
    size_t slot = hash_of(nodes_[id]) & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<uint32_t>(id);
  }
}

// The node's list or set, if it has one, must be the last of lists_ or sets_: it goes when the node is there
// already.
RegexId RegexPool::intern(const Node& node, const ByteSet& first) {
  size_t slot = hash_of(node) & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (!same(nodes_[slots_[slot]], node)) continue;
    if (node.kind == Kind::bytes) sets_.pop_back();
    if (node.kind == Kind::alt || node.kind == Kind::both) lists_.resize(node.a);
    return slots_[slot];
  }
  budget_.spend_node();
  const auto id = static_cast<RegexId>(nodes_.size());
  slots_[slot] = id;
  nodes_.push_back(node);
  first_.push_back(first);
  life_.push_back(node.plain ? Life::live : Life::unknown);
  row_of_.push_back(kNoRow);
  measure(node);
  if (nodes_.size() * 2 > slots_.size()) rebuild_slots(slots_.size() * 2);
  return id;
}

RegexId RegexPool::bytes(const ByteSet& set) {
  if (set.empty()) return kNothing;
  sets_.push_back(set);
  return intern({.kind = Kind::bytes, .a = static_cast<uint32_t>(sets_.size() - 1)}, set);
}

RegexId RegexPool::literal(std::string_view text) {
  RegexId id = kEmpty;
  for (size_t i = text.size(); i > 0; --i)
    id = cat(bytes(ByteSet::of(static_cast<uint8_t>(text[i - 1]))), id);
  return id;
}

RegexId RegexPool::literals(std::vector<std::string_view> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  if (texts.empty()) return kNothing;
  return literals_from(texts, 0);
}

// The rests from `at` on; up to there all texts are equal. Sorted, so that first and last share what all
// share.
RegexId RegexPool::literals_from(std::span<const std::string_view> texts, size_t at) {
  const std::string_view first = texts.front().substr(at);
  if (texts.size() == 1) return literal(first);
  const std::string_view last = texts.back().substr(at);
  const auto shared = static_cast<size_t>(
      std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first - first.begin());
  const size_t fork = at + shared;
  std::vector<RegexId> branches;
  size_t begin = 0;
  if (texts.front().size() == fork) {
    branches.push_back(kEmpty);
    begin = 1;
  }
  while (begin < texts.size()) {
    size_t end = begin + 1;
    while (end < texts.size() && texts[end][fork] == texts[begin][fork]) ++end;
    branches.push_back(literals_from(texts.subspan(begin, end - begin), fork));
    begin = end;
  }
  return cat(literal(first.substr(0, shared)), alt(std::move(branches)));
}

RegexId RegexPool::cat(RegexId first, RegexId second) {
  if (first == kNothing || second == kNothing) return kNothing;
  if (first == kEmpty) return second;
  if (second == kEmpty) return first;
  // To the right, so that there is one form: the parts of `first`, last to first, go before `second`.
  std::vector<RegexId> spine;
  RegexId head = first;
  while (nodes_[head].kind == Kind::cat) {
    spine.push_back(nodes_[head].a);
    head = nodes_[head].b;
  }
  spine.push_back(head);
  RegexId id = second;
  for (size_t i = spine.size(); i > 0; --i) {
    const Node& a = nodes_[spine[i - 1]];
    const Node& b = nodes_[id];
    const Node node{.kind = Kind::cat,
                    .nullable = a.nullable && b.nullable,
                    .plain = a.plain && b.plain,
                    .finite = a.finite && b.finite,
                    .a = spine[i - 1],
                    .b = id};
    id = intern(node, a.nullable ? first_[node.a] | first_[node.b] : first_[node.a]);
  }
  return id;
}

RegexId RegexPool::cat(std::initializer_list<RegexId> parts) {
  RegexId id = kEmpty;
  for (auto part = std::rbegin(parts); part != std::rend(parts); ++part) id = cat(*part, id);
  return id;
}

void RegexPool::flatten(Kind kind, const std::vector<RegexId>& from, std::vector<RegexId>& out) const {
  for (const RegexId id : from) {
    if (nodes_[id].kind == kind) {
      const auto inner = parts(nodes_[id]);  // flat already
      out.insert(out.end(), inner.begin(), inner.end());
    } else {
      out.push_back(id);
    }
  }
}

void RegexPool::merge_byte_sets(Kind kind, std::vector<RegexId>& list) {
  const auto is_bytes = [&](RegexId id) { return nodes_[id].kind == Kind::bytes; };
  if (std::count_if(list.begin(), list.end(), is_bytes) < 2) return;
  ByteSet merged = kind == Kind::alt ? ByteSet() : ByteSet::all();
  for (const RegexId id : list) {
    if (is_bytes(id)) merged = kind == Kind::alt ? merged | first_[id] : merged & first_[id];
  }
  std::erase_if(list, is_bytes);
  list.push_back(bytes(merged));
}

RegexId RegexPool::intern_list(Kind kind, const std::vector<RegexId>& list) {
  const bool is_alt = kind == Kind::alt;
  Node node{.kind = kind,
            .nullable = !is_alt,
            .plain = is_alt,
            .finite = is_alt,
            .a = static_cast<uint32_t>(lists_.size()),
            .b = static_cast<uint32_t>(list.size())};
  ByteSet first = is_alt ? ByteSet() : ByteSet::all();
  for (const RegexId id : list) {
    const Node& part = nodes_[id];
    if (is_alt) {
      node.nullable |= part.nullable;
      node.plain &= part.plain;
      node.finite &= part.finite;
      first = first | first_[id];
    } else {
      node.nullable &= part.nullable;
      node.finite |= part.finite;
      first = first & first_[id];
    }
  }
  lists_.insert(lists_.end(), list.begin(), list.end());
  return intern(node, first);
}

RegexId RegexPool::alt(std::vector<RegexId> from) {
  std::vector<RegexId> list;
  flatten(Kind::alt, from, list);
  merge_byte_sets(Kind::alt, list);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  if (!list.empty() && list.front() == kNothing) list.erase(list.begin());
  if (list.empty()) return kNothing;
  if (std::binary_search(list.begin(), list.end(), kEverything)) return kEverything;
  if (list.size() == 1) return list.front();
  // The empty text is in a nullable part already.
  if (list.front() == kEmpty &&
      std::any_of(list.begin() + 1, list.end(), [&](RegexId id) { return nodes_[id].nullable; })) {
    list.erase(list.begin());
    if (list.size() == 1) return list.front();
  }
  return intern_list(Kind::alt, list);
}

RegexId RegexPool::both(std::vector<RegexId> from) {
  std::vector<RegexId> list;
  flatten(Kind::both, from, list);
  merge_byte_sets(Kind::both, list);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  std::erase(list, kEverything);
  if (list.empty()) return kEverything;
  if (list.front() == kNothing) return kNothing;
  if (list.size() == 1) return list.front();
  ByteSet first = ByteSet::all();
  bool nullable = true;
  for (const RegexId id : list) {
    nullable &= nodes_[id].nullable;
    first = first & first_[id];
  }
  if (list.front() == kEmpty || first.empty()) return nullable ? kEmpty : kNothing;
  return intern_list(Kind::both, list);
}

RegexId RegexPool::complement(RegexId inner) {
  if (inner == kNothing) return kEverything;
  const Node& node = nodes_[inner];
  if (node.kind == Kind::complement) return inner == kEverything ? kNothing : node.a;
  return intern(
      {.kind = Kind::complement, .nullable = !node.nullable, .plain = false, .finite = false, .a = inner},
      ByteSet::all());
}

RegexId RegexPool::repeat(RegexId inner, uint32_t min, uint32_t max) {
  if (max == 0 || inner == kEmpty) return kEmpty;
  if (inner == kNothing) return min == 0 ? kEmpty : kNothing;
  if (min == 1 && max == 1) return inner;
  if (inner == kEverything) return kEverything;
  const Node& part = nodes_[inner];
  if (part.nullable) min = 0;
  // (x*)*, (x+)*, (x?)* are x*.
  if (part.kind == Kind::repeat && part.min <= 1 && min <= 1 && max == kUnbounded) {
    return repeat(part.a, std::min(part.min, min), kUnbounded);
  }
  return intern({.kind = Kind::repeat,
                 .nullable = min == 0,
                 .plain = part.plain,
                 .finite = part.finite && max != kUnbounded,
                 .a = inner,
                 .min = min,
                 .max = max},
                first_[inner]);
}

RegexId RegexPool::derivative_at(RegexId id, uint8_t byte, int depth) {
  if (!first_[id].contains(byte)) return kNothing;
  ++work_;
  if (depth > kMaxDepth) {
    budget_.exceed_nodes();
    return kNothing;
  }
  const Node node = nodes_[id];  // a copy: nodes_ grows
  switch (node.kind) {
    case Kind::nothing:
    case Kind::empty:
      return kNothing;
    case Kind::bytes:
      return kEmpty;
    case Kind::cat:
      return cat_derivative(id, byte, depth);
    case Kind::alt: {
      std::vector<RegexId> list;
      for (uint32_t i = 0; i < node.b; ++i) {
        const RegexId part = lists_[node.a + i];
        if (first_[part].contains(byte)) list.push_back(derivative_at(part, byte, depth + 1));
      }
      return alt(std::move(list));
    }
    case Kind::both:
      return both_derivative(node, byte, depth);
    case Kind::complement:
      return id == kEverything ? id : complement(derivative_at(node.a, byte, depth + 1));
    case Kind::repeat: {
      const RegexId part = derivative_at(node.a, byte, depth + 1);
      const uint32_t max = node.max == kUnbounded ? kUnbounded : node.max - 1;
      return cat(part, repeat(node.a, node.min == 0 ? 0 : node.min - 1, max));
    }
  }
  return kNothing;
}

// Along the parts, as long as those before may be empty.
RegexId RegexPool::cat_derivative(RegexId id, uint8_t byte, int depth) {
  std::vector<RegexId> list;
  while (nodes_[id].kind == Kind::cat) {
    const RegexId head = nodes_[id].a;
    const RegexId tail = nodes_[id].b;
    if (first_[head].contains(byte)) list.push_back(cat(derivative_at(head, byte, depth + 1), tail));
    if (!nodes_[head].nullable) return alt(std::move(list));
    id = tail;
  }
  list.push_back(derivative_at(id, byte, depth + 1));
  return alt(std::move(list));
}

RegexId RegexPool::both_derivative(const Node& node, uint8_t byte, int depth) {
  std::vector<RegexId> list;
  for (uint32_t i = 0; i < node.b; ++i) {
    list.push_back(derivative_at(lists_[node.a + i], byte, depth + 1));
    if (list.back() == kNothing) return kNothing;
  }
  return both(std::move(list));
}

RegexId RegexPool::next(RegexId id, uint8_t byte) {
  if (!first_[id].contains(byte)) return kNothing;
  refine_classes();
  if (row_of_[id] == kNoRow) {
    row_of_[id] = static_cast<uint32_t>(rows_.size());
    rows_.resize(rows_.size() + static_cast<size_t>(class_count_), kUnknown);
  }
  const size_t at = row_of_[id] + classes_[byte];
  if (rows_[at] != kUnknown) return rows_[at];
  if (stopped()) return kNothing;
  RegexId result = derivative(id, byte);
  if (!live(result)) result = kNothing;
  if (stopped()) return result;  // it may be kNothing only because the search for a text was cut short
  // The derivative may have made new sets, but only unions and intersections of old ones: the classes stand.
  const ByteSet same = alike(id, byte);
  for (int c = 0; c < class_count_; ++c) {
    if (same.contains(representative(c))) rows_[row_of_[id] + static_cast<size_t>(c)] = result;
  }
  return result;
}

ByteSet RegexPool::alike_at(RegexId id, uint8_t byte, int depth) const {
  if (!first_[id].contains(byte)) return ~first_[id];
  if (depth > kMaxDepth) return ByteSet::of(byte);
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Kind::bytes:
      return first_[id];
    case Kind::cat: {
      ByteSet same = ByteSet::all();
      while (nodes_[id].kind == Kind::cat) {
        const RegexId head = nodes_[id].a;
        same = same & alike_at(head, byte, depth + 1);
        if (!nodes_[head].nullable) return same;
        id = nodes_[id].b;
      }
      return same & alike_at(id, byte, depth + 1);
    }
    case Kind::alt:
    case Kind::both: {
      ByteSet same = ByteSet::all();
      for (const RegexId part : parts(node)) same = same & alike_at(part, byte, depth + 1);
      return same;
    }
    case Kind::complement:
    case Kind::repeat:
      return id == kEverything ? ByteSet::all() : alike_at(node.a, byte, depth + 1);
    default:
      return ByteSet::all();
  }
}

bool RegexPool::live(RegexId id) {
  if (life_[id] == Life::unknown) search_life(id);
  return life_[id] == Life::live;
}

// Breadth first, until a text is found; then all on the way to it are live. If none is found, none of them
// is.
void RegexPool::search_life(RegexId id) {
  constexpr size_t kMaxSearch = 50'000;
  refine_classes();
  struct Visit {
    RegexId id;
    uint32_t from;
  };
  std::vector<Visit> visits{{id, UINT32_MAX}};
  std::unordered_set<RegexId> seen{id};
  for (uint32_t at = 0; at < visits.size(); ++at) {
    const RegexId here = visits[at].id;
    if (nodes_[here].nullable || life_[here] == Life::live) {
      for (uint32_t i = at; i != UINT32_MAX; i = visits[i].from) life_[visits[i].id] = Life::live;
      return;
    }
    if (stopped()) return;
    if (visits.size() > kMaxSearch || budget_.exceeded()) {
      budget_.exceed_nodes();
      life_[id] = Life::dead;
      return;
    }
    for (int c = 0; c < class_count_; ++c) {
      const RegexId step = derivative(here, representative_[static_cast<size_t>(c)]);
      if (life_[step] != Life::dead && seen.insert(step).second) visits.push_back({step, at});
    }
  }
  for (const Visit& visit : visits) life_[visit.id] = Life::dead;
}

bool RegexPool::matches(RegexId id, std::string_view text) {
  for (const char c : text) {
    id = derivative(id, static_cast<uint8_t>(c));
    if (id == kNothing) return false;
  }
  return nodes_[id].nullable;
}

ByteSet RegexPool::live_first(RegexId id) {
  if (nodes_[id].plain) return first_[id];
  refine_classes();
  ByteSet live_bytes;
  for (int byte = 0; byte < 256; ++byte) {
    const auto b = static_cast<uint8_t>(byte);
    if (next(id, b) != kNothing) live_bytes.insert(b);
  }
  return live_bytes;
}

RegexPool::Run RegexPool::leading_run(RegexId id) const {
  RegexId rest = kEmpty;
  if (nodes_[id].kind == Kind::cat) {
    rest = nodes_[id].b;
    id = nodes_[id].a;
  }
  if (nodes_[id].kind != Kind::repeat) return {};
  return {nodes_[id].a, nodes_[id].max, rest};
}

void RegexPool::endless_runs(RegexId id, FunctionRef<void(RegexId)> found) const {
  if (nodes_[id].kind == Kind::cat) id = nodes_[id].a;
  const auto run_of = [&](RegexId part) {
    const Run run = leading_run(part);
    if (run.max == kUnbounded && nodes_[part].plain) found(run.part);
  };
  const Node& node = nodes_[id];
  if (node.kind == Kind::alt) {
    for (const RegexId part : parts(node)) run_of(part);
    return;
  }
  if (node.kind != Kind::both) return run_of(id);
  RegexId runner = kNothing;
  for (const RegexId part : parts(node)) {
    const bool forbids_few = nodes_[part].kind == Kind::complement && nodes_[nodes_[part].a].finite;
    if (forbids_few) continue;
    if (runner != kNothing) return;
    runner = part;
  }
  run_of(runner);
}

const std::array<uint8_t, 256>& RegexPool::byte_classes() {
  refine_classes();
  return classes_;
}

int RegexPool::class_count() {
  refine_classes();
  return class_count_;
}

void RegexPool::refine_classes() {
  if (classes_of_sets_ == sets_.size()) return;
  bool changed = false;
  for (; classes_of_sets_ < sets_.size(); ++classes_of_sets_) {
    const ByteSet& set = sets_[classes_of_sets_];
    // Each class is split into those inside and those outside of the set.
    std::array<int, 256> inside_class;
    inside_class.fill(-1);
    std::array<int, 256> members{};
    std::array<int, 256> inside{};
    for (int b = 0; b < 256; ++b) {
      ++members[classes_[b]];
      inside[classes_[b]] += set.contains(static_cast<uint8_t>(b)) ? 1 : 0;
    }
    for (int b = 0; b < 256; ++b) {
      const uint8_t old = classes_[b];
      const bool is_in = set.contains(static_cast<uint8_t>(b));
      if (!is_in || inside[old] == members[old]) continue;
      if (inside_class[old] < 0) {
        inside_class[old] = class_count_++;
        changed = true;
      }
      classes_[b] = static_cast<uint8_t>(inside_class[old]);
    }
  }
  if (!changed) return;
  for (int b = 255; b >= 0; --b) representative_[classes_[b]] = static_cast<uint8_t>(b);
  rows_.clear();
  row_of_.assign(nodes_.size(), kNoRow);
}

void RegexPool::shrink(size_t size) {
  const auto is_list = [](const Node& node) { return node.kind == Kind::alt || node.kind == Kind::both; };
  size_t lists = 0;
  size_t sets = 0;
  for (size_t id = 0; id < size; ++id) {
    const Node& node = nodes_[id];
    if (is_list(node)) lists = std::max<size_t>(lists, node.a + node.b);
    if (node.kind == Kind::bytes) sets = std::max<size_t>(sets, node.a + 1);
  }
  nodes_.resize(size);
  first_.resize(size);
  life_.resize(size);
  shortest_.resize(size);
  remainder_.resize(size);
  lists_.resize(lists);
  sets_.resize(sets);
  classes_of_sets_ = std::min(classes_of_sets_, sets_.size());
  rows_.clear();
  rows_.shrink_to_fit();
  row_of_.assign(size, kNoRow);
  rebuild_slots(slots_.size());
}

size_t RegexPool::memory_bytes() const {
  return nodes_.size() * (sizeof(Node) + sizeof(ByteSet) + sizeof(Life) + 3 * sizeof(uint32_t)) +
         (lists_.size() + slots_.size() + rows_.size()) * sizeof(uint32_t) + sets_.size() * sizeof(ByteSet);
}

}  // namespace ferry
