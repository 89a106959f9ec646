#pragma once
// Embeddings and scores from our own embedder. Inside the room only.

#include <functional>
#include <memory>
#include <vector>

#include "base/core/task_queue.h"
#include "infer/host/host.h"
#include "serve/providers/provider.h"

namespace ferry {

// What is computed for a request, and its tokens.
struct PreparedInputs {
  std::vector<EmbedInput> inputs;
  int64_t tokens = 0;
};

// Texts become tokens; too long ones are refused with the numbers, or cut where the request says so.
ApiResult<PreparedInputs> prepare_embedding(const EmbeddingRequest& request, const HostedModel& model);
// Of a cross-encoder the pairs; of a model that embeds, the first texts and then the second ones.
ApiResult<PreparedInputs> prepare_score(const ScoreRequest& request, const HostedModel& model);

// What the vectors of the prepared inputs mean for the request.
EmbeddingResult embedding_result(const EmbeddingRequest& request, const HostedModel& model,
                                 EmbedVectors vectors);
ScoreResult score_result(const ScoreRequest& request, const HostedModel& model, const EmbedVectors& vectors);

// Prepares on `preparation`, computes, and calls `done` on the embedder's thread, or on another one to
// refuse.
std::shared_ptr<RunningExchange> start_embedding(std::shared_ptr<HostedModel> model, TaskQueue& preparation,
                                                 EmbeddingRequest request,
                                                 std::function<void(ApiResult<EmbeddingResult>)> done);
std::shared_ptr<RunningExchange> start_score(std::shared_ptr<HostedModel> model, TaskQueue& preparation,
                                             ScoreRequest request,
                                             std::function<void(ApiResult<ScoreResult>)> done);

}  // namespace ferry
