#include "serve/dialects/anthropic_reading.h"

#include <algorithm>
#include <array>
#include <map>

#include "serve/dialects/json_span.h"
#include "serve/dialects/upstream_error.h"
#include "serve/dialects/wire_json.h"

namespace ferry {
namespace {

constexpr int kMaxBlocks = 4096;  // of one answer

FinishReason finish_of(std::string_view reason) {
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return FinishReason::length;
  if (reason == "tool_use") return FinishReason::tool_calls;
  if (reason == "refusal") return FinishReason::content_filter;
  if (reason == "pause_turn") return FinishReason::pause;
  return FinishReason::stop;
}

// stop_reason and what belongs to it, of a message or of its last delta.
void read_finish(const json::value& said, GenerationDelta& delta) {
  const std::string_view reason = wire_text(said, "stop_reason");
  if (reason.empty()) return;
  delta.finish = finish_of(reason);
  if (reason == "stop_sequence") delta.cause = std::string(wire_text(said, "stop_sequence"));
  if (const json::value* details = wire_member(said, "stop_details"))
    delta.refusal = wire_text(*details, "explanation");
}

// Each part of the usage is the last that was told.
struct UsageSeen {
  int64_t input = 0;  // without what the cache has to do with
  int64_t read = 0;
  int64_t written = 0;
  int64_t written_1h = 0;
  int64_t output = 0;
  int64_t thought = 0;

  void take(const json::value& usage) {
    const auto update = [&](int64_t& number, std::string_view name) {
      if (wire_member(usage, name) != nullptr) number = wire_count(usage, name);
    };
    update(input, "input_tokens");
    update(read, "cache_read_input_tokens");
    update(written, "cache_creation_input_tokens");
    update(output, "output_tokens");
    if (const json::value* by_time = wire_member(usage, "cache_creation"))
      written_1h = wire_count(*by_time, "ephemeral_1h_input_tokens");
    if (const json::value* details = wire_member(usage, "output_tokens_details"))
      thought = wire_count(*details, "thinking_tokens");
  }
  Usage total() const {
    return {.prompt_tokens = input + read + written,
            .completion_tokens = output,
            .cached_tokens = read,
            .thought_tokens = std::min(thought, output),
            .cache_written_tokens = written,
            .cache_written_1h_tokens = std::min(written_1h, written)};
  }
};

ErrorKind kind_of(std::string_view type, int status) {
  struct Named {
    std::string_view type;
    ErrorKind kind;
  };
  constexpr auto kinds = std::to_array<Named>({{"invalid_request_error", ErrorKind::bad_request},
                                               {"authentication_error", ErrorKind::authentication},
                                               {"billing_error", ErrorKind::billing},
                                               {"permission_error", ErrorKind::permission},
                                               {"not_found_error", ErrorKind::not_found},
                                               {"request_too_large", ErrorKind::too_large},
                                               {"rate_limit_error", ErrorKind::rate_limited},
                                               {"timeout_error", ErrorKind::timeout},
                                               {"overloaded_error", ErrorKind::overloaded},
                                               {"api_error", ErrorKind::server}});
  for (const auto& [name, kind] : kinds) {
    if (name == type) return kind;
  }
  return kind_of_status(status);
}

std::optional<ApiError> error_within(const json::value& body, int status) {
  const json::value* error = wire_member(body, "error");
  if (error == nullptr) return std::nullopt;
  const std::string_view type = wire_text(*error, "type");
  const std::string_view message = wire_text(*error, "message");
  return upstream_error(kind_of_words(kind_of(type, status), type, message), status, message);
}

// A block of an answer while its pieces come.
struct Block {
  enum class Kind : uint8_t { none, text, thinking, tool, other };

  Kind kind = Kind::none;
  int call = 0;
  bool has_arguments = false;
  std::string text;  // of a thought; of others, the JSON of their input
  std::string signature;
  json::value other;
};

// One after the other, or all at once: what the blocks say.
class BlockReader {
 public:
  void begin(Block& block, const json::value& said, GenerationDelta& delta);
  void piece(Block& block, const json::value& said, GenerationDelta& delta);
  void end(Block& block, GenerationDelta& delta);

 private:
  int calls_ = 0;
};

void BlockReader::begin(Block& block, const json::value& said, GenerationDelta& delta) {
  const std::string_view type = wire_text(said, "type");
  if (type == "text") {
    block.kind = Block::Kind::text;
    delta.text = wire_text(said, "text");
  } else if (type == "thinking") {
    block.kind = Block::Kind::thinking;
    block.text = wire_text(said, "thinking");
    block.signature = wire_text(said, "signature");
    delta.thought = block.text;
  } else if (type == "redacted_thinking") {
    block.kind = Block::Kind::none;
    delta.seal = ThoughtSeal{.redacted = std::string(wire_text(said, "data"))};
  } else if (type == "tool_use") {
    block.kind = Block::Kind::tool;
    block.call = calls_++;
    CallDelta call{.index = block.call,
                   .id = std::string(wire_text(said, "id")),
                   .name = std::string(wire_text(said, "name"))};
    const json::object* input = wire_object(said, "input");
    if (input != nullptr && !input->empty()) call.arguments = to_json(*input);
    block.has_arguments = !call.arguments.empty();
    delta.calls.push_back(std::move(call));
  } else {
    block.kind = Block::Kind::other;
    block.other = said;
  }
}

void BlockReader::piece(Block& block, const json::value& said, GenerationDelta& delta) {
  const std::string_view type = wire_text(said, "type");
  if (type == "text_delta") {
    delta.text = wire_text(said, "text");
  } else if (type == "thinking_delta") {
    delta.thought = wire_text(said, "thinking");
    block.text += delta.thought;
  } else if (type == "signature_delta") {
    block.signature += wire_text(said, "signature");
  } else if (type == "input_json_delta") {
    const std::string_view json_text = wire_text(said, "partial_json");
    if (block.kind == Block::Kind::other) block.text += json_text;
    if (block.kind != Block::Kind::tool || json_text.empty()) return;
    block.has_arguments = true;
    delta.calls.push_back({.index = block.call, .arguments = std::string(json_text)});
  }
}

void BlockReader::end(Block& block, GenerationDelta& delta) {
  if (block.kind == Block::Kind::thinking && !block.signature.empty())
    delta.seal = ThoughtSeal{.text = std::move(block.text), .signature = std::move(block.signature)};
  if (block.kind == Block::Kind::tool && !block.has_arguments)
    delta.calls.push_back({.index = block.call, .arguments = "{}"});
  if (block.kind != Block::Kind::other) return;
  if (!block.text.empty() && block.other.is_object()) {
    if (auto input = parse_json(block.text, "input")) block.other.get_object()["input"] = *std::move(input);
  }
  delta.others.push_back(std::move(block.other));
}

class AnthropicEventReader final : public EventReader {
 public:
  EventReading read(std::string_view name, std::string_view data) override;
  std::string_view id() const override { return id_; }

 private:
  void read_block(std::string_view type, const json::value& event, EventReading& reading);

  std::string id_;
  UsageSeen usage_;
  BlockReader blocks_;
  std::map<int64_t, Block> open_;
  int begun_ = 0;
};

EventReading AnthropicEventReader::read(std::string_view /*name*/, std::string_view data) {
  const Result<json::value> event = parse_json(data, "event");
  if (!event) return {.error = unreadable(event.error().message)};
  const std::string_view type = wire_text(*event, "type");
  if (type.empty()) return {.error = unreadable("an event names no type")};
  EventReading reading;
  if (type == "message_start") {
    if (const json::value* message = wire_member(*event, "message")) {
      id_ = wire_text(*message, "id");
      if (const json::value* usage = wire_member(*message, "usage")) usage_.take(*usage);
    }
    reading.usage = usage_.total();
  } else if (type == "message_delta") {
    if (const json::value* usage = wire_member(*event, "usage")) usage_.take(*usage);
    reading.usage = usage_.total();
    GenerationDelta delta;
    if (const json::value* said = wire_member(*event, "delta")) read_finish(*said, delta);
    reading.deltas.push_back(std::move(delta));
  } else if (type == "message_stop") {
    reading.usage = usage_.total();
    reading.ended = true;
  } else if (type == "error") {
    reading.error = error_within(*event, 0).value_or(upstream_error(ErrorKind::server, 0, ""));
  } else {
    read_block(type, *event, reading);  // of others, as of ping, nothing is known but that they are allowed
  }
  return reading;
}

void AnthropicEventReader::read_block(std::string_view type, const json::value& event,
                                      EventReading& reading) {
  const int64_t index = wire_integer(event, "index").value_or(-1);
  GenerationDelta delta;
  if (type == "content_block_start") {
    const json::value* said = wire_member(event, "content_block");
    if (said == nullptr || open_.contains(index) || begun_ == kMaxBlocks) {
      reading.error = unreadable(fmt::format("block {} cannot begin", index));
      return;
    }
    ++begun_;
    blocks_.begin(open_[index], *said, delta);
  } else if (type == "content_block_delta" || type == "content_block_stop") {
    const auto block = open_.find(index);
    if (block == open_.end()) {
      reading.error = unreadable(fmt::format("block {} is not open", index));
      return;
    }
    if (const json::value* said = wire_member(event, "delta")) blocks_.piece(block->second, *said, delta);
    if (type == "content_block_stop") {
      blocks_.end(block->second, delta);
      open_.erase(block);
    }
  }
  reading.deltas.push_back(std::move(delta));
}

}  // namespace

std::unique_ptr<EventReader> read_anthropic_events() {
  return std::make_unique<AnthropicEventReader>();
}

ApiResult<WireAnswer> read_anthropic_answer(std::string_view body) {
  const Result<json::value> parsed = parse_json(body, "answer");
  if (!parsed) return tl::unexpected(unreadable(parsed.error().message));
  if (auto error = error_within(*parsed, 0)) return tl::unexpected(*std::move(error));
  const json::array* content = wire_array(*parsed, "content");
  if (content == nullptr) return tl::unexpected(unreadable("it has no content"));
  if (content->size() > static_cast<size_t>(kMaxBlocks))
    return tl::unexpected(unreadable("it has too many blocks"));
  WireAnswer answer{.result = {},
                    .id = std::string(wire_text(*parsed, "id")),
                    .model = std::string(wire_text(*parsed, "model"))};
  BlockReader blocks;
  for (const json::value& said : *content) {
    Block block;
    GenerationDelta begin;
    GenerationDelta end;
    blocks.begin(block, said, begin);
    blocks.end(block, end);
    append(answer.result, std::move(begin));
    append(answer.result, std::move(end));
  }
  GenerationDelta last;
  read_finish(*parsed, last);
  append(answer.result, std::move(last));
  UsageSeen usage;
  if (const json::value* told = wire_member(*parsed, "usage")) usage.take(*told);
  answer.result.usage = usage.total();
  return answer;
}

ApiError read_anthropic_error(int status, const WireHeaders& headers, std::string_view body) {
  const Result<json::value> parsed = parse_json(body, "error");
  std::optional<ApiError> read;
  if (parsed) read = error_within(*parsed, status);
  if (!read) read = upstream_error(kind_of_status(status), status, "");
  read->retry_after_s = retry_after_of(headers);
  return *std::move(read);
}

std::string patch_anthropic_answer(std::string_view body, std::string_view model) {
  Result<std::string> patched = with_member_replaced(body, "model", json_string(model));
  return patched ? *std::move(patched) : std::string(body);
}

std::string patch_anthropic_event(std::string_view data, std::string_view model) {
  const auto message = find_members(data, "message");
  const bool is_start = message && message->values.size() == 1 && data.find("message_start") != data.npos;
  if (!is_start) return std::string(data);
  const JsonSpan span = message->values.front();
  std::string out(data.substr(0, span.begin));
  return out.append(patch_anthropic_answer(span.of(data), model)).append(data.substr(span.end));
}

}  // namespace ferry
