#pragma once
// Who runs a target: a vendor's API, or our own engine (local.h). The gateway treats all alike.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "serve/dialects/embedding.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

// Where an answer goes. The calls of one exchange come one after the other, from threads of the provider's,
// and must not block: started, then delta..., then finished or failed. failed may also come at once, without
// started, for a request that is refused.
struct AnswerSink {
  std::function<void()> started;  // accepted: the answer will come
  std::function<void(GenerationDelta)> delta;
  std::function<void(Usage)> finished;
  std::function<void(ApiError)> failed;
};

// A running exchange. Destroying it does not stop it.
class RunningExchange {
 public:
  virtual ~RunningExchange() = default;
  // The answer is not wanted any more: after this returns the sink is not called again. Any thread, also from
  // within one of its calls.
  virtual void cancel() = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  // Returns at once; the preparation (template, tokenizer) runs on the provider's threads.
  virtual std::shared_ptr<RunningExchange> generate(GenerationRequest request, AnswerSink sink) = 0;

  // The request's one prompt as tokens, and tokens as text. `done` is called once, maybe at once. Only who
  // runs the model knows.
  virtual void tokenize(GenerationRequest /*request*/, std::function<void(ApiResult<TokenizedPrompt>)> done) {
    std::move(done)(tl::unexpected(no_tokens()));
  }
  virtual void detokenize(std::string /*model*/, std::vector<TokenId> /*tokens*/,
                          std::function<void(ApiResult<std::string>)> done) {
    std::move(done)(tl::unexpected(no_tokens()));
  }

  // `done` is called once, maybe at once, unless the exchange is cancelled before. May return null where
  // there is nothing to cancel.
  virtual std::shared_ptr<RunningExchange> embed(EmbeddingRequest /*request*/,
                                                 std::function<void(ApiResult<EmbeddingResult>)> done) {
    std::move(done)(tl::unexpected(no_embeddings()));
    return nullptr;
  }
  virtual std::shared_ptr<RunningExchange> score(ScoreRequest /*request*/,
                                                 std::function<void(ApiResult<ScoreResult>)> done) {
    std::move(done)(tl::unexpected(no_embeddings()));
    return nullptr;
  }

 private:
  static ApiError no_tokens() {
    return {{ErrorCode::unsupported, "this model's provider does not tell its tokens"}, {}, {}};
  }
  static ApiError no_embeddings() {
    return {{ErrorCode::unsupported, "this model's provider makes no embeddings"}, {}, {}};
  }
};

}  // namespace ferry
