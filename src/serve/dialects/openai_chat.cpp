#include "serve/dialects/openai_chat.h"

#include "serve/dialects/known_fields.h"
#include "serve/dialects/openai_answer.h"
#include "serve/dialects/openai_messages.h"
#include "serve/dialects/openai_request.h"
#include "serve/dialects/openai_thought.h"
#include "serve/dialects/openai_tools.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

constexpr std::string_view kChunk = "chat.completion.chunk";
constexpr int kMaxTopLogprobs = 20;

void read_logprobs(FieldReader& fields, GenerationRequest& request) {
  const bool wanted = fields.boolean("logprobs").value_or(false);
  const std::optional<int64_t> top = fields.integer("top_logprobs", 0, kMaxTopLogprobs);
  if (wanted) request.report.top_logprobs = static_cast<int>(top.value_or(0));
  if (!wanted && top.value_or(0) > 0) fields.refuse("top_logprobs", "needs \"logprobs\": true");
}

void read_modalities(FieldReader& fields) {
  const json::array* modalities = fields.array("modalities");
  if (modalities == nullptr) return;
  for (const json::value& item : *modalities) {
    if (item.is_string() && item.get_string() == "text") continue;
    return fields.note("modalities", "other than \"text\" are not supported yet", Feature::audio);
  }
}

void write_bytes(JsonWriter& w, std::string_view text) {
  w.begin_array();
  for (const char c : text) w.value(static_cast<int>(static_cast<unsigned char>(c)));
  w.end_array();
}

void write_alternative(JsonWriter& w, const TokenAlternative& token, const OpenAiAnswerFormat& format) {
  w.member("token", token_name(token, format));
  w.member("logprob", wire_logprob(token.logprob));
  w.key("bytes");
  write_bytes(w, token.text);
}

void write_logprobs(JsonWriter& w, const std::vector<TokenLogprob>& logprobs, bool wanted,
                    const OpenAiAnswerFormat& format) {
  w.key("logprobs");
  if (!wanted) return w.null();
  w.begin_object();
  w.key("content");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) {
    w.begin_object();
    write_alternative(w, logprob.chosen, format);
    w.key("top_logprobs");
    w.begin_array();
    for (const TokenAlternative& token : logprob.top) {
      w.begin_object();
      write_alternative(w, token, format);
      w.end_object();
    }
    w.end_array();
    w.end_object();
  }
  w.end_array();
  w.key("refusal");
  w.null();
  w.end_object();
}

// Under both names that clients look for.
void write_thought(JsonWriter& w, std::string_view thought) {
  if (thought.empty()) return;
  w.member("reasoning_content", thought);
  w.member("reasoning", thought);
}

// As LiteLLM has them: who sends them back with the message keeps the thoughts whole.
void write_seals(JsonWriter& w, std::span<const ThoughtSeal> seals) {
  if (seals.empty()) return;
  w.key("thinking_blocks");
  w.begin_array();
  for (const ThoughtSeal& seal : seals) {
    w.begin_object();
    if (!seal.redacted.empty()) {
      w.member("type", "redacted_thinking");
      w.member("data", seal.redacted);
    } else {
      w.member("type", "thinking");
      w.member("thinking", seal.text);
      w.member("signature", seal.signature);
    }
    w.end_object();
  }
  w.end_array();
}

void write_refusal(JsonWriter& w, const std::string& refusal) {
  w.key("refusal");
  if (refusal.empty()) return w.null();
  w.value(refusal);
}

void write_call(JsonWriter& w, const ToolCall& call) {
  w.begin_object();
  w.member("id", call.id);
  w.member("type", "function");
  w.key("function");
  w.begin_object();
  w.member("name", call.name);
  w.member("arguments", call.arguments);
  w.end_object();
  w.end_object();
}

// The members of a whole answer's message.
void write_message(JsonWriter& w, const GenerationChoice& choice) {
  w.member("role", "assistant");
  write_thought(w, choice.thought);
  write_seals(w, choice.seals);
  w.key("content");
  if (choice.text.empty() && (!choice.calls.empty() || !choice.refusal.empty())) {
    w.null();
  } else {
    w.value(choice.text);
  }
  write_refusal(w, choice.refusal);
  if (choice.calls.empty()) return;
  w.key("tool_calls");
  w.begin_array();
  for (const ToolCall& call : choice.calls) write_call(w, call);
  w.end_array();
}

void write_call(JsonWriter& w, const CallDelta& call) {
  w.begin_object();
  w.member("index", call.index);
  const bool begins = !call.name.empty();
  if (begins) {
    w.member("id", call.id);
    w.member("type", "function");
  }
  w.key("function");
  w.begin_object();
  if (begins) w.member("name", call.name);
  w.member("arguments", call.arguments);
  w.end_object();
  w.end_object();
}

// The object `delta` of a chunk. Without any news it still says that there is text.
std::string delta_json(const GenerationDelta& delta) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_thought(w, delta.thought);
  if (delta.seal) write_seals(w, {&*delta.seal, 1});
  const bool says_else =
      !delta.thought.empty() || !delta.calls.empty() || delta.seal || !delta.refusal.empty();
  if (!delta.text.empty() || !says_else) w.member("content", delta.text);
  if (!delta.refusal.empty()) w.member("refusal", delta.refusal);
  if (!delta.calls.empty()) {
    w.key("tool_calls");
    w.begin_array();
    for (const CallDelta& call : delta.calls) write_call(w, call);
    w.end_array();
  }
  w.end_object();
  return out;
}

bool has_news(const GenerationDelta& delta) {
  return !delta.thought.empty() || !delta.text.empty() || !delta.calls.empty() || !delta.logprobs.empty() ||
         !delta.token_ids.empty() || delta.seal || !delta.refusal.empty();
}

void write_choice(JsonWriter& w, size_t index, const GenerationChoice& choice,
                  const OpenAiAnswerFormat& format) {
  w.begin_object();
  w.member("index", index);
  w.key("message");
  w.begin_object();
  write_message(w, choice);
  w.end_object();
  write_logprobs(w, choice.logprobs, format.report.top_logprobs.has_value(), format);
  write_finish(w, choice.finish, choice.cause);
  if (format.report.token_ids) write_token_ids(w, "token_ids", choice.token_ids);
  w.end_object();
}

// The prompt's members of a whole answer, or of a stream's first chunk.
void write_prompt(JsonWriter& w, const PromptReport& prompt, const OpenAiAnswerFormat& format) {
  if (format.report.prompt_logprobs) write_prompt_logprobs(w, prompt.logprobs, format);
  if (format.report.token_ids) write_token_ids(w, "prompt_token_ids", prompt.token_ids);
  if (format.report.prompt_text) w.member("prompt_text", prompt.text);
}

}  // namespace

namespace {

ApiResult<GenerationRequest> read_chat(std::string_view text, bool for_our_engine) {
  ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(std::move(body).error());
  FieldReader fields(body->get_object());
  GenerationRequest request;
  read_openai_messages(body->get_object(), fields, request);
  read_common_fields(fields, request);
  read_logprobs(fields, request);
  read_openai_tools(fields, request);
  read_openai_thought(fields, request.thought);
  read_modalities(fields);
  read_template_options(fields, request);
  request.report.prompt_text = fields.boolean("return_prompt_text").value_or(false);
  settle_chat_fields(fields);
  return finish_openai_request(fields, for_our_engine, std::move(request));
}

}  // namespace

ApiResult<GenerationRequest> parse_openai_chat(std::string_view body) {
  return read_chat(body, true);
}

ApiResult<GenerationRequest> read_openai_chat(std::string_view body) {
  auto request = read_chat(body, false);
  if (request) request->dialect = &kOpenAiChat;
  return request;
}

std::string openai_chat_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                 const OpenAiAnswerFormat& format) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity, "chat.completion");
  w.key("choices");
  w.begin_array();
  for (size_t i = 0; i < result.choices.size(); ++i) write_choice(w, i, result.choices[i], format);
  w.end_array();
  w.key("usage");
  write_usage(w, result.usage);
  if (!result.choices.empty() && result.choices[0].prompt) write_prompt(w, *result.choices[0].prompt, format);
  w.end_object();
  return out;
}

OpenAiChatStream::OpenAiChatStream(ExchangeIdentity identity, const GenerationRequest& request)
    : identity_(std::move(identity)), format_(request) {}

std::string OpenAiChatStream::chunk(std::string_view delta_json, const GenerationDelta& content,
                                    const PromptReport* prompt) const {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity_, kChunk);
  w.key("choices");
  w.begin_array();
  w.begin_object();
  w.member("index", content.index);
  w.key("delta");
  w.raw(delta_json);
  write_logprobs(w, content.logprobs, !content.logprobs.empty(), format_);
  write_finish(w, content.finish, content.cause);
  if (!content.token_ids.empty()) write_token_ids(w, "token_ids", content.token_ids);
  w.end_object();
  w.end_array();
  if (prompt != nullptr) write_prompt(w, *prompt, format_);
  if (format_.with_usage) {
    w.key("usage");
    w.null();
  }
  w.end_object();
  return out;
}

void OpenAiChatStream::begin(EventSink emit) const {
  for (size_t i = 0; i < format_.choices; ++i) {
    emit(chunk(R"({"role":"assistant","content":"","refusal":null})", {.index = static_cast<int>(i)},
               nullptr));
  }
}

void OpenAiChatStream::delta(const GenerationDelta& delta, EventSink emit) {
  const bool tells_prompt = delta.prompt && !told_prompt_;
  if (has_news(delta) || tells_prompt) {
    GenerationDelta unfinished = delta;
    unfinished.finish.reset();
    emit(chunk(delta_json(delta), unfinished, tells_prompt ? &*delta.prompt : nullptr));
    told_prompt_ |= tells_prompt;
  }
  if (delta.finish) {
    emit(chunk("{}", {.index = delta.index, .finish = delta.finish, .cause = delta.cause}, nullptr));
  }
}

void OpenAiChatStream::end(const Usage& usage, EventSink emit) const {
  if (format_.with_usage) emit(usage_chunk(identity_, kChunk, usage));
  emit(kOpenAiStreamEnd);
}

}  // namespace ferry
