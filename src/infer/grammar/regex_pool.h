#pragma once
// Regular languages over bytes, as expressions that are stored once each: equal expressions have equal ids.
// Beside the usual operators there are intersection, complement and counted repetition. A language moves on
// by derivatives (Brzozowski, "Derivatives of regular expressions", 1964): derivative(e, b) are the rests of
// e's texts that begin with b. So an expression is also the state of an automaton that is built as far as it
// is walked.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/core/function_ref.h"
#include "infer/grammar/budget.h"
#include "infer/grammar/byte_set.h"

namespace ferry {

using RegexId = uint32_t;

// Not thread-safe. Simplifies as it builds; neither equal languages nor empty ones are always found to be so:
// live() decides emptiness.
class RegexPool {
 public:
  static constexpr RegexId kNothing = 0;     // no text
  static constexpr RegexId kEmpty = 1;       // the empty text
  static constexpr RegexId kEverything = 2;  // any bytes
  static constexpr uint32_t kUnbounded = UINT32_MAX;

  RegexPool();

  void set_budget(Budget budget) { budget_ = budget; }
  Budget& budget() { return budget_; }

  RegexId bytes(const ByteSet& set);
  RegexId literal(std::string_view text);
  // Any of these texts. Shares common beginnings and ends.
  RegexId literals(std::vector<std::string_view> texts);
  RegexId cat(RegexId first, RegexId second);
  RegexId cat(std::initializer_list<RegexId> parts);
  RegexId alt(std::vector<RegexId> parts);
  RegexId alt(RegexId a, RegexId b) { return alt(std::vector<RegexId>{a, b}); }
  RegexId both(std::vector<RegexId> parts);
  RegexId both(RegexId a, RegexId b) { return both(std::vector<RegexId>{a, b}); }
  RegexId complement(RegexId inner);
  // min <= max; max may be kUnbounded.
  RegexId repeat(RegexId inner, uint32_t min, uint32_t max);
  RegexId star(RegexId inner) { return repeat(inner, 0, kUnbounded); }
  RegexId optional(RegexId inner) { return repeat(inner, 0, 1); }

  bool nullable(RegexId id) const { return nodes_[id].nullable; }
  // The bytes that its texts may begin with; perhaps more than that where live() says it is not plain.
  const ByteSet& first(RegexId id) const { return first_[id]; }
  RegexId derivative(RegexId id, uint8_t byte) { return derivative_at(id, byte, 0); }
  // derivative(), remembered, and kNothing where it is not live.
  RegexId next(RegexId id, uint8_t byte);
  // Bytes that surely have the same derivative as this one; it is among them.
  ByteSet alike(RegexId id, uint8_t byte) const { return alike_at(id, byte, 0); }
  // How much work next() has done; from which amount on it does no more, and what it does not know is
  // kNothing.
  uint64_t work() const { return work_; }
  void stop_at(uint64_t work) { work_limit_ = work; }
  bool stopped() const { return work_ >= work_limit_; }
  // The language has a text. Searches where there are intersections or complements; a search that becomes too
  // large counts as no and exceeds the budget.
  bool live(RegexId id);
  bool matches(RegexId id, std::string_view text);
  // first() without the bytes that lead nowhere.
  ByteSet live_first(RegexId id);

  // repeat(part, any, max) and then the rest; max = 0 when the expression has not this form.
  struct Run {
    RegexId part = kNothing;
    uint32_t max = 0;
    RegexId rest = kEmpty;
  };
  Run leading_run(RegexId id) const;
  // Calls found(part) for each part of which any number may come first, whatever else the language allows: of
  // a leading run without end, of the alternatives' runs, and of a run minus finitely many texts.
  void endless_runs(RegexId id, FunctionRef<void(RegexId part)> found) const;

  // An expression that has the same beginnings up to so many bytes, and the same texts up to there; the same
  // one for as many as that can be seen for. What is counted far beyond `bytes` is not counted in it: a long
  // maximal length must not make every position a new expression. any_character(part): all texts that a
  // `both` with repetitions of this part may have are made of it.
  RegexId within(RegexId id, uint32_t bytes, FunctionRef<bool(RegexId part)> any_character);

  // For starting afresh: forgets the expressions made since the pool had this size. Remembered derivatives
  // go.
  void shrink(size_t size);

  // Bytes with the same number are not told apart by any expression so far.
  const std::array<uint8_t, 256>& byte_classes();
  int class_count();
  // One of the bytes of a class.
  uint8_t representative(int byte_class) const { return representative_[static_cast<size_t>(byte_class)]; }

  size_t size() const { return nodes_.size(); }
  size_t memory_bytes() const;

 private:
  enum class Kind : uint8_t { nothing, empty, bytes, cat, alt, both, complement, repeat };
  struct Node {
    Kind kind = Kind::nothing;
    bool nullable = false;
    bool plain = true;   // has neither `both` nor `complement`: live unless kNothing
    bool finite = true;  // has finitely many texts
    uint32_t a = 0;    // bytes: of sets_; cat, repeat, complement: the (first) part; lists: offset in lists_
    uint32_t b = 0;    // cat: the second part; lists: how many parts
    uint32_t min = 0;  // repeat
    uint32_t max = 0;
  };
  enum class Life : uint8_t { unknown, live, dead };

  RegexId intern(const Node& node, const ByteSet& first);
  RegexId intern_list(Kind kind, const std::vector<RegexId>& parts);
  uint64_t hash_of(const Node& node) const;
  bool same(const Node& a, const Node& b) const;
  void rebuild_slots(size_t slots);
  std::span<const RegexId> parts(const Node& node) const { return {lists_.data() + node.a, node.b}; }
  void flatten(Kind kind, const std::vector<RegexId>& parts, std::vector<RegexId>& out) const;
  void merge_byte_sets(Kind kind, std::vector<RegexId>& parts);
  RegexId literals_from(std::span<const std::string_view> texts, size_t at);
  RegexId derivative_at(RegexId id, uint8_t byte, int depth);
  ByteSet alike_at(RegexId id, uint8_t byte, int depth) const;
  RegexId cat_derivative(RegexId id, uint8_t byte, int depth);
  RegexId both_derivative(const Node& node, uint8_t byte, int depth);
  void search_life(RegexId id);
  void measure(const Node& node);
  void refine_classes();

  std::vector<Node> nodes_;
  std::vector<ByteSet> first_;  // beside nodes_
  std::vector<Life> life_;      // beside nodes_
  // Beside nodes_, both upper bounds, with kUnbounded for "not known": the bytes of the shortest text, and
  // those that are missing to a text at most, wherever one is in one.
  std::vector<uint32_t> shortest_;
  std::vector<uint32_t> remainder_;
  std::vector<uint32_t> lists_;
  std::vector<ByteSet> sets_;
  std::vector<uint32_t> slots_;   // open addressing over nodes_; 0 is free
  std::vector<uint32_t> row_of_;  // beside nodes_: where the node's row begins in rows_, kNoRow without
  std::vector<RegexId> rows_;     // [rows, class_count_]: next(), kUnknown where it was not asked yet
  std::array<uint8_t, 256> classes_{};
  std::array<uint8_t, 256> representative_{};
  int class_count_ = 1;
  size_t classes_of_sets_ = 0;  // how many sets classes_ has seen
  uint64_t work_ = 0;
  uint64_t work_limit_ = UINT64_MAX;
  Budget budget_;
};

}  // namespace ferry
