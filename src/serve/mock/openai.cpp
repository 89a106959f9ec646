#include <cmath>
#include <cstring>
#include <ctime>
#include <functional>
#include <span>

#include <openssl/evp.h>

#include "base/core/rng.h"
#include "serve/mock/answer.h"
#include "serve/mock/text.h"

namespace ferry::mock {
namespace {

struct Identity {
  std::string_view object;
  std::string_view id_prefix;
};

// What all chunks of a stream, or the whole answer, begin with; the object stays open.
void begin(JsonWriter& w, const Identity& identity, const Request& request, uint64_t number) {
  w.begin_object();
  w.member("id", fmt::format("{}-mock-{}", identity.id_prefix, number));
  w.member("object", identity.object);
  w.member("created", static_cast<int64_t>(std::time(nullptr)));
  w.member("model", request.model);
  w.member("system_fingerprint", "fp_mock");
}

void write_usage(JsonWriter& w, const Request& request, const Behaviour& behaviour, int64_t completion) {
  w.key("usage");
  w.begin_object();
  w.member("prompt_tokens", request.prompt_tokens);
  w.member("completion_tokens", completion);
  w.member("total_tokens", request.prompt_tokens + completion);
  w.key("prompt_tokens_details");
  w.begin_object();
  w.member("cached_tokens", std::min(behaviour.cached_tokens, request.prompt_tokens));
  w.end_object();
  w.key("completion_tokens_details");
  w.begin_object();
  w.member("reasoning_tokens", 0);
  w.end_object();
  w.end_object();
}

// One token's entry of a chat's log-probabilities.
void write_logprob(JsonWriter& w, const std::string& token, double logprob) {
  w.begin_object();
  w.member("token", token);
  w.member("logprob", logprob);
  w.key("bytes");
  w.begin_array();
  for (const char c : token) w.value(static_cast<int>(static_cast<unsigned char>(c)));
  w.end_array();
  w.key("top_logprobs");
  w.begin_array();
  w.end_array();
  w.end_object();
}

void write_chat_logprobs(JsonWriter& w, std::span<const std::string> tokens, double logprob) {
  w.key("logprobs");
  w.begin_object();
  w.key("content");
  w.begin_array();
  for (const std::string& token : tokens) write_logprob(w, token, logprob);
  w.end_array();
  w.end_object();
}

void write_completion_logprobs(JsonWriter& w, std::span<const std::string> tokens, double logprob) {
  w.key("logprobs");
  w.begin_object();
  w.key("tokens");
  w.begin_array();
  for (const std::string& token : tokens) w.value(token);
  w.end_array();
  w.key("token_logprobs");
  w.begin_array();
  for (size_t i = 0; i < tokens.size(); ++i) w.value(logprob);
  w.end_array();
  w.end_object();
}

std::string_view finish_of(const Reply& reply) {
  return !reply.calls.empty() ? "tool_calls" : reply.cut ? "length" : "stop";
}

void write_calls(JsonWriter& w, const Reply& reply) {
  w.key("tool_calls");
  w.begin_array();
  for (const Reply::Call& call : reply.calls) {
    w.begin_object();
    w.member("id", call.id);
    w.member("type", "function");
    w.key("function");
    w.begin_object();
    w.member("name", call.name);
    w.member("arguments", call.arguments);
    w.end_object();
    w.end_object();
  }
  w.end_array();
}

void write_chat_choice(JsonWriter& w, const Request& request, const Behaviour& behaviour,
                       const Reply& reply) {
  w.key("message");
  w.begin_object();
  w.member("role", "assistant");
  w.key("content");
  reply.calls.empty() ? w.value(reply.text()) : w.null();
  w.key("refusal");
  w.null();
  if (!reply.calls.empty()) write_calls(w, reply);
  w.end_object();
  if (request.logprobs) {
    write_chat_logprobs(w, reply.tokens, behaviour.logprob);
  } else {
    w.key("logprobs");
    w.null();
  }
  w.member("finish_reason", finish_of(reply));
}

void write_completion_choice(JsonWriter& w, const Request& request, const Behaviour& behaviour,
                             const Reply& reply) {
  w.member("text", reply.text());
  if (request.logprobs) {
    write_completion_logprobs(w, reply.tokens, behaviour.logprob);
  } else {
    w.key("logprobs");
    w.null();
  }
  w.member("finish_reason", finish_of(reply));
}

Answer whole(const Request& request, const Behaviour& behaviour, const Reply& reply, uint64_t number) {
  const bool is_chat = request.route == Route::chat;
  Answer answer;
  JsonWriter w(answer.body);
  begin(w, is_chat ? Identity{"chat.completion", "chatcmpl"} : Identity{"text_completion", "cmpl"}, request,
        number);
  w.key("choices");
  w.begin_array();
  for (int64_t i = 0; i < request.n; ++i) {
    w.begin_object();
    w.member("index", i);
    (is_chat ? write_chat_choice : write_completion_choice)(w, request, behaviour, reply);
    w.end_object();
  }
  w.end_array();
  write_usage(w, request, behaviour, request.n * reply.completion_tokens());
  w.end_object();
  return answer;
}

class StreamWriter {
 public:
  StreamWriter(const Request& request, const Behaviour& behaviour, const Reply& reply, uint64_t number)
      : request_(request), behaviour_(behaviour), reply_(reply), number_(number) {}

  Answer write() {
    const bool is_chat = request_.route == Route::chat;
    answer_.is_stream = true;
    for (int64_t i = 0; i < request_.n; ++i) {
      if (is_chat) chat_chunk(i, [](JsonWriter& w) { write_role(w); }, nullptr, {});
    }
    answer_.first_token = answer_.events.size();
    for (int64_t i = 0; i < request_.n; ++i) is_chat ? write_chat(i) : write_completion(i);
    if (request_.stream_usage) write_usage_chunk();
    answer_.events.emplace_back("data: [DONE]\n\n");
    return std::move(answer_);
  }

 private:
  using Delta = std::function<void(JsonWriter&)>;

  static void write_role(JsonWriter& w) {
    w.member("role", "assistant");
    w.member("content", "");
  }

  void write_chat(int64_t index) {
    for (const std::string& token : reply_.tokens) {
      chat_chunk(index, [&](JsonWriter& w) { w.member("content", token); }, nullptr, {&token, 1});
    }
    for (size_t c = 0; c < reply_.calls.size(); ++c) write_call(index, c);
    const std::string_view finish = finish_of(reply_);
    chat_chunk(index, [](JsonWriter&) {}, &finish, {});
  }

  // The call's name first, then its arguments in three pieces.
  void write_call(int64_t index, size_t c) {
    const Reply::Call& call = reply_.calls[c];
    const auto piece = [&](std::string_view arguments, bool is_first) {
      chat_chunk(index,
                 [&](JsonWriter& w) {
                   w.key("tool_calls");
                   w.begin_array();
                   w.begin_object();
                   w.member("index", c);
                   if (is_first) {
                     w.member("id", call.id);
                     w.member("type", "function");
                   }
                   w.key("function");
                   w.begin_object();
                   if (is_first) w.member("name", call.name);
                   w.member("arguments", arguments);
                   w.end_object();
                   w.end_object();
                   w.end_array();
                 },
                 nullptr, {});
    };
    piece("", true);
    const std::string_view all = call.arguments;
    const size_t step = all.size() / 3 + 1;
    for (size_t at = 0; at < all.size(); at += step) piece(all.substr(at, step), false);
  }

  void chat_chunk(int64_t index, const Delta& delta, const std::string_view* finish,
                  std::span<const std::string> tokens) {
    event([&](JsonWriter& w) {
      w.begin_object();
      w.member("index", index);
      w.key("delta");
      w.begin_object();
      delta(w);
      w.end_object();
      if (request_.logprobs && !tokens.empty()) write_chat_logprobs(w, tokens, behaviour_.logprob);
      write_finish(w, finish);
      w.end_object();
    });
  }

  void write_completion(int64_t index) {
    const std::string_view finish = finish_of(reply_);
    for (size_t i = 0; i <= reply_.tokens.size(); ++i) {
      const bool is_last = i == reply_.tokens.size();
      event([&](JsonWriter& w) {
        w.begin_object();
        w.member("index", index);
        w.member("text", is_last ? std::string_view() : std::string_view(reply_.tokens[i]));
        if (request_.logprobs && !is_last)
          write_completion_logprobs(w, {&reply_.tokens[i], 1}, behaviour_.logprob);
        write_finish(w, is_last ? &finish : nullptr);
        w.end_object();
      });
    }
  }

  static void write_finish(JsonWriter& w, const std::string_view* finish) {
    w.key("finish_reason");
    finish == nullptr ? w.null() : w.value(*finish);
  }

  void event(const Delta& choice) {
    std::string& text = answer_.events.emplace_back("data: ");
    JsonWriter w(text);
    begin(w, identity(), request_, number_);
    w.key("choices");
    w.begin_array();
    if (choice) choice(w);
    w.end_array();
    if (!choice) write_usage(w, request_, behaviour_, request_.n * reply_.completion_tokens());
    w.end_object();
    text += "\n\n";
  }

  void write_usage_chunk() { event(nullptr); }

  Identity identity() const {
    return request_.route == Route::chat ? Identity{"chat.completion.chunk", "chatcmpl"}
                                         : Identity{"text_completion", "cmpl"};
  }

  const Request& request_;
  const Behaviour& behaviour_;
  const Reply& reply_;
  const uint64_t number_;
  Answer answer_;
};

// A vector of length 1 that only the text decides.
std::vector<float> embed(const std::string& text, int64_t dimensions) {
  Rng rng(std::hash<std::string>()(text));
  std::vector<float> vector(static_cast<size_t>(dimensions));
  double squares = 0;
  for (float& v : vector) {
    v = static_cast<float>(rng.gaussian());
    squares += double{v} * v;
  }
  for (float& v : vector) v = static_cast<float>(v / std::sqrt(squares));
  return vector;
}

std::string base64_of(const std::vector<float>& vector) {
  const size_t bytes = vector.size() * sizeof(float);
  std::string out(4 * (bytes / 3 + 1) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(vector.data()), static_cast<int>(bytes));
  out.resize(static_cast<size_t>(size));
  return out;
}

Answer embeddings(const Request& request) {
  Answer answer;
  JsonWriter w(answer.body);
  w.begin_object();
  w.member("object", "list");
  w.key("data");
  w.begin_array();
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const std::vector<float> vector = embed(request.inputs[i], request.dimensions);
    w.begin_object();
    w.member("object", "embedding");
    w.member("index", i);
    w.key("embedding");
    if (request.base64) {
      w.value(base64_of(vector));
    } else {
      w.begin_array();
      for (const float v : vector) w.value(v);
      w.end_array();
    }
    w.end_object();
  }
  w.end_array();
  w.member("model", request.model);
  w.key("usage");
  w.begin_object();
  w.member("prompt_tokens", request.prompt_tokens);
  w.member("total_tokens", request.prompt_tokens);
  w.end_object();
  w.end_object();
  return answer;
}

}  // namespace

Answer openai_answer(const Request& request, const Behaviour& behaviour, uint64_t number) {
  if (request.route == Route::embeddings) return embeddings(request);
  const Reply reply = make_reply(request, behaviour, number);
  if (!request.stream) return whole(request, behaviour, reply, number);
  return StreamWriter(request, behaviour, reply, number).write();
}

}  // namespace ferry::mock
