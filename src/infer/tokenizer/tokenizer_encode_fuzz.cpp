// Any bytes through small tokenizers. Byte-level tokenizers give valid UTF-8 back as it was; streams equal
// whole texts; special tokens come from nowhere but allowed pieces.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/core/utf8.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {
namespace {

std::shared_ptr<const Tokenizer> load(const char* name) {
  const auto path = std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/tokenizer" / name;
  auto tokenizer = Tokenizer::open(path);
  FERRY_CHECK(tokenizer);
  return *std::move(tokenizer);
}

// Without normaliser, and nothing added to the text.
const std::array<std::shared_ptr<const Tokenizer>, 4>& exact() {
  static const std::array tokenizers = {load("gpt2.json"), load("llama3.json"), load("deepseek3.json"),
                                        load("tekken.json")};
  return tokenizers;
}

const std::array<std::shared_ptr<const Tokenizer>, 6>& others() {
  static const std::array tokenizers = {load("llama2.json"), load("metaspace_first.json"),
                                        load("bert.json"),   load("suffixes.json"),
                                        load("qwen2.json"),  load("falcon.json")};
  return tokenizers;
}

std::string streamed(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  StreamDecoder decoder(tokenizer);
  std::string all;
  for (const TokenId id : ids) {
    const std::string piece = decoder.push(id);
    FERRY_CHECK(is_valid_utf8(piece));
    all += piece;
  }
  return all + decoder.finish();
}

// Cut or not, alone or as a pair: special tokens come from the frame only, and a cut holds.
void check_frames(const Tokenizer& tokenizer, std::string_view text) {
  const size_t specials = tokenizer.frame("").ids.size();
  const FramedText whole = tokenizer.frame(text);
  for (const size_t most : {size_t{0}, size_t{3}, text.size() / 2, text.size()}) {
    const FramedText cut = tokenizer.frame(text, most);
    FERRY_CHECK(cut.ids.size() == std::min(whole.ids.size(), std::max(most, specials)));
  }
  const std::string_view first = text.substr(0, text.size() / 3);
  const std::string_view second = text.substr(text.size() / 3);
  const auto pair = tokenizer.frame_pair(first, second);
  if (!pair) return;
  FERRY_CHECK(pair->types.size() == pair->ids.size());
  const size_t frame = tokenizer.frame_pair("", "", 0)->ids.size();
  for (const size_t most : {size_t{0}, size_t{5}, text.size() / 2}) {
    const FramedText cut = tokenizer.frame_pair(first, second, most).value();
    FERRY_CHECK(cut.ids.size() == std::min(pair->ids.size(), std::max(most, frame)));
  }
}

void check(const Tokenizer& tokenizer, std::string_view text, bool exact) {
  const auto ids = tokenizer.encode(text);
  FERRY_CHECK(streamed(tokenizer, ids) == tokenizer.decode(ids));
  if (exact && is_valid_utf8(text)) {
    const auto plain = tokenizer.encode(text, {.add_special = false});
    FERRY_CHECK(tokenizer.decode(plain, false) == text);
  }
  check_frames(tokenizer, text);
  const TextPiece user{text, false};
  for (const TokenId id : tokenizer.encode_pieces({&user, 1})) {
    FERRY_CHECK(!tokenizer.is_special(id) || tokenizer.token_text(id) == "[UNK]" ||
                tokenizer.token_text(id) == "<unk>");
  }
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  if (size == 0) return 0;
  const size_t which = data[0] % (exact().size() + others().size());
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (which < exact().size()) {
    check(*exact()[which], text, true);
  } else {
    check(*others()[which - exact().size()], text, false);
  }
  return 0;
}
