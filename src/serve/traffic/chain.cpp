#include "serve/traffic/chain.h"

#include <charconv>

#include <fmt/format.h>

#include "serve/traffic/byte_codec.h"

namespace ferry {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kPersonal = "ferry personal 1\0"sv;
constexpr std::string_view kRecord = "ferry record 1\0"sv;
constexpr std::string_view kChain = "ferry chain 1\0"sv;

}  // namespace

Digest personal_digest(std::string_view salt, std::string_view personal) {
  return sha256({kPersonal, salt, personal});
}

Digest record_digest(uint8_t kind, uint8_t version, std::string_view open, const Digest& personal) {
  std::string head(kRecord);
  ByteWriter w(head);
  w.number(kind);
  w.number(version);
  w.number(static_cast<uint32_t>(open.size()));
  return sha256({head, open, bytes_of(personal)});
}

Digest chain_head(int64_t number, const Digest& before, const Digest& record) {
  std::string head(kChain);
  ByteWriter(head).number(number);
  return sha256({head, bytes_of(before), bytes_of(record)});
}

std::string ChainHead::to_string() const {
  return fmt::format("{}:{}", number, to_hex(digest));
}

std::optional<ChainHead> ChainHead::parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ChainHead head;
  const auto parsed = std::from_chars(text.data(), text.data() + colon, head.number);
  const auto digest = parse_digest(text.substr(colon + 1));
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + colon || head.number < 0 || !digest) {
    return std::nullopt;
  }
  head.digest = *digest;
  return head;
}

}  // namespace ferry
