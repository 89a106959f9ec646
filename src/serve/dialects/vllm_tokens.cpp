#include "serve/dialects/vllm_tokens.h"

#include "serve/dialects/known_fields.h"
#include "serve/dialects/openai_messages.h"
#include "serve/dialects/openai_request.h"
#include "serve/dialects/openai_thought.h"
#include "serve/dialects/openai_tools.h"

namespace ferry {
namespace {

constexpr size_t kMaxTokens = size_t{1} << 22;

}  // namespace

ApiResult<TokenizeRequest> parse_tokenize(std::string_view text) {
  ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(std::move(body).error());
  FieldReader fields(body->get_object());
  settle_tokenize_fields(fields);
  TokenizeRequest request;
  request.prompt.model = fields.text("model").value_or("");
  if (auto prompt = fields.text("prompt")) {
    request.prompt.prompts.emplace_back(*std::move(prompt));
  } else if (fields.get("messages") != nullptr) {
    read_openai_messages(body->get_object(), fields, request.prompt);
    read_template_options(fields, request.prompt);
    read_openai_tools(fields, request.prompt);
    read_openai_thought(fields, request.prompt.thought);
  } else {
    fields.refuse_missing("prompt", "must be a string; or send messages");
  }
  request.prompt.prompt.add_special_tokens = fields.boolean("add_special_tokens");
  request.texts = fields.boolean("return_token_strs").value_or(false);
  fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  return request;
}

std::string tokenize_response(const TokenizedPrompt& prompt, const TokenizeRequest& request,
                              int64_t max_model_len) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("count", prompt.tokens.size());
  w.member("max_model_len", max_model_len);
  w.key("tokens");
  w.begin_array();
  for (const TokenId token : prompt.tokens) w.value(token);
  w.end_array();
  w.key("token_strs");
  if (request.texts) {
    w.begin_array();
    for (const std::string& text : prompt.texts) w.value(text);
    w.end_array();
  } else {
    w.null();
  }
  w.end_object();
  return out;
}

ApiResult<DetokenizeRequest> parse_detokenize(std::string_view text) {
  const ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(body.error());
  FieldReader fields(body->get_object());
  DetokenizeRequest request;
  request.model = fields.text("model").value_or("");
  if (fields.get("tokens") == nullptr) fields.refuse_missing("tokens", "must be an array of token ids");
  request.tokens = fields.tokens("tokens", kMaxTokens);
  fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  return request;
}

std::string detokenize_response(std::string_view text) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("prompt", text);
  w.end_object();
  return out;
}

}  // namespace ferry
