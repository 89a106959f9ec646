// Any bytes, as a whole answer, as an error and, line by line, as the events of a stream of every dialect:
// nothing breaks, and what is read can be written in every dialect.

#include <cstdint>

#include "serve/dialects/anthropic_answer.h"
#include "serve/dialects/model_lists.h"
#include "serve/dialects/openai_embeddings.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

const ExchangeIdentity kIdentity{.id = "x", .created = 1, .model = "m", .fingerprint = {}};

void check_whole(const WireDialect& dialect, std::string_view body) {
  FERRY_CHECK(!dialect.read_error(500, {}, body).error.message.empty());
  (void)dialect.patch_answer(body, "m");
  const auto answer = dialect.read_answer(body);
  if (!answer) return;
  const Usage& usage = answer->result.usage;
  FERRY_CHECK(usage.prompt_tokens >= usage.cached_tokens + usage.cache_written_tokens);
  for (const WireDialect* writer : wire_dialects()) {
    const std::string written = writer->write_answer(kIdentity, answer->result, {});
    FERRY_CHECK(parse_json(written, "written").has_value());
    FERRY_CHECK(writer->read_answer(written).has_value());
  }
}

// Events of the stream, each a line; the answer as each dialect's client would get it.
void check_stream(const WireDialect& dialect, std::string_view lines, const WireDialect& writer_dialect) {
  const auto reader = dialect.read_events();
  GenerationRequest request;
  request.n = 1024;  // as many as a reader lets come
  const auto writer = writer_dialect.write_events(kIdentity, request);
  const auto again = writer_dialect.read_events();
  bool is_over = false;
  const auto check = [&](std::string_view data, std::string_view name) {
    if (!is_over) is_over = again->read(name, data).error.has_value();
  };
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    (void)dialect.patch_event(lines.substr(0, end), "m");
    const EventReading reading = reader->read("", lines.substr(0, end));
    for (const GenerationDelta& delta : reading.deltas) writer->delta(delta, check);
    if (reading.error) return writer->fail(502, *reading.error, check);
    if (reading.ended) return writer->end(reading.usage.value_or(Usage()), check);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

// Those that are no text.
void check_others(std::string_view body) {
  (void)read_model_list(body);
  (void)read_anthropic_token_count(body);
  const auto embeddings = read_openai_embeddings_answer(body, 2);
  FERRY_CHECK(!embeddings || (embeddings->vectors.size() == 2 && !embeddings->vectors[0].empty()));
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ferry::check_others(text);
  for (const ferry::WireDialect* dialect : ferry::wire_dialects()) {
    ferry::check_whole(*dialect, text);
    for (const ferry::WireDialect* writer : ferry::wire_dialects())
      ferry::check_stream(*dialect, text, *writer);
  }
  return 0;
}
