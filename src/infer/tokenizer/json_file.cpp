// tokenizer.json and tokenizer_config.json as a whole.

#include "infer/tokenizer/json_access.h"
#include "infer/tokenizer/load.h"

namespace ferry {
namespace {

const json::value& member(const json::object& document, std::string_view key) {
  static const json::value null;
  const json::value* found = document.if_contains(key);
  return found != nullptr ? *found : null;
}

Result<AddedToken> read_added(const json::value& value, std::string_view where, const Vocab& vocab) {
  FERRY_TRY(const json::object* object, json_object_at(value, where));
  AddedToken token;
  FERRY_TRY(token.content, json_require<std::string>(*object, "content", where));
  FERRY_TRY(token.special, json_or(*object, "special", false, where));
  FERRY_TRY(token.single_word, json_or(*object, "single_word", false, where));
  FERRY_TRY(token.lstrip, json_or(*object, "lstrip", false, where));
  FERRY_TRY(token.rstrip, json_or(*object, "rstrip", false, where));
  FERRY_TRY(token.normalized, json_or(*object, "normalized", !token.special, where));
  FERRY_TRY(const int64_t id, json_require<int64_t>(*object, "id", where));
  // The model's vocabulary has the last word.
  token.id = vocab.find(token.content);
  if (token.id != kNoToken) return token;
  const int64_t limit = int64_t{vocab.size()} * 2 + (1 << 20);
  if (id < 0 || id >= limit) {
    return fail(ErrorCode::corrupt,
                "{}: added token \"{}\" has the ID {}, impossible beside a vocabulary of {} tokens", where,
                token.content, id, vocab.size());
  }
  token.id = static_cast<TokenId>(id);
  return token;
}

Result<std::vector<AddedToken>> read_all_added(const json::object& document, std::string_view source,
                                               const Vocab& vocab) {
  std::vector<AddedToken> tokens;
  FERRY_TRY(const auto list, json_optional<const json::array*>(document, "added_tokens", source));
  if (!list) return tokens;
  const std::string where = fmt::format("{}: added_tokens", source);
  for (const json::value& value : **list) {
    FERRY_TRY(AddedToken token, read_added(value, where, vocab));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// A special token of tokenizer_config.json: its text, or an object with its "content".
Result<std::optional<TokenId>> special_of(const json::object& config, std::string_view key,
                                          std::string_view source, const TokenizerParts& parts) {
  const json::value& value = member(config, key);
  if (value.is_null()) return std::nullopt;
  const json::value& text = value.is_object() ? member(value.get_object(), "content") : value;
  if (!text.is_string()) {
    return fail(ErrorCode::invalid_argument, "{}: \"{}\" must be a string or an object with \"content\"",
                source, key);
  }
  const TokenId id = parts.find(text.get_string());
  return id == kNoToken ? std::nullopt : std::optional(id);
}

}  // namespace

Result<std::unique_ptr<TokenizerParts>> parts_from_json(std::string_view text, std::string_view source) {
  FERRY_TRY(const json::value value, parse_json(text, source));
  FERRY_TRY(const json::object* document, json_object_at(value, source));
  auto parts = std::make_unique<TokenizerParts>();
  const auto where = [&](std::string_view key) { return fmt::format("{}: {}", source, key); };
  FERRY_TRY(parts->normalizer, normalizer_from_json(member(*document, "normalizer"), where("normalizer")));
  FERRY_TRY(PreTokenizerSpec pre,
            pre_tokenizer_from_json(member(*document, "pre_tokenizer"), where("pre_tokenizer")));
  parts->pre_tokenizer = std::move(pre.steps);
  FERRY_TRY(parts->decoder, decoder_from_json(member(*document, "decoder"), where("decoder")));
  FERRY_TRY(SurroundingTokens around,
            post_processor_from_json(member(*document, "post_processor"), where("post_processor")));
  parts->before = std::move(around.before);
  parts->after = std::move(around.after);
  parts->pair = std::move(around.pair);

  FERRY_TRY(const json::object* model, json_require<const json::object*>(*document, "model", source));
  FERRY_TRY_VOID(model_from_json(*model, where("model"), pre.byte_level, *parts));
  FERRY_TRY(auto added, read_all_added(*document, source, parts->vocab));
  parts->take_added(std::move(added));
  if (!parts->before.empty()) parts->bos = parts->before.front();
  return parts;
}

Result<void> apply_tokenizer_config(std::string_view text, std::string_view source, TokenizerParts& parts) {
  FERRY_TRY(const json::value value, parse_json(text, source));
  FERRY_TRY(const json::object* config, json_object_at(value, source));
  FERRY_TRY(const auto bos, special_of(*config, "bos_token", source, parts));
  FERRY_TRY(const auto eos, special_of(*config, "eos_token", source, parts));
  if (bos) parts.bos = bos;
  if (eos) {
    parts.eos = eos;
    parts.stop = {*eos};
  }
  return {};
}

}  // namespace ferry
