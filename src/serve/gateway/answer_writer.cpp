#include "serve/gateway/answer_writer.h"

#include <utility>

#include "base/net/sse.h"

namespace ferry {
AnswerWriter::AnswerWriter(GatewayClient& client, const WireDialect& dialect,
                           const GenerationRequest& request, ExchangeIdentity identity)
    : client_(client), dialect_(dialect), request_(request), identity_(std::move(identity)) {}

void AnswerWriter::begin(HttpHeaders headers) {
  begun_ = true;
  headers_ = std::move(headers);
  if (request_.stream) client_.begin(std::move(headers_));
}

void AnswerWriter::delta(GenerationDelta delta) {
  if (delta.wire) passes_on_ = true;
  if (!request_.stream) {
    if (delta.wire) whole_ = delta.wire->data;
  } else if (!passes_on_) {
    write(delta);
  } else if (delta.wire) {
    pass_on(*delta.wire);
  }
}

void AnswerWriter::write_anew() {
  passes_on_ = false;
  whole_.clear();
}

void AnswerWriter::pass_on(const WireEvent& event) {
  send(sse_event(dialect_.patch_event(event.data, identity_.model), event.name));
}

void AnswerWriter::write(const GenerationDelta& delta) {
  std::string events;
  const auto emit = [&](std::string_view data, std::string_view name) { append_sse(events, data, name); };
  if (!writer_) {
    writer_ = dialect_.write_events(identity_, request_);
    writer_->begin(emit);
  }
  writer_->delta(delta, emit);
  send(std::move(events));
}

void AnswerWriter::finish(const GenerationResult& answer, const Usage& usage) {
  if (!request_.stream) {
    if (passes_on_) return client_.whole(dialect_.patch_answer(whole_, identity_.model), std::move(headers_));
    GenerationResult result = answer;
    result.usage = usage;
    return client_.whole(dialect_.write_answer(identity_, result, request_), std::move(headers_));
  }
  if (!passes_on_) {
    if (!writer_) write({});
    std::string events;
    writer_->end(usage,
                 [&](std::string_view data, std::string_view name) { append_sse(events, data, name); });
    send(std::move(events));
  }
  client_.end();
}

void AnswerWriter::fail(const ApiError& error) {
  if (!request_.stream) return client_.refuse(error, std::move(headers_));
  const int status = client_.status_of(error);
  std::string events;
  const auto emit = [&](std::string_view data, std::string_view name) { append_sse(events, data, name); };
  if (!writer_) writer_ = dialect_.write_events(identity_, request_);
  writer_->fail(status, error, emit);
  client_.fail(error, events);
}

void AnswerWriter::send(std::string&& bytes) {
  if (!bytes.empty()) client_.events(bytes);
}

}  // namespace ferry
