#include "serve/gateway/moderator.h"

#include <utility>

namespace ferry {

Moderator::Moderator(std::shared_ptr<ExchangeContext> exchange, std::shared_ptr<const AnswerChecks> checks,
                     Done done)
    : exchange_(std::move(exchange)), checks_(std::move(checks)), done_(std::move(done)) {}

void Moderator::start(const GenerationResult& answer) {
  for (const GenerationChoice& choice : answer.choices) {
    GenerationRequest question = checks_->moderation_request(exchange_->request, choice);
    question.model = checks_->classifier()->model;
    question.tenant = exchange_->request.tenant;
    questions_.push_back(std::move(question));
  }
  ask_next();
}

void Moderator::cancel() {
  done_ = nullptr;
  if (running_) running_->cancel();
  running_.reset();
}

void Moderator::ask_next() {
  if (next_ == questions_.size()) return finish(std::nullopt);
  const auto& upstreams = exchange_->snapshot->upstreams;
  const auto local = upstreams.find(checks_->classifier()->provider->name);
  if (local == upstreams.end()) return finish("classifier: there is no engine");
  reply_ = {};
  const auto tell = [self = shared_from_this()](auto&& what) {
    self->on_thread([what = std::forward<decltype(what)>(what)](Moderator& m) mutable { what(m); });
  };
  running_ = local->second->generate(
      std::move(questions_[next_++]),
      {.started = [] {},
       .delta =
           [tell](const GenerationDelta& delta) { tell([delta](Moderator& m) { append(m.reply_, delta); }); },
       .finished =
           [tell](Usage) {
             tell([](Moderator& m) {
               if (auto finding = m.checks_->classifier_finding(m.reply_))
                 return m.finish(std::move(finding));
               m.ask_next();
             });
           },
       .failed =
           [tell](const ApiError& error) {
             tell([message = error.error.message](Moderator& m) { m.finish("classifier: " + message); });
           }});
}

// Always later, so that what is said while the model is being asked does not come within that call.
void Moderator::on_thread(std::function<void(Moderator&)> task) {
  exchange_->gateway.threads().post(exchange_->thread, [self = shared_from_this(), task = std::move(task)] {
    if (self->done_) task(*self);
  });
}

void Moderator::finish(std::optional<std::string> finding) {
  running_.reset();
  if (const Done done = std::exchange(done_, nullptr)) done(std::move(finding));
}

}  // namespace ferry
