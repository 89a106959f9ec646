#include "base/schema/schema_graph.h"

#include <array>
#include <cmath>
#include <unordered_map>

#include "base/schema/json_compare.h"
#include "base/schema/schema_references.h"

namespace ferry {
namespace {

constexpr int kMaxDepth = 128;
constexpr size_t kMaxNodes = 10'000;
constexpr size_t kMaxPatternsBytes = size_t{8} << 20;
constexpr size_t kMaxPlaceBytes = 200;

constexpr auto kTypes = std::to_array<std::pair<std::string_view, unsigned>>({
    {"null", kNullType},
    {"boolean", kBooleanType},
    {"integer", kIntegerType},
    {"number", kNumberType | kIntegerType},
    {"string", kStringType},
    {"array", kArrayType},
    {"object", kObjectType},
});

// Where in the schema, as a JSON Pointer; made only for errors.
struct Place {
  const Place* outer = nullptr;
  std::string_view step = {};
  size_t index = SIZE_MAX;

  // Its beginning, where it is long.
  std::string text() const {
    if (outer == nullptr) return {};
    std::string all = outer->text();
    if (all.size() >= kMaxPlaceBytes) return all;
    all += "/" + (index == SIZE_MAX ? std::string(step.substr(0, kMaxPlaceBytes)) : std::to_string(index));
    return all;
  }
};

using Made = Result<SchemaNodeId>;

class Compiler {
 public:
  explicit Compiler(SchemaGraph& graph) : graph_(graph), references_(graph.document) {}

  Result<void> run() {
    if (const json::object* root = graph_.document.if_object()) alone_ = ref_stands_alone(*root);
    FERRY_TRY_VOID(node(graph_.document, references_.root(), Place()));
    // References may lead to places that are no schemas by their keyword, and those have references again.
    while (!pending_.empty()) {
      const Pending next = std::move(pending_.back());
      pending_.pop_back();
      FERRY_TRY_VOID(link(next));
    }
    return {};
  }

 private:
  using Resource = SchemaReferences::Resource;

  struct Pending {
    SchemaNodeId from;
    Resource resource;
    std::string reference;
    std::string place;
  };

  // Drafts 7 and older: members beside $ref count for nothing.
  static bool ref_stands_alone(const json::object& root) {
    const json::value* named = root.if_contains("$schema");
    return named != nullptr && named->is_string() &&
           std::string_view(named->get_string()).find("json-schema.org/draft-0") != std::string_view::npos;
  }

  template <class... Args>
  static tl::unexpected<Error> wrong(const Place& place, fmt::format_string<Args...> format, Args&&... args) {
    const std::string at = place.text();
    return fail(ErrorCode::invalid_argument, "{} {}", at.empty() ? "the schema" : at,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Result<void> link(const Pending& pending) {
    const auto target = references_.find(pending.resource, pending.reference);
    if (target.schema == nullptr)
      return fail(ErrorCode::unsupported, "{} leads to \"{}\", which is not within the schema", pending.place,
                  pending.reference.substr(0, 100));
    const Place place{.outer = nullptr};
    FERRY_TRY(const SchemaNodeId id, node(*target.schema, target.resource, place));
    graph_.nodes[static_cast<size_t>(pending.from)].all_of.push_back(id);
    return {};
  }

  // The node of a subschema; made when it is met first.
  Made node(const json::value& schema, Resource resource, const Place& place) {
    if (const auto known = nodes_.find(&schema); known != nodes_.end()) return known->second;
    if (++depth_ > kMaxDepth || graph_.nodes.size() >= kMaxNodes)
      return fail(ErrorCode::resource_exhausted, "the schema is too large, or nested deeper than {}",
                  kMaxDepth);
    const auto id = static_cast<SchemaNodeId>(graph_.nodes.size());
    graph_.nodes.emplace_back();
    nodes_.emplace(&schema, id);
    SchemaNode made;
    if (const json::object* object = schema.if_object()) {
      FERRY_TRY_VOID(read(*object, schema, resource, place, id, made));
    } else if (schema.is_bool()) {
      made.never = !schema.get_bool();
    } else {
      return wrong(place, "must be an object, true or false, not {}", json_kind(schema));
    }
    graph_.nodes[static_cast<size_t>(id)] = std::move(made);
    --depth_;
    return id;
  }

  Result<void> read(const json::object& object, const json::value& schema, Resource resource,
                    const Place& place, SchemaNodeId id, SchemaNode& made) {
    const json::value* reference = object.if_contains("$ref");
    const bool stands_alone = alone_ && reference != nullptr;
    if (!stands_alone) FERRY_TRY_VOID(identify(object, schema, place, resource));
    references_.place(schema, resource);
    for (const auto& member : object) {
      const std::string_view keyword = member.key();
      if (stands_alone && keyword != "$ref" && keyword != "definitions") continue;
      const Place at{.outer = &place, .step = keyword};
      FERRY_TRY_VOID(read_keyword(keyword, member.value(), Context{object, resource, at, id}, made));
    }
    return {};
  }

  // What the subschema is called.
  Result<void> identify(const json::object& object, const json::value& schema, const Place& place,
                        Resource& resource) {
    if (const json::value* id = object.if_contains("$id")) {
      if (!id->is_string()) return wrong(place, "has an $id that is {}", json_kind(*id));
      const std::string_view name = id->get_string();
      // Of draft 7: "#name" is an anchor.
      if (name.starts_with('#')) {
        references_.add_anchor(resource, name.substr(1), schema);
      } else {
        const auto added = references_.add_resource(resource, name, schema);
        if (!added) return wrong(place, "has an $id of more than {} bytes", SchemaReferences::kMaxIdBytes);
        resource = *added;
      }
    }
    for (const std::string_view keyword : {"$anchor", "$dynamicAnchor"}) {
      const json::value* anchor = object.if_contains(keyword);
      if (anchor == nullptr) continue;
      if (!anchor->is_string()) return wrong(place, "has an {} that is {}", keyword, json_kind(*anchor));
      references_.add_anchor(resource, std::string_view(anchor->get_string()), schema);
    }
    return {};
  }

  struct Context {
    const json::object& object;  // that the keyword is a member of
    Resource resource;
    const Place& place;  // of the keyword
    SchemaNodeId id;
  };

  Result<void> read_keyword(std::string_view keyword, const json::value& value, const Context& context,
                            SchemaNode& made) {
    if (keyword == "$ref") return read_ref(value, context);
    if (keyword == "$dynamicRef" || keyword == "$recursiveRef")
      return fail(ErrorCode::unsupported, "{} is not supported; use $ref", context.place.text());
    for (const auto read : {&Compiler::read_any, &Compiler::read_number, &Compiler::read_array,
                            &Compiler::read_object, &Compiler::read_logic}) {
      FERRY_TRY(const bool known, (this->*read)(keyword, value, context, made));
      if (known) return {};
    }
    return {};
  }

  Result<void> read_ref(const json::value& value, const Context& context) {
    if (!value.is_string()) return wrong(context.place, "must be a string, not {}", json_kind(value));
    pending_.push_back({context.id, context.resource, std::string(value.get_string()), context.place.text()});
    return {};
  }

  // Each of these: whether the keyword is one of theirs.

  Result<bool> read_any(std::string_view keyword, const json::value& value, const Context& context,
                        SchemaNode& made) {
    if (keyword == "type") return done(read_types(value, context, made));
    if (keyword == "const") return made.constant = &value, true;
    if (keyword == "enum") {
      if (!value.is_array()) return wrong(context.place, "must be a list, not {}", json_kind(value));
      made.enumeration = &value.get_array();
      return true;
    }
    if (keyword == "minLength") return done(size(value, context, made.length.least));
    if (keyword == "maxLength") return done(size(value, context, made.length.most));
    if (keyword == "pattern") {
      if (!value.is_string()) return wrong(context.place, "must be a string, not {}", json_kind(value));
      return done(pattern(value.get_string(), context.place, made.pattern));
    }
    return false;
  }

  Result<bool> read_number(std::string_view keyword, const json::value& value, const Context& context,
                           SchemaNode& made) {
    const json::value** where = keyword == "minimum"            ? &made.minimum
                                : keyword == "maximum"          ? &made.maximum
                                : keyword == "exclusiveMinimum" ? &made.exclusive_minimum
                                : keyword == "exclusiveMaximum" ? &made.exclusive_maximum
                                : keyword == "multipleOf"       ? &made.multiple_of
                                                                : nullptr;
    if (where == nullptr) return false;
    if (!value.is_number()) return wrong(context.place, "must be a number, not {}", json_kind(value));
    if (keyword == "multipleOf" && compare_numbers(value, 0) <= 0)
      return wrong(context.place, "must be above 0");
    *where = &value;
    return true;
  }

  Result<bool> read_array(std::string_view keyword, const json::value& value, const Context& context,
                          SchemaNode& made) {
    if (keyword == "minItems") return done(size(value, context, made.items_count.least));
    if (keyword == "maxItems") return done(size(value, context, made.items_count.most));
    if (keyword == "minContains") return done(size(value, context, made.contains_count.least));
    if (keyword == "maxContains") return done(size(value, context, made.contains_count.most));
    if (keyword == "contains") return done(child(value, context, made.contains));
    if (keyword == "prefixItems") return done(children(value, context, made.prefix_items));
    if (keyword == "items" && value.is_array()) return done(children(value, context, made.prefix_items));
    if (keyword == "items") return done(child(value, context, made.items));
    if (keyword == "additionalItems") {
      const json::value* items = context.object.if_contains("items");
      SchemaNodeId unused = kNoSchema;
      return done(child(value, context, items != nullptr && items->is_array() ? made.items : unused));
    }
    if (keyword == "unevaluatedItems") {
      graph_.has_unevaluated = true;
      return done(child(value, context, made.unevaluated_items));
    }
    if (keyword != "uniqueItems") return false;
    if (!value.is_bool()) return wrong(context.place, "must be true or false, not {}", json_kind(value));
    made.unique_items = value.get_bool();
    return true;
  }

  Result<bool> read_object(std::string_view keyword, const json::value& value, const Context& context,
                           SchemaNode& made) {
    if (keyword == "minProperties") return done(size(value, context, made.members_count.least));
    if (keyword == "maxProperties") return done(size(value, context, made.members_count.most));
    if (keyword == "required") return done(names(value, context.place, made.required));
    if (keyword == "additionalProperties") return done(child(value, context, made.additional_properties));
    if (keyword == "propertyNames") return done(child(value, context, made.property_names));
    if (keyword == "unevaluatedProperties") {
      graph_.has_unevaluated = true;
      return done(child(value, context, made.unevaluated_properties));
    }
    if (keyword != "properties" && keyword != "patternProperties" && keyword != "dependentRequired" &&
        keyword != "dependentSchemas" && keyword != "dependencies")
      return false;
    if (!value.is_object()) return wrong(context.place, "must be an object, not {}", json_kind(value));
    for (const auto& member : value.get_object()) {
      const Place at{.outer = &context.place, .step = member.key()};
      FERRY_TRY_VOID(read_member(keyword, member.key(), member.value(), {context, at}, made));
    }
    return true;
  }

  struct MemberContext {
    const Context& keyword;
    const Place& place;
  };

  Result<void> read_member(std::string_view keyword, std::string_view name, const json::value& value,
                           const MemberContext& at, SchemaNode& made) {
    if (keyword == "dependentRequired" || (keyword == "dependencies" && value.is_array())) {
      made.dependent_required.emplace_back(name, std::vector<std::string_view>());
      return names(value, at.place, made.dependent_required.back().second);
    }
    FERRY_TRY(const SchemaNodeId schema, node(value, at.keyword.resource, at.place));
    if (keyword == "properties") {
      made.properties.emplace(name, schema);
    } else if (keyword == "patternProperties") {
      const Pattern* compiled = nullptr;
      FERRY_TRY_VOID(pattern(name, at.place, compiled));
      made.pattern_properties.emplace_back(compiled, schema);
    } else {
      made.dependent_schemas.emplace_back(name, schema);
    }
    return {};
  }

  Result<bool> read_logic(std::string_view keyword, const json::value& value, const Context& context,
                          SchemaNode& made) {
    if (keyword == "allOf") return done(children(value, context, made.all_of));
    if (keyword == "anyOf") return done(children(value, context, made.any_of));
    if (keyword == "oneOf") return done(children(value, context, made.one_of));
    if (keyword == "not") return done(child(value, context, made.negated));
    if (keyword == "if") return done(child(value, context, made.condition));
    if (keyword == "then") return done(child(value, context, made.then));
    if (keyword == "else") return done(child(value, context, made.otherwise));
    if (keyword != "$defs" && keyword != "definitions") return false;
    if (!value.is_object()) return wrong(context.place, "must be an object, not {}", json_kind(value));
    for (const auto& member : value.get_object()) {
      const Place at{.outer = &context.place, .step = member.key()};
      FERRY_TRY_VOID(node(member.value(), context.resource, at));
    }
    return true;
  }

  static Result<bool> done(Result<void> result) {
    if (!result) return tl::unexpected(std::move(result).error());
    return true;
  }

  Result<void> child(const json::value& value, const Context& context, SchemaNodeId& out) {
    FERRY_TRY(out, node(value, context.resource, context.place));
    return {};
  }

  Result<void> children(const json::value& value, const Context& context, std::vector<SchemaNodeId>& out) {
    if (!value.is_array()) return wrong(context.place, "must be a list of schemas, not {}", json_kind(value));
    for (size_t i = 0; i < value.get_array().size(); ++i) {
      const Place at{.outer = &context.place, .index = i};
      FERRY_TRY(const SchemaNodeId id, node(value.get_array()[i], context.resource, at));
      out.push_back(id);
    }
    return {};
  }

  static Result<void> names(const json::value& value, const Place& place,
                            std::vector<std::string_view>& out) {
    const bool is_list = value.is_array();
    if (!is_list) return wrong(place, "must be a list of names, not {}", json_kind(value));
    for (const json::value& one : value.get_array()) {
      if (!one.is_string()) return wrong(place, "must be a list of names, and has {} in it", json_kind(one));
      out.push_back(one.get_string());
    }
    return {};
  }

  // Beyond what fits, nothing is ever so large.
  static Result<void> size(const json::value& value, const Context& context, int64_t& out) {
    if (!is_integer(value) || compare_numbers(value, 0) < 0)
      return wrong(context.place, "must be an integer of at least 0");
    constexpr double kMost = 9e15;
    out = value.is_int64() ? value.get_int64()
                           : static_cast<int64_t>(std::min(value.to_number<double>(), kMost));
    return {};
  }

  Result<void> pattern(std::string_view text, const Place& place, const Pattern*& out) {
    auto known = graph_.patterns.find(text);
    if (known == graph_.patterns.end()) {
      auto compiled = Pattern::compile(text);
      if (!compiled) return wrong(place, "does not work: {}", compiled.error().message);
      pattern_bytes_ += compiled->bytes();
      if (pattern_bytes_ > kMaxPatternsBytes)
        return fail(ErrorCode::resource_exhausted, "{}: the schema's expressions are too large together",
                    place.text());
      known = graph_.patterns.emplace(text, *std::move(compiled)).first;
    }
    out = &known->second;
    return {};
  }

  static Result<void> read_types(const json::value& value, const Context& context, SchemaNode& made) {
    std::vector<std::string_view> all;
    if (value.is_string()) all.push_back(value.get_string());
    if (!value.is_string()) FERRY_TRY_VOID(names(value, context.place, all));
    for (const std::string_view name : all) {
      const auto* found =
          std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return t.first == name; });
      if (found == kTypes.end())
        return wrong(context.place, "has \"{}\", which is no type", name.substr(0, 40));
      made.types |= found->second;
    }
    return {};
  }

  SchemaGraph& graph_;
  SchemaReferences references_;
  std::unordered_map<const json::value*, SchemaNodeId> nodes_;
  std::vector<Pending> pending_;
  size_t pattern_bytes_ = 0;
  bool alone_ = false;
  int depth_ = 0;
};

}  // namespace

Result<std::shared_ptr<const SchemaGraph>> compile_schema(const json::value& schema) {
  auto graph = std::make_shared<SchemaGraph>();
  graph->document = schema;
  Compiler compiler(*graph);
  FERRY_TRY_VOID(compiler.run());
  return std::shared_ptr<const SchemaGraph>(std::move(graph));
}

}  // namespace ferry
