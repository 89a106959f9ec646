#include "serve/dialects/anthropic_answer.h"

#include "serve/dialects/anthropic_blocks.h"
#include "serve/dialects/upstream_error.h"
#include "serve/dialects/wire_json.h"

namespace ferry {
namespace {

std::string_view reason_of(FinishReason finish, const StopCause& cause) {
  switch (finish) {
    case FinishReason::stop:
      return std::holds_alternative<std::string>(cause) ? "stop_sequence" : "end_turn";
    case FinishReason::length:
      return "max_tokens";
    case FinishReason::tool_calls:
      return "tool_use";
    case FinishReason::content_filter:
      return "refusal";
    case FinishReason::pause:
      return "pause_turn";
  }
  return "end_turn";
}

void write_stop(JsonWriter& w, FinishReason finish, const StopCause& cause) {
  w.member("stop_reason", reason_of(finish, cause));
  w.key("stop_sequence");
  const auto* text = std::get_if<std::string>(&cause);
  if (text != nullptr && finish == FinishReason::stop) {
    w.value(*text);
  } else {
    w.null();
  }
}

// input_tokens is what the cache has nothing to do with.
void write_usage(JsonWriter& w, const Usage& usage) {
  w.begin_object();
  w.member("input_tokens", usage.prompt_tokens - usage.cached_tokens - usage.cache_written_tokens);
  w.member("cache_creation_input_tokens", usage.cache_written_tokens);
  w.member("cache_read_input_tokens", usage.cached_tokens);
  w.member("output_tokens", usage.completion_tokens);
  if (usage.thought_tokens > 0) {
    w.key("output_tokens_details");
    w.begin_object();
    w.member("thinking_tokens", usage.thought_tokens);
    w.end_object();
  }
  w.end_object();
}

void write_thinking(JsonWriter& w, std::string_view text, std::string_view signature) {
  w.begin_object();
  w.member("type", "thinking");
  w.member("thinking", text);
  w.member("signature", signature);
  w.end_object();
}

void write_redacted(JsonWriter& w, std::string_view data) {
  w.begin_object();
  w.member("type", "redacted_thinking");
  w.member("data", data);
  w.end_object();
}

// Sealed parts, and the rest without a signature.
void write_thoughts(JsonWriter& w, const GenerationChoice& choice) {
  size_t sealed = 0;
  for (const ThoughtSeal& seal : choice.seals) {
    if (!seal.redacted.empty()) {
      write_redacted(w, seal.redacted);
    } else {
      write_thinking(w, seal.text, seal.signature);
      sealed += seal.text.size();
    }
  }
  if (sealed < choice.thought.size()) write_thinking(w, std::string_view(choice.thought).substr(sealed), "");
}

// What is no object (an answer that was cut) stands under a name that says so; so do Anthropic's own guides
// have it.
void write_input(JsonWriter& w, std::string_view arguments) {
  if (arguments.empty()) return w.raw("{}");
  const Result<json::value> parsed = parse_json(arguments, "arguments");
  if (parsed && parsed->is_object()) return w.raw(arguments);
  w.begin_object();
  w.member("INVALID_JSON", arguments);
  w.end_object();
}

std::string call_id(std::string_view id, const ExchangeIdentity& identity, size_t index) {
  return id.empty() ? fmt::format("toolu_{}_{}", anthropic_id(identity.id), index) : anthropic_id(id);
}

void write_content(JsonWriter& w, const ExchangeIdentity& identity, const GenerationChoice& choice,
                   bool reports_thought) {
  w.begin_array();
  if (reports_thought) write_thoughts(w, choice);
  const std::string& words = choice.text.empty() ? choice.refusal : choice.text;
  for (const json::value& other : choice.others) w.value(other);
  if (!words.empty()) {
    w.begin_object();
    w.member("type", "text");
    w.member("text", words);
    w.end_object();
  }
  for (size_t i = 0; i < choice.calls.size(); ++i) {
    const ToolCall& call = choice.calls[i];
    w.begin_object();
    w.member("type", "tool_use");
    w.member("id", call_id(call.id, identity, i));
    w.member("name", call.name);
    w.key("input");
    write_input(w, call.arguments);
    w.end_object();
  }
  w.end_array();
}

void write_head(JsonWriter& w, const ExchangeIdentity& identity) {
  w.member("id", identity.id);
  w.member("type", "message");
  w.member("role", "assistant");
  w.member("model", identity.model);
}

std::string_view error_type(int status, ErrorKind kind) {
  switch (kind == ErrorKind::none ? kind_of_status(status) : kind) {
    case ErrorKind::bad_request:
    case ErrorKind::context_too_long:
    case ErrorKind::content_filter:
      return "invalid_request_error";
    case ErrorKind::authentication:
      return "authentication_error";
    case ErrorKind::permission:
      return "permission_error";
    case ErrorKind::billing:
      return "billing_error";
    case ErrorKind::not_found:
      return "not_found_error";
    case ErrorKind::too_large:
      return "request_too_large";
    case ErrorKind::rate_limited:
      return "rate_limit_error";
    case ErrorKind::overloaded:
      return "overloaded_error";
    case ErrorKind::timeout:
      return "timeout_error";
    case ErrorKind::none:
    case ErrorKind::server:
    case ErrorKind::unreadable:
      return "api_error";
  }
  return "api_error";
}

// Blocks come one after the other; one is open at most.
class AnthropicEventWriter final : public EventWriter {
 public:
  AnthropicEventWriter(ExchangeIdentity identity, const GenerationRequest& request)
      : identity_(std::move(identity)), reports_thought_(request.thought.report) {}

  void begin(Emit emit) override;
  void delta(const GenerationDelta& delta, Emit emit) override;
  void end(const Usage& usage, Emit emit) override;
  void fail(int status, const ApiError& error, Emit emit) override {
    emit(write_anthropic_error(status, error), "error");
    has_failed_ = true;
  }

 private:
  enum class Open : uint8_t { nothing, thinking, text, tool };

  void thought(const GenerationDelta& delta, Emit emit);
  void text(std::string_view text, Emit emit);
  void call(const CallDelta& call, Emit emit);
  void start(Open what, std::string_view block, Emit emit);
  void piece(std::string_view type, std::string_view member, std::string_view text, Emit emit);
  void stop(Emit emit);

  const ExchangeIdentity identity_;
  const bool reports_thought_;
  Open open_ = Open::nothing;
  int block_ = 0;  // number of the open one, or of the next
  int call_ = -1;  // the last that began
  bool has_failed_ = false;
  FinishReason finish_ = FinishReason::stop;
  StopCause cause_;
};

void AnthropicEventWriter::begin(Emit emit) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("type", "message_start");
  w.key("message");
  w.begin_object();
  write_head(w, identity_);
  w.key("content");
  w.begin_array();
  w.end_array();
  w.key("stop_reason");
  w.null();
  w.key("stop_sequence");
  w.null();
  w.key("usage");
  write_usage(w, {});
  w.end_object();
  w.end_object();
  emit(out, "message_start");
}

void AnthropicEventWriter::start(Open what, std::string_view block, Emit emit) {
  stop(emit);
  open_ = what;
  emit(fmt::format(R"({{"type":"content_block_start","index":{},"content_block":{}}})", block_, block),
       "content_block_start");
}

void AnthropicEventWriter::piece(std::string_view type, std::string_view member, std::string_view text,
                                 Emit emit) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("type", "content_block_delta");
  w.member("index", block_);
  w.key("delta");
  w.begin_object();
  w.member("type", type);
  w.member(member, text);
  w.end_object();
  w.end_object();
  emit(out, "content_block_delta");
}

void AnthropicEventWriter::stop(Emit emit) {
  if (open_ == Open::nothing) return;
  emit(fmt::format(R"({{"type":"content_block_stop","index":{}}})", block_), "content_block_stop");
  open_ = Open::nothing;
  ++block_;
}

void AnthropicEventWriter::thought(const GenerationDelta& delta, Emit emit) {
  constexpr std::string_view empty = R"({"type":"thinking","thinking":"","signature":""})";
  if (!delta.thought.empty()) {
    if (open_ != Open::thinking) start(Open::thinking, empty, emit);
    piece("thinking_delta", "thinking", delta.thought, emit);
  }
  if (!delta.seal) return;
  if (!delta.seal->redacted.empty()) {
    std::string block;
    JsonWriter w(block);
    write_redacted(w, delta.seal->redacted);
    start(Open::thinking, block, emit);
  } else {
    if (open_ != Open::thinking) start(Open::thinking, empty, emit);
    piece("signature_delta", "signature", delta.seal->signature, emit);
  }
  stop(emit);
}

void AnthropicEventWriter::text(std::string_view text, Emit emit) {
  if (text.empty()) return;
  if (open_ != Open::text) start(Open::text, R"({"type":"text","text":""})", emit);
  piece("text_delta", "text", text, emit);
}

void AnthropicEventWriter::call(const CallDelta& call, Emit emit) {
  if (call.index > call_) {
    call_ = call.index;
    std::string block;
    JsonWriter w(block);
    w.begin_object();
    w.member("type", "tool_use");
    w.member("id", call_id(call.id, identity_, static_cast<size_t>(call.index)));
    w.member("name", call.name);
    w.key("input");
    w.begin_object();
    w.end_object();
    w.end_object();
    start(Open::tool, block, emit);
  } else if (call.index < call_ || open_ != Open::tool) {
    return fail(502, unreadable("pieces of several tool calls come in turns"), emit);
  }
  if (!call.arguments.empty()) piece("input_json_delta", "partial_json", call.arguments, emit);
}

void AnthropicEventWriter::delta(const GenerationDelta& delta, Emit emit) {
  if (has_failed_) return;
  if (reports_thought_) thought(delta, emit);
  for (const json::value& other : delta.others) {
    start(Open::text, to_json(other), emit);
    stop(emit);
  }
  text(delta.text, emit);
  text(delta.refusal, emit);
  for (const CallDelta& piece : delta.calls) {
    if (!has_failed_) call(piece, emit);
  }
  if (!delta.finish) return;
  finish_ = *delta.finish;
  cause_ = delta.cause;
}

void AnthropicEventWriter::end(const Usage& usage, Emit emit) {
  if (has_failed_) return;
  stop(emit);
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("type", "message_delta");
  w.key("delta");
  w.begin_object();
  write_stop(w, finish_, cause_);
  w.end_object();
  w.key("usage");
  write_usage(w, usage);
  w.end_object();
  emit(out, "message_delta");
  emit(R"({"type":"message_stop"})", "message_stop");
}

}  // namespace

std::string write_anthropic_answer(const ExchangeIdentity& identity, const GenerationResult& result,
                                   const GenerationRequest& request) {
  const GenerationChoice none{.cause = {}, .prompt = {}};
  const GenerationChoice& choice = result.choices.empty() ? none : result.choices.front();
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_head(w, identity);
  w.key("content");
  write_content(w, identity, choice, request.thought.report);
  write_stop(w, choice.finish, choice.cause);
  w.key("usage");
  write_usage(w, result.usage);
  w.end_object();
  return out;
}

std::unique_ptr<EventWriter> write_anthropic_events(ExchangeIdentity identity,
                                                    const GenerationRequest& request) {
  return std::make_unique<AnthropicEventWriter>(std::move(identity), request);
}

std::string write_anthropic_error(int status, const ApiError& error) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("type", "error");
  w.key("error");
  w.begin_object();
  w.member("type", error_type(status, error.kind));
  w.member("message", error.error.message);
  w.end_object();
  w.end_object();
  return out;
}

std::string write_anthropic_token_count(int64_t tokens) {
  return fmt::format(R"({{"input_tokens":{}}})", tokens);
}

ApiResult<int64_t> read_anthropic_token_count(std::string_view body) {
  const Result<json::value> parsed = parse_json(body, "answer");
  if (!parsed) return tl::unexpected(unreadable(parsed.error().message));
  if (!wire_integer(*parsed, "input_tokens")) return tl::unexpected(unreadable("it has no input_tokens"));
  return wire_count(*parsed, "input_tokens");
}

}  // namespace ferry
