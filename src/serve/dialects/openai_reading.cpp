#include "serve/dialects/openai_reading.h"

#include <algorithm>

#include "serve/dialects/json_span.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/upstream_error.h"
#include "serve/dialects/wire_json.h"

namespace ferry {
namespace {

// An upstream cannot make us keep more than it sends.
constexpr int64_t kMaxChoices = 1024;
constexpr int64_t kMaxCalls = 1024;
constexpr TokenId kNoToken = -1;

FinishReason finish_of(std::string_view name) {
  if (name == "length" || name == "max_tokens") return FinishReason::length;
  if (name == "tool_calls" || name == "function_call") return FinishReason::tool_calls;
  if (name == "content_filter") return FinishReason::content_filter;
  return FinishReason::stop;
}

// vLLM's: the text or the token of the request that ended the answer.
StopCause cause_of(const json::value& choice) {
  const json::value* reason = wire_member(choice, "stop_reason");
  if (reason == nullptr) return {};
  if (reason->is_string()) return std::string(std::string_view(reason->get_string()));
  if (reason->is_int64() && reason->get_int64() >= 0 && reason->get_int64() <= INT32_MAX)
    return static_cast<TokenId>(reason->get_int64());
  return {};
}

// A string, or parts with texts.
std::string content_of(const json::value& message) {
  const json::array* parts = wire_array(message, "content");
  if (parts == nullptr) return std::string(wire_text(message, "content"));
  std::string text;
  for (const json::value& part : *parts) text += wire_text(part, "text");
  return text;
}

std::string_view thought_of(const json::value& message) {
  const std::string_view text = wire_text(message, "reasoning_content");
  return text.empty() ? wire_text(message, "reasoning") : text;
}

// What the token spells: its bytes where they are told, for it may be a part of a character.
std::string spelled(const json::value& token) {
  const json::array* bytes = wire_array(token, "bytes");
  if (bytes == nullptr) return std::string(wire_text(token, "token"));
  std::string text;
  for (const json::value& byte : *bytes) {
    const int64_t value = byte.is_int64() ? byte.get_int64() : -1;
    if (value < 0 || value > 255) return std::string(wire_text(token, "token"));
    text.push_back(static_cast<char>(value));
  }
  return text;
}

float number_of(const json::value* value) {
  return value != nullptr && value->is_number() ? static_cast<float>(value->to_number<double>()) : 0;
}

TokenAlternative alternative_of(const json::value& token) {
  return {.id = kNoToken, .text = spelled(token), .logprob = number_of(wire_member(token, "logprob"))};
}

// Of completions: lists of the same length, of which the best tokens are an object each.
std::vector<TokenLogprob> legacy_logprobs_of(const json::value& logprobs) {
  std::vector<TokenLogprob> out;
  const json::array* tokens = wire_array(logprobs, "tokens");
  const json::array* numbers = wire_array(logprobs, "token_logprobs");
  const json::array* tops = wire_array(logprobs, "top_logprobs");
  for (size_t i = 0; tokens != nullptr && numbers != nullptr && i < tokens->size() && i < numbers->size();
       ++i) {
    const json::value& token = (*tokens)[i];
    const std::string text(token.is_string() ? std::string_view(token.get_string()) : std::string_view());
    TokenLogprob read{.chosen = {.id = kNoToken, .text = text, .logprob = number_of(&(*numbers)[i])},
                      .is_first = (*numbers)[i].is_null()};
    const json::object* top = tops != nullptr && i < tops->size() ? (*tops)[i].if_object() : nullptr;
    for (const auto& other : top != nullptr ? *top : json::object())
      read.top.push_back({.id = kNoToken, .text = other.key(), .logprob = number_of(&other.value())});
    out.push_back(std::move(read));
  }
  return out;
}

std::vector<TokenLogprob> logprobs_of(const json::value& choice) {
  std::vector<TokenLogprob> out;
  const json::value* logprobs = wire_member(choice, "logprobs");
  if (logprobs == nullptr) return out;
  const json::array* content = wire_array(*logprobs, "content");
  if (content == nullptr) return legacy_logprobs_of(*logprobs);
  for (const json::value& token : *content) {
    TokenLogprob read{.chosen = alternative_of(token)};
    if (const json::array* top = wire_array(token, "top_logprobs")) {
      for (const json::value& other : *top) read.top.push_back(alternative_of(other));
    }
    out.push_back(std::move(read));
  }
  return out;
}

// thinking_blocks, of a gateway like this one.
std::vector<ThoughtSeal> seals_of(const json::value& message) {
  std::vector<ThoughtSeal> seals;
  const json::array* blocks = wire_array(message, "thinking_blocks");
  if (blocks == nullptr) return seals;
  for (const json::value& block : *blocks) {
    ThoughtSeal seal{.text = std::string(wire_text(block, "thinking")),
                     .signature = std::string(wire_text(block, "signature")),
                     .redacted = std::string(wire_text(block, "data"))};
    if (!seal.signature.empty() || !seal.redacted.empty()) seals.push_back(std::move(seal));
  }
  return seals;
}

std::string arguments_of(const json::value& function) {
  const json::value* arguments = wire_member(function, "arguments");
  if (arguments == nullptr) return "";
  // Some servers send the object itself.
  return arguments->is_string() ? std::string(std::string_view(arguments->get_string()))
                                : to_json(*arguments);
}

CallDelta call_of(const json::value& call, int index) {
  CallDelta delta{.index = index, .id = std::string(wire_text(call, "id"))};
  if (const json::value* function = wire_member(call, "function")) {
    delta.name = wire_text(*function, "name");
    delta.arguments = arguments_of(*function);
  }
  return delta;
}

// What a choice of a whole answer or of a chunk says; `message` is its message or delta.
GenerationDelta delta_of(const json::value& choice, const json::value& message, int index) {
  GenerationDelta delta{.index = index};
  delta.thought = thought_of(message);
  delta.text = content_of(message);
  if (delta.text.empty()) delta.text = wire_text(choice, "text");  // of completions
  delta.refusal = wire_text(message, "refusal");
  delta.logprobs = logprobs_of(choice);
  if (const std::string_view finish = wire_text(choice, "finish_reason"); !finish.empty()) {
    delta.finish = finish_of(finish);
    delta.cause = cause_of(choice);
  }
  return delta;
}

std::optional<ApiError> error_within(const json::value& body, int status) {
  const json::value* error = wire_member(body, "error");
  if (error == nullptr) return std::nullopt;
  const std::string_view message =
      error->is_string() ? std::string_view(error->get_string()) : wire_text(*error, "message");
  const std::string_view type = wire_text(*error, "type");
  std::string code(wire_text(*error, "code"));
  if (status == 0) status = static_cast<int>(std::clamp<int64_t>(wire_count(*error, "code"), 0, 599));
  ErrorKind kind = kind_of_status(status);
  if (status == 0) {
    if (type == "rate_limit_error" || code == "rate_limit_exceeded") kind = ErrorKind::rate_limited;
    if (type == "overloaded_error" || type == "engine_overloaded") kind = ErrorKind::overloaded;
    if (type == "invalid_request_error") kind = ErrorKind::bad_request;
    if (type == "authentication_error") kind = ErrorKind::authentication;
  }
  ApiError read =
      upstream_error(kind_of_words(kind, fmt::format("{} {}", type, code), message), status, message);
  read.param = wire_text(*error, "param");
  return read;
}

class OpenAiEventReader final : public EventReader {
 public:
  EventReading read(std::string_view name, std::string_view data) override;
  std::string_view id() const override { return id_; }

 private:
  struct Call {
    std::optional<int64_t> index;  // the upstream's
    std::string id;
  };
  struct Choice {
    std::vector<Call> calls;  // begun
    bool has_finished = false;

    size_t place_of(const json::value& call);
  };

  std::optional<ApiError> read_choice(const json::value& choice, EventReading& reading);
  std::optional<ApiError> read_calls(const json::value& message, Choice& state, GenerationDelta& delta);

  std::string id_;
  std::vector<Choice> choices_;
};

EventReading failed(ApiError error) {
  return {.error = std::move(error)};
}

EventReading OpenAiEventReader::read(std::string_view /*name*/, std::string_view data) {
  if (data == kOpenAiStreamEnd) return {.ended = true};
  const Result<json::value> chunk = parse_json(data, "event");
  if (!chunk) return failed(unreadable(chunk.error().message));
  if (auto error = error_within(*chunk, 0)) return failed(*std::move(error));
  if (!chunk->is_object()) return failed(unreadable("an event is no object"));
  if (id_.empty()) id_ = wire_text(*chunk, "id");
  EventReading reading;
  const json::array* choices = wire_array(*chunk, "choices");
  for (size_t i = 0; choices != nullptr && i < choices->size(); ++i) {
    if (auto error = read_choice((*choices)[i], reading)) return failed(*std::move(error));
  }
  if (const json::value* usage = wire_member(*chunk, "usage"); usage != nullptr && usage->is_object()) {
    reading.usage = read_openai_usage(*usage);
    reading.only_usage = choices == nullptr || choices->empty();
  }
  return reading;
}

std::optional<ApiError> OpenAiEventReader::read_choice(const json::value& choice, EventReading& reading) {
  const int64_t index = wire_integer(choice, "index").value_or(0);
  if (index < 0 || index >= kMaxChoices) return unreadable(fmt::format("there is a choice {}", index));
  if (choices_.size() <= static_cast<size_t>(index)) choices_.resize(static_cast<size_t>(index) + 1);
  Choice& state = choices_[static_cast<size_t>(index)];
  const json::value* message = wire_member(choice, "delta");
  const json::value nothing;
  const json::value& said = message == nullptr ? nothing : *message;
  GenerationDelta delta = delta_of(choice, said, static_cast<int>(index));
  if (auto error = read_calls(said, state, delta)) return error;
  // Some servers name the reason twice, in the usage's chunk once more.
  if (state.has_finished) delta.finish.reset();
  state.has_finished |= delta.finish.has_value();
  // Each sealed block is a delta of its own; the last goes with what else there is.
  std::vector<ThoughtSeal> seals = seals_of(said);
  for (ThoughtSeal& seal : seals) {
    reading.deltas.push_back(
        {.index = delta.index, .thought = std::exchange(delta.thought, {}), .seal = std::move(seal)});
  }
  reading.deltas.push_back(std::move(delta));
  return std::nullopt;
}

std::optional<ApiError> OpenAiEventReader::read_calls(const json::value& message, Choice& state,
                                                      GenerationDelta& delta) {
  const json::array* calls = wire_array(message, "tool_calls");
  if (calls == nullptr) return std::nullopt;
  for (const json::value& call : *calls) {
    const size_t known = state.calls.size();
    const size_t at = state.place_of(call);
    if (at >= static_cast<size_t>(kMaxCalls)) return unreadable("there are too many calls");
    CallDelta read = call_of(call, static_cast<int>(at));
    // Some servers repeat id and name with each piece.
    if (at < known) {
      read.id.clear();
      read.name.clear();
    }
    delta.calls.push_back(std::move(read));
  }
  return std::nullopt;
}

// Which of the calls so far it is a piece of. Without an index, one that has a name is a new one; so is one
// that has another id than the call of its index: some servers send every call whole, as number 0.
size_t OpenAiEventReader::Choice::place_of(const json::value& call) {
  const json::value* function = wire_member(call, "function");
  const bool is_named = function != nullptr && !wire_text(*function, "name").empty();
  const std::string_view id = wire_text(call, "id");
  const std::optional<int64_t> index = wire_integer(call, "index");
  for (size_t i = calls.size(); i > 0; --i) {
    const Call& known = calls[i - 1];
    const bool is_same = index ? known.index == index : !is_named;
    if (!is_same) continue;
    if (is_named && !id.empty() && id != known.id) break;
    return i - 1;
  }
  calls.push_back({.index = index, .id = std::string(id)});
  return calls.size() - 1;
}

// The choices may come in any order.
std::optional<ApiError> read_choices(const json::array& choices, GenerationResult& result) {
  if (choices.size() > static_cast<size_t>(kMaxChoices)) return unreadable("there are too many choices");
  for (size_t i = 0; i < choices.size(); ++i) {
    const int64_t index = wire_integer(choices[i], "index").value_or(static_cast<int64_t>(i));
    if (index < 0 || index >= static_cast<int64_t>(choices.size()))
      return unreadable(fmt::format("there is a choice {} of {}", index, choices.size()));
    const json::value* message = wire_member(choices[i], "message");
    const json::value nothing;
    const json::value& said = message == nullptr ? nothing : *message;
    GenerationDelta delta = delta_of(choices[i], said, static_cast<int>(index));
    if (const json::array* calls = wire_array(said, "tool_calls")) {
      if (calls->size() > static_cast<size_t>(kMaxCalls)) return unreadable("there are too many calls");
      for (size_t call = 0; call < calls->size(); ++call)
        delta.calls.push_back(call_of((*calls)[call], static_cast<int>(call)));
    }
    append(result, std::move(delta));
    for (ThoughtSeal& seal : seals_of(said))
      append(result, {.index = static_cast<int>(index), .seal = std::move(seal)});
  }
  return std::nullopt;
}

}  // namespace

Usage read_openai_usage(const json::value& usage) {
  Usage read{.prompt_tokens = wire_count(usage, "prompt_tokens"),
             .completion_tokens = wire_count(usage, "completion_tokens")};
  if (const json::value* details = wire_member(usage, "prompt_tokens_details")) {
    read.cached_tokens = wire_count(*details, "cached_tokens");
    read.cache_written_tokens = wire_count(*details, "cache_write_tokens");
  }
  // DeepSeek's and Moonshot's names of it.
  if (read.cached_tokens == 0) read.cached_tokens = wire_count(usage, "prompt_cache_hit_tokens");
  if (read.cached_tokens == 0) read.cached_tokens = wire_count(usage, "cached_tokens");
  if (const json::value* details = wire_member(usage, "completion_tokens_details"))
    read.thought_tokens = wire_count(*details, "reasoning_tokens");
  read.cached_tokens = std::min(read.cached_tokens, read.prompt_tokens);
  read.cache_written_tokens = std::min(read.cache_written_tokens, read.prompt_tokens - read.cached_tokens);
  return read;
}

ApiResult<WireAnswer> read_openai_answer(std::string_view body) {
  const Result<json::value> parsed = parse_json(body, "answer");
  if (!parsed) return tl::unexpected(unreadable(parsed.error().message));
  if (auto error = error_within(*parsed, 0)) return tl::unexpected(*std::move(error));
  const json::array* choices = wire_array(*parsed, "choices");
  if (choices == nullptr || choices->empty()) return tl::unexpected(unreadable("it has no choices"));
  WireAnswer answer{.result = {},
                    .id = std::string(wire_text(*parsed, "id")),
                    .model = std::string(wire_text(*parsed, "model"))};
  if (auto error = read_choices(*choices, answer.result)) return tl::unexpected(*std::move(error));
  if (const json::value* usage = wire_member(*parsed, "usage"))
    answer.result.usage = read_openai_usage(*usage);
  return answer;
}

std::unique_ptr<EventReader> read_openai_events() {
  return std::make_unique<OpenAiEventReader>();
}

ApiError read_openai_error(int status, const WireHeaders& headers, std::string_view body) {
  const Result<json::value> parsed = parse_json(body, "error");
  std::optional<ApiError> read;
  if (parsed) read = error_within(*parsed, status);
  if (!read) {
    // FastAPI's, and other servers' own.
    std::string_view message = parsed ? wire_text(*parsed, "message") : std::string_view();
    if (message.empty() && parsed) message = wire_text(*parsed, "detail");
    read = upstream_error(kind_of_words(kind_of_status(status), {}, message), status, message);
  }
  read->retry_after_s = retry_after_of(headers);
  return *std::move(read);
}

std::string patch_openai_model(std::string_view text, std::string_view model) {
  Result<std::string> patched = with_member_replaced(text, "model", json_string(model));
  return patched ? *std::move(patched) : std::string(text);
}

}  // namespace ferry
