#pragma once
// For the property test of residency: random requests in each dialect, with sensitive values planted wherever
// texts may stand, and what of them an oracle has to know.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/core/json.h"
#include "serve/gateway/test_residency_world.h"

namespace ferry::residency {

struct Planted {
  std::string kind;  // of kKinds
  std::string value;
  std::string place;
};

// "mk42q": in the first words of each request, and in the answer to it.
inline std::string mark_of(uint64_t exchange) {
  return fmt::format("mk{}q", exchange);
}

inline std::string digits(Rng& rng, int count) {
  std::string out;
  while (count-- > 0) out += static_cast<char>('0' + rng.below(10));
  return out;
}

// ISO 7064 MOD 97-10 over "account, D, E, 00", with letters as two digits.
inline std::string random_iban(Rng& rng) {
  const std::string account = digits(rng, 18);
  int rest = 0;
  for (const char digit : account + "131400") rest = (rest * 10 + (digit - '0')) % 97;
  std::string iban = fmt::format("DE{:02}{}", 98 - rest, account);
  if (chance(rng, 0.5)) {
    for (size_t at = 4; at < iban.size(); at += 5) iban.insert(at, " ");
  }
  return iban;
}

// Luhn's check digit last; grouped as on cards.
inline std::string random_card(Rng& rng) {
  std::string card = "4" + digits(rng, 14);
  int sum = 0;
  for (size_t i = 0; i < card.size(); ++i) {
    const int twice = (card[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += twice > 9 ? twice - 9 : twice;
  }
  card += static_cast<char>('0' + (10 - sum % 10) % 10);
  for (const size_t at : {12, 8, 4}) card.insert(at, " ");
  return card;
}

// One that the detectors are sure of, and that nobody plants twice.
inline std::string random_value(Rng& rng, const std::string& kind) {
  if (kind == "email") return fmt::format("ann.{}@mail{}.example.org", digits(rng, 8), rng.below(9));
  if (kind == "phone") return "+49 30 9" + digits(rng, 7);
  if (kind == "iban") return random_iban(rng);
  if (kind == "card") return random_card(rng);
  if (kind == "national_id")
    return fmt::format("{}-{}-{}", 100 + rng.below(500), 10 + rng.below(80), 1000 + rng.below(9000));
  if (kind == "secret") return "ghp_" + digits(rng, 36);
  if (kind == "custom.ticket") return "TICKET-" + digits(rng, 6);
  return "Zebulon Quark";
}

enum class Form { openai_chat, anthropic_messages, openai_completions };

struct RandomRequest {
  std::string body = {};
  std::vector<Planted> planted = {};
  bool unreadable = false;  // has an image
  bool stream = false;
};

class RequestMaker {
 public:
  // `planting`: how likely a text has a value in it.
  RequestMaker(Rng& rng, Form form, uint64_t exchange, std::string route, double planting)
      : rng_(rng), form_(form), mark_(mark_of(exchange)), route_(std::move(route)), planting_(planting) {}

  RandomRequest make() {
    switch (form_) {
      case Form::openai_chat:
        made_.body = openai_chat();
        break;
      case Form::anthropic_messages:
        made_.body = anthropic_messages();
        break;
      case Form::openai_completions:
        made_.body = openai_completions();
        break;
    }
    return std::move(made_);
  }

 private:
  std::string openai_chat() {
    std::vector<std::string> messages;
    if (chance(rng_, 0.4)) messages.push_back(message("system", quoted("system")));
    messages.push_back(first_user());
    if (chance(rng_, 0.3)) add_openai_call(messages);
    if (chance(rng_, 0.3)) messages.push_back(message("user", quoted("later message")));
    std::string body = "{";
    const std::string list = fmt::format("[{}]", fmt::join(messages, ","));
    // For a parser that takes the first of two members, this is the request.
    if (chance(rng_, 0.03)) body += fmt::format("\"messages\":[{}],", message("user", quoted("twin")));
    body += fmt::format("\"messages\":{}", list);
    if (chance(rng_, 0.2)) add(body, "user", quoted("user"));
    if (chance(rng_, 0.2)) add(body, "stop", fmt::format("[{}]", quoted("stop")));
    if (chance(rng_, 0.2))
      add(body, "metadata", fmt::format(R"({{"kind":"odd","note":{}}})", quoted("metadata")));
    if (chance(rng_, 0.1)) add(body, "x_vendor", fmt::format(R"({{"deep":[{}]}})", quoted("foreign")));
    if (chance(rng_, 0.2)) {
      add(body, "tools",
          fmt::format(
              R"([{{"type":"function","function":{{"name":"look","description":{},"parameters":{}}}}}])",
              quoted("tool description"), tool_schema()));
    }
    if (chance(rng_, 0.08)) {
      add(body, "response_format",
          fmt::format(
              R"({{"type":"json_schema","json_schema":{{"name":"n","description":{},"schema":{{"type":"object"}}}}}})",
              quoted("format")));
    }
    return finish(body);
  }

  std::string anthropic_messages() {
    std::vector<std::string> messages{first_user()};
    if (chance(rng_, 0.3)) add_anthropic_call(messages);
    std::string body = fmt::format(R"({{"max_tokens":50,"messages":[{}])", fmt::join(messages, ","));
    if (chance(rng_, 0.4)) {
      add(body, "system",
          chance(rng_, 0.5) ? quoted("system")
                            : fmt::format(R"([{{"type":"text","text":{}}}])", quoted("system")));
    }
    if (chance(rng_, 0.2)) add(body, "metadata", fmt::format(R"({{"user_id":{}}})", quoted("user")));
    if (chance(rng_, 0.2)) add(body, "stop_sequences", fmt::format("[{}]", quoted("stop")));
    if (chance(rng_, 0.1)) add(body, "x_vendor", fmt::format(R"({{"deep":[{}]}})", quoted("foreign")));
    if (chance(rng_, 0.2)) {
      add(body, "tools",
          fmt::format(R"([{{"name":"look","description":{},"input_schema":{}}}])", quoted("tool description"),
                      tool_schema()));
    }
    return finish(body);
  }

  std::string openai_completions() {
    std::string body = fmt::format("{{\"prompt\":{}", quoted("prompt", mark_ + " "));
    if (chance(rng_, 0.2)) add(body, "suffix", quoted("suffix"));
    if (chance(rng_, 0.2)) add(body, "user", quoted("user"));
    if (chance(rng_, 0.2)) add(body, "stop", fmt::format("[{}]", quoted("stop")));
    return finish(body);
  }

  std::string words() {
    static const std::vector<std::string> kWords{"please", "look", "into", "the",   "matter", "of",
                                                 "last",   "week", "and",  "write", "back",   "soon"};
    std::string out;
    for (uint64_t i = 2 + rng_.below(5); i > 0; --i) out += pick(rng_, kWords) + " ";
    return out;
  }

  std::string text(const std::string& place) {
    std::string out = words();
    if (!chance(rng_, planting_)) return out;
    const std::string& kind = pick(rng_, kKinds);
    made_.planted.push_back({kind, random_value(rng_, kind), place});
    return out + made_.planted.back().value + " " + words();
  }
  // As a JSON string; an @ may be escaped.
  std::string quoted(const std::string& place, const std::string& before = "") {
    std::string json = to_json(json::value(before + text(place)));
    const size_t at = json.find('@');
    if (at != std::string::npos && chance(rng_, 0.3)) json.replace(at, 1, "\\u0040");
    return json;
  }

  static std::string message(std::string_view role, const std::string& content) {
    return fmt::format(R"({{"role":"{}","content":{}}})", role, content);
  }
  static void add(std::string& body, std::string_view name, const std::string& value) {
    body += fmt::format(",\"{}\":{}", name, value);
  }

  // Text parts are alike in both dialects.
  std::string first_user() {
    const std::string words_of_user = quoted("user message", mark_ + " ");
    if (chance(rng_, 0.6)) return message("user", words_of_user);
    std::string parts = fmt::format(R"({{"type":"text","text":{}}},{{"type":"text","text":{}}})",
                                    words_of_user, quoted("second part"));
    return message("user", fmt::format("[{}{}]", parts, image()));
  }
  std::string image() {
    if (!chance(rng_, 0.2)) return "";
    made_.unreadable = true;
    return form_ == Form::anthropic_messages
               ? R"(,{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}})"
               : R"(,{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})";
  }

  std::string arguments() {
    const std::string twin = chance(rng_, 0.1) ? fmt::format("\"q\":{},", quoted("twin argument")) : "";
    return fmt::format(R"({{{}"q":{},"n":1.50}})", twin, quoted("tool argument"));
  }
  void add_openai_call(std::vector<std::string>& messages) {
    messages.push_back(fmt::format(
        R"({{"role":"assistant","content":null,"tool_calls":[{{"id":"c1","type":"function","function":{{"name":"look","arguments":{}}}}}]}})",
        to_json(json::value(arguments()))));
    messages.push_back(
        fmt::format(R"({{"role":"tool","tool_call_id":"c1","content":{}}})", quoted("tool result")));
  }
  void add_anthropic_call(std::vector<std::string>& messages) {
    messages.push_back(message(
        "assistant", fmt::format(R"([{{"type":"tool_use","id":"c1","name":"look","input":{{"q":{}}}}}])",
                                 quoted("tool argument"))));
    const std::string result =
        fmt::format(R"({{"type":"tool_result","tool_use_id":"c1","content":{}}})", quoted("tool result"));
    messages.push_back(message("user", fmt::format("[{}{}]", result, chance(rng_, 0.3) ? document() : "")));
  }
  std::string document() {
    return fmt::format(
        R"(,{{"type":"document","title":{},"source":{{"type":"text","media_type":"text/plain","data":{}}}}})",
        quoted("title"), quoted("document"));
  }
  std::string tool_schema() {
    return fmt::format(R"({{"type":"object","properties":{{"q":{{"type":"string","description":{}}}}}}})",
                       quoted("tool schema"));
  }

  std::string finish(std::string body) {
    made_.stream = chance(rng_, 0.5);
    return fmt::format(R"({},"stream":{},"model":"{}"}})", body, made_.stream, route_);
  }

  Rng& rng_;
  const Form form_;
  const std::string mark_;
  const std::string route_;
  const double planting_;
  RandomRequest made_;
};

}  // namespace ferry::residency
