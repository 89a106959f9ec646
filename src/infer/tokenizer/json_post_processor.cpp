#include "infer/tokenizer/json_access.h"
#include "infer/tokenizer/load.h"

namespace ferry {
namespace {

Result<TokenId> token_id(const json::value& value, std::string_view where) {
  if (value.is_int64() && value.get_int64() >= 0 && value.get_int64() <= INT32_MAX) {
    return static_cast<TokenId>(value.get_int64());
  }
  return fail(ErrorCode::invalid_argument, "{}: a token ID must be an integer from 0 on, not {}", where,
              json_kind(value));
}

// ["[SEP]", 102]
Result<TokenId> pair_id(const json::object& step, std::string_view key, std::string_view where) {
  FERRY_TRY(const json::array* pair, json_require<const json::array*>(step, key, where));
  if (pair->size() != 2)
    return fail(ErrorCode::invalid_argument, "{}: \"{}\" must be [token, id]", where, key);
  return token_id((*pair)[1], where);
}

Result<SurroundingTokens> read_bert(const json::object& step, std::string_view where) {
  FERRY_TRY(const TokenId first, pair_id(step, "cls", where));
  FERRY_TRY(const TokenId last, pair_id(step, "sep", where));
  return SurroundingTokens{{first}, {last}};
}

Result<void> append_special(const json::object& step, const json::object& item, std::string_view where,
                            std::vector<TokenId>& out) {
  FERRY_TRY(const std::string_view name, json_require<std::string_view>(item, "id", where));
  FERRY_TRY(const json::object* specials, json_require<const json::object*>(step, "special_tokens", where));
  FERRY_TRY(const json::object* special, json_require<const json::object*>(*specials, name, where));
  FERRY_TRY(const json::array* ids, json_require<const json::array*>(*special, "ids", where));
  for (const json::value& id : *ids) {
    FERRY_TRY(const TokenId token, token_id(id, where));
    out.push_back(token);
  }
  return {};
}

// "single": special tokens, and the sequence A once.
Result<SurroundingTokens> read_template(const json::object& step, std::string_view where) {
  FERRY_TRY(const json::array* single, json_require<const json::array*>(step, "single", where));
  SurroundingTokens tokens;
  int sequences = 0;
  for (const json::value& value : *single) {
    FERRY_TRY(const json::object* item, json_object_at(value, where));
    if (item->contains("Sequence")) {
      ++sequences;
      continue;
    }
    FERRY_TRY(const json::object* special, json_require<const json::object*>(*item, "SpecialToken", where));
    FERRY_TRY_VOID(append_special(step, *special, where, sequences == 0 ? tokens.before : tokens.after));
  }
  if (sequences == 1) return tokens;
  return fail(ErrorCode::unsupported,
              "{}: a template with {} sequences in \"single\", not one, is not supported", where, sequences);
}

Result<SurroundingTokens> read(const json::value& value, std::string_view where);

// Each processor puts its tokens around what the ones before it have made.
Result<SurroundingTokens> read_sequence(const json::object& step, std::string_view where) {
  FERRY_TRY(const json::array* processors, json_require<const json::array*>(step, "processors", where));
  SurroundingTokens all;
  for (const json::value& processor : *processors) {
    FERRY_TRY(const SurroundingTokens outer, read(processor, where));
    all.before.insert(all.before.begin(), outer.before.begin(), outer.before.end());
    all.after.insert(all.after.end(), outer.after.begin(), outer.after.end());
  }
  return all;
}

Result<SurroundingTokens> read(const json::value& value, std::string_view where) {
  FERRY_TRY(const json::object* step, json_object_at(value, where));
  FERRY_TRY(const std::string_view type, json_require<std::string_view>(*step, "type", where));
  if (type == "ByteLevel") return SurroundingTokens{};  // concerns offsets only
  if (type == "TemplateProcessing") return read_template(*step, where);
  if (type == "BertProcessing" || type == "RobertaProcessing") return read_bert(*step, where);
  if (type == "Sequence") return read_sequence(*step, where);
  return fail(ErrorCode::unsupported, "{}: post_processor \"{}\" is not supported", where, type);
}

}  // namespace

Result<SurroundingTokens> post_processor_from_json(const json::value& document, std::string_view where) {
  if (document.is_null()) return SurroundingTokens{};
  return read(document, where);
}

}  // namespace ferry
