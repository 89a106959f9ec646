#include "infer/tokenizer/wordpiece.h"

#include <algorithm>

#include "infer/tokenizer/char_class.h"

namespace ferry {
namespace {

bool is_continuation_byte(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

size_t count_characters(std::string_view text) {
  return text.size() - static_cast<size_t>(std::count_if(text.begin(), text.end(), is_continuation_byte));
}

}  // namespace

void WordPiece::encode_word(std::string_view word, std::vector<TokenId>& out) const {
  const size_t before = out.size();
  bool known = count_characters(word) <= options_.max_input_chars_per_word;
  for (size_t at = 0; known && at < word.size();) {
    const Found found = longest_at(word, at);
    known = found.token != kNoToken;
    at += found.bytes;
    out.push_back(found.token);
  }
  if (known) return;
  out.resize(before);
  out.push_back(options_.unk);
}

WordPiece::Found WordPiece::longest_at(std::string_view word, size_t begin) const {
  std::string spelling = begin == 0 ? "" : options_.continuing_subword_prefix;
  const size_t prefix = spelling.size();
  spelling += word.substr(begin, vocab_.longest_bytes());
  while (spelling.size() > prefix) {
    const bool whole_characters = begin + spelling.size() - prefix == word.size() ||
                                  !is_continuation_byte(word[begin + spelling.size() - prefix]);
    if (whole_characters) {
      const TokenId token = vocab_.find(spelling);
      if (token != kNoToken) return {token, spelling.size() - prefix};
    }
    spelling.pop_back();
  }
  return {};
}

}  // namespace ferry
