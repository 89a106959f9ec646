#include "serve/gateway/recorded_texts.h"

#include "base/observe/log.h"
#include "serve/guard/exchange_walk.h"

namespace ferry {
namespace {

// Of vectors nothing: they are no text, and can be made again.
std::string answer_text(const ExchangeContext& exchange, const GenerationResult& answer) {
  if (exchange.request.vectors) return {};
  const ExchangeIdentity identity{.id = exchange.id.to_string(),
                                  .created = exchange.began_us / 1'000'000,
                                  .model = exchange.request.model,
                                  .fingerprint = {}};
  return exchange.call.dialect->write_answer(identity, answer, exchange.request);
}

Result<Content> redacted_texts(const ExchangeContext& exchange, GenerationResult answer) {
  const Detectors& detectors = *exchange.snapshot->config->detectors;
  GenerationRequest request = exchange.request;
  Redaction redaction;
  FERRY_TRY_VOID(redact(detectors, redaction, request));
  FERRY_TRY_VOID(redact(detectors, redaction, answer));
  request.wire.reset();
  auto written = exchange.call.dialect->write_request(request, {.model = request.model});
  if (!written) return tl::unexpected(std::move(written).error().error);
  return Content{.form = ContentForm::redacted,
                 .request = std::move(written->body),
                 .answer = answer_text(exchange, answer)};
}

Result<Content> texts(const ExchangeContext& exchange, GenerationResult answer) {
  if (exchange.route->record == RecordPolicy::redacted) return redacted_texts(exchange, std::move(answer));
  return Content{.form = ContentForm::full,
                 .request = exchange.request.wire->bytes,
                 .answer = answer_text(exchange, answer)};
}

}  // namespace

void record_texts(std::shared_ptr<const ExchangeContext> exchange, uint32_t attempt,
                  GenerationResult answer) {
  Gateway& gateway = exchange->gateway;
  Recorder* recorder = gateway.recorder();
  if (recorder == nullptr) return;
  size_t bytes = exchange->body_bytes();
  for (const GenerationChoice& choice : answer.choices) bytes += choice.text.size() + choice.thought.size();
  const bool taken = gateway.record_later(
      bytes, [exchange, attempt, recorder, answer = std::make_shared<GenerationResult>(std::move(answer))] {
        auto content = texts(*exchange, std::move(*answer));
        if (!content) {
          exchange->gateway.dropped_texts().add();
          return log_debug("texts are not kept",
                           {{"exchange", exchange->id.to_string()}, {"why", content.error().message}});
        }
        content->exchange = exchange->id;
        content->attempt = attempt;
        content->time_us = unix_now_us();
        content->route = exchange->route->name;
        recorder->content(*std::move(content));
      });
  if (!taken) gateway.dropped_texts().add();
}

}  // namespace ferry
