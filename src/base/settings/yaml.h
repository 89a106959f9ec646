#pragma once
// YAML as a tree with line numbers. The only door to yaml-cpp, which throws, expands aliases without a limit
// and knows no merge keys.

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace ferry {

struct YamlMember;

struct YamlNode {
  enum class Kind { null, scalar, list, map };

  YamlNode();
  YamlNode(Kind its_kind, int its_line);

  Kind kind = Kind::null;
  int line = 1;         // from 1; of an alias, where it stands
  std::string text;     // of a scalar
  bool quoted = false;  // of a scalar: text, whatever it looks like
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  // in the file's order; a key that is written twice is there twice

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  bool is_null() const { return kind == Kind::null; }
  const YamlNode* find(std::string_view key) const;  // the first; null: not a map, or there is none
};

struct YamlMember {
  std::string key;
  int line = 1;
  YamlNode value;
};

inline YamlNode::YamlNode() = default;
inline YamlNode::YamlNode(Kind its_kind, int its_line) : kind(its_kind), line(its_line) {}

struct YamlError {
  int line = 0;  // from 1; 0: of the whole text
  std::string message;
};

struct YamlLimits {
  size_t max_bytes = size_t{4} << 20;
  size_t max_depth = 32;
  // Counted with what aliases stand for.
  size_t max_nodes = 200'000;
  size_t max_expanded_bytes = size_t{16} << 20;
};

// One document of valid UTF-8; an empty text is a null. Errors: "not valid YAML: …"; a limit; and what is
// refused because programs differ in it: merge keys, tags, keys that are not plain, several documents.
tl::expected<YamlNode, YamlError> parse_yaml(std::string_view text, const YamlLimits& limits = {});

// "a map", "a list", …: for messages.
std::string_view yaml_kind(const YamlNode& node);

}  // namespace ferry
