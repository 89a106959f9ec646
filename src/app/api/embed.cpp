// Embeddings, scores and rankings: whole answers only.

#include <ctime>

#include "app/api/gateway_answers.h"
#include "app/api/handlers.h"
#include "base/core/random_id.h"
#include "base/observe/log.h"
#include "serve/dialects/openai_embeddings.h"
#include "serve/dialects/vllm_scores.h"

namespace ferry::api {
namespace {

// The answer to one request, whenever it comes.
class Pending {
 public:
  explicit Pending(Call call) : call_(std::move(call)) {}
  // Unanswered: the client went away, and nobody is left to be told. 499 is what nginx logs for that.
  ~Pending() {
    if (!answered_) log_reply(call_, 499);
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  template <class Result, class Write>
  void answer(ApiResult<Result> result, const Write& write) {
    answered_ = true;
    if (!result) return reply(call_, refusal_of(std::move(result).error()));
    reply_json(call_, 200, write(*result));
  }
  // For a server that stops. The exchange has been cancelled: the provider is done with this.
  void give_up() {
    if (!answered_) reply(call_, refusal_of(shutting_down()));
    answered_ = true;
  }
  // Until the answer is gone.
  void keep(InFlight::Registration registration) { registration_ = std::move(registration); }

 private:
  const Call call_;
  bool answered_ = false;
  InFlight::Registration registration_;
};

// A client that goes away, or a server that stops, ends the exchange.
void watch(const Service& service, const std::shared_ptr<HttpExchange>& exchange,
           const std::shared_ptr<Pending>& pending, std::shared_ptr<RunningExchange> running) {
  if (running == nullptr) return;
  pending->keep(
      service.in_flight->add([weak_pending = std::weak_ptr(pending), weak_running = std::weak_ptr(running)] {
        const auto exchange_now = weak_running.lock();
        const auto unfinished = weak_pending.lock();
        if (!exchange_now || !unfinished) return;
        exchange_now->cancel();
        unfinished->give_up();
      }));
  exchange->on_disconnect([running = std::move(running)] { running->cancel(); });
}

ExchangeIdentity identity_of(std::string_view prefix, const std::string& model) {
  return {.id = random_id(prefix), .created = std::time(nullptr), .model = model, .fingerprint = {}};
}

// Reads the request, asks the provider by `ask` and writes its answer by `write`.
// Parsed has a `request` with a model, and the fields that it ignored.
template <class Result, class Parsed, class Ask, class Write>
void respond(const Service& service, Call call, ApiResult<Parsed> (*parse)(std::string_view), Ask ask,
             Write write) {
  const std::shared_ptr<HttpExchange> exchange = call.exchange;
  if (service.in_flight->draining()) return reply(call, refusal_of(shutting_down()));
  if (const auto refusal = check_json(exchange->request())) return reply(call, *refusal);
  auto parsed = parse(exchange->request().body);
  if (!parsed) return reply(call, refusal_of(std::move(parsed).error()));
  const std::string name = parsed->request.model;
  const ServedModel* model = service.find(name);
  if (model == nullptr) return reply(call, no_such_model(name, service.names()));
  for (const std::string& field : parsed->ignored) {
    log_debug("unknown field", {{"request_id", call.request_id}, {"field", field}});
  }
  parsed->request.model = model->target;
  auto request = parsed->request;
  const auto pending = std::make_shared<Pending>(std::move(call));
  auto running =
      ask(*service.provider, std::move(request),
          [pending, name, write, parsed = *std::move(parsed)](ApiResult<Result> result) {
            pending->answer(std::move(result), [&](const Result& good) { return write(name, parsed, good); });
          });
  watch(service, exchange, pending, std::move(running));
}

constexpr auto kScore = [](Provider& provider, ScoreRequest request, auto done) {
  return provider.score(std::move(request), std::move(done));
};

}  // namespace

void embeddings(const Service& service, Call call) {
  if (service.gateway != nullptr) return answer_through_gateway(service, std::move(call), kOpenAiEmbeddings);
  respond<EmbeddingResult>(
      service, std::move(call), parse_openai_embeddings,
      [](Provider& provider, EmbeddingRequest request, auto done) {
        return provider.embed(std::move(request), std::move(done));
      },
      [](const std::string& name, const OpenAiEmbeddingRequest& parsed, const EmbeddingResult& result) {
        return openai_embeddings_response(name, result, parsed.base64);
      });
}

void score(const Service& service, Call call) {
  respond<ScoreResult>(service, std::move(call), parse_vllm_score, kScore,
                       [](const std::string& name, const VllmScoreRequest&, const ScoreResult& result) {
                         return vllm_score_response(identity_of("score-", name), result);
                       });
}

void rerank(const Service& service, Call call) {
  respond<ScoreResult>(service, std::move(call), parse_rerank, kScore,
                       [](const std::string& name, const RerankRequest& parsed, const ScoreResult& result) {
                         return rerank_response(identity_of("rerank-", name), parsed, result);
                       });
}

}  // namespace ferry::api
