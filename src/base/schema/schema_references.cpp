#include "base/schema/schema_references.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

// The parts of a URI that matter here; fragments are gone before.
struct SplitUri {
  std::string_view root;  // "https://host", "urn:uuid:1", or nothing
  std::string_view path;
};

SplitUri split(std::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string_view::npos || uri.find('/') < colon) return {{}, uri};
  if (!uri.substr(colon + 1).starts_with("//")) return {uri, {}};
  const size_t slash = std::min(uri.find('/', colon + 3), uri.size());
  return {uri.substr(0, slash), uri.substr(slash)};
}

// RFC 3986, section 5.2, without dot segments and queries: who writes those gets "not in this document".
std::string resolve(std::string_view base, std::string_view reference) {
  const SplitUri to = split(reference);
  if (!to.root.empty() || base.empty()) return std::string(reference);
  const SplitUri from = split(base);
  if (to.path.starts_with('/')) return std::string(from.root) + std::string(to.path);
  const size_t slash = from.path.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : from.path.substr(0, slash + 1);
  return std::string(from.root) + std::string(folder) + std::string(to.path);
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
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    out += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
    if (low >= 0) i += 2;
  }
  return out;
}

// RFC 6901: "~1" is '/', "~0" is '~'.
std::string unescaped(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escapes =
        token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
    out += !escapes ? token[i] : token[i + 1] == '1' ? '/' : '~';
    if (escapes) ++i;
  }
  return out;
}

const json::value* member_of(const json::value& value, const std::string& token) {
  if (const json::object* object = value.if_object()) return object->if_contains(token);
  const json::array* array = value.if_array();
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (array == nullptr || error != std::errc() || end != token.data() + token.size() ||
      index >= array->size())
    return nullptr;
  return &(*array)[index];
}

}  // namespace

std::optional<SchemaReferences::Resource> SchemaReferences::add_resource(Resource parent, std::string_view id,
                                                                         const json::value& schema) {
  if (id.size() > kMaxIdBytes) return std::nullopt;
  const std::string absolute = resolve(resources_[parent].id, id.substr(0, id.find('#')));
  if (absolute.size() > kMaxIdBytes) return std::nullopt;
  const bool is_root = parent == root() && resources_[root()].root == &schema;
  if (is_root) resources_[root()].id = absolute;
  if (!is_root) resources_.push_back({.id = absolute, .root = &schema});
  const Resource made = is_root ? root() : resources_.size() - 1;
  by_id_.emplace(absolute, made);
  return made;
}

void SchemaReferences::add_anchor(Resource resource, std::string_view name, const json::value& schema) {
  resources_[resource].anchors.emplace(name, &schema);
}

SchemaReferences::Target SchemaReferences::find(Resource from, std::string_view reference) const {
  const size_t hash = std::min(reference.find('#'), reference.size());
  const std::string_view uri = reference.substr(0, hash);
  const std::string fragment = percent_decoded(reference.substr(std::min(hash + 1, reference.size())));
  Resource resource = from;
  if (!uri.empty()) {
    const auto found = by_id_.find(resolve(resources_[from].id, uri));
    if (found == by_id_.end()) return {};
    resource = found->second;
  }
  if (fragment.empty() || fragment.starts_with('/')) return follow(resource, fragment);
  const auto& anchors = resources_[resource].anchors;
  const auto anchor = anchors.find(fragment);
  return anchor == anchors.end() ? Target() : Target{anchor->second, resource};
}

SchemaReferences::Target SchemaReferences::follow(Resource resource, std::string_view pointer) const {
  const json::value* at = resources_[resource].root;
  while (!pointer.empty() && at != nullptr) {
    pointer.remove_prefix(1);
    const size_t slash = std::min(pointer.find('/'), pointer.size());
    at = member_of(*at, unescaped(pointer.substr(0, slash)));
    pointer.remove_prefix(slash);
    if (const auto place = places_.find(at); place != places_.end()) resource = place->second;
  }
  return {at, resource};
}

}  // namespace ferry
