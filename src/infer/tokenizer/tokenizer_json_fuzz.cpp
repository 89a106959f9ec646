// Any bytes as tokenizer.json; what loads must encode and decode without harm.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "infer/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = Tokenizer::from_json(text, "fuzz");
  if (!tokenizer) return 0;
  // The file's own text has its tokens in it.
  const std::string_view sample = text.substr(0, 256);
  std::vector<TokenId> ids = (*tokenizer)->encode(sample);
  const TextPiece pieces[] = {{sample.substr(0, sample.size() / 2), false}, {" caf\xC3\xA9 12\n", true}};
  const auto more = (*tokenizer)->encode_pieces(pieces, true);
  ids.insert(ids.end(), more.begin(), more.end());
  for (TokenId id = -1; id <= 8; ++id) ids.push_back(id);
  (*tokenizer)->decode(ids);
  for (const TokenId id : ids) (*tokenizer)->token_bytes(id);
  return 0;
}
