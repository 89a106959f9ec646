#include "infer/tokenizer/bpe.h"
#include "infer/tokenizer/json_access.h"
#include "infer/tokenizer/load.h"
#include "infer/tokenizer/wordpiece.h"

namespace ferry {
namespace {

constexpr std::string_view kWordMark = "\xE2\x96\x81";  // ▁

Result<void> read_vocab(const json::object& model, std::string_view where, Vocab& vocab) {
  FERRY_TRY(const json::object* entries, json_require<const json::object*>(model, "vocab", where));
  size_t bytes = 0;
  for (const auto& [text, id] : *entries) bytes += text.size();
  vocab.reserve(entries->size(), bytes);
  for (const auto& [text, id] : *entries) {
    if (!id.is_int64() || id.get_int64() < 0 || id.get_int64() > INT32_MAX) {
      return fail(ErrorCode::invalid_argument, "{}: the ID of token \"{}\" must be an integer from 0 on",
                  where, std::string_view(text));
    }
    if (auto added = vocab.add(static_cast<TokenId>(id.get_int64()), text); !added) {
      return tl::unexpected(std::move(added).error().within(where));
    }
  }
  return {};
}

// The two halves of a merge: "a b" or ["a", "b"].
struct Halves {
  std::string_view left, right;
};
std::optional<Halves> halves_of(const json::value& merge) {
  if (merge.is_string()) {
    const std::string_view text = merge.get_string();
    const size_t space = text.find(' ');
    if (space == text.npos || text.find(' ', space + 1) != text.npos) return std::nullopt;
    return Halves{text.substr(0, space), text.substr(space + 1)};
  }
  if (!merge.is_array() || merge.get_array().size() != 2) return std::nullopt;
  const json::value& left = merge.get_array()[0];
  const json::value& right = merge.get_array()[1];
  if (!left.is_string() || !right.is_string()) return std::nullopt;
  return Halves{left.get_string(), right.get_string()};
}

Result<MergeTable> read_merges(const json::object& model, std::string_view where, const Vocab& vocab,
                               size_t prefix_bytes) {
  FERRY_TRY(const json::array* merges, json_require<const json::array*>(model, "merges", where));
  MergeTable table;
  table.reserve(merges->size());
  std::string joined;
  TokenId token = 0;  // merges mostly make one token after the other
  uint32_t rank = 0;
  for (const json::value& merge : *merges) {
    const auto halves = halves_of(merge);
    if (!halves) {
      return fail(ErrorCode::invalid_argument, "{}: merge {} must be \"left right\" or [\"left\", \"right\"]",
                  where, rank);
    }
    joined = halves->left;
    joined += halves->right.substr(std::min(prefix_bytes, halves->right.size()));
    const TokenId left = vocab.find(halves->left);
    const TokenId right = vocab.find(halves->right);
    token = vocab.find_near(joined, token);
    if (left == kNoToken || right == kNoToken || token == kNoToken) {
      return fail(ErrorCode::corrupt,
                  "{}: merge {} (\"{}\" and \"{}\") names a token that is not in the vocabulary", where, rank,
                  halves->left, halves->right);
    }
    const uint32_t own_rank = rank++;
    if (!is_fim_marker(joined)) table.add(left, right, {own_rank, token});
  }
  return table;
}

Result<TokenId> read_unk(const json::object& model, std::string_view where, const Vocab& vocab) {
  FERRY_TRY(const auto text, json_optional<std::string_view>(model, "unk_token", where));
  if (!text) return kNoToken;
  const TokenId id = vocab.find(*text);
  if (id != kNoToken) return id;
  return fail(ErrorCode::corrupt, "{}: unk_token \"{}\" is not in the vocabulary", where, *text);
}

Result<BpeOptions> read_bpe_options(const json::object& model, std::string_view where, const Vocab& vocab) {
  FERRY_TRY(const double dropout, json_or(model, "dropout", 0.0, where));
  if (dropout != 0) return fail(ErrorCode::unsupported, "{}: dropout ({}) is not supported", where, dropout);
  BpeOptions options;
  FERRY_TRY(options.unk, read_unk(model, where, vocab));
  FERRY_TRY(options.fuse_unk, json_or(model, "fuse_unk", false, where));
  FERRY_TRY(options.byte_fallback, json_or(model, "byte_fallback", false, where));
  FERRY_TRY(options.ignore_merges, json_or(model, "ignore_merges", false, where));
  FERRY_TRY(options.continuing_subword_prefix,
            json_or<std::string>(model, "continuing_subword_prefix", "", where));
  FERRY_TRY(options.end_of_word_suffix, json_or<std::string>(model, "end_of_word_suffix", "", where));
  return options;
}

Result<void> read_bpe(const json::object& model, std::string_view where, bool byte_level,
                      TokenizerParts& parts) {
  FERRY_TRY(BpeOptions options, read_bpe_options(model, where, parts.vocab));
  FERRY_TRY(MergeTable merges,
            read_merges(model, where, parts.vocab, options.continuing_subword_prefix.size()));
  options.byte_level = byte_level;
  auto bpe = std::make_unique<Bpe>(std::move(options), parts.vocab, std::move(merges));
  if (!byte_level && bpe->may_cut_before(kWordMark)) {
    parts.pre_tokenizer.push_back(cut_before_step(std::string(kWordMark)));
  }
  parts.model = std::move(bpe);
  return {};
}

Result<void> read_word_piece(const json::object& model, std::string_view where, TokenizerParts& parts) {
  WordPieceOptions options;
  FERRY_TRY(options.unk, read_unk(model, where, parts.vocab));
  FERRY_TRY(options.continuing_subword_prefix,
            json_or<std::string>(model, "continuing_subword_prefix", "##", where));
  FERRY_TRY(const int64_t most, json_or<int64_t>(model, "max_input_chars_per_word", 100, where));
  if (options.unk == kNoToken)
    return fail(ErrorCode::invalid_argument, "{}: WordPiece needs an unk_token", where);
  if (most < 1)
    return fail(ErrorCode::invalid_argument, "{}: max_input_chars_per_word must be at least 1", where);
  options.max_input_chars_per_word = static_cast<size_t>(most);
  parts.model = std::make_unique<WordPiece>(std::move(options), parts.vocab);
  return {};
}

// Files from before the type was written are told apart by what they have.
std::string_view guess_type(const json::object& model) {
  if (model.contains("merges")) return "BPE";
  return model.contains("max_input_chars_per_word") ? "WordPiece" : "unknown";
}

}  // namespace

Result<void> model_from_json(const json::object& model, std::string_view where, bool byte_level,
                             TokenizerParts& parts) {
  FERRY_TRY(const auto type, json_or(model, "type", guess_type(model), where));
  if (type != "BPE" && type != "WordPiece") {
    return fail(ErrorCode::unsupported, "{}: model \"{}\" is not supported, only BPE and WordPiece are",
                where, type);
  }
  FERRY_TRY_VOID(read_vocab(model, where, parts.vocab));
  if (type == "BPE") return read_bpe(model, where, byte_level, parts);
  if (byte_level)
    return fail(ErrorCode::unsupported, "{}: WordPiece after ByteLevel is not supported", where);
  return read_word_piece(model, where, parts);
}

}  // namespace ferry
