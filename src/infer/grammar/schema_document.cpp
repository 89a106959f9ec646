#include "infer/grammar/schema_document.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

constexpr size_t kMaxDepth = 200;

// Values below these keywords are data, not schemas: an "$id" there means nothing.
bool holds_data(std::string_view keyword) {
  return keyword == "enum" || keyword == "const" || keyword == "default" || keyword == "examples" ||
         keyword == "example";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string pointer_step(std::string_view step) {
  std::string out;
  for (size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      out += step[++i] == '0' ? '~' : '/';
    } else {
      out += step[i];
    }
  }
  return out;
}

std::string escaped_step(std::string_view step) {
  std::string out;
  for (const char c : step) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Values below these keywords are schemas under names that are nobody's keywords.
bool holds_named_schemas(std::string_view keyword) {
  return keyword == "properties" || keyword == "patternProperties" || keyword == "$defs" ||
         keyword == "definitions" || keyword == "dependentSchemas" || keyword == "dependencies";
}

enum class Content : uint8_t { schema, named_schemas, data };

Content content_of(std::string_view keyword, Content around) {
  if (around != Content::schema) return around == Content::data ? Content::data : Content::schema;
  if (holds_data(keyword)) return Content::data;
  return holds_named_schemas(keyword) ? Content::named_schemas : Content::schema;
}

// What a value is known by: objects by the object, as most code has that; others by the value.
const void* address(const json::value& value) {
  return value.is_object() ? static_cast<const void*>(&value.get_object()) : static_cast<const void*>(&value);
}

}  // namespace

Result<SchemaDocument> SchemaDocument::open(const json::value& schema, size_t max_bytes) {
  SchemaDocument document;
  document.root_ = &schema;
  if (!schema.is_object() && !schema.is_bool()) {
    return fail(ErrorCode::invalid_argument, "JSON Schema: a schema must be an object, true or false, not {}",
                json_kind(schema));
  }
  if (schema.is_object()) {
    const json::object& object = schema.get_object();
    if (const json::value* draft = object.if_contains("$schema"); draft != nullptr && draft->is_string()) {
      const std::string_view name = draft->get_string();
      for (const std::string_view old : {"draft-03", "draft-04", "draft-06", "draft-07"}) {
        document.legacy_ = document.legacy_ || name.find(old) != name.npos;
      }
    }
  }
  FERRY_TRY_VOID(document.look_through(max_bytes));
  return document;
}

Result<void> SchemaDocument::look_through(size_t max_bytes) {
  struct Visit {
    const json::value* value;
    size_t depth;
    Content content;
  };
  size_t bytes = 0;
  std::vector<Visit> open{{root_, 0, Content::schema}};
  places_[address(*root_)] = {.base = root_};
  while (!open.empty()) {
    const Visit visit = open.back();
    open.pop_back();
    if (visit.depth > kMaxDepth) {
      return fail(ErrorCode::resource_exhausted, "JSON Schema: nested deeper than {}", kMaxDepth);
    }
    const auto enter = [&](const json::value& child, std::string step, Content content) {
      bytes += step.size() + (child.is_string() ? child.get_string().size() : 4);
      places_[address(child)] = {address(*visit.value), std::move(step), places_[address(*visit.value)].base};
      if (child.is_structured()) open.push_back({&child, visit.depth + 1, content});
    };
    if (visit.value->is_object()) {
      const json::object& object = visit.value->get_object();
      if (visit.content == Content::schema)
        FERRY_TRY_VOID(note_names(object, *visit.value, places_[&object]));
      for (const auto& member : object) {
        enter(member.value(), std::string(member.key()), content_of(member.key(), visit.content));
      }
    } else if (visit.value->is_array()) {
      const json::array& array = visit.value->get_array();
      for (size_t i = 0; i < array.size(); ++i) enter(array[i], std::to_string(i), visit.content);
    }
    if (bytes > max_bytes) {
      return fail(ErrorCode::resource_exhausted,
                  "JSON Schema: larger than {} bytes (the limit max_source_bytes)", max_bytes);
    }
  }
  return {};
}

Result<void> SchemaDocument::note_names(const json::object& object, const json::value& value, Place& place) {
  const auto text_of = [&](std::string_view key) -> std::string_view {
    const json::value* text = object.if_contains(key);
    return text != nullptr && text->is_string() ? std::string_view(text->get_string()) : std::string_view();
  };
  const auto note_anchor = [&](std::string_view name) {
    if (name.empty()) return;
    if (!anchors_.emplace(name, &value).second) doubled_anchors_.emplace_back(name);
  };
  note_anchor(text_of("$anchor"));
  note_anchor(text_of("$dynamicAnchor"));
  const bool ignored = legacy_ && object.contains("$ref");
  const std::string_view id = text_of("$id").empty() && legacy_ ? text_of("id") : text_of("$id");
  if (id.empty() || ignored) return {};
  if (id.starts_with('#')) {
    note_anchor(id.substr(1));
  } else if (&value == root_) {
    root_id_ = id.substr(0, id.find('#'));
  } else {
    place.base = &value;
  }
  return {};
}

Result<const json::value*> SchemaDocument::resolve(const json::object& from,
                                                   std::string_view reference) const {
  const auto place = places_.find(&from);
  const json::value* base = place == places_.end() ? root_ : place->second.base;
  std::string_view fragment = reference;
  if (!reference.starts_with('#')) {
    const size_t hash = std::min(reference.find('#'), reference.size());
    if (root_id_.empty() || reference.substr(0, hash) != root_id_) {
      return error(ErrorCode::unsupported, &from, "$ref",
                   "names \"{}\": only references inside the document (#/..., #anchor) are followed",
                   reference);
    }
    base = root_;
    fragment = reference.substr(hash);
  }
  if (!fragment.empty()) fragment.remove_prefix(1);
  const std::string decoded = percent_decoded(fragment);
  if (decoded.empty() || decoded[0] == '/') return follow(*base, decoded, from);
  const auto anchor = anchors_.find(decoded);
  const bool doubled =
      std::find(doubled_anchors_.begin(), doubled_anchors_.end(), decoded) != doubled_anchors_.end();
  if (anchor == anchors_.end() || doubled) {
    return error(ErrorCode::invalid_argument, &from, "$ref", "names \"#{}\", which {}", decoded,
                 doubled ? "stands in the document more than once" : "is not in the document");
  }
  return anchor->second;
}

Result<const json::value*> SchemaDocument::follow(const json::value& base, std::string_view pointer,
                                                  const json::object& from) const {
  const json::value* at = &base;
  std::string_view rest = pointer;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string step = pointer_step(rest.substr(0, end));
    rest.remove_prefix(end);
    const json::value* next = nullptr;
    if (at->is_object()) {
      next = at->get_object().if_contains(step);
    } else if (at->is_array()) {
      size_t index = 0;
      const auto [stop, failed] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (failed == std::errc() && stop == step.data() + step.size())
        next = at->get_array().if_contains(index);
    }
    if (next == nullptr) {
      return error(ErrorCode::invalid_argument, &from, "$ref", "names \"#{}\", which is not in the document",
                   pointer);
    }
    at = next;
  }
  // What stands below an inner $id is reached through that id only, so that there is one meaning for its
  // references.
  const auto place = places_.find(address(*at));
  if (place != places_.end() && place->second.base != &base && place->second.base != at) {
    return error(ErrorCode::unsupported, &from, "$ref", "crosses into a schema with an $id of its own");
  }
  return at;
}

std::string SchemaDocument::pointer(const void* value) const {
  std::vector<std::string_view> steps;
  for (auto place = places_.find(value); place != places_.end() && place->second.parent != nullptr;
       place = places_.find(place->second.parent)) {
    steps.push_back(place->second.step);
  }
  std::string out;
  for (size_t i = steps.size(); i > 0; --i) out += "/" + escaped_step(steps[i - 1]);
  return out;
}

void SchemaDocument::place(const json::value& value, const void* instead_of) {
  const auto place = places_.find(instead_of);
  if (place != places_.end()) places_[address(value)] = Place(place->second);
}

}  // namespace ferry
