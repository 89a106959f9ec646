#include <algorithm>

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

Result<SurroundingTokens> read_bert(const json::object& step, std::string_view type, std::string_view where) {
  FERRY_TRY(const TokenId first, pair_id(step, "cls", where));
  FERRY_TRY(const TokenId last, pair_id(step, "sep", where));
  using Kind = PairPart::Kind;
  SurroundingTokens tokens{{first}, {last}};
  // RoBERTa's two texts have two separators between them and are of one type.
  const bool roberta = type == "RobertaProcessing";
  const int32_t second = roberta ? 0 : 1;
  tokens.pair = {{Kind::special, first, 0}, {Kind::first, kNoToken, 0}, {Kind::special, last, 0}};
  if (roberta) tokens.pair.push_back({Kind::special, last, 0});
  tokens.pair.push_back({Kind::second, kNoToken, second});
  tokens.pair.push_back({Kind::special, last, second});
  return tokens;
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

// A segment's number.
Result<int32_t> type_of(const json::object& item, std::string_view where) {
  constexpr int64_t kMostTypes = 1 << 10;
  FERRY_TRY(const int64_t type, json_or<int64_t>(item, "type_id", 0, where));
  if (type >= 0 && type < kMostTypes) return static_cast<int32_t>(type);
  return fail(ErrorCode::invalid_argument, "{}: \"type_id\" is {}; it must be from 0 to {}", where, type,
              kMostTypes - 1);
}

// One item of "pair": a special token's IDs, or one of the texts.
Result<void> append_pair_item(const json::object& step, const json::object& item, std::string_view where,
                              std::vector<PairPart>& out) {
  using Kind = PairPart::Kind;
  if (item.contains("Sequence")) {
    FERRY_TRY(const json::object* sequence, json_require<const json::object*>(item, "Sequence", where));
    FERRY_TRY(const std::string_view name, json_require<std::string_view>(*sequence, "id", where));
    FERRY_TRY(const int32_t type, type_of(*sequence, where));
    out.push_back({name == "A" ? Kind::first : Kind::second, kNoToken, type});
    return {};
  }
  FERRY_TRY(const json::object* special, json_require<const json::object*>(item, "SpecialToken", where));
  FERRY_TRY(const int32_t type, type_of(*special, where));
  std::vector<TokenId> tokens;
  FERRY_TRY_VOID(append_special(step, *special, where, tokens));
  for (const TokenId token : tokens) out.push_back({Kind::special, token, type});
  return {};
}

// "pair": special tokens, and the sequences A and B once each; empty where it is something else.
Result<std::vector<PairPart>> read_pair(const json::object& step, std::string_view where) {
  std::vector<PairPart> parts;
  FERRY_TRY(const auto pair, json_optional<const json::array*>(step, "pair", where));
  if (!pair) return parts;
  for (const json::value& value : **pair) {
    FERRY_TRY(const json::object* item, json_object_at(value, where));
    FERRY_TRY_VOID(append_pair_item(step, *item, where, parts));
  }
  const auto count = [&](PairPart::Kind kind) { return std::ranges::count(parts, kind, &PairPart::kind); };
  if (count(PairPart::Kind::first) != 1 || count(PairPart::Kind::second) != 1) parts.clear();
  return parts;
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
  FERRY_TRY(tokens.pair, read_pair(step, where));
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
    if (!outer.pair.empty()) all.pair = outer.pair;
  }
  return all;
}

Result<SurroundingTokens> read(const json::value& value, std::string_view where) {
  FERRY_TRY(const json::object* step, json_object_at(value, where));
  FERRY_TRY(const std::string_view type, json_require<std::string_view>(*step, "type", where));
  if (type == "ByteLevel") return SurroundingTokens{};  // concerns offsets only
  if (type == "TemplateProcessing") return read_template(*step, where);
  if (type == "BertProcessing" || type == "RobertaProcessing") return read_bert(*step, type, where);
  if (type == "Sequence") return read_sequence(*step, where);
  return fail(ErrorCode::unsupported, "{}: post_processor \"{}\" is not supported", where, type);
}

}  // namespace

Result<SurroundingTokens> post_processor_from_json(const json::value& document, std::string_view where) {
  if (document.is_null()) return SurroundingTokens{};
  return read(document, where);
}

}  // namespace ferry
