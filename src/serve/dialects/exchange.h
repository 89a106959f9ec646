#pragma once
// One request to a model and its answer, free of any vendor's wire format. Each dialect file reads its wire
// format into GenerationRequest and writes deltas and results back out of it.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/core/json.h"

namespace ferry {

using TokenId = int32_t;

struct ContentPart {
  std::string text;
};

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text, as the model wrote it
};

struct ChatMessage {
  std::string role;                  // system, developer, user, assistant or tool
  std::vector<ContentPart> content;  // a plain string is one part; empty where there is none
  std::string name;                  // empty: not given
  std::vector<ToolCall> tool_calls;  // of the assistant
  std::string tool_call_id;          // of a tool: the call that it answers
  json::value raw;                   // the message as it was sent, for the chat template
};

// The text of all parts, joined by line breaks.
std::string text_of(const ChatMessage& message);

// What was asked for; what is not set is the model's own default.
struct SamplingRequest {
  std::optional<double> temperature;         // [0, 2]; 0 is greedy
  std::optional<double> top_p;               // [0, 1]
  std::optional<double> min_p;               // [0, 1]
  std::optional<int64_t> top_k;              // 0: off
  std::optional<double> presence_penalty;    // [-2, 2]
  std::optional<double> frequency_penalty;   // [-2, 2]
  std::optional<double> repetition_penalty;  // (0, 2]; 1: off
  std::optional<int64_t> seed;
  std::vector<std::pair<TokenId, float>> logit_bias;  // added to the logits, [-100, 100], ids ascending
};

struct StopRequest {
  std::optional<int64_t> max_tokens;  // at least 1; not set: up to the context's end
  int64_t min_tokens = 0;             // before these, nothing ends the text
  std::vector<std::string> strings;   // none empty; not part of the answer
  std::vector<TokenId> token_ids;
  bool ignore_eos = false;
};

// Text to be tokenised, or tokens as they are.
using Prompt = std::variant<std::string, std::vector<TokenId>>;

struct GenerationRequest {
  std::string model;

  // A chat (messages) or raw prompts (one choice each): one of the two is filled.
  std::vector<ChatMessage> messages;
  std::vector<Prompt> prompts;
  json::object template_arguments;  // extra variables of the chat template

  SamplingRequest sampling;
  StopRequest stop;
  std::optional<int> top_logprobs;  // set: the chosen token's logprob and those of this many best tokens
  bool stream = false;
  bool stream_usage = false;  // the stream ends with its usage

  std::string user;                  // the application's own id of its end user, for the record
  std::vector<std::string> ignored;  // fields that no version of the API names, for the debug log
};

enum class FinishReason { stop, length };

struct TokenAlternative {
  TokenId id = 0;
  std::string text;  // the token's bytes; may be a part of a character
  float logprob = 0;
};

struct TokenLogprob {
  TokenAlternative chosen;
  std::vector<TokenAlternative> top;  // the most probable first, `chosen` among them or not
};

// A piece of one choice. `text` is whole characters; it may be empty while logprobs are not, and lag behind
// them.
struct GenerationDelta {
  int index = 0;  // of the choice: the prompt's place in GenerationRequest::prompts
  std::string text;
  std::vector<TokenLogprob> logprobs;  // empty unless asked for
  std::optional<FinishReason> finish;  // set on the last piece of the choice
};

struct Usage {
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  int64_t cached_tokens = 0;  // of prompt_tokens: found in the prefix cache
};

struct GenerationChoice {
  std::string text;
  std::vector<TokenLogprob> logprobs;
  FinishReason finish = FinishReason::stop;
};

// A whole answer, one choice for each prompt.
struct GenerationResult {
  std::vector<GenerationChoice> choices;
  Usage usage;
};

// Collects one more piece; grows `choices` to its index.
void append(GenerationResult& result, GenerationDelta delta);

// What every chunk and the whole answer of one exchange say about it.
struct ExchangeIdentity {
  std::string id;           // "chatcmpl-…", "cmpl-…"
  int64_t created = 0;      // seconds since 1970
  std::string model;        // the name that was asked for
  std::string fingerprint;  // changes with whatever may change the answers: build, kernel table, weights
};

}  // namespace ferry
