#pragma once
// Text to token IDs and back, as the model's own tokenizer does it. Loads tokenizer.json (byte-level BPE,
// SentencePiece-style BPE with byte fallback, WordPiece) and the tokenizer.ggml.* metadata of GGUF files.
//
// Results equal those of the Python package `tokenizers` on the same tokenizer.json (truncation and padding
// that the file may ask for are left to the caller), and of llama.cpp on the same GGUF. Two deliberate
// differences: a run of byte tokens (<0x..>) that is not valid UTF-8 as a whole keeps its valid characters,
// as SentencePiece does, so that text cut at a token limit loses its last character only; and special tokens
// that must not be parsed are never looked for, so they cannot hide others.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/tokenizer/fim_tokens.h"

namespace ferry {

class GgufFile;
struct TokenizerParts;

using TokenId = int32_t;

struct EncodeOptions {
  bool add_special = true;  // BOS, EOS, [CLS] ... as the file's post-processor says
  bool parse_special =
      true;  // "<|im_end|>" becomes that token; false: it is plain text, as user content must be
  bool continues = false;  // the text goes on where another ends: no space is put before it
};

// A part of a rendered prompt. Template text may contain special tokens, user content may not.
struct TextPiece {
  std::string_view text;
  bool parse_special = true;
};

// What an encoder reads: one text, or two, with special tokens around them.
struct FramedText {
  std::vector<TokenId> ids;
  std::vector<int32_t> types;  // the segment that each is of; empty: all are of 0
};

// Immutable after loading; any thread may use it.
// Text that is not valid UTF-8 is read as with U+FFFD in place of each ill-formed part
// (replace_invalid_utf8).
class Tokenizer {
 public:
  // A folder with a tokenizer.json, a tokenizer.json itself, or a .gguf file.
  static Result<std::shared_ptr<const Tokenizer>> open(const std::filesystem::path& path);
  // tokenizer.json, and tokenizer_config.json where there is one (for bos() and eos()).
  static Result<std::shared_ptr<const Tokenizer>> from_folder(const std::filesystem::path& folder);
  // `source` names the text in errors.
  static Result<std::shared_ptr<const Tokenizer>> from_json(std::string_view tokenizer_json,
                                                            std::string_view source);
  // Copies what it needs: `file` may go. Vocabulary-only files will do.
  static Result<std::shared_ptr<const Tokenizer>> from_gguf(const GgufFile& file);

  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Added tokens that are not special (their content is ordinary text) are always recognised, but for those
  // of fill-in-the-middle: whatever a file says of them, text of users must not become one.
  std::vector<TokenId> encode(std::string_view text, EncodeOptions options = {}) const;

  // The IDs of the concatenated text, except that special tokens are recognised only where they lie wholly in
  // adjoining pieces with parse_special. With no special token hidden in the other pieces this is encode() of
  // the concatenation: words are split and merged across the pieces' borders.
  std::vector<TokenId> encode_pieces(std::span<const TextPiece> pieces, bool add_special = false) const;

  // As encode() with add_special and without parse_special; of more than `most` tokens the text loses its
  // last ones. (The special tokens stay, even if they alone are more.)
  FramedText frame(std::string_view text, size_t most = SIZE_MAX) const;
  // Two texts for a model that judges pairs. Of more than `most` tokens the texts lose their last ones, the
  // longer one first. `unsupported` where the file does not say how two texts are framed.
  Result<FramedText> frame_pair(std::string_view first, std::string_view second,
                                size_t most = SIZE_MAX) const;

  // Valid UTF-8; bytes that form no character become U+FFFD. IDs that are not in the vocabulary give nothing.
  std::string decode(std::span<const TokenId> ids, bool skip_special = true) const;

  // The bytes that the token stands for in the middle of a text; maybe a part of a character. Special tokens
  // give their text.
  std::string token_bytes(TokenId id) const;
  // The vocabulary's own spelling ("Ġthe", "▁the", "<0x0A>", "<|im_end|>"); empty for an ID without token.
  std::string_view token_text(TokenId id) const;
  // By the vocabulary's spelling.
  std::optional<TokenId> find(std::string_view token) const;

  bool is_special(TokenId id) const;
  // The largest ID, plus one; the model's output may be wider (padding).
  int32_t vocab_size() const;

  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const;
  // Tokens that end an answer by the file's own account: eos, and GGUF's end-of-turn and end-of-message.
  std::span<const TokenId> stop_tokens() const;
  // What encode() puts before a text: BOS, mostly.
  std::span<const TokenId> leading_tokens() const;
  // As far as the vocabulary has them.
  const FimTokens& fim() const;
  // "BPE", "WordPiece": for `ferry show`.
  std::string_view kind() const;

 private:
  friend class StreamDecoder;
  explicit Tokenizer(std::unique_ptr<const TokenizerParts> parts);

  std::unique_ptr<const TokenizerParts> parts_;
};

// Decodes a growing answer. The concatenation of all that push() and finish() return equals decode() of the
// IDs (but for `shown`), and no piece ends inside a character. One thread at a time; the tokenizer must
// outlive it.
class StreamDecoder {
 public:
  // `shown`: special tokens whose text is wanted although special tokens are skipped.
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = true,
                         std::vector<TokenId> shown = {});
  ~StreamDecoder();
  StreamDecoder(StreamDecoder&&) noexcept;
  StreamDecoder& operator=(StreamDecoder&&) noexcept;

  // The text that this token completes; empty while a character is incomplete.
  std::string push(TokenId id);
  // What is still held back, after the last token. The decoder may then be used for another answer.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ferry
