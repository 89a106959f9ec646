// What stands between the quotes of a string.

#include "infer/grammar/schema_compiler.h"
#include "infer/grammar/string_formats.h"

namespace ferry {
Result<const RegexTree*> SchemaCompiler::pattern_tree(const json::object& schema, std::string_view keyword,
                                                      std::string_view pattern) {
  if (const auto known = patterns_.find(pattern); known != patterns_.end()) return &known->second;
  auto tree = parse_regex(pattern);
  if (!tree) {
    return document_.error(tree.error().code, &schema, keyword, "\"{}\": {}", pattern, tree.error().message);
  }
  return &patterns_.emplace(std::string(pattern), *std::move(tree)).first->second;
}

// The pattern of `format`; and of contentEncoding, which draft 7 lets validators check.
Result<std::optional<std::string_view>> SchemaCompiler::named_format(const json::object& schema,
                                                                     std::string_view keyword) {
  const json::value* name = schema.if_contains(keyword);
  if (name == nullptr) return std::nullopt;
  const bool is_format = keyword == "format";
  const bool known = name->is_string() && is_format != (name->get_string() == "base64");
  const auto pattern = known ? format_pattern(std::string_view(name->get_string())) : std::nullopt;
  if (pattern) return pattern;
  if (!is_format && !document_.legacy()) return std::nullopt;
  if (is_format && name->is_string() && !is_defined_format(name->get_string())) return std::nullopt;
  return document_.error(ErrorCode::unsupported, &schema, keyword, "{} is not supported; these are: {}",
                         to_json(*name),
                         is_format ? fmt::format("{}", fmt::join(format_names(), ", ")) : "base64");
}

Result<std::optional<RegexId>> SchemaCompiler::string_content(const Branch& branch) {
  struct Wanted {
    const json::object* schema;
    std::string_view keyword;
    const RegexTree* tree;
    bool search;
    bool negated = false;
  };
  std::vector<Wanted> wanted;
  FERRY_TRY(Counts length, counts_in(branch, "minLength", "maxLength"));
  for (const Leaf& leaf : branch) {
    if (const json::value* pattern = leaf.schema->if_contains("pattern")) {
      if (!pattern->is_string()) {
        return document_.error(ErrorCode::invalid_argument, leaf.schema, "pattern", "must be a string");
      }
      FERRY_TRY(const RegexTree* tree, pattern_tree(*leaf.schema, "pattern", pattern->get_string()));
      wanted.push_back({leaf.schema, "pattern", tree, true});
    }
    if (const json::value* pattern = leaf.schema->if_contains("!pattern")) {
      FERRY_TRY(const RegexTree* tree, pattern_tree(*leaf.schema, "pattern", pattern->get_string()));
      wanted.push_back({leaf.schema, "pattern", tree, true, true});
    }
    for (const std::string_view keyword : {"format", "contentEncoding"}) {
      FERRY_TRY(const auto format, named_format(*leaf.schema, keyword));
      if (!format || looking_) continue;  // each is a part of what others may take it for
      FERRY_TRY(const RegexTree* tree, pattern_tree(*leaf.schema, keyword, *format));
      wanted.push_back({leaf.schema, keyword, tree, false});
    }
  }
  std::vector<std::string> forbidden;
  for (const json::value* value : excluded_values(branch)) {
    if (value->is_string()) forbidden.push_back(canonical_content(value->get_string()));
  }
  if (wanted.empty() && forbidden.empty() && length.min == 0 && length.max == kNoLimit) return std::nullopt;
  if (length.min > length.max) return RegexPool::kNothing;

  RegexPool& pool = parts_.pool;
  CharSet characters = CharSet::all();
  std::vector<RegexId> all;
  std::vector<RegexId> forbidden_patterns;
  bool length_is_implied = false;
  for (const Wanted& want : wanted) {
    // "^[a-z]{2,}$" and a length are one repetition: no intersection to follow later.
    if (const auto repeat = as_char_repeat(*want.tree, want.search); repeat && !want.negated) {
      characters = characters & repeat->set;
      length.min = std::max<uint64_t>(length.min, repeat->min);
      if (repeat->max != RegexPool::kUnbounded) length.max = std::min<uint64_t>(length.max, repeat->max);
      continue;
    }
    auto texts = want.search ? parts_.json.search(*want.tree) : parts_.json.whole(*want.tree);
    if (!texts) {
      return document_.error(texts.error().code, want.schema, want.keyword, "{}", texts.error().message);
    }
    if (want.negated) {
      forbidden_patterns.push_back(*texts);
      continue;
    }
    all.push_back(*texts);
    const CharCount count = count_chars(*want.tree, want.search);
    length_is_implied = length_is_implied || (count.min >= length.min && count.max <= length.max);
  }
  if (length.min > length.max) return RegexPool::kNothing;
  const bool no_more = all.size() > 0 && characters == CharSet::all() &&
                       (length_is_implied || (length.min == 0 && length.max == kNoLimit));
  if (!no_more) {
    all.push_back(
        pool.repeat(parts_.json.chars(characters), repeat_limit(length.min), repeat_limit(length.max)));
  }
  if (!forbidden.empty()) {
    forbidden_patterns.push_back(
        pool.literals(std::vector<std::string_view>(forbidden.begin(), forbidden.end())));
  }
  for (const RegexId texts : forbidden_patterns) all.push_back(pool.complement(texts));
  return pool.both(std::move(all));
}

}  // namespace ferry
