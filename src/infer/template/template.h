#pragma once
// Chat templates: Jinja as published models use it, rendered byte for byte as Python's jinja2 (an
// ImmutableSandboxedEnvironment) renders it under the settings of Hugging Face transformers: trim_blocks,
// lstrip_blocks, break and continue, `tojson` without HTML escaping, `raise_exception`, `strftime_now`,
// `{% generation %}`. include, import, extends and block are refused: a chat template is one text.
//
// Beside the text, rendering tells where its bytes came from: a string of the context keeps its origin
// through slicing, concatenation, filters, macros and tojson. Training masks follow from it, and so does
// safety: bytes that a user wrote must never be read as a special token.

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"

namespace ferry {

// A stretch of output bytes that came from the context.
struct Origin {
  size_t begin;  // bytes of RenderedChat::text: [begin, end)
  size_t end;
  int32_t message;    // index in the context's `messages`; -1: another value of the context
  std::string field;  // "content", "content[0].text", "tool_calls[0].function.arguments"; with message -1 the
                      // path from the top of the context: "tools[0].function.name", "bos_token"
};

struct RenderedChat {
  std::string text;
  // In order, without overlap. Bytes in none of them are the template's own text, or were computed by it.
  std::vector<Origin> origins;
  // What `{% generation %}` blocks wrote: [begin, end) in bytes, in order; neighbours are merged.
  std::vector<std::pair<size_t, size_t>> generation_spans;
};

// What one rendering may use; more is ErrorCode::resource_exhausted. Templates come from outside.
struct RenderLimits {
  uint64_t max_steps = 10'000'000;  // evaluated nodes, plus work on long strings and lists in proportion
  size_t max_output_bytes = size_t{64} << 20;
  size_t max_memory_bytes = size_t{256} << 20;  // all values that exist while rendering
  int max_depth = 1000;                         // nested evaluations; a macro call takes about ten
};

struct RenderOptions {
  RenderLimits limits;
  std::optional<std::tm> now;  // local time for strftime_now; unset: the clock
};

// A parsed template: immutable, any number of threads may render it at once.
class ChatTemplate {
 public:
  // `name` stands in messages ("<name>:<line>: what"): a file, or a model's name. Errors: invalid_argument
  // (syntax), unsupported (a statement or filter of Jinja that is not here), resource_exhausted (nested too
  // deeply).
  static Result<std::shared_ptr<const ChatTemplate>> parse(std::string source, std::string_view name);

  // `context` holds messages, tools, documents, add_generation_prompt, bos_token, eos_token and whatever else
  // the template reads; strings are UTF-8. Errors: invalid_argument (raise_exception, an undefined value
  // used, a wrong type: with Jinja's wording), unsupported, resource_exhausted.
  Result<RenderedChat> render(const json::object& context, const RenderOptions& options = {}) const;

  const std::string& source() const;
  const std::string& name() const;

  ~ChatTemplate();
  ChatTemplate(const ChatTemplate&) = delete;
  ChatTemplate& operator=(const ChatTemplate&) = delete;

 private:
  struct Parsed;
  explicit ChatTemplate(std::unique_ptr<Parsed> parsed);

  std::unique_ptr<Parsed> parsed_;
};

}  // namespace ferry
