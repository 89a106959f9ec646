#include "infer/tokenizer/bpe.h"

#include <fmt/format.h>

#include "infer/tokenizer/byte_level.h"

namespace ferry {

Bpe::Bpe(BpeOptions options, const Vocab& vocab, MergeTable merges)
    : options_(std::move(options)),
      vocab_(vocab),
      merges_(std::move(merges)),
      affixes_(!options_.continuing_subword_prefix.empty() || !options_.end_of_word_suffix.empty()) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    byte_tokens_[byte] = vocab.find(to_byte_level({&c, 1}));
    fallback_tokens_[byte] = options_.byte_fallback ? vocab.find(fmt::format("<0x{:02X}>", byte)) : kNoToken;
    if (byte < 128) ascii_tokens_[byte] = vocab.find({&c, 1});
  }
}

bool Bpe::may_cut_before(std::string_view character) const {
  if (options_.ignore_merges || affixes_ || vocab_.find(character) == kNoToken) return false;
  for (TokenId id = 0; id < vocab_.size(); ++id) {
    const std::string_view text = vocab_.text(id);
    for (size_t at = text.find(character, 1); at < text.size(); at = text.find(character, at + 1)) {
      if (!text.substr(0, at).ends_with(character)) return false;
    }
  }
  return true;
}

void Bpe::encode_word(std::string_view word, std::vector<TokenId>& out) const {
  if (options_.ignore_merges) {
    if (const TokenId token = whole_word(word); token != kNoToken) {
      out.push_back(token);
      return;
    }
  }
  thread_local std::vector<TokenId> symbols;
  symbols.clear();
  if (options_.byte_level && !affixes_) {
    start_bytes(word, symbols);
  } else if (options_.byte_level) {
    start_characters(to_byte_level(word), symbols);
  } else {
    start_characters(word, symbols);
  }
  merges_.apply(symbols);
  out.insert(out.end(), symbols.begin(), symbols.end());
  constexpr size_t kKeep = 1 << 16;  // a huge word must not occupy memory for ever
  if (symbols.capacity() > kKeep) std::vector<TokenId>().swap(symbols);
}

TokenId Bpe::whole_word(std::string_view word) const {
  if (word.size() > vocab_.longest_bytes()) return kNoToken;
  return vocab_.find(options_.byte_level ? to_byte_level(word) : std::string(word));
}

namespace {

// Adds the unknown token of a character, one for a run if runs are fused.
class Unknown {
 public:
  Unknown(TokenId unk, bool fuse, std::vector<TokenId>& symbols)
      : unk_(unk), fuse_(fuse), symbols_(symbols) {}

  void add() {
    if (unk_ == kNoToken || (pending_ && fuse_)) return;
    flush();
    pending_ = true;
  }
  void flush() {
    if (pending_) symbols_.push_back(unk_);
    pending_ = false;
  }

 private:
  TokenId unk_;
  bool fuse_;
  bool pending_ = false;
  std::vector<TokenId>& symbols_;
};

}  // namespace

void Bpe::start_bytes(std::string_view word, std::vector<TokenId>& symbols) const {
  Unknown unknown(options_.unk, options_.fuse_unk, symbols);
  for (const char c : word) {
    const TokenId token = byte_tokens_[static_cast<unsigned char>(c)];
    if (token == kNoToken) {
      unknown.add();
      continue;
    }
    unknown.flush();
    symbols.push_back(token);
  }
  unknown.flush();
}

void Bpe::start_characters(std::string_view word, std::vector<TokenId>& symbols) const {
  Unknown unknown(options_.unk, options_.fuse_unk, symbols);
  for (size_t at = 0; at < word.size();) {
    const size_t bytes = char_at(word, at).bytes;
    const std::string_view character = word.substr(at, bytes);
    const bool first = at == 0;
    at += bytes;
    const TokenId token = character_token(character, first, at == word.size());
    if (token != kNoToken) {
      unknown.flush();
      symbols.push_back(token);
    } else if (!append_fallback(character, symbols)) {
      unknown.add();
    }
  }
  unknown.flush();
}

TokenId Bpe::character_token(std::string_view character, bool first, bool last) const {
  if (!affixes_) {
    const auto byte = static_cast<unsigned char>(character[0]);
    return byte < 128 ? ascii_tokens_[byte] : vocab_.find(character);
  }
  std::string spelling;
  if (!first) spelling = options_.continuing_subword_prefix;
  spelling += character;
  if (last) spelling += options_.end_of_word_suffix;
  return vocab_.find(spelling);
}

bool Bpe::append_fallback(std::string_view character, std::vector<TokenId>& symbols) const {
  if (!options_.byte_fallback) return false;
  for (const char c : character) {
    if (fallback_tokens_[static_cast<unsigned char>(c)] == kNoToken) return false;
  }
  for (const char c : character) symbols.push_back(fallback_tokens_[static_cast<unsigned char>(c)]);
  return true;
}

}  // namespace ferry
