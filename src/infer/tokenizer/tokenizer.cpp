#include "infer/tokenizer/tokenizer.h"

#include <algorithm>

#include "base/core/file.h"
#include "base/core/utf8.h"
#include "infer/formats/gguf.h"
#include "infer/tokenizer/load.h"
#include "infer/tokenizer/parts.h"

namespace ferry {

const AddedToken* TokenizerParts::find_added(TokenId id) const {
  const auto it = std::lower_bound(added.begin(), added.end(), id,
                                   [](const AddedToken& token, TokenId wanted) { return token.id < wanted; });
  return it != added.end() && it->id == id ? &*it : nullptr;
}

std::string_view TokenizerParts::text(TokenId id) const {
  if (const AddedToken* token = find_added(id)) return token->content;
  return vocab.text(id);
}

bool TokenizerParts::shows(TokenId id, bool skip_special) const {
  const AddedToken* token = find_added(id);
  return token != nullptr ? !(skip_special && token->special) : vocab.contains(id);
}

TokenId TokenizerParts::find(std::string_view wanted) const {
  const auto it = std::find_if(added.begin(), added.end(),
                               [&](const AddedToken& token) { return token.content == wanted; });
  return it != added.end() ? it->id : vocab.find(wanted);
}

void TokenizerParts::take_added(std::vector<AddedToken> tokens, const FimKeys& fim_keys) {
  added = std::move(tokens);
  std::stable_sort(added.begin(), added.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (AddedToken& token : added) token.reserved = is_fim_text(token.content);
  size = vocab.size();
  for (const AddedToken& token : added) {
    size = std::max(size, token.id + 1);
    if (token.special || token.reserved) vocab.hide(token.content);
    if (!token.normalized) {
      raw_added.add(token);
      continue;
    }
    MarkedText content{token.content, {}};
    for (const auto& step : normalizer) step->run(content);
    AddedToken normalized = token;
    normalized.content = std::move(content.text);
    normalized_added.add(normalized);
  }
  const auto find_text = [this](std::string_view text) -> std::optional<TokenId> {
    const auto it = std::find_if(added.begin(), added.end(),
                                 [&](const AddedToken& token) { return token.content == text; });
    return it != added.end() ? std::optional(it->id) : std::nullopt;
  };
  fim = find_fim_tokens(find_text, fim_keys);
}

namespace {

// The whole input, in one string, with the places where special tokens may stand.
struct Input {
  std::string_view text;
  std::vector<Range> special_allowed;
  bool continues = false;  // the text goes on where another ends
};

// One call of encode.
class Encoding {
 public:
  Encoding(const TokenizerParts& parts, std::vector<TokenId>& out)
      : parts_(parts), cache_(WordCache::of_this_thread()), out_(out) {}

  void run(const Input& input) {
    std::vector<Segment> segments;
    parts_.raw_added.split(input.text, input.special_allowed, segments);
    for (const Segment& segment : segments) {
      if (segment.token != kNoToken) {
        out_.push_back(segment.token);
      } else {
        encode_raw(input, segment);
      }
    }
  }

 private:
  void encode_raw(const Input& input, const Segment& segment) {
    const std::string_view text = input.text.substr(segment.begin, segment.end - segment.begin);
    at_start_ = segment.begin == 0 && !input.continues;
    continues_ = segment.begin == 0 && input.continues;
    std::vector<size_t> marks;
    if (!parts_.normalized_added.empty()) marks = marks_in(input.special_allowed, segment);
    if (parts_.normalizer.empty()) {
      encode_normalized(text, marks);
      return;
    }
    MarkedText marked{std::string(text), std::move(marks), continues_};
    for (const auto& step : parts_.normalizer) step->run(marked);
    encode_normalized(marked.text, marked.marks);
  }

  // The ranges' parts inside the segment: begin, end, begin, end ... relative to it.
  static std::vector<size_t> marks_in(const std::vector<Range>& ranges, const Segment& segment) {
    std::vector<size_t> marks;
    for (const Range& range : ranges) {
      const size_t begin = std::max(range.begin, segment.begin);
      const size_t end = std::min(range.end, segment.end);
      if (begin >= end) continue;
      marks.push_back(begin - segment.begin);
      marks.push_back(end - segment.begin);
    }
    return marks;
  }

  void encode_normalized(std::string_view text, std::span<const size_t> marks) {
    if (parts_.normalized_added.empty()) {
      encode_words(text, true);
      return;
    }
    std::vector<Range> ranges;
    for (size_t i = 0; i + 1 < marks.size(); i += 2) ranges.push_back({marks[i], marks[i + 1]});
    std::vector<Segment> segments;
    parts_.normalized_added.split(text, ranges, segments);
    for (const Segment& segment : segments) {
      if (segment.token != kNoToken) {
        out_.push_back(segment.token);
      } else {
        encode_words(text.substr(segment.begin, segment.end - segment.begin), segment.begin == 0);
      }
    }
  }

  void encode_words(std::string_view text, bool first) {
    words_.reset(text, first && at_start_, first && continues_);
    for (const auto& step : parts_.pre_tokenizer) step->run(words_);
    for (const std::string_view word : words_.list)
      cache_.encode(parts_.cache_owner, *parts_.model, word, out_);
  }

  const TokenizerParts& parts_;
  WordCache& cache_;
  Words words_;
  bool at_start_ = true;    // the segment begins where the whole text does
  bool continues_ = false;  // and goes on where another text ends
  std::vector<TokenId>& out_;
};

// Adjoining pieces that allow special tokens are one range.
void append_range(std::vector<Range>& ranges, size_t begin, size_t end) {
  if (begin == end) return;
  if (!ranges.empty() && ranges.back().end == begin) {
    ranges.back().end = end;
  } else {
    ranges.push_back({begin, end});
  }
}

// The pieces one after the other; `text` holds them where they had to be copied.
Input join(std::span<const TextPiece> pieces, std::string& text) {
  Input input;
  if (pieces.size() == 1 && is_valid_utf8(pieces[0].text)) {
    input.text = pieces[0].text;
    if (pieces[0].parse_special) append_range(input.special_allowed, 0, input.text.size());
    return input;
  }
  for (const TextPiece& piece : pieces) text.append(piece.text);
  const bool valid = is_valid_utf8(text);
  text.clear();
  for (const TextPiece& piece : pieces) {
    const size_t begin = text.size();
    text.append(valid ? std::string(piece.text) : replace_invalid_utf8(piece.text));
    if (piece.parse_special) append_range(input.special_allowed, begin, text.size());
  }
  input.text = text;
  return input;
}

// How much of two texts fits into `most` tokens, as `tokenizers` cuts "longest_first".
std::pair<size_t, size_t> cut_longest_first(size_t first, size_t second, size_t most) {
  if (first + second <= most) return {first, second};
  const size_t shorter = std::min(first, second);
  size_t kept_shorter = shorter;
  size_t kept_longer = most - std::min(shorter, most);
  if (kept_longer < shorter) {
    kept_shorter = most / 2;
    kept_longer = most - kept_shorter;
  }
  return first > second ? std::pair(kept_longer, kept_shorter) : std::pair(kept_shorter, kept_longer);
}

Result<std::shared_ptr<const MappedFile>> map_if_there(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file && file.error().code == ErrorCode::not_found) return nullptr;
  return file;
}

}  // namespace

std::vector<TokenId> TokenizerParts::encode(std::span<const TextPiece> pieces, EncodeOptions options) const {
  std::string copy;
  Input input = join(pieces, copy);
  input.continues = options.continues;
  std::vector<TokenId> out;
  out.reserve(input.text.size() / 3 + before.size() + after.size());
  if (options.add_special) out = before;
  Encoding(*this, out).run(input);
  if (options.add_special) out.insert(out.end(), after.begin(), after.end());
  return out;
}

Tokenizer::Tokenizer(std::unique_ptr<const TokenizerParts> parts) : parts_(std::move(parts)) {}
Tokenizer::~Tokenizer() = default;

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const std::filesystem::path& path) {
  if (path.extension() == ".gguf") {
    FERRY_TRY(const auto file, GgufFile::open(path));
    return from_gguf(*file);
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return from_folder(path);
  FERRY_TRY(const auto file, MappedFile::open(path));
  return from_json(file->text(), path.string());
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_folder(const std::filesystem::path& folder) {
  const auto path = folder / "tokenizer.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored) &&
      std::filesystem::exists(folder / "tokenizer.model", ignored)) {
    return fail(ErrorCode::unsupported,
                "{}: there is a tokenizer.model only; make a tokenizer.json of it (transformers' "
                "save_pretrained does)",
                folder.string());
  }
  FERRY_TRY(const auto file, MappedFile::open(path));
  FERRY_TRY(auto parts, parts_from_json(file->text(), path.string()));
  const auto config_path = folder / "tokenizer_config.json";
  FERRY_TRY(const auto config, map_if_there(config_path));
  if (config) FERRY_TRY_VOID(apply_tokenizer_config(config->text(), config_path.string(), *parts));
  return std::shared_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_json(std::string_view tokenizer_json,
                                                              std::string_view source) {
  FERRY_TRY(auto parts, parts_from_json(tokenizer_json, source));
  return std::shared_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_gguf(const GgufFile& file) {
  FERRY_TRY(auto parts, parts_from_gguf(file));
  return std::shared_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  const TextPiece piece{text, options.parse_special};
  return parts_->encode({&piece, 1}, options);
}

std::vector<TokenId> Tokenizer::encode_pieces(std::span<const TextPiece> pieces, bool add_special) const {
  return parts_->encode(pieces, {.add_special = add_special});
}

FramedText Tokenizer::frame(std::string_view text, size_t most) const {
  FramedText framed;
  framed.ids = encode(text, {.add_special = true, .parse_special = false});
  if (framed.ids.size() <= most) return framed;
  const size_t room = most - std::min(most, parts_->before.size() + parts_->after.size());
  framed.ids.resize(parts_->before.size() + room);
  framed.ids.insert(framed.ids.end(), parts_->after.begin(), parts_->after.end());
  return framed;
}

Result<FramedText> Tokenizer::frame_pair(std::string_view first, std::string_view second, size_t most) const {
  if (parts_->pair.empty()) {
    return fail(ErrorCode::unsupported, "the model's tokenizer does not say how two texts are put together");
  }
  std::vector<TokenId> texts[2] = {encode(first, {.add_special = false, .parse_special = false}),
                                   encode(second, {.add_special = false, .parse_special = false})};
  const size_t specials = parts_->pair.size() - 2;
  const auto [kept_first, kept_second] =
      cut_longest_first(texts[0].size(), texts[1].size(), most - std::min(most, specials));
  texts[0].resize(kept_first);
  texts[1].resize(kept_second);

  FramedText framed;
  for (const PairPart& part : parts_->pair) {
    if (part.kind == PairPart::Kind::special) {
      framed.ids.push_back(part.token);
    } else {
      const std::vector<TokenId>& text = texts[part.kind == PairPart::Kind::first ? 0 : 1];
      framed.ids.insert(framed.ids.end(), text.begin(), text.end());
    }
    framed.types.resize(framed.ids.size(), part.type);
  }
  return framed;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  DecodeRun run(parts_->decoder);
  for (const TokenId id : ids) {
    if (parts_->shows(id, skip_special)) run.push(parts_->text(id));
  }
  run.finish();
  return run.take();
}

std::string Tokenizer::token_bytes(TokenId id) const {
  const AddedToken* added = parts_->find_added(id);
  if (added != nullptr && added->special) return added->content;
  return bytes_of_token(parts_->decoder, token_text(id));
}

std::string_view Tokenizer::token_text(TokenId id) const {
  return parts_->text(id);
}

std::optional<TokenId> Tokenizer::find(std::string_view token) const {
  const TokenId id = parts_->find(token);
  return id == kNoToken ? std::nullopt : std::optional(id);
}

bool Tokenizer::is_special(TokenId id) const {
  const AddedToken* added = parts_->find_added(id);
  return added != nullptr && added->special;
}

int32_t Tokenizer::vocab_size() const {
  return parts_->size;
}

std::optional<TokenId> Tokenizer::bos() const {
  return parts_->bos;
}

std::optional<TokenId> Tokenizer::eos() const {
  return parts_->eos;
}

std::span<const TokenId> Tokenizer::stop_tokens() const {
  return parts_->stop;
}

std::span<const TokenId> Tokenizer::leading_tokens() const {
  return parts_->before;
}

const FimTokens& Tokenizer::fim() const {
  return parts_->fim;
}

std::string_view Tokenizer::kind() const {
  return parts_->model->kind();
}

struct StreamDecoder::State {
  const TokenizerParts& parts;
  bool skip_special;
  std::vector<TokenId> shown;
  DecodeRun run;
};

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, bool skip_special, std::vector<TokenId> shown)
    : state_(new State{*tokenizer.parts_, skip_special, std::move(shown),
                       DecodeRun(tokenizer.parts_->decoder)}) {}
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;

std::string StreamDecoder::push(TokenId id) {
  const auto& shown = state_->shown;
  const bool skip = state_->skip_special && std::find(shown.begin(), shown.end(), id) == shown.end();
  if (!state_->parts.shows(id, skip)) return {};
  state_->run.push(state_->parts.text(id));
  return state_->run.take();
}

std::string StreamDecoder::finish() {
  state_->run.finish();
  return state_->run.take();
}

}  // namespace ferry
