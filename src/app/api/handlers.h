#pragma once
// One function for each route.

#include "app/api/call.h"
#include "app/api/service.h"

namespace ferry::api {

// {"status":"ok"}, or 503 and the reason when a model's engine stands still.
void health(const Service& service, Call call);
void version(const Service& service, Call call);
void list_models(const Service& service, Call call);
void show_model(const Service& service, Call call);

// OpenAI's two ways to ask for text (generate.h).
void chat_completions(const Service& service, Call call);
void completions(const Service& service, Call call);

}  // namespace ferry::api
