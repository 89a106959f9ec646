#include "serve/dialects/openai_completions.h"

#include <algorithm>

#include "base/core/utf8.h"
#include "serve/dialects/known_fields.h"
#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_request.h"
#include "serve/dialects/prompts.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

constexpr std::string_view kObject = "text_completion";
constexpr int64_t kDefaultMaxTokens = 16;
constexpr int kMaxLogprobs = 20;
constexpr size_t kMaxPrompts = 2048;

constexpr int kMaxBestOf = 128;

void read_best_of(FieldReader& fields, GenerationRequest& request) {
  request.best_of = static_cast<int>(fields.integer("best_of", 1, kMaxBestOf).value_or(request.n));
  if (request.best_of < request.n) {
    fields.refuse("best_of", fmt::format("is {}, less than the {} of n", request.best_of, request.n));
  }
  if (request.stream && request.best_of > request.n) {
    fields.refuse("best_of", "greater than n needs whole answers to compare: set \"stream\": false");
  }
}

// One prompt at a time: each would be as long as the suffix.
void read_suffix(FieldReader& fields, GenerationRequest& request) {
  std::optional<std::string> suffix = fields.text("suffix");
  if (!suffix || suffix->empty()) return;
  if (request.prompts.size() > 1) return fields.refuse("suffix", "goes with one prompt, not with several");
  if (request.prompt.truncate_side == PromptRequest::Side::right) {
    return fields.note("truncation_side", "goes without suffix: what is farthest from the gap is cut",
                       Feature::foreign);
  }
  request.infill = InfillRequest{.suffix = *std::move(suffix), .field = "suffix"};
}

// Tokens that are parts of characters are named as OpenAI names them, so that they stay apart:
// "bytes:\xe2\x80".
std::string legacy_name(const TokenAlternative& token, const OpenAiAnswerFormat& format) {
  std::string text = token_name(token, format);
  if (is_valid_utf8(text)) return text;
  std::string name = "bytes:";
  for (const char c : text)
    fmt::format_to(std::back_inserter(name), "\\x{:02x}", static_cast<unsigned char>(c));
  return name;
}

// Characters that begin in `text`.
size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The best tokens and, should it not be among them, the chosen one. A name that comes twice keeps its first,
// more probable value.
void write_top(JsonWriter& w, const TokenLogprob& logprob, const OpenAiAnswerFormat& format) {
  if (logprob.is_first) return w.null();
  std::vector<std::string> written;
  const auto write = [&](const TokenAlternative& token) {
    std::string name = legacy_name(token, format);
    if (std::find(written.begin(), written.end(), name) != written.end()) return;
    w.member(name, wire_logprob(token.logprob));
    written.push_back(std::move(name));
  };
  w.begin_object();
  for (const TokenAlternative& token : logprob.top) write(token);
  write(logprob.chosen);
  w.end_object();
}

// `offset` is that of the first token in characters; returns that of the next.
size_t write_logprobs(JsonWriter& w, const std::vector<TokenLogprob>& logprobs, size_t offset,
                      const OpenAiAnswerFormat& format) {
  w.begin_object();
  w.key("text_offset");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) {
    w.value(offset);
    offset += count_characters(logprob.chosen.text);
  }
  w.end_array();
  w.key("token_logprobs");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) {
    if (logprob.is_first) {
      w.null();
    } else {
      w.value(wire_logprob(logprob.chosen.logprob));
    }
  }
  w.end_array();
  w.key("tokens");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) w.value(legacy_name(logprob.chosen, format));
  w.end_array();
  w.key("top_logprobs");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) write_top(w, logprob, format);
  w.end_array();
  w.end_object();
  return offset;
}

void write_prompt(JsonWriter& w, const PromptReport& prompt, const OpenAiAnswerFormat& format) {
  if (format.report.prompt_logprobs) write_prompt_logprobs(w, prompt.logprobs, format);
  if (format.report.token_ids) write_token_ids(w, "prompt_token_ids", prompt.token_ids);
}

}  // namespace

namespace {

ApiResult<GenerationRequest> read_completion(std::string_view text, bool for_our_engine) {
  ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(std::move(body).error());
  FieldReader fields(body->get_object());
  GenerationRequest request;
  request.prompts = read_prompts(fields, "prompt", kMaxPrompts);
  read_common_fields(fields, request);
  const bool is_limited = !fields.get("n_predict");  // -1: up to the context's end
  if (!request.stop.max_tokens && is_limited)
    request.stop.max_tokens = std::max(kDefaultMaxTokens, request.stop.min_tokens);
  if (const auto logprobs = fields.integer("logprobs", 0, kMaxLogprobs)) {
    request.report.top_logprobs = static_cast<int>(*logprobs);
  }
  read_best_of(fields, request);
  read_suffix(fields, request);
  settle_completion_fields(fields);
  return finish_openai_request(fields, for_our_engine, std::move(request));
}

}  // namespace

ApiResult<GenerationRequest> parse_openai_completion(std::string_view body) {
  return read_completion(body, true);
}

ApiResult<GenerationRequest> read_openai_completion(std::string_view body) {
  auto request = read_completion(body, false);
  if (request) request->dialect = &kOpenAiCompletions;
  return request;
}

std::string openai_completion_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                       const OpenAiAnswerFormat& format) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity, kObject);
  w.key("choices");
  w.begin_array();
  for (size_t i = 0; i < result.choices.size(); ++i) {
    const GenerationChoice& choice = result.choices[i];
    w.begin_object();
    w.member("index", i);
    w.member("text", choice.text);
    w.key("logprobs");
    if (format.report.top_logprobs) {
      write_logprobs(w, choice.logprobs, 0, format);
    } else {
      w.null();
    }
    write_finish(w, choice.finish, choice.cause);
    if (format.report.token_ids) write_token_ids(w, "token_ids", choice.token_ids);
    if (choice.prompt) write_prompt(w, *choice.prompt, format);
    w.end_object();
  }
  w.end_array();
  w.key("usage");
  write_usage(w, result.usage);
  w.end_object();
  return out;
}

OpenAiCompletionStream::OpenAiCompletionStream(ExchangeIdentity identity, const GenerationRequest& request)
    : identity_(std::move(identity)), format_(request), text_offsets_(format_.choices) {}

void OpenAiCompletionStream::delta(const GenerationDelta& delta, EventSink emit) {
  const bool empty = delta.text.empty() && delta.logprobs.empty() && delta.token_ids.empty();
  if (empty && !delta.prompt && !delta.finish) return;
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity_, kObject);
  w.key("choices");
  w.begin_array();
  w.begin_object();
  w.member("index", delta.index);
  w.member("text", delta.text);
  w.key("logprobs");
  if (!delta.logprobs.empty()) {
    size_t& offset = text_offsets_.at(static_cast<size_t>(delta.index));
    offset = write_logprobs(w, delta.logprobs, offset, format_);
  } else {
    w.null();
  }
  write_finish(w, delta.finish, delta.cause);
  if (!delta.token_ids.empty()) write_token_ids(w, "token_ids", delta.token_ids);
  if (delta.prompt) write_prompt(w, *delta.prompt, format_);
  w.end_object();
  w.end_array();
  if (format_.with_usage) {
    w.key("usage");
    w.null();
  }
  w.end_object();
  emit(out);
}

void OpenAiCompletionStream::end(const Usage& usage, EventSink emit) const {
  if (format_.with_usage) emit(usage_chunk(identity_, kObject, usage));
  emit(kOpenAiStreamEnd);
}

}  // namespace ferry
