// The only file that knows yaml-cpp. It throws; nothing of that leaves this file.

#include "base/settings/yaml.h"

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <streambuf>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/core/utf8.h"

namespace ferry {
namespace {

int line_of(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : mark.line + 1;
}

// Thrown through yaml-cpp's parser, out of its event handler.
struct Refusal {
  YamlError error;
};

[[noreturn]] void refuse(int line, std::string message) {
  throw Refusal{{line, std::move(message)}};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const YamlLimits& limits) : limits_(limits) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    begin_value(YamlNode(YamlNode::Kind::null, line_of(mark)), anchor);
    end_value();
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(line_of(mark), "an alias stands within what it stands for");
    YamlNode copy = counted_copy(found->second, line_of(mark), open_.size());
    copy.line = line_of(mark);
    if (awaits_key()) return key(copy);
    place(std::move(copy));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node(YamlNode::Kind::scalar, line_of(mark));
    node.quoted = check_tag(mark, tag);
    node.text = value;
    begin_value(std::move(node), anchor);
    end_value();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    begin_value(YamlNode(YamlNode::Kind::list, line_of(mark)), anchor);
  }
  void OnSequenceEnd() override { end_value(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    begin_value(YamlNode(YamlNode::Kind::map, line_of(mark)), anchor);
  }
  void OnMapEnd() override { end_value(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<std::pair<std::string, int>> key = {};  // of a map: whose value comes next, and its line
  };

  // Whether a scalar was quoted. yaml-cpp tells by the tags "!" and "?".
  static bool check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?") return false;
    if (tag == "!") return true;
    refuse(line_of(mark), fmt::format("tags (\"{}\") are not supported", tag.substr(0, 64)));
  }

  bool awaits_key() const { return !open_.empty() && open_.back().node.is_map() && !open_.back().key; }

  void key(const YamlNode& node) {
    if (!node.is_scalar())
      refuse(node.line, fmt::format("a key must be a plain name, not {}", yaml_kind(node)));
    if (node.text == "<<" && !node.quoted)
      refuse(node.line,
             "merge keys (<<) are not supported: write the fields out, or use an alias for a whole value");
    open_.back().key.emplace(node.text, node.line);
  }

  void count(const YamlNode& node, int line, size_t depth) {
    nodes_ += 1;
    bytes_ += node.text.size();
    if (nodes_ > limits_.max_nodes)
      refuse(line, fmt::format("there are more than {} values", limits_.max_nodes));
    if (bytes_ > limits_.max_expanded_bytes)
      refuse(line, fmt::format("there are more than {} bytes of text, aliases included",
                               limits_.max_expanded_bytes));
    if (depth >= limits_.max_depth)
      refuse(line, fmt::format("it is nested deeper than {} levels", limits_.max_depth));
  }

  // Depth is limited by count(), also where aliases stand within one another.
  YamlNode counted_copy(const YamlNode& node, int line, size_t depth) {
    count(node, line, depth);
    YamlNode copy(node.kind, node.line);
    copy.text = node.text;
    copy.quoted = node.quoted;
    for (const YamlNode& item : node.items) copy.items.push_back(counted_copy(item, line, depth + 1));
    for (const YamlMember& member : node.members) {
      bytes_ += member.key.size();
      copy.members.push_back({member.key, member.line, counted_copy(member.value, line, depth + 1)});
    }
    return copy;
  }

  void begin_value(YamlNode node, YAML::anchor_t anchor) {
    count(node, node.line, open_.size());
    open_.push_back({std::move(node), anchor});
  }

  void end_value() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != 0)
      anchors_.insert_or_assign(done.anchor, counted_copy(done.node, done.node.line, open_.size()));
    if (awaits_key()) return key(done.node);
    place(std::move(done.node));
  }

  void place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else {
      parent.node.members.push_back({std::move(parent.key->first), parent.key->second, std::move(node)});
      parent.key.reset();
    }
  }

  const YamlLimits& limits_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t nodes_ = 0;
  size_t bytes_ = 0;
};

// A stream over text that stays where it is.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // setg() wants it; nothing is ever written
    setg(begin, begin, begin + text.size());
  }
};

std::optional<YamlError> check_text(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes)
    return YamlError{0, fmt::format("not valid YAML: it has more than {} bytes", limits.max_bytes)};
  // Otherwise yaml-cpp would guess at UTF-16 and UTF-32.
  if (text.find('\0') != std::string_view::npos || !is_valid_utf8(text))
    return YamlError{0, "not valid YAML: it is not UTF-8 text"};
  return std::nullopt;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const YamlMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

std::string_view yaml_kind(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a plain value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "?";
}

tl::expected<YamlNode, YamlError> parse_yaml(std::string_view text, const YamlLimits& limits) try {
  if (const auto error = check_text(text, limits)) return tl::unexpected(*error);
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  TreeBuilder builder(limits);
  parser.HandleNextDocument(builder);
  YamlNode root = builder.take_root();
  TreeBuilder second(limits);
  if (parser.HandleNextDocument(second)) {
    const int line = second.take_root().line;
    return tl::unexpected(YamlError{line, "there is a second document; one file is one document"});
  }
  return root;
} catch (const Refusal& refusal) {
  return tl::unexpected(refusal.error);
} catch (const YAML::Exception& exception) {
  return tl::unexpected(YamlError{line_of(exception.mark), "not valid YAML: " + exception.msg});
}

}  // namespace ferry
