#include "app/api/generate.h"

#include <ctime>

#include "base/core/random_id.h"
#include "base/net/sse.h"
#include "base/observe/log.h"

namespace ferry::api {
namespace {

ApiError cut_short() {
  return {{ErrorCode::unavailable, "the server stopped before the answer was complete"}, {}, {}};
}

// Writes one exchange's answer. The provider's calls come one after the other; they are all there is to it.
class Answer {
 public:
  Answer(Call call, const GenerationRequest& request)
      : call_(std::move(call)), unfinished_(choice_count(request)) {}
  // Unanswered: the client went away, and nobody is left to be told. 499 is what nginx logs for that.
  virtual ~Answer() {
    if (!answered_) log_reply(call_, 499);
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  virtual void started() = 0;
  void take(GenerationDelta delta) {
    if (delta.finish && unfinished_ > 0) --unfinished_;
    write(std::move(delta));
  }
  // A cancelled exchange finishes too, but not all of its choices: that is no answer.
  void finished(const Usage& usage) {
    if (unfinished_ > 0) return fail(cut_short());
    answered_ = true;
    end(usage);
    log_debug("answered", {{"request_id", call_.request_id},
                           {"prompt_tokens", usage.prompt_tokens},
                           {"completion_tokens", usage.completion_tokens},
                           {"cached_tokens", usage.cached_tokens}});
  }
  // For a server that stops. The exchange has been cancelled: the provider is done with this.
  void give_up() {
    if (!answered_) fail(shutting_down());
  }
  // Until the answer is gone.
  void keep(InFlight::Registration registration) { registration_ = std::move(registration); }
  const std::string& tenant() const { return call_.tenant; }
  void fail(ApiError error) {
    answered_ = true;
    refuse(refusal_of(std::move(error)));
  }

 protected:
  virtual void write(GenerationDelta delta) = 0;
  virtual void end(const Usage& usage) = 0;
  virtual void refuse(const Refusal& refusal) = 0;

  const Call call_;

 private:
  bool answered_ = false;
  size_t unfinished_;  // choices
  InFlight::Registration registration_;
};

class WholeAnswer final : public Answer {
 public:
  WholeAnswer(Call call, const GenerationRequest& request, ExchangeIdentity identity, const Dialect& dialect)
      : Answer(std::move(call), request),
        identity_(std::move(identity)),
        dialect_(dialect),
        format_(request) {}

  void started() override {}

 private:
  void refuse(const Refusal& refusal) override { reply(call_, refusal); }
  void write(GenerationDelta delta) override { append(result_, std::move(delta)); }
  void end(const Usage& usage) override {
    result_.usage = usage;
    reply_json(call_, 200, dialect_.whole(identity_, result_, format_));
  }

  ExchangeIdentity identity_;
  const Dialect& dialect_;
  OpenAiAnswerFormat format_;
  GenerationResult result_;
};

class StreamedAnswer final : public Answer {
 public:
  StreamedAnswer(Call call, const GenerationRequest& request, std::unique_ptr<EventStream> stream)
      : Answer(std::move(call), request), stream_(std::move(stream)) {}

  void started() override {
    begun_ = true;
    call_.exchange->begin_stream(
        200, kSseContentType,
        reply_headers(call_, {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}}));
    send([&](EventStream::Emit emit) { stream_->begin(emit); });
  }

 private:
  void refuse(const Refusal& refusal) override {
    if (!begun_) return reply(call_, refusal);
    call_.exchange->write(sse_event(openai_error_json(refusal.status, refusal.error)));
    close(refusal.status);
  }
  void write(GenerationDelta delta) override {
    send([&](EventStream::Emit emit) { stream_->delta(delta, emit); });
  }
  void end(const Usage& usage) override {
    send([&](EventStream::Emit emit) { stream_->end(usage, emit); });
    close(200);
  }
  void close(int status) {
    call_.exchange->end();
    log_reply(call_, status);
  }

  // Several events leave as one piece. Whether anybody still reads them is on_disconnect's business.
  void send(FunctionRef<void(EventStream::Emit)> produce) {
    std::string events;
    produce([&](std::string_view data) { append_sse(events, data); });
    call_.exchange->write(events);
  }

  std::unique_ptr<EventStream> stream_;
  bool begun_ = false;
};

AnswerSink sink_of(const std::shared_ptr<Answer>& answer) {
  return {.started = [answer] { answer->started(); },
          .delta = [answer](GenerationDelta delta) { answer->take(std::move(delta)); },
          .finished = [answer](Usage usage) { answer->finished(usage); },
          .failed = [answer](ApiError error) { answer->fail(std::move(error)); }};
}

// Weak on both sides: what is registered must not keep alive what ends the registration.
InFlight::End end_of(const std::shared_ptr<Answer>& answer, const std::shared_ptr<RunningExchange>& running) {
  return [weak_answer = std::weak_ptr(answer), weak_running = std::weak_ptr(running)] {
    const auto exchange = weak_running.lock();
    const auto unfinished = weak_answer.lock();
    if (!exchange || !unfinished) return;
    exchange->cancel();
    unfinished->give_up();
  };
}

void log_ignored(const Call& call, const GenerationRequest& request) {
  for (const std::string& field : request.ignored) {
    log_debug("unknown field", {{"request_id", call.request_id}, {"field", field}});
  }
}

}  // namespace

void generate(const Service& service, Call call, const Dialect& dialect) {
  const std::shared_ptr<HttpExchange> exchange = call.exchange;
  if (service.in_flight->draining()) return reply(call, refusal_of(shutting_down()));
  if (const auto refusal = check_json(exchange->request())) return reply(call, *refusal);
  auto request = dialect.parse(exchange->request().body);
  if (!request) return reply(call, refusal_of(std::move(request).error()));
  const ServedModel* model = service.find_or_only(request->model);
  if (model == nullptr) return reply(call, no_such_model(request->model, service.names()));
  log_ignored(call, *request);

  const ExchangeIdentity identity{
      .id = request->id.empty() ? random_id(dialect.id_prefix) : std::string(dialect.id_prefix) + request->id,
      .created = std::time(nullptr),
      .model = request->model.empty() ? model->names.front() : request->model,
      .fingerprint = model->fingerprint};
  std::shared_ptr<Answer> answer;
  if (request->stream) {
    answer = std::make_shared<StreamedAnswer>(std::move(call), *request, dialect.stream(identity, *request));
  } else {
    answer = std::make_shared<WholeAnswer>(std::move(call), *request, identity, dialect);
  }
  request->model = model->target;
  request->tenant = answer->tenant();
  const auto running = service.provider->generate(*std::move(request), sink_of(answer));
  answer->keep(service.in_flight->add(end_of(answer, running)));
  exchange->on_disconnect([running] { running->cancel(); });
}

}  // namespace ferry::api
