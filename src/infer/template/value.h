#pragma once
// The values of a template: Python's, as far as templates see them. Everything but the Value itself lives in
// an Arena and is immutable once it can be seen, except namespaces, iterators and the like; so values are
// copied by bits and never freed one by one.

#include <cstdint>
#include <span>
#include <string_view>

#include "infer/template/arena.h"

namespace ferry::jinja {

// Templates rarely count beyond 64 bits, but JSON schemas carry 18446744073709551615; more is an error.
using Int = __int128;

// Where a value came from: an entry of the Runtime's origin table; 0: the template itself.
using OriginId = uint32_t;
// Set on the bytes that `{% generation %}` blocks write.
constexpr OriginId kGeneratedFlag = OriginId{1} << 31;

enum class Kind : uint8_t {
  missing,  // no value at all: an unset variable, an absent argument; templates never see it
  undefined,
  none,
  boolean,
  integer,
  floating,
  string,
  list,
  tuple,
  dict,
  name_space,
  range,
  iterator,  // a generator: can be walked once
  dict_keys,
  dict_values,
  dict_items,
  function,  // a global function, or a method bound to its object
  macro,
  loop,
  cycler,
  joiner,
};

struct Text;
struct List;
class Dict;
struct Undefined;
struct Range;
class Iterator;
struct Function;
struct Macro;
struct Loop;
struct Cycler;
struct Joiner;

struct Value {
  Kind kind = Kind::missing;
  OriginId origin = 0;  // of everything but strings, which carry their own, byte by byte
  union {
    Int integer = 0;
    bool boolean;
    double floating;
    const Text* text;
    const List* list;  // list, tuple
    Dict* dict;        // dict, its views, and namespaces
    const Undefined* undefined;
    const Range* range;
    Iterator* iterator;
    const Function* function;
    const Macro* macro;
    Loop* loop;
    Cycler* cycler;
    Joiner* joiner;
  };

  static Value none() { return tagged(Kind::none); }
  static Value of(bool flag) {
    Value v = tagged(Kind::boolean);
    v.boolean = flag;
    return v;
  }
  static Value of(Int number) {
    Value v = tagged(Kind::integer);
    v.integer = number;
    return v;
  }
  static Value of(double number) {
    Value v = tagged(Kind::floating);
    v.floating = number;
    return v;
  }
  static Value of(const Text* t) {
    Value v = tagged(Kind::string);
    v.text = t;
    return v;
  }
  static Value of(Kind kind, const List* items) {
    Value v = tagged(kind);
    v.list = items;
    return v;
  }
  static Value of(Kind kind, Dict* entries) {
    Value v = tagged(kind);
    v.dict = entries;
    return v;
  }
  static Value of(Iterator* items) {
    Value v = tagged(Kind::iterator);
    v.iterator = items;
    return v;
  }
  static Value of(const Function* f) {
    Value v = tagged(Kind::function);
    v.function = f;
    return v;
  }
  static Value count(size_t n) { return of(static_cast<Int>(n)); }

  bool is(Kind k) const { return kind == k; }
  bool is_missing() const { return kind == Kind::missing; }
  bool is_undefined() const { return kind == Kind::undefined; }
  bool is_string() const { return kind == Kind::string; }
  bool is_sequence() const { return kind == Kind::list || kind == Kind::tuple; }
  bool is_integral() const { return kind == Kind::integer || kind == Kind::boolean; }
  bool is_number() const { return is_integral() || kind == Kind::floating; }
  // Of an integral value: bool is an int in Python.
  Int as_int() const { return kind == Kind::boolean ? Int{boolean} : integer; }

 private:
  static Value tagged(Kind kind) {
    Value v;
    v.kind = kind;
    return v;
  }
};

struct List {
  std::span<const Value> items;
  bool is_group = false;  // what groupby yields: a tuple whose items are also .grouper and .list
};

struct Range {
  Int start;
  Int stop;  // as it was given: range(1, 10, 2) keeps its 10
  Int step;
  Int count;
};

// Why a value is undefined, for the message when it is used after all.
struct Undefined {
  enum class Why : uint8_t { name, attribute, element, hint, unsafe };
  Why why;
  std::string_view text;  // the name or the hint
  Value object;           // attribute, element, unsafe: of what
  Value key;              // element
};

struct Keyword {
  std::string_view name;
  Value value;
};

struct CallArgs {
  std::span<const Value> positional;
  std::span<const Keyword> keywords;
};

class Runtime;

// A lazy sequence, as Python's iterators are: items may be computed while they are asked for.
class Iterator {
 public:
  // False at the end. Iterators stand on others: each counts as one level of nesting.
  bool next(Runtime& rt, Value& item);
  // "generator", "list_reverseiterator": for messages.
  virtual std::string_view type_name() const { return "generator"; }

 protected:
  ~Iterator() = default;

 private:
  virtual bool advance(Runtime& rt, Value& item) = 0;
};

struct Function {
  std::string_view name;
  Value (*call)(Runtime& rt, const Value& self, const CallArgs& args);
  Value self;  // the object that a method is bound to
};

struct Cycler {
  std::span<const Value> items;
  size_t position;
};

struct Joiner {
  Value separator;
  bool used;
};

// Insertion-ordered, as Python's. Keys are hashable values; 1, 1.0 and true are one key.
class Dict {
 public:
  struct Entry {
    Value key;
    Value value;
  };

  std::span<const Entry> entries() const { return {entries_, size_}; }
  size_t size() const { return size_; }

  // Null where there is none. Raises when `key` is not hashable.
  const Value* find(Runtime& rt, const Value& key) const;
  // The same for a string without making a Value of it.
  const Value* find(Runtime& rt, std::string_view key) const;
  // Replaces the value of an equal key, which keeps its place.
  void set(Runtime& rt, const Value& key, const Value& value);
  void reserve(Runtime& rt, size_t count);

 private:
  // Up to here a walk over the entries is as fast as hashing.
  static constexpr size_t kUnindexed = 8;

  size_t find_slot(Runtime& rt, const Value& key) const;
  void rebuild_index(Runtime& rt, size_t slots);

  Entry* entries_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  uint32_t* index_ = nullptr;  // [index_mask_ + 1] open addressing: entry number + 1, 0 where free
  size_t index_mask_ = 0;
};

}  // namespace ferry::jinja
