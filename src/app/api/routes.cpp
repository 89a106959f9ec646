#include "app/api/routes.h"

#include "app/api/feedback.h"
#include "app/api/gateway_answers.h"
#include "app/api/handlers.h"
#include "app/api/router.h"

namespace ferry::api {
namespace {

constexpr Route kRoutes[] = {
    {"GET", "/health", Access::anybody, health, "Whether the engines take their steps"},
    {"GET", "/version", Access::key, version, "The server's version"},
    {"GET", "/metrics", Access::key, metrics, "Measurements, for Prometheus"},
    {"GET", "/openapi.json", Access::key, openapi, "This document"},
    {"GET", "/v1/models", Access::key, list_models, "The models that requests may name"},
    {"GET", "/v1/models/{model}", Access::key, show_model, "One of them"},
    {"POST", "/v1/chat/completions", Access::key, chat_completions, "The next message of a chat",
     "ChatCompletionRequest"},
    {"POST", "/v1/completions", Access::key, completions, "The continuation of a text", "CompletionRequest"},
    {"POST", "/v1/messages", Access::key, messages, "The next message of a chat, in Anthropic's form",
     "AnthropicMessagesRequest"},
    {"POST", "/v1/messages/count_tokens", Access::key, count_tokens, "How many tokens such a request has",
     "AnthropicCountRequest"},
    {"POST", "/v1/feedback", Access::key, feedback, "What people think of an answer", "FeedbackRequest"},
    {"GET", "/v1/capabilities", Access::key, capabilities, "What dialects and targets can do"},
    {"POST", "/infill", Access::key, infill, "What stands in a gap of a text", "InfillRequest"},
    {"POST", "/v1/embeddings", Access::key, embeddings, "Texts as vectors", "EmbeddingRequest"},
    {"POST", "/v1/rerank", Access::key, rerank, "Documents by how well they fit a query", "RerankRequest"},
    {"POST", "/v2/rerank", Access::key, rerank, "The same", "RerankRequest"},
    {"POST", "/rerank", Access::key, rerank, "The same", "RerankRequest"},
    {"POST", "/v1/score", Access::key, score, "How well texts fit others", "ScoreRequest"},
    {"POST", "/score", Access::key, score, "The same", "ScoreRequest"},
    {"POST", "/tokenize", Access::key, tokenize, "A text or a chat as tokens", "TokenizeRequest"},
    {"POST", "/detokenize", Access::key, detokenize, "Tokens as text", "DetokenizeRequest"},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

void handle(const Service& service, std::shared_ptr<HttpExchange> exchange) {
  dispatch(kRoutes, service, std::move(exchange));
}

HttpRefusalBody refuse_unread(const Service& service, int status, const std::string& message,
                              const HttpRequest& request) {
  return reply_unread(status, message, request, service.cors.headers(request), *service.http_metrics);
}

}  // namespace ferry::api
