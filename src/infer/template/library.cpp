#include "infer/template/library.h"

#include <algorithm>

namespace ferry::jinja {

void bind_arguments(std::string_view function, const CallArgs& args, std::span<const std::string_view> names,
                    size_t required, std::span<Value> out) {
  if (args.positional.size() > names.size()) {
    raise("{}() takes at most {} arguments ({} given)", function, names.size(), args.positional.size());
  }
  std::copy(args.positional.begin(), args.positional.end(), out.begin());
  for (const Keyword& keyword : args.keywords) {
    const auto found = std::find(names.begin(), names.end(), keyword.name);
    if (found == names.end()) raise("{}() got an unexpected keyword argument '{}'", function, keyword.name);
    Value& place = out[static_cast<size_t>(found - names.begin())];
    if (!place.is_missing()) raise("{}() got multiple values for argument '{}'", function, keyword.name);
    place = keyword.value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (out[i].is_missing()) raise("{}() missing 1 required positional argument: '{}'", function, names[i]);
  }
}

void expect_positional(std::string_view function, const CallArgs& args, size_t least, size_t most) {
  if (!args.keywords.empty()) raise("{}() takes no keyword arguments", function);
  const size_t given = args.positional.size();
  if (given < least) raise("{}() takes at least {} argument(s) ({} given)", function, least, given);
  if (given > most) raise("{}() takes at most {} argument(s) ({} given)", function, most, given);
}

Int int_argument(const Value& value, Int otherwise) {
  if (value.is_missing()) return otherwise;
  if (!value.is_integral()) raise("'{}' object cannot be interpreted as an integer", type_name(value));
  return value.as_int();
}

bool bool_argument(const Value& value, bool otherwise) {
  return value.is_missing() ? otherwise : truthy(value);
}

const Text& string_argument(Runtime& /*rt*/, const Value& value, std::string_view what) {
  if (!value.is_string()) raise("{} must be str, not {}", what, type_name(value));
  return *value.text;
}

const Text& soft_text(Runtime& rt, const Value& value) {
  return value.is_string() ? *value.text : *to_text(rt, value);
}

const Method* find_method(const Value& object, std::string_view name) {
  std::span<const Method> methods;
  switch (object.kind) {
    case Kind::string:
      methods = string_methods();
      break;
    case Kind::dict:
      methods = dict_methods();
      break;
    case Kind::list:
      methods = list_methods();
      break;
    case Kind::tuple:
    case Kind::range:
      methods = tuple_methods();
      break;
    case Kind::cycler:
      methods = cycler_methods();
      break;
    default:
      return nullptr;
  }
  for (const Method& method : methods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

}  // namespace ferry::jinja
