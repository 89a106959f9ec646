#include "serve/dialects/openai_answer.h"

#include <cmath>

namespace ferry {

void write_identity(JsonWriter& w, const ExchangeIdentity& identity, std::string_view object) {
  w.member("id", identity.id);
  w.member("object", object);
  w.member("created", identity.created);
  w.member("model", identity.model);
  if (!identity.fingerprint.empty()) w.member("system_fingerprint", identity.fingerprint);
}

void write_usage(JsonWriter& w, const Usage& usage) {
  w.begin_object();
  w.member("prompt_tokens", usage.prompt_tokens);
  w.member("completion_tokens", usage.completion_tokens);
  w.member("total_tokens", usage.prompt_tokens + usage.completion_tokens);
  w.key("prompt_tokens_details");
  w.begin_object();
  w.member("cached_tokens", usage.cached_tokens);
  if (usage.cache_written_tokens > 0) w.member("cache_write_tokens", usage.cache_written_tokens);
  w.end_object();
  w.key("completion_tokens_details");
  w.begin_object();
  w.member("reasoning_tokens", usage.thought_tokens);
  w.end_object();
  w.end_object();
}

namespace {

std::string_view finish_name(FinishReason finish) {
  switch (finish) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
      return "content_filter";
    case FinishReason::pause:
      return "stop";
  }
  return "stop";
}

}  // namespace

void write_finish(JsonWriter& w, std::optional<FinishReason> finish, const StopCause& cause) {
  w.key("finish_reason");
  if (!finish) return w.null();
  w.value(finish_name(*finish));
  w.key("stop_reason");
  if (const auto* token = std::get_if<TokenId>(&cause)) {
    w.value(*token);
  } else if (const auto* text = std::get_if<std::string>(&cause)) {
    w.value(*text);
  } else {
    w.null();
  }
}

void write_token_ids(JsonWriter& w, std::string_view key, std::span<const TokenId> ids) {
  w.key(key);
  w.begin_array();
  for (const TokenId id : ids) w.value(id);
  w.end_array();
}

void write_prompt_logprobs(JsonWriter& w, std::span<const TokenLogprob> logprobs,
                           const OpenAiAnswerFormat& format) {
  const auto write = [&](const TokenAlternative& token) {
    w.key(std::to_string(token.id));
    w.begin_object();
    w.member("logprob", wire_logprob(token.logprob));
    w.member("rank", token.rank);
    w.member("decoded_token", token_name(token, format));
    w.end_object();
  };
  w.key("prompt_logprobs");
  w.begin_array();
  for (const TokenLogprob& logprob : logprobs) {
    if (logprob.is_first) {
      w.null();
      continue;
    }
    w.begin_object();
    write(logprob.chosen);
    for (const TokenAlternative& token : logprob.top) {
      if (token.id != logprob.chosen.id) write(token);
    }
    w.end_object();
  }
  w.end_array();
}

std::string usage_chunk(const ExchangeIdentity& identity, std::string_view object, const Usage& usage) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  write_identity(w, identity, object);
  w.key("choices");
  w.begin_array();
  w.end_array();
  w.key("usage");
  write_usage(w, usage);
  w.end_object();
  return out;
}

double wire_logprob(float logprob) {
  return std::isfinite(logprob) ? logprob : -9999.0;
}

std::string token_name(const TokenAlternative& token, const OpenAiAnswerFormat& format) {
  return format.report.tokens_as_ids ? fmt::format("token_id:{}", token.id) : token.text;
}

}  // namespace ferry
