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
  w.end_object();
  w.end_object();
}

void write_finish_reason(JsonWriter& w, std::optional<FinishReason> finish) {
  w.key("finish_reason");
  if (!finish) return w.null();
  w.value(*finish == FinishReason::stop ? "stop" : "length");
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

}  // namespace ferry
