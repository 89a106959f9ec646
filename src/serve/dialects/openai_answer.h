#pragma once
// What chat and legacy completions have in common in their answers.

#include <span>
#include <string_view>

#include "base/core/json.h"
#include "serve/dialects/exchange.h"

namespace ferry {

// What an answer to this request says, and how.
struct OpenAiAnswerFormat {
  explicit OpenAiAnswerFormat(const GenerationRequest& request)
      : report(request.report), choices(choice_count(request)), with_usage(request.stream_usage) {}

  ReportRequest report;
  size_t choices;
  bool with_usage;  // of streams: whole answers always have it
};

// Writes the members id, object, created, model and system_fingerprint.
void write_identity(JsonWriter& w, const ExchangeIdentity& identity, std::string_view object);

void write_usage(JsonWriter& w, const Usage& usage);

// "stop", "length", "tool_calls", or null while there is none; with the former two vLLM's stop_reason, which
// is the stop string or token of the request that ended the text, or null.
void write_finish(JsonWriter& w, std::optional<FinishReason> finish, const StopCause& cause);

void write_token_ids(JsonWriter& w, std::string_view key, std::span<const TokenId> ids);
// As vLLM does: an object for each token of the prompt, by id, of logprob, rank and text; null for the first.
void write_prompt_logprobs(JsonWriter& w, std::span<const TokenLogprob> logprobs,
                           const OpenAiAnswerFormat& format);

// A chunk with no choices but the usage: the last before [DONE].
std::string usage_chunk(const ExchangeIdentity& identity, std::string_view object, const Usage& usage);

// JSON has no infinities; -9999 is what OpenAI sends for tokens of no probability.
double wire_logprob(float logprob);

// How logprobs name a token: its text, or "token_id:17".
std::string token_name(const TokenAlternative& token, const OpenAiAnswerFormat& format);

}  // namespace ferry
