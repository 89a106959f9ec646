#pragma once
// From a JSON Schema to rules. ADR 0006 and docs/structured.md say what is understood.
//
// What must hold for a value is a set of schemas, all at once (a Demand): so allOf, $ref, and properties that
// several schemas speak about need no merging of schemas into new ones. A demand is expanded into branches,
// one for each way through its anyOf and oneOf; in a branch there are only schemas whose own keywords are
// left to obey. Each branch gives what its scalars, arrays and objects look like. Every step may leave valid
// texts out, none lets invalid ones in.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "infer/grammar/builder.h"
#include "infer/grammar/grammar.h"
#include "infer/grammar/json_text.h"
#include "infer/grammar/number_text.h"
#include "infer/grammar/schema_document.h"

namespace ferry {

class SchemaCompiler {
 public:
  SchemaCompiler(GrammarBuilder& parts, SchemaDocument& document, JsonText& text,
                 const JsonSchemaSource& source)
      : parts_(parts),
        document_(document),
        text_(text),
        closed_objects_(source.closed_objects),
        in_order_(source.in_order) {}

  Result<RuleId> compile();

 private:
  // Schemas that must all hold; sorted, each once.
  using Demand = std::vector<const json::value*>;
  struct Leaf {
    const json::object* schema;
    bool values_are_choices;  // enum or const with arrays or objects: their values have become choices
  };
  using Branch = std::vector<Leaf>;
  using Alternative = std::vector<const json::value*>;
  struct Choice {
    const json::object* schema;
    std::string_view keyword;
    std::vector<Alternative> alternatives;
    bool one_only = false;  // oneOf: the alternatives must exclude each other
  };
  struct Expansion {
    Branch leaves;
    std::deque<const json::value*> pending;
    std::deque<Choice> choices;
    std::set<const json::object*> seen;
  };
  // Which types of values: null, boolean, string, numbers that are integers and that are not, array, object.
  enum Types : uint8_t {
    kNull = 1,
    kBoolean = 2,
    kString = 4,
    kInteger = 8,
    kFraction = 16,
    kArray = 32,
    kObject = 64,
    kAnyType = 127
  };
  static constexpr uint64_t kNoLimit = UINT64_MAX;
  struct Counts {
    uint64_t min = 0;
    uint64_t max = kNoLimit;
  };

  // schema_compiler.cpp
  Result<SymbolId> value_of(Demand demand);
  Result<void> build(RuleId rule, const std::vector<Branch>& branches);
  static Demand sorted(Demand demand);
  // As a bound of a repetition.
  static uint32_t repeat_limit(uint64_t n) {
    return n >= RegexPool::kUnbounded ? RegexPool::kUnbounded : static_cast<uint32_t>(n);
  }

  // schema_expand.cpp
  Result<std::vector<Branch>> expand(const Demand& demand);
  Result<void> expand_from(Expansion expansion, std::vector<Branch>& out, int depth);
  Result<void> add_schema(const json::value& schema, Expansion& expansion);
  Result<void> add_combinations(const json::object& schema, Expansion& expansion);
  Result<void> add_dependencies(const json::object& schema, std::string_view keyword, Expansion& expansion);
  Result<void> add_values(const json::object& schema, Expansion& expansion);
  Result<std::vector<const json::value*>> schemas_of(const json::object& schema, std::string_view keyword);
  Result<void> add_conditions(const json::object& schema, Expansion& expansion);
  Result<void> make_exclusive(const Expansion& expansion, Choice& choice, int depth);
  Result<bool> overlap(const Expansion& expansion, const Alternative& a, const Alternative& b, int depth);
  Result<bool> impossible(const Branch& branch, int depth);
  Result<bool> impossible_demand(const Demand& demand, int depth);
  Result<bool> impossible_object(const Branch& branch, int depth);
  Result<bool> impossible_array(const Branch& branch, int depth);
  void mark_checked(const json::object& schema);
  const json::value* make_schema(const json::object& reason, std::string_view tag, json::value schema);

  // schema_negate.cpp
  const json::value* negation_of(const json::value& schema);
  Result<std::vector<Alternative>> ways_to_break(const json::value& schema);
  Result<void> break_keyword(const json::object& schema, std::string_view keyword, const json::value& value,
                             std::vector<Alternative>& ways);
  Result<void> break_combination(const json::object& schema, std::string_view keyword,
                                 std::vector<Alternative>& ways);
  bool says_nothing(const json::value& schema) const;

  // schema_keywords.cpp
  Result<void> check_keywords(const json::object& schema);
  // A keyword that says something about a value.
  static bool speaks(std::string_view keyword);
  static bool demands_anything(const json::object& schema);
  Result<uint8_t> types_of(const Branch& branch);
  Result<uint8_t> types_named(const json::object& schema, const json::value& names);
  Result<std::optional<uint64_t>> count_in(const json::object& schema, std::string_view keyword);
  Result<Counts> counts_in(const Branch& branch, std::string_view min, std::string_view max);
  Result<const json::value*> schema_in(const json::object& schema, std::string_view keyword);
  Result<const json::object*> object_in(const json::object& schema, std::string_view keyword);

  // schema_scalars.cpp
  struct Scalars {
    RegexId texts = RegexPool::kNothing;
    std::optional<SymbolId> multiples = {};  // numbers that no regular expression says
  };
  Result<Scalars> scalars_of(const Branch& branch, uint8_t types);
  std::optional<std::vector<const json::value*>> listed_values(const Branch& branch) const;
  static std::vector<const json::value*> excluded_values(const Branch& branch);
  Result<std::vector<std::string>> listed_strings(const Branch& branch,
                                                  const std::vector<const json::value*>& values);
  Result<RegexId> listed_scalars(const Branch& branch, uint8_t types,
                                 const std::vector<const json::value*>& values);

  // schema_strings.cpp
  // Between the quotes, canonically. Nothing when any string will do.
  Result<std::optional<RegexId>> string_content(const Branch& branch);
  Result<std::optional<std::string_view>> named_format(const json::object& schema, std::string_view keyword);
  Result<const RegexTree*> pattern_tree(const json::object& schema, std::string_view keyword,
                                        std::string_view pattern);

  // schema_numbers.cpp
  struct Numbers {
    Interval interval;
    std::vector<Decimal> multiples;        // of all of these
    const json::object* schema = nullptr;  // with the last multipleOf
  };
  Result<Numbers> numbers_in(const Branch& branch);
  Result<void> add_numbers(const Branch& branch, uint8_t types, Scalars& out);
  Result<void> add_multiples(const Numbers& numbers, uint64_t divisor, Scalars& out);
  Result<bool> allows_number(const Numbers& numbers, const json::value& number);

  // schema_objects.cpp
  struct Member {
    std::string name;
    Demand value;
    bool required = false;
  };
  struct Extra {  // properties that are not declared by name
    RegexId key_content;
    Demand value;
  };
  // Each once, in the order in which they are listed.
  Result<std::vector<std::string>> required_in(const Branch& branch);
  Result<std::optional<Demand>> member_demand(const Branch& branch, std::string_view name);
  Result<std::vector<Member>> members_of(const Branch& branch, bool& possible);
  Result<std::vector<Extra>> extras_of(const Branch& branch, const std::vector<Member>& members);
  Result<RegexId> name_language(const Branch& branch);
  Result<void> add_object(RuleId rule, const Branch& branch);
  Result<void> add_members(RuleId rule, const std::vector<Member>& members, const std::vector<Extra>& extras,
                           const Counts& counts);
  Result<RuleId> members_in_order(const std::vector<Member>& members, const std::vector<Extra>& extras,
                                  const Counts& counts);
  Result<MemberSet> members_in_any_order(const std::vector<Member>& members, const std::vector<Extra>& extras,
                                         const Counts& counts);
  Result<std::vector<RuleId>> add_rest(size_t top, const std::vector<Extra>& extras, const Counts& counts);
  Result<SymbolId> extra_symbol(const std::vector<Extra>& extras, bool with_comma);
  Result<RegexId> plain_pattern(const json::object& schema, std::string_view pattern);

  // schema_arrays.cpp
  struct Items {
    std::vector<Demand> first;  // each position's own
    Demand rest;
    uint64_t min = 0;
    uint64_t max = kNoLimit;  // also where a position admits nothing
  };
  Result<Items> items_of(const Branch& branch);
  Result<void> add_array(RuleId rule, const Branch& branch);

  struct Unfinished {
    RuleId rule;
    std::vector<Branch> branches;
  };

  GrammarBuilder& parts_;
  SchemaDocument& document_;
  JsonText& text_;
  bool closed_objects_;
  bool in_order_;
  std::map<Demand, SymbolId> known_;
  std::deque<Unfinished> unfinished_;
  std::set<const json::object*> checked_;
  std::deque<json::value> made_;
  std::map<std::pair<const void*, std::string>, const json::value*> made_for_;
  std::vector<const json::value*> negated_;  // {"!not": i}, which only made_ has, negates negated_[i]
  std::map<const json::value*, const json::value*> negations_;
  std::map<std::string, RegexTree, std::less<>> patterns_;
  std::map<std::string, RegexId, std::less<>> plain_patterns_;
  size_t branches_ = 0;   // in all
  bool looking_ = false;  // for contradictions only: what is admitted may then be too much, not too little
};

}  // namespace ferry
