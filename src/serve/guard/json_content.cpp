#include "serve/guard/json_content.h"

#include <string>
#include <vector>

namespace ferry {
namespace {

class Walker {
 public:
  explicit Walker(JsonTextVisitor visit) : visit_(visit) {}

  void walk(json::value& value, std::string_view key, int depth) {
    if (depth > kMaxContentDepth) {
      too_deep_ = true;
    } else if (json::object* object = value.if_object()) {
      walk_object(*object, depth);
    } else if (json::array* array = value.if_array()) {
      for (json::value& one : *array) walk(one, key, depth + 1);
    } else if (value.is_string() || value.is_number()) {
      walk_text(value, key);
    }
  }

  JsonWalk result() const {
    if (too_deep_) return JsonWalk::too_deep;
    return changed_ ? JsonWalk::changed : JsonWalk::unchanged;
  }

 private:
  void walk_text(json::value& value, std::string_view key) {
    std::string text = value.is_string() ? std::string(std::string_view(value.get_string())) : to_json(value);
    if (!visit_(text, key)) return;
    value = json::string(text);
    changed_ = true;
  }

  void walk_object(json::object& object, int depth) {
    bool renamed = false;
    std::vector<std::string> keys;
    for (auto& member : object) {
      std::string& key = keys.emplace_back(std::string_view(member.key()));
      walk(member.value(), key, depth + 1);
      renamed |= visit_(key, "");
    }
    if (renamed) rename(object, keys);
  }

  void rename(json::object& object, const std::vector<std::string>& keys) {
    json::object renamed(object.storage());
    size_t i = 0;
    for (auto& member : object) renamed.insert_or_assign(keys[i++], std::move(member.value()));
    object = std::move(renamed);
    changed_ = true;
  }

  JsonTextVisitor visit_;
  bool changed_ = false;
  bool too_deep_ = false;
};

}  // namespace

JsonWalk walk_json(json::value& value, JsonTextVisitor visit) {
  Walker walker(visit);
  walker.walk(value, "", 0);
  return walker.result();
}

}  // namespace ferry
