#pragma once
// One function for each route.

#include "app/api/call.h"
#include "app/api/service.h"

namespace ferry::api {

// {"status":"ok"} once every engine has shown that it takes its steps; 503 and the reason when one stands
// still, or when the server is about to stop.
void health(const Service& service, Call call);
void version(const Service& service, Call call);
void list_models(const Service& service, Call call);
void show_model(const Service& service, Call call);

// Prometheus's text (metrics_page.h).
void metrics(const Service& service, Call call);
// The routes as an OpenAPI document (openapi.h).
void openapi(const Service& service, Call call);

// vLLM's ways to see a prompt as tokens.
void tokenize(const Service& service, Call call);
void detokenize(const Service& service, Call call);

// OpenAI's embeddings, vLLM's scores, and documents ranked as Cohere, Jina and vLLM do.
void embeddings(const Service& service, Call call);
void score(const Service& service, Call call);
void rerank(const Service& service, Call call);

// OpenAI's two ways to ask for text (generate.h).
void chat_completions(const Service& service, Call call);
void completions(const Service& service, Call call);
// llama.cpp's way to ask for what stands in a gap.
void infill(const Service& service, Call call);

}  // namespace ferry::api
