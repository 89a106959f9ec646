#include "serve/guard/exchange_walk.h"

#include <algorithm>
#include <unordered_set>

#include "serve/guard/json_content.h"

namespace ferry {
namespace {

// What stands in a place. `Content` is rewritten in step wherever it stands twice, so what is made of it may
// depend on nothing but the text.
class Visitor {
 public:
  virtual ~Visitor() = default;

  virtual void text(std::string& text, const std::string& where) = 0;
  virtual void json(json::value& value, const std::string& where) = 0;
  // JSON within a string.
  virtual void json_text(std::string& text, const std::string& where) = 0;
  // May be looked into, but not rewritten.
  virtual void fixed(const std::string& text, const std::string& where) = 0;
  // `what` stands there: "an image".
  virtual void unreadable(const std::string& where, std::string_view what) = 0;
};

using PartKind = ContentPart::Kind;

// Of parts whose bytes no detector can look into; else empty.
std::string_view media_name(const ContentPart& part) {
  switch (part.kind) {
    case PartKind::image:
      return "an image";
    case PartKind::audio:
      return "a sound";
    case PartKind::file:
      return part.text.empty() ? "a file" : "";
    case PartKind::redacted_thought:
      return "an encrypted thought";
    case PartKind::other:
      return "of a kind that is not known here";
    case PartKind::text:
    case PartKind::refusal:
    case PartKind::thought:
      return "";
  }
  return "";
}

// What only the request's dialect knows.
void walk_rest(json::object& rest, Visitor& visitor, const std::string& where) {
  for (auto& member : rest)
    visitor.json(member.value(), fmt::format("{}.{}", where, std::string_view(member.key())));
}

void walk_part(ContentPart& part, Visitor& visitor, const std::string& where) {
  visitor.text(part.text, where);
  if (!part.media.name.empty()) visitor.text(part.media.name, where + ".name");
  // An address that holds the bytes themselves is nothing to be read.
  if (!part.media.url.empty() && !part.media.url.starts_with("data:"))
    visitor.text(part.media.url, where + ".url");
  if (!part.raw.is_null()) visitor.json(part.raw, where);
  walk_rest(part.rest, visitor, where);
  if (const std::string_view what = media_name(part); !what.empty()) visitor.unreadable(where, what);
}

void walk_raw_call(json::value& call, Visitor& visitor, const std::string& where) {
  if (!call.is_object()) return visitor.json(call, where);
  for (auto& member : call.get_object()) {
    const std::string_view key = member.key();
    if (key == "id" || key == "type" || key == "index") continue;
    if (key != "function" || !member.value().is_object()) {
      visitor.json(member.value(), fmt::format("{}.{}", where, key));
      continue;
    }
    for (auto& inner : member.value().get_object()) {
      const std::string place = fmt::format("{}.function.{}", where, std::string_view(inner.key()));
      if (inner.key() == "name") continue;
      if (inner.key() == "arguments" && inner.value().is_string()) {
        std::string arguments(std::string_view(inner.value().get_string()));
        visitor.json_text(arguments, place);
        inner.value() = json::string(arguments);
      } else {
        visitor.json(inner.value(), place);
      }
    }
  }
}

// The member that holds the bytes of an image, a sound or a file: walk_part() has said that they are there.
std::string_view media_member(const json::object& part) {
  const json::value* type = part.if_contains("type");
  if (type == nullptr || !type->is_string()) return {};
  for (const std::string_view name : {"image_url", "input_audio", "file"}) {
    if (type->get_string() == name) return name;
  }
  return {};
}

void walk_raw_part(json::value& part, Visitor& visitor, const std::string& where) {
  if (!part.is_object()) return visitor.json(part, where);
  const std::string_view media = media_member(part.get_object());
  for (auto& member : part.get_object()) {
    if (member.key() == "type" || (!media.empty() && member.key() == media)) continue;
    visitor.json(member.value(), fmt::format("{}.{}", where, std::string_view(member.key())));
  }
}

template <class Each>
void walk_array(json::value& value, Visitor& visitor, const std::string& where, Each each) {
  if (!value.is_array()) return visitor.json(value, where);
  json::array& array = value.get_array();
  for (size_t i = 0; i < array.size(); ++i) each(array[i], visitor, fmt::format("{}[{}]", where, i));
}

void walk_raw(json::value& raw, Visitor& visitor, const std::string& where) {
  if (!raw.is_object()) return visitor.json(raw, where);
  for (auto& member : raw.get_object()) {
    const std::string_view key = member.key();
    const std::string place = fmt::format("{}.{}", where, key);
    if (key == "role" || key == "tool_call_id") continue;
    if (key == "tool_calls") {
      walk_array(member.value(), visitor, place, walk_raw_call);
    } else if (key == "content") {
      walk_array(member.value(), visitor, place, walk_raw_part);
    } else {
      visitor.json(member.value(), place);
    }
  }
}

void walk_message(ChatMessage& message, Visitor& visitor, const std::string& where) {
  for (size_t i = 0; i < message.content.size(); ++i)
    walk_part(message.content[i], visitor, fmt::format("{}.content[{}]", where, i));
  visitor.text(message.name, where + ".name");
  for (size_t i = 0; i < message.tool_calls.size(); ++i) {
    const std::string call = fmt::format("{}.tool_calls[{}]", where, i);
    visitor.json_text(message.tool_calls[i].arguments, call + ".arguments");
    walk_rest(message.tool_calls[i].rest, visitor, call);
  }
  walk_rest(message.rest, visitor, where);
  if (!message.raw.is_null()) walk_raw(message.raw, visitor, where);
}

void walk_raw_tool(json::value& raw, Visitor& visitor, const std::string& where) {
  if (!raw.is_object()) return visitor.json(raw, where);
  for (auto& member : raw.get_object()) {
    const std::string_view key = member.key();
    if (key == "type" || key == "name") continue;
    if (key == "function" && member.value().is_object()) {
      walk_raw_tool(member.value(), visitor, where);
    } else {
      visitor.json(member.value(), fmt::format("{}.{}", where, key));
    }
  }
}

void walk_tool(ToolDefinition& tool, Visitor& visitor, const std::string& where) {
  visitor.text(tool.description, where + ".description");
  if (!tool.parameters.is_null()) visitor.json(tool.parameters, where + ".parameters");
  if (!tool.raw.is_null()) walk_raw_tool(tool.raw, visitor, where);
  walk_rest(tool.rest, visitor, where);
}

void walk_prompts(GenerationRequest& request, Visitor& visitor) {
  for (size_t i = 0; i < request.prompts.size(); ++i) {
    const std::string where = fmt::format("prompts[{}]", i);
    if (auto* text = std::get_if<std::string>(&request.prompts[i])) {
      visitor.text(*text, where);
    } else {
      visitor.unreadable(where, "token ids");
    }
  }
  if (!request.infill) return;
  visitor.text(request.infill->suffix, "suffix");
  for (ContextFile& file : request.infill->files) {
    visitor.text(file.name, "files");
    visitor.text(file.text, "files");
  }
}

// What bounds the answer. Choices and stop strings are rewritten, for the model sees placeholders, too.
void walk_limits(GenerationRequest& request, Visitor& visitor) {
  for (std::string& text : request.stop.strings) visitor.text(text, "stop");
  for (const std::string& word : request.sampling.bad_words) visitor.fixed(word, "bad_words");
  if (!request.format) return;
  for (std::string& choice : request.format->choices) visitor.text(choice, request.format->field);
  visitor.fixed(request.format->text, request.format->field);
  visitor.fixed(request.format->name, request.format->field);
  visitor.fixed(request.format->description, request.format->field);
  if (!request.format->schema.is_null())
    visitor.fixed(to_json(request.format->schema), request.format->field);
}

void walk(GenerationRequest& request, Visitor& visitor) {
  for (size_t i = 0; i < request.messages.size(); ++i)
    walk_message(request.messages[i], visitor, fmt::format("messages[{}]", i));
  for (size_t i = 0; i < request.tools.tools.size(); ++i)
    walk_tool(request.tools.tools[i], visitor, fmt::format("tools[{}]", i));
  walk_prompts(request, visitor);
  walk_limits(request, visitor);
  json::value arguments(std::move(request.prompt.template_arguments));
  visitor.json(arguments, "template arguments");
  request.prompt.template_arguments = std::move(arguments.get_object());
  visitor.text(request.user, "user");
  walk_rest(request.foreign, visitor, "request");
}

// The key before a text lends it its word, as in password: "…"; findings are the text's alone.
std::vector<Finding> find_under(const Detectors& detectors, std::string_view key, std::string_view text) {
  if (key.empty()) return detectors.find(text);
  const std::string named = fmt::format("{}: \"{}\"", key, text);
  const size_t begin = key.size() + 3;
  const size_t end = begin + text.size();
  std::vector<Finding> findings = detectors.find(named);
  for (Finding& finding : findings) {
    finding.begin = std::clamp(finding.begin, begin, end) - begin;
    finding.end = std::clamp(finding.end, begin, end) - begin;
  }
  std::erase_if(findings, [](const Finding& finding) { return finding.begin == finding.end; });
  sort_findings(findings);
  return findings;
}

bool matters(const Finding& finding) {
  return finding.kind != FindingKind::literal;
}

class Inspector : public Visitor {
 public:
  explicit Inspector(const Detectors& detectors) : detectors_(detectors) {}

  void text(std::string& text, const std::string& where) override {
    note(detectors_.find(text), where);
    if (text.size() >= kWorthRemembering) known_.insert(text);
  }
  void fixed(const std::string& text, const std::string& where) override {
    note(detectors_.find(text), where);
  }
  void unreadable(const std::string& where, std::string_view) override {
    result_.unreadable.push_back(where);
  }
  void json(json::value& value, const std::string& where) override {
    const JsonWalk walked = walk_json(value, [&](std::string& text, std::string_view key) {
      if (!is_known(key, text)) note(find_under(detectors_, key, text), where);
      return false;
    });
    if (walked == JsonWalk::too_deep) unreadable(where, {});
  }
  // As text too: a key that comes twice is in the JSON text, but not in the value.
  void json_text(std::string& text, const std::string& where) override {
    if (auto value = parse_json(text, where)) json(*value, where);
    note(detectors_.find(text), where);
  }

  Inspection take() { return std::move(result_); }

 private:
  // What a message says stands in its raw form once more, under keys that lend it no meaning of their own.
  bool is_known(std::string_view key, const std::string& text) const {
    return (key.empty() || key == "content" || key == "text") && known_.contains(text);
  }
  void note(const std::vector<Finding>& findings, const std::string& where) {
    for (const Finding& finding : findings) {
      Sighting sighting{where, finding.kind, finding.confidence, std::string(finding.rule)};
      const bool is_new =
          std::find(result_.sightings.begin(), result_.sightings.end(), sighting) == result_.sightings.end();
      if (matters(finding) && is_new) result_.sightings.push_back(std::move(sighting));
    }
  }

  static constexpr size_t kWorthRemembering = 32;

  const Detectors& detectors_;
  std::unordered_set<std::string_view> known_;  // texts of the request that were looked into
  Inspection result_;
};

class Redactor : public Visitor {
 public:
  Redactor(const Detectors& detectors, Redaction& redaction) : detectors_(detectors), redaction_(redaction) {}

  void text(std::string& text, const std::string&) override { rewrite(text, detectors_.find(text)); }
  void json(json::value& value, const std::string& where) override {
    const JsonWalk walked = walk_json(value, [&](std::string& text, std::string_view key) {
      return rewrite(text, find_under(detectors_, key, text));
    });
    if (walked == JsonWalk::too_deep) refuse(where, "is nested too deep to be redacted");
  }
  void json_text(std::string& text, const std::string& where) override {
    auto value = parse_json(text, where);
    if (!value) return this->text(text, where);
    const std::string before = to_json(*value);
    json(*value, where);
    std::string after = to_json(*value);
    // Written anew only where something was found: in a value, or under a key that comes again, which is gone
    // from `after`.
    if (after != before || finds(text)) text = std::move(after);
  }
  void fixed(const std::string& text, const std::string& where) override {
    const auto findings = detectors_.find(text);
    const auto found = std::find_if(findings.begin(), findings.end(), matters);
    if (found != findings.end())
      refuse(where,
             fmt::format("has a finding in it ({}) that cannot be redacted there", to_string(found->kind)));
  }
  void unreadable(const std::string& where, std::string_view what) override {
    refuse(where, fmt::format("is {}, which cannot be redacted", what));
  }

  Result<void> take() { return std::move(result_); }
  bool has_changed() const { return has_changed_; }

 private:
  bool finds(const std::string& text) const {
    const auto findings = detectors_.find(text);
    return std::any_of(findings.begin(), findings.end(), matters);
  }
  bool rewrite(std::string& text, const std::vector<Finding>& findings) {
    if (findings.empty()) return false;
    text = redaction_.redact(text, findings);
    has_changed_ = true;
    return true;
  }
  void refuse(const std::string& where, std::string_view why) {
    if (result_) result_ = fail(ErrorCode::unsupported, "\"{}\" {}", where, why);
  }

  const Detectors& detectors_;
  Redaction& redaction_;
  Result<void> result_;
  bool has_changed_ = false;
};

void restore_json(const Redaction& redaction, json::value& value) {
  walk_json(value, [&](std::string& text, std::string_view) {
    std::string restored = redaction.restore(text);
    const bool has_changed = restored != text;
    text = std::move(restored);
    return has_changed;
  });
}

}  // namespace

Inspection inspect(const Detectors& detectors, GenerationRequest& request) {
  Inspector inspector(detectors);
  walk(request, inspector);
  return inspector.take();
}

Result<void> redact(const Detectors& detectors, Redaction& redaction, GenerationRequest& request) {
  Redactor redactor(detectors, redaction);
  walk(request, redactor);
  Result<void> result = redactor.take();
  if (redactor.has_changed() || !result) request.wire.reset();
  return result;
}

Result<void> redact(const Detectors& detectors, Redaction& redaction, GenerationResult& result) {
  Redactor redactor(detectors, redaction);
  for (GenerationChoice& choice : result.choices) {
    redactor.text(choice.thought, "thought");
    redactor.text(choice.text, "text");
    redactor.text(choice.refusal, "refusal");
    for (ThoughtSeal& seal : choice.seals) redactor.text(seal.text, "seal");
    for (ToolCall& call : choice.calls) redactor.json_text(call.arguments, "arguments");
    for (json::value& other : choice.others) redactor.json(other, "other");
    choice.logprobs.clear();
    choice.token_ids.clear();
    choice.prompt.reset();
  }
  return redactor.take();
}

RestoreStream::Form answer_form(const GenerationRequest& request) {
  const bool is_json = request.format && (request.format->kind == OutputFormat::Kind::json_object ||
                                          request.format->kind == OutputFormat::Kind::json_schema);
  return is_json ? RestoreStream::Form::json : RestoreStream::Form::text;
}

void restore(const Redaction& redaction, RestoreStream::Form form, GenerationResult& result) {
  for (GenerationChoice& choice : result.choices) {
    choice.thought = redaction.restore(choice.thought);
    choice.text = form == RestoreStream::Form::json ? redaction.restore_json(choice.text)
                                                    : redaction.restore(choice.text);
    choice.refusal = redaction.restore(choice.refusal);
    for (ThoughtSeal& seal : choice.seals) seal.text = redaction.restore(seal.text);
    for (json::value& other : choice.others) restore_json(redaction, other);
    for (ToolCall& call : choice.calls) call.arguments = redaction.restore_json(call.arguments);
    if (choice.prompt) choice.prompt->text = redaction.restore(choice.prompt->text);
  }
}

void AnswerRestorer::restore(GenerationDelta& delta) {
  constexpr auto kText = RestoreStream::Form::text;
  constexpr auto kJson = RestoreStream::Form::json;
  const auto fresh =
      Choice{{redaction_, kText}, {redaction_, form_}, {redaction_, kText}, {redaction_, kJson}};
  Choice& choice = choices_.try_emplace(delta.index, fresh).first->second;
  const bool ends_text = !delta.calls.empty() || !delta.others.empty() || delta.finish;
  const bool ends_thought = !delta.text.empty() || delta.seal || ends_text;
  delta.thought = choice.thought.push(delta.thought);
  if (ends_thought) delta.thought += choice.thought.finish();
  delta.text = choice.text.push(delta.text);
  if (ends_text) delta.text += choice.text.finish();
  delta.refusal = choice.refusal.push(delta.refusal);
  if (delta.finish) delta.refusal += choice.refusal.finish();
  if (delta.seal) delta.seal->text = redaction_.restore(delta.seal->text);
  for (json::value& other : delta.others) restore_json(redaction_, other);
  if (!redaction_.empty()) delta.wire.reset();
  restore_calls(choice, delta.calls);
  if (delta.finish) {
    if (std::string rest = choice.arguments.finish(); !rest.empty())
      delta.calls.push_back({.index = choice.call, .arguments = std::move(rest)});
  }
  if (delta.prompt) delta.prompt->text = redaction_.restore(delta.prompt->text);
}

void AnswerRestorer::restore_calls(Choice& choice, std::vector<CallDelta>& calls) {
  std::vector<CallDelta> out;
  for (CallDelta& call : calls) {
    if (call.index != choice.call) {
      if (std::string rest = choice.arguments.finish(); !rest.empty())
        out.push_back({.index = choice.call, .arguments = std::move(rest)});
      choice.call = call.index;
    }
    call.arguments = choice.arguments.push(call.arguments);
    out.push_back(std::move(call));
  }
  calls = std::move(out);
}

}  // namespace ferry
