#include "serve/dialects/prompts.h"

#include <limits>

namespace ferry {
namespace {

std::optional<std::vector<TokenId>> tokens_of(const json::array& items) {
  std::vector<TokenId> tokens;
  tokens.reserve(items.size());
  for (const json::value& item : items) {
    if (!item.is_int64() || item.get_int64() < 0 || item.get_int64() > std::numeric_limits<TokenId>::max()) {
      return std::nullopt;
    }
    tokens.push_back(static_cast<TokenId>(item.get_int64()));
  }
  return tokens;
}

std::optional<Prompt> prompt_of(const json::value& value) {
  if (value.is_string()) return Prompt(std::string(std::string_view(value.get_string())));
  if (!value.is_array() || value.get_array().empty()) return std::nullopt;
  std::optional<std::vector<TokenId>> tokens = tokens_of(value.get_array());
  if (!tokens) return std::nullopt;
  return Prompt(*std::move(tokens));
}

}  // namespace

std::vector<Prompt> read_prompts(FieldReader& fields, std::string_view name, size_t most) {
  constexpr std::string_view wanted = "must be a string, an array of token ids, or an array of these";
  std::vector<Prompt> prompts;
  const json::value* value = fields.get(name);
  if (value == nullptr) {
    fields.refuse_missing(name, wanted);
  } else if (std::optional<Prompt> one = prompt_of(*value)) {
    prompts.push_back(*std::move(one));
  } else if (!value->is_array() || value->get_array().empty()) {
    fields.refuse(name, wanted);
  } else if (value->get_array().size() > most) {
    fields.refuse(name, fmt::format("has more than {} {}s", most, name));
  } else {
    for (const json::value& item : value->get_array()) {
      std::optional<Prompt> prompt = prompt_of(item);
      if (!prompt) {
        fields.refuse(name, wanted);
        return {};
      }
      prompts.push_back(*std::move(prompt));
    }
  }
  return prompts;
}

}  // namespace ferry
