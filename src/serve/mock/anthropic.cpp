#include <functional>

#include "serve/mock/answer.h"
#include "serve/mock/text.h"

namespace ferry::mock {
namespace {

constexpr std::string_view kSignature = "bW9jay1zaWduYXR1cmU=";

std::string_view stop_reason(const Reply& reply) {
  return !reply.calls.empty() ? "tool_use" : reply.cut ? "max_tokens" : "end_turn";
}

void write_usage(JsonWriter& w, const Request& request, const Behaviour& behaviour, int64_t output) {
  const int64_t cached = std::min(behaviour.cached_tokens, request.prompt_tokens);
  w.key("usage");
  w.begin_object();
  w.member("input_tokens", request.prompt_tokens - cached);  // beside the cached ones
  w.member("cache_creation_input_tokens", 0);
  w.member("cache_read_input_tokens", cached);
  w.member("output_tokens", output);
  w.end_object();
}

void write_head(JsonWriter& w, const Request& request, uint64_t number) {
  w.member("id", fmt::format("msg_mock_{}", number));
  w.member("type", "message");
  w.member("role", "assistant");
  w.member("model", request.model);
}

void write_stop(JsonWriter& w, const std::string_view* reason) {
  w.key("stop_reason");
  reason == nullptr ? w.null() : w.value(*reason);
  w.key("stop_sequence");
  w.null();
}

Answer whole(const Request& request, const Behaviour& behaviour, const Reply& reply, uint64_t number) {
  Answer answer;
  JsonWriter w(answer.body);
  w.begin_object();
  write_head(w, request, number);
  w.key("content");
  w.begin_array();
  if (!reply.thought.empty()) {
    w.begin_object();
    w.member("type", "thinking");
    w.member("thinking", reply.thought);
    w.member("signature", kSignature);
    w.end_object();
  }
  if (!reply.tokens.empty()) {
    w.begin_object();
    w.member("type", "text");
    w.member("text", reply.text());
    w.end_object();
  }
  for (const Reply::Call& call : reply.calls) {
    w.begin_object();
    w.member("type", "tool_use");
    w.member("id", call.id);
    w.member("name", call.name);
    w.key("input");
    w.raw(call.arguments);
    w.end_object();
  }
  w.end_array();
  const std::string_view reason = stop_reason(reply);
  write_stop(w, &reason);
  write_usage(w, request, behaviour, reply.completion_tokens());
  w.end_object();
  return answer;
}

class StreamWriter {
 public:
  StreamWriter(const Request& request, const Behaviour& behaviour, const Reply& reply, uint64_t number)
      : request_(request), behaviour_(behaviour), reply_(reply), number_(number) {}

  Answer write() {
    answer_.is_stream = true;
    event("message_start", [&](JsonWriter& w) {
      w.key("message");
      w.begin_object();
      write_head(w, request_, number_);
      w.key("content");
      w.begin_array();
      w.end_array();
      write_stop(w, nullptr);
      write_usage(w, request_, behaviour_, 1);
      w.end_object();
    });
    event("ping", [](JsonWriter&) {});
    answer_.first_token = answer_.events.size();
    int index = 0;
    if (!reply_.thought.empty()) write_thought(index++);
    if (!reply_.tokens.empty()) write_text(index++);
    for (const Reply::Call& call : reply_.calls) write_call(index++, call);
    event("message_delta", [&](JsonWriter& w) {
      w.key("delta");
      w.begin_object();
      const std::string_view reason = stop_reason(reply_);
      write_stop(w, &reason);
      w.end_object();
      w.key("usage");
      w.begin_object();
      w.member("output_tokens", reply_.completion_tokens());
      w.end_object();
    });
    event("message_stop", [](JsonWriter&) {});
    return std::move(answer_);
  }

 private:
  using Members = std::function<void(JsonWriter&)>;

  void event(std::string_view type, const Members& members) {
    std::string& text = answer_.events.emplace_back();
    text.append("event: ").append(type).append("\ndata: ");
    JsonWriter w(text);
    w.begin_object();
    w.member("type", type);
    members(w);
    w.end_object();
    text += "\n\n";
  }

  // A block of content: its beginning, its pieces, its end.
  void block(int index, const Members& members, const std::function<void()>& pieces) {
    event("content_block_start", [&](JsonWriter& w) {
      w.member("index", index);
      w.key("content_block");
      w.begin_object();
      members(w);
      w.end_object();
    });
    pieces();
    event("content_block_stop", [&](JsonWriter& w) { w.member("index", index); });
  }

  void delta(int index, std::string_view type, std::string_view member, std::string_view text) {
    event("content_block_delta", [&](JsonWriter& w) {
      w.member("index", index);
      w.key("delta");
      w.begin_object();
      w.member("type", type);
      w.member(member, text);
      w.end_object();
    });
  }

  void write_thought(int index) {
    const auto members = [](JsonWriter& w) {
      w.member("type", "thinking");
      w.member("thinking", "");
      w.member("signature", "");
    };
    block(index, members, [&] {
      delta(index, "thinking_delta", "thinking", reply_.thought);
      delta(index, "signature_delta", "signature", kSignature);
    });
  }

  void write_text(int index) {
    const auto members = [](JsonWriter& w) {
      w.member("type", "text");
      w.member("text", "");
    };
    block(index, members, [&] {
      for (const std::string& token : reply_.tokens) delta(index, "text_delta", "text", token);
    });
  }

  void write_call(int index, const Reply::Call& call) {
    const auto members = [&](JsonWriter& w) {
      w.member("type", "tool_use");
      w.member("id", call.id);
      w.member("name", call.name);
      w.key("input");
      w.begin_object();
      w.end_object();
    };
    block(index, members, [&] {
      const std::string_view all = call.arguments;
      const size_t step = all.size() / 3 + 1;
      for (size_t at = 0; at < all.size(); at += step)
        delta(index, "input_json_delta", "partial_json", all.substr(at, step));
    });
  }

  const Request& request_;
  const Behaviour& behaviour_;
  const Reply& reply_;
  const uint64_t number_;
  Answer answer_;
};

}  // namespace

Answer anthropic_answer(const Request& request, const Behaviour& behaviour, uint64_t number) {
  if (request.route == Route::count_tokens) {
    return {.body = fmt::format(R"({{"input_tokens":{}}})", request.prompt_tokens)};
  }
  const Reply reply = make_reply(request, behaviour, number);
  if (!request.stream) return whole(request, behaviour, reply, number);
  return StreamWriter(request, behaviour, reply, number).write();
}

}  // namespace ferry::mock
