// The tokenizer.ggml.* metadata of GGUF files.

#include <algorithm>
#include <functional>
#include <map>

#include "base/core/utf8.h"
#include "infer/formats/gguf.h"
#include "infer/tokenizer/bpe.h"
#include "infer/tokenizer/char_class.h"
#include "infer/tokenizer/load.h"
#include "infer/tokenizer/wordpiece.h"

namespace ferry {
namespace {

constexpr std::string_view kWordMark = "\xE2\x96\x81";  // ▁

// Finding the pairs that make up a SentencePiece token costs the square of its length; real ones have tens of
// bytes, the longest (runs of spaces) some hundred.
constexpr size_t kMaxTokenBytes = 4096;

// GGUF's tokenizer.ggml.token_type.
enum TokenType : int64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

class GgufLoader {
 public:
  explicit GgufLoader(const GgufFile& file) : file_(file) {}

  Result<std::unique_ptr<TokenizerParts>> run() {
    FERRY_TRY(const auto model, file_.require<std::string_view>("tokenizer.ggml.model"));
    FERRY_TRY_VOID(read_tokens());
    FERRY_TRY_VOID(read_fim_keys());
    reserve_fim_tokens();
    if (model == "gpt2") {
      FERRY_TRY_VOID(load_byte_level());
    } else if (model == "llama") {
      FERRY_TRY_VOID(load_sentencepiece());
    } else if (model == "bert") {
      FERRY_TRY_VOID(load_bert());
    } else {
      return fail(ErrorCode::unsupported,
                  "{}: tokenizer.ggml.model \"{}\" is not supported, only gpt2, llama and bert are",
                  file_.name(), model);
    }
    FERRY_TRY_VOID(read_surrounding());
    FERRY_TRY_VOID(read_stop());
    return std::move(parts_);
  }

 private:
  Result<void> read_tokens() {
    FERRY_TRY(tokens_, file_.require<std::vector<std::string_view>>("tokenizer.ggml.tokens"));
    FERRY_TRY(auto types, file_.optional<std::vector<int64_t>>("tokenizer.ggml.token_type"));
    types_ = types ? std::move(*types) : std::vector<int64_t>(tokens_.size(), kNormal);
    if (types_.size() == tokens_.size()) return {};
    return fail(ErrorCode::corrupt, "{}: {} tokens, but {} token types", file_.name(), tokens_.size(),
                types_.size());
  }

  // As llama.cpp names them, now and formerly.
  Result<void> read_fim_keys() {
    struct Role {
      std::string_view name, older_name;
      std::optional<TokenId>& id;
    };
    for (const Role& role : {Role{"fim_pre", "prefix", fim_.prefix}, Role{"fim_suf", "suffix", fim_.suffix},
                             Role{"fim_mid", "middle", fim_.middle}, Role{"fim_pad", "", fim_.pad},
                             Role{"fim_rep", "", fim_.repository}, Role{"fim_sep", "", fim_.file}}) {
      for (const std::string_view name : {role.older_name, role.name}) {
        if (name.empty()) continue;
        FERRY_TRY(const TokenId id, token_id(fmt::format("tokenizer.ggml.{}_token_id", name)));
        if (id != kNoToken) role.id = id;
      }
    }
    return {};
  }

  // Some files have these tokens among the ordinary words, so that text could become one.
  void reserve_fim_tokens() {
    std::map<std::string_view, TokenId> known;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (is_fim_text(tokens_[i])) known.emplace(tokens_[i], static_cast<TokenId>(i));
    }
    const auto find = [&](std::string_view text) -> std::optional<TokenId> {
      const auto found = known.find(text);
      return found == known.end() ? std::nullopt : std::optional(found->second);
    };
    for (const TokenId id : find_fim_tokens(find, fim_).ends) {
      if (types_[static_cast<size_t>(id)] == kNormal) types_[static_cast<size_t>(id)] = kControl;
    }
  }

  // The vocabulary, each token as `spelling` writes it. Where an added token is spelled like one that words
  // may become, the text belongs to the latter.
  template <class Spelling>
  Result<void> fill_vocab(Spelling spelling) {
    size_t bytes = 0;
    for (const std::string_view text : tokens_) bytes += text.size() + 2;
    parts_->vocab.reserve(tokens_.size(), bytes);
    for (const bool added : {true, false}) {
      for (size_t i = 0; i < tokens_.size(); ++i) {
        if (is_added(types_[i]) == added) FERRY_TRY_VOID(add_token(i, spelling));
      }
    }
    return {};
  }

  template <class Spelling>
  Result<void> add_token(size_t i, Spelling& spelling) {
    const auto id = static_cast<TokenId>(i);
    if (tokens_[i].size() > kMaxTokenBytes) {
      return fail(ErrorCode::corrupt, "{}: token {} has {} bytes; the longest that can be is {}",
                  file_.name(), i, tokens_[i].size(), kMaxTokenBytes);
    }
    const bool valid = is_valid_utf8(tokens_[i]);
    const std::string clean = valid ? std::string() : replace_invalid_utf8(tokens_[i]);
    const std::string_view text = valid ? tokens_[i] : std::string_view(clean);
    if (is_added(types_[i])) added_.push_back({id, std::string(text), types_[i] != kUserDefined});
    auto added = parts_->vocab.add(id, spelling(text));
    if (!added) return tl::unexpected(std::move(added).error().within(file_.name()));
    return {};
  }

  static bool is_added(int64_t type) { return type == kControl || type == kUserDefined || type == kUnknown; }

  Result<void> load_byte_level() {
    FERRY_TRY_VOID(fill_vocab([](std::string_view text) { return text; }));
    FERRY_TRY(const auto pre, file_.optional<std::string_view>("tokenizer.ggml.pre"));
    auto splitting = gguf_splitting(pre.value_or("default"));
    if (!splitting) return tl::unexpected(std::move(splitting).error().within(file_.name()));
    BpeOptions options;
    options.byte_level = true;
    options.ignore_merges = splitting->ignore_merges;
    add_bos_ = splitting->add_bos;
    parts_->pre_tokenizer = std::move(splitting->steps);
    FERRY_TRY(const auto prefix_space, file_.optional<bool>("tokenizer.ggml.add_space_prefix"));
    if (prefix_space.value_or(false))
      parts_->pre_tokenizer.insert(parts_->pre_tokenizer.begin(), prefix_space_step());
    FERRY_TRY(MergeTable merges, read_merges());
    parts_->decoder.steps = {ByteLevelDecode{}};
    finish_model(std::make_unique<Bpe>(std::move(options), parts_->vocab, std::move(merges)));
    return {};
  }

  Result<MergeTable> read_merges() const {
    FERRY_TRY(const auto merges, file_.require<std::vector<std::string_view>>("tokenizer.ggml.merges"));
    MergeTable table;
    table.reserve(merges.size());
    std::string joined;
    TokenId token = 0;  // merges mostly make one token after the other
    for (size_t i = 0; i < merges.size(); ++i) {
      // The left half is never empty, but it may be a space.
      const size_t space = merges[i].find(' ', 1);
      if (space == std::string_view::npos) {
        return fail(ErrorCode::corrupt, "{}: merge {} (\"{}\") is not two tokens", file_.name(), i,
                    merges[i]);
      }
      const std::string_view left = merges[i].substr(0, space);
      const std::string_view right = merges[i].substr(space + 1);
      joined.assign(left).append(right);
      const Vocab& vocab = parts_->vocab;
      token = vocab.find_near(joined, token);
      const TokenId ids[] = {vocab.find(left), vocab.find(right), token};
      if (std::find(std::begin(ids), std::end(ids), kNoToken) != std::end(ids)) {
        return fail(ErrorCode::corrupt, "{}: merge {} (\"{}\") names a token that is not in the vocabulary",
                    file_.name(), i, merges[i]);
      }
      table.add(ids[0], ids[1], {static_cast<uint32_t>(i), ids[2]});
    }
    return table;
  }

  Result<void> load_sentencepiece() {
    FERRY_TRY_VOID(fill_vocab([](std::string_view text) { return text; }));
    FERRY_TRY(const auto scores, file_.require<std::vector<float>>("tokenizer.ggml.scores"));
    if (scores.size() != tokens_.size()) {
      return fail(ErrorCode::corrupt, "{}: {} tokens, but {} scores", file_.name(), tokens_.size(),
                  scores.size());
    }
    FERRY_TRY(const auto prefix_space, file_.optional<bool>("tokenizer.ggml.add_space_prefix"));
    add_bos_ = true;
    if (prefix_space.value_or(true)) parts_->normalizer.push_back(prepend_step(std::string(kWordMark)));
    parts_->normalizer.push_back(replace_step(literal_matcher(" "), std::string(kWordMark)));
    parts_->decoder.steps = {ReplaceDecode{literal_matcher(std::string(kWordMark)), " "},
                             ByteFallbackDecode{}, FuseDecode{}};
    if (prefix_space.value_or(true)) parts_->decoder.steps.emplace_back(StripDecode{" ", 1, 0});
    BpeOptions options;
    options.byte_fallback = true;
    options.fuse_unk = true;
    FERRY_TRY(options.unk, token_id("tokenizer.ggml.unknown_token_id"));
    auto bpe = std::make_unique<Bpe>(std::move(options), parts_->vocab, merges_by_score(scores));
    if (bpe->may_cut_before(kWordMark))
      parts_->pre_tokenizer.push_back(cut_before_step(std::string(kWordMark)));
    finish_model(std::move(bpe));
    return {};
  }

  // SentencePiece's BPE joins the pair that makes the token with the best score: every way to put a token
  // together from two others is a merge, with the token's place among the scores as its rank.
  MergeTable merges_by_score(const std::vector<float>& scores) const {
    std::vector<float> ranked(scores);
    std::sort(ranked.begin(), ranked.end(), std::greater<>());
    ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
    MergeTable table;
    table.reserve(tokens_.size() * 2);
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (types_[i] != kNormal) continue;
      const auto place = std::lower_bound(ranked.begin(), ranked.end(), scores[i], std::greater<>());
      add_merges_of(static_cast<TokenId>(i), static_cast<uint32_t>(place - ranked.begin()), table);
    }
    return table;
  }

  void add_merges_of(TokenId id, uint32_t rank, MergeTable& table) const {
    const std::string_view text = parts_->vocab.text(id);
    for (size_t at = char_at(text, 0).bytes; at < text.size(); at += char_at(text, at).bytes) {
      const TokenId left = normal_token(text.substr(0, at));
      if (left == kNoToken) continue;
      const TokenId right = normal_token(text.substr(at));
      if (right != kNoToken) table.add(left, right, {rank, id});
    }
  }

  TokenId normal_token(std::string_view text) const {
    const TokenId id = parts_->vocab.find(text);
    return id != kNoToken && types_[id] == kNormal ? id : kNoToken;
  }

  // The converter writes word beginnings as "▁word" and continuations bare; here they are "word" and
  // "##word".
  Result<void> load_bert() {
    std::string spelled;
    FERRY_TRY_VOID(fill_vocab([&spelled](std::string_view text) -> std::string_view {
      if (text.starts_with('[') && text.ends_with(']') && text.size() > 1) return text;
      if (text.starts_with(kWordMark)) return text.substr(kWordMark.size());
      spelled = "##";
      return spelled += text;
    }));
    append_bert_steps(parts_->normalizer, {});
    parts_->pre_tokenizer.push_back(split_step(class_matcher(kSpace), SplitBehavior::removed, false));
    parts_->pre_tokenizer.push_back(split_step(class_matcher(kPunctuation), SplitBehavior::isolated, false));
    parts_->decoder.steps = {WordPieceDecode{}};
    WordPieceOptions options;
    FERRY_TRY(options.unk, token_id("tokenizer.ggml.unknown_token_id"));
    if (options.unk == kNoToken) options.unk = parts_->vocab.find("[UNK]");
    if (options.unk == kNoToken)
      return fail(ErrorCode::corrupt, "{}: no token for unknown words", file_.name());
    finish_model(std::make_unique<WordPiece>(std::move(options), parts_->vocab));
    add_bos_ = true;
    add_eos_ = true;
    is_bert_ = true;
    return {};
  }

  void finish_model(std::unique_ptr<Model> model) {
    parts_->model = std::move(model);
    parts_->take_added(std::move(added_), fim_);
  }

  // kNoToken when the key is absent.
  Result<TokenId> token_id(std::string_view key) const {
    FERRY_TRY(const auto id, file_.optional<int64_t>(key));
    if (!id) return kNoToken;
    if (*id >= 0 && static_cast<uint64_t>(*id) < tokens_.size()) return static_cast<TokenId>(*id);
    return fail(ErrorCode::corrupt, "{}: {} is {}, but there are {} tokens", file_.name(), key, *id,
                tokens_.size());
  }

  Result<void> read_surrounding() {
    FERRY_TRY_VOID(read_end("bos", "cls", "add_bos_token", add_bos_, parts_->bos, parts_->before));
    FERRY_TRY_VOID(read_end("eos", "seperator", "add_eos_token", add_eos_, parts_->eos, parts_->after));
    return {};
  }

  // The token at one end of a text, and whether encode() adds it. ("seperator" is GGUF's spelling.)
  Result<void> read_end(std::string_view name, std::string_view bert_name, std::string_view add_key,
                        bool add_default, std::optional<TokenId>& token, std::vector<TokenId>& around) const {
    FERRY_TRY(TokenId id, token_id(fmt::format("tokenizer.ggml.{}_token_id", name)));
    if (id == kNoToken || is_bert_) {
      FERRY_TRY(const TokenId bert_id, token_id(fmt::format("tokenizer.ggml.{}_token_id", bert_name)));
      if (bert_id != kNoToken) id = bert_id;
    }
    FERRY_TRY(const auto add, file_.optional<bool>(fmt::format("tokenizer.ggml.{}", add_key)));
    if (id == kNoToken) return {};
    token = id;
    if (add.value_or(add_default)) around.push_back(id);
    return {};
  }

  // Many files name only one of the tokens that end an answer, so the well-known ones are found by name.
  Result<void> read_stop() {
    static constexpr std::string_view kEndings[] = {"<|eot_id|>",    "<|eom_id|>",     "<|im_end|>",
                                                    "<|end|>",       "<end_of_turn>",  "<|eot|>",
                                                    "<|endoftext|>", "<|end_of_text|>"};
    const auto add = [this](TokenId id) {
      if (id != kNoToken && std::find(parts_->stop.begin(), parts_->stop.end(), id) == parts_->stop.end()) {
        parts_->stop.push_back(id);
      }
    };
    for (const std::string_view key : {"eos", "eot", "eom"}) {
      FERRY_TRY(const TokenId id, token_id(fmt::format("tokenizer.ggml.{}_token_id", key)));
      add(id);
    }
    for (const AddedToken& token : parts_->added) {
      if (std::find(std::begin(kEndings), std::end(kEndings), token.content) != std::end(kEndings))
        add(token.id);
    }
    return {};
  }

  const GgufFile& file_;
  std::unique_ptr<TokenizerParts> parts_ = std::make_unique<TokenizerParts>();
  std::vector<std::string_view> tokens_;
  std::vector<int64_t> types_;
  std::vector<AddedToken> added_;
  FimKeys fim_;
  bool add_bos_ = false;  // where the file does not say
  bool add_eos_ = false;
  bool is_bert_ = false;
};

}  // namespace

Result<std::unique_ptr<TokenizerParts>> parts_from_gguf(const GgufFile& file) {
  return GgufLoader(file).run();
}

}  // namespace ferry
