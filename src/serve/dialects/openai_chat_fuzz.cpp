// Request bodies of chat, of legacy completions, of the tokenizer's routes and of embeddings and scores:
// whatever is accepted keeps the contract of exchange.h.

#include <set>

#include "base/core/result.h"
#include "serve/dialects/llama_infill.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"
#include "serve/dialects/openai_embeddings.h"
#include "serve/dialects/vllm_scores.h"
#include "serve/dialects/vllm_tokens.h"

namespace ferry {
namespace {

void check_within(const std::optional<double>& value, double least, double most) {
  FERRY_CHECK(!value || (*value >= least && *value <= most));
}

// The provider turns what was sent into the template's form, and relies on its shape.
void check_calls(const ChatMessage& message) {
  if (message.tool_calls.empty()) return;
  const json::array& raw = message.raw.at("tool_calls").as_array();
  FERRY_CHECK(raw.size() == message.tool_calls.size());
  for (size_t i = 0; i < raw.size(); ++i) {
    FERRY_CHECK(raw[i].at("function").at("name").as_string() == message.tool_calls[i].name);
  }
}

void check_tools(const ToolRequest& tools) {
  std::set<std::string> names;
  for (const ToolDefinition& tool : tools.tools) {
    FERRY_CHECK(!tool.name.empty() && names.insert(tool.name).second && tool.raw.is_object());
    FERRY_CHECK(tool.parameters.is_null() || tool.parameters.is_object());
  }
  for (const std::string& name : tools.allowed) FERRY_CHECK(names.contains(name));
  FERRY_CHECK(tools.choice != ToolRequest::Choice::required || !tools.tools.empty());
}

void check_request(const GenerationRequest& r) {
  for (const ChatMessage& message : r.messages) check_calls(message);
  check_tools(r.tools);
  FERRY_CHECK(!r.thought.budget || *r.thought.budget >= 0);
  FERRY_CHECK(!r.model.empty());
  FERRY_CHECK(r.messages.empty() != r.prompts.empty());
  for (const ChatMessage& message : r.messages) FERRY_CHECK(!message.role.empty() && message.raw.is_object());
  for (const Prompt& prompt : r.prompts) {
    const auto* tokens = std::get_if<std::vector<TokenId>>(&prompt);
    FERRY_CHECK(tokens == nullptr || !tokens->empty());
    for (size_t i = 0; tokens != nullptr && i < tokens->size(); ++i) FERRY_CHECK((*tokens)[i] >= 0);
  }
  check_within(r.sampling.temperature, 0, 2);
  check_within(r.sampling.top_p, 0, 1);
  check_within(r.sampling.min_p, 0, 1);
  check_within(r.sampling.repetition_penalty, 0.01, 100);
  check_within(r.sampling.typical_p, 0, 1);
  FERRY_CHECK(!r.sampling.top_k || *r.sampling.top_k >= 0);
  for (size_t i = 0; i < r.sampling.logit_bias.size(); ++i) {
    FERRY_CHECK(r.sampling.logit_bias[i].first >= 0);
    FERRY_CHECK(i == 0 || r.sampling.logit_bias[i - 1].first < r.sampling.logit_bias[i].first);
  }
  const bool only_echo = r.report.echo && !r.prompts.empty();
  FERRY_CHECK(!r.stop.max_tokens ||
              *r.stop.max_tokens >= std::max<int64_t>(only_echo ? 0 : 1, r.stop.min_tokens));
  FERRY_CHECK(r.n >= 1 && r.best_of >= r.n && r.best_of <= 128);
  FERRY_CHECK(!r.stream || (r.best_of == r.n && !r.report.prompt_logprobs));
  for (const std::string& word : r.sampling.bad_words) FERRY_CHECK(!word.empty());
  for (const TokenId token : r.sampling.allowed_tokens) FERRY_CHECK(token >= 0);
  FERRY_CHECK(!r.prompt.truncate || *r.prompt.truncate == -1 || *r.prompt.truncate > 0);
  FERRY_CHECK(!r.report.prompt_logprobs ||
              (*r.report.prompt_logprobs >= 0 && *r.report.prompt_logprobs <= 20));
  for (const std::string& stop : r.stop.strings) FERRY_CHECK(!stop.empty());
  FERRY_CHECK(!r.report.top_logprobs || (*r.report.top_logprobs >= 0 && *r.report.top_logprobs <= 20));
  FERRY_CHECK(r.stream || !r.stream_usage);
}

void check_error(const ApiError& error) {
  FERRY_CHECK(!error.error.message.empty());
  // An answer that quotes the request must still be JSON.
  FERRY_CHECK(parse_json(openai_error_json(400, error), "error").has_value());
}

void check_result(const ApiResult<GenerationRequest>& result) {
  result ? check_request(*result) : check_error(result.error());
}

// As a completion, but the model may be left out, and nothing be wanted but that the prompt is cached.
void check_infill(const ApiResult<GenerationRequest>& result) {
  if (!result) return check_error(result.error());
  GenerationRequest request = *result;
  FERRY_CHECK(request.infill && request.prompts.size() == 1 && !request.report.echo);
  FERRY_CHECK(std::holds_alternative<std::string>(request.prompts[0]));
  FERRY_CHECK(request.prompt.truncate && request.stop.least_indent >= 0);
  FERRY_CHECK(!request.stop.lines_ms || *request.stop.lines_ms > 0);
  if (request.model.empty()) request.model = request.infill->field;
  request.report.echo = true;
  check_request(request);
}

void check_tokens(const ApiResult<TokenizeRequest>& result) {
  if (!result) return check_error(result.error());
  const GenerationRequest& prompt = result->prompt;
  FERRY_CHECK(prompt.messages.empty() ? prompt.prompts.size() == 1 : prompt.prompts.empty());
}

void check_tokens(const ApiResult<DetokenizeRequest>& result) {
  if (!result) return check_error(result.error());
  for (const TokenId token : result->tokens) FERRY_CHECK(token >= 0);
}

void check_embeddings(const ApiResult<OpenAiEmbeddingRequest>& result) {
  if (!result) return check_error(result.error());
  const EmbeddingRequest& request = result->request;
  FERRY_CHECK(!request.model.empty() && !request.inputs.empty());
  for (const Prompt& input : request.inputs) {
    FERRY_CHECK(!std::visit([](const auto& value) { return value.empty(); }, input));
  }
  FERRY_CHECK(!request.truncate || *request.truncate == -1 || *request.truncate > 0);
  FERRY_CHECK(!request.dimensions || *request.dimensions > 0);
}

void check_scores(const ScoreRequest& request) {
  FERRY_CHECK(!request.model.empty() && !request.second.empty());
  FERRY_CHECK(request.first.size() == 1 || request.first.size() == request.second.size());
  FERRY_CHECK(!request.truncate || *request.truncate == -1 || *request.truncate > 0);
}

void check_ranking(const ApiResult<RerankRequest>& result) {
  if (!result) return check_error(result.error());
  check_scores(result->request);
  ScoreResult scores;
  for (size_t i = 0; i < result->request.second.size(); ++i)
    scores.scores.push_back(static_cast<float>(i % 3));
  FERRY_CHECK(parse_json(rerank_response({}, *result, scores), "answer").has_value());
}

void check_scored(const ApiResult<VllmScoreRequest>& result) {
  result ? check_scores(result->request) : check_error(result.error());
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  ferry::check_result(ferry::parse_openai_chat(body));
  ferry::check_result(ferry::parse_openai_completion(body));
  ferry::check_infill(ferry::parse_llama_infill(body));
  ferry::check_tokens(ferry::parse_tokenize(body));
  ferry::check_tokens(ferry::parse_detokenize(body));
  ferry::check_embeddings(ferry::parse_openai_embeddings(body));
  ferry::check_scored(ferry::parse_vllm_score(body));
  ferry::check_ranking(ferry::parse_rerank(body));
  return 0;
}
