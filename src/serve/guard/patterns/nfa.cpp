#include "serve/guard/patterns/nfa.h"

#include <string>

#include "base/core/utf8.h"
#include "serve/guard/patterns/spellings.h"

namespace ferry {
namespace {

// The last character that takes so many bytes of UTF-8.
constexpr char32_t kLastOfLength[] = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

std::string utf8(char32_t c) {
  std::string bytes;
  append_utf8(bytes, c);
  return bytes;
}

}  // namespace

int Nfa::add_state() {
  states_.emplace_back();
  return static_cast<int>(states_.size()) - 1;
}

void Nfa::add_bytes(int from, int to, std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int next = i + 1 == bytes.size() ? to : add_state();
    const auto byte = static_cast<uint8_t>(bytes[i]);
    states_[from].edges.push_back({byte, byte, next});
    from = next;
  }
}

// Splits the range until its first and last character have as many bytes, and differ only where all of the
// following bytes run through all continuations; then each byte is a range of its own.
void Nfa::add_range(int from, int to, char32_t first, char32_t last) {
  for (const char32_t limit : kLastOfLength) {
    if (first <= limit && last > limit) {
      add_range(from, to, first, limit);
      return add_range(from, to, limit + 1, last);
    }
  }
  for (int bits = 6; bits <= 18 && last > 0x7F; bits += 6) {
    const char32_t mask = (char32_t{1} << bits) - 1;
    if ((first & ~mask) == (last & ~mask)) continue;
    if ((first & mask) != 0) {
      add_range(from, to, first, first | mask);
      return add_range(from, to, (first | mask) + 1, last);
    }
    if ((last & mask) != mask) {
      add_range(from, to, first, (last & ~mask) - 1);
      return add_range(from, to, last & ~mask, last);
    }
  }
  const std::string low = utf8(first);
  const std::string high = utf8(last);
  for (size_t i = 0; i < low.size(); ++i) {
    const int next = i + 1 == low.size() ? to : add_state();
    states_[from].edges.push_back({static_cast<uint8_t>(low[i]), static_cast<uint8_t>(high[i]), next});
    from = next;
  }
}

Nfa::Piece Nfa::compile_set(const std::vector<CharRange>& set) {
  const Piece piece{add_state(), add_state()};
  for (const auto& [first, last] : set) add_range(piece.begin, piece.end, first, last);
  return piece;
}

Nfa::Piece Nfa::compile_sequence(const PatternTree& tree, const std::vector<int>& children) {
  const int begin = add_state();
  int end = begin;
  for (const int child : children) {
    const Piece piece = compile(tree, child);
    states_[end].empty.push_back(piece.begin);
    end = piece.end;
  }
  return {begin, end};
}

Nfa::Piece Nfa::compile_choice(const PatternTree& tree, const std::vector<int>& children) {
  const Piece whole{add_state(), add_state()};
  for (const int child : children) {
    const Piece piece = compile(tree, child);
    states_[whole.begin].empty.push_back(piece.begin);
    states_[piece.end].empty.push_back(whole.end);
  }
  return whole;
}

Nfa::Piece Nfa::compile_repeat(const PatternTree& tree, const PatternNode& node) {
  const int begin = add_state();
  int end = begin;
  for (int i = 0; i < node.least && !full(); ++i) {
    const Piece piece = compile(tree, node.children[0]);
    states_[end].empty.push_back(piece.begin);
    end = piece.end;
  }
  const int out = add_state();
  states_[end].empty.push_back(out);
  if (node.most < 0) {
    const Piece piece = compile(tree, node.children[0]);
    states_[end].empty.push_back(piece.begin);
    states_[piece.end].empty.push_back(piece.begin);
    states_[piece.end].empty.push_back(out);
  }
  for (int i = node.least; i < node.most && !full(); ++i) {
    const Piece piece = compile(tree, node.children[0]);
    states_[end].empty.push_back(piece.begin);
    states_[piece.end].empty.push_back(out);
    end = piece.end;
  }
  return {begin, out};
}

// As deep as the tree, which parse_pattern() bounds.
Nfa::Piece Nfa::compile(const PatternTree& tree, int index) {
  const PatternNode& node = tree.nodes[index];
  if (full() || node.kind == PatternNode::Kind::empty) {
    const int state = add_state();
    return {state, state};
  }
  switch (node.kind) {
    case PatternNode::Kind::set:
      return compile_set(node.set);
    case PatternNode::Kind::sequence:
      return compile_sequence(tree, node.children);
    case PatternNode::Kind::choice:
      return compile_choice(tree, node.children);
    default:
      return compile_repeat(tree, node);
  }
}

Result<void> Nfa::accept(int state, int first_state, int pattern) {
  if (full()) return fail(ErrorCode::resource_exhausted, "is too large; use fewer or shorter repeats");
  states_[state].accepts = true;
  for (size_t i = first_state; i < states_.size(); ++i) states_[i].pattern = pattern;
  return {};
}

Result<void> Nfa::add_regex(const PatternTree& tree, int pattern) {
  const auto first_state = static_cast<int>(states_.size());
  const Piece piece = compile(tree, tree.root);
  states_[0].empty.push_back(piece.begin);
  return accept(piece.end, first_state, pattern);
}

Result<void> Nfa::add_name(std::string_view name, int pattern) {
  const auto first_state = static_cast<int>(states_.size());
  int from = add_state();
  states_[0].empty.push_back(from);
  for (const NameCharacter& character : name_characters(name)) {
    const int to = add_state();
    for (const std::string& spelling : character.spellings) add_bytes(from, to, spelling);
    from = to;
    for (int i = 1; i < character.most; ++i) {
      const int more = add_state();
      for (const std::string& spelling : character.spellings) add_bytes(from, more, spelling);
      states_[from].empty.push_back(more);
      from = more;
    }
  }
  return accept(from, first_state, pattern);
}

}  // namespace ferry
