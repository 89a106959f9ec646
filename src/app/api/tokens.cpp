#include "app/api/handlers.h"
#include "serve/dialects/vllm_tokens.h"

namespace ferry::api {
namespace {

// The model that the body means, or the refusal sent.
const ServedModel* find_model(const Service& service, const Call& call, const std::string& name) {
  const ServedModel* model = service.find_or_only(name);
  if (model == nullptr) reply(call, no_such_model(name, service.names()));
  return model;
}

}  // namespace

void tokenize(const Service& service, Call call) {
  if (const auto refusal = check_json(call.exchange->request())) return reply(call, *refusal);
  auto request = parse_tokenize(call.exchange->request().body);
  if (!request) return reply(call, refusal_of(std::move(request).error()));
  const ServedModel* model = find_model(service, call, request->prompt.model);
  if (model == nullptr) return;
  request->prompt.model = model->target;
  GenerationRequest prompt = request->prompt;
  service.provider->tokenize(std::move(prompt), [call, request = *std::move(request),
                                                 length = model->max_model_len](auto tokenized) {
    if (!tokenized) return reply(call, refusal_of(std::move(tokenized).error()));
    reply_json(call, 200, tokenize_response(*tokenized, request, length));
  });
}

void detokenize(const Service& service, Call call) {
  if (const auto refusal = check_json(call.exchange->request())) return reply(call, *refusal);
  auto request = parse_detokenize(call.exchange->request().body);
  if (!request) return reply(call, refusal_of(std::move(request).error()));
  const ServedModel* model = find_model(service, call, request->model);
  if (model == nullptr) return;
  service.provider->detokenize(model->target, std::move(request->tokens), [call](auto text) {
    if (!text) return reply(call, refusal_of(std::move(text).error()));
    reply_json(call, 200, detokenize_response(*text));
  });
}

}  // namespace ferry::api
