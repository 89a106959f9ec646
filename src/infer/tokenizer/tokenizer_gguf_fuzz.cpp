// Any bytes as a GGUF file with a vocabulary; what loads must encode and decode without harm.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/core/utf8.h"
#include "infer/formats/gguf.h"
#include "infer/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const auto file = GgufFile::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz.gguf");
  if (!file) return 0;
  const auto tokenizer = Tokenizer::from_gguf(**file);
  if (!tokenizer) {
    FERRY_CHECK(!tokenizer.error().message.empty());
    return 0;
  }
  // The end of the file has its merges or its tokens in it.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<TokenId> ids = (*tokenizer)->encode(text.substr(size - std::min<size_t>(size, 256)));
  const TextPiece pieces[] = {{text.substr(0, 64), false}, {" caf\xC3\xA9 12\n", true}};
  const auto more = (*tokenizer)->encode_pieces(pieces, true);
  ids.insert(ids.end(), more.begin(), more.end());
  for (TokenId id = -1; id <= 8; ++id) ids.push_back(id);
  FERRY_CHECK(is_valid_utf8((*tokenizer)->decode(ids)));
  for (const TokenId id : ids) (*tokenizer)->token_bytes(id);
  return 0;
}
