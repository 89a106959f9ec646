#include "serve/gateway/answer_watch.h"

#include <iterator>

#include "base/core/utf8.h"
#include "serve/guard/json_content.h"

namespace ferry {
namespace {

constexpr size_t kMostShown = 64;

// "words: "forbidden" in the text of choice 0". What was found is a word of the route's own list.
std::string finding_text(std::string_view word, std::string_view place, int choice) {
  word = word.substr(0, kMostShown);
  word.remove_suffix(incomplete_utf8_tail(word));
  return fmt::format("words: \"{}\" in {} of choice {}", word, place, choice);
}

std::optional<std::string> first_word(const Detectors& words, std::string_view text) {
  for (const Finding& finding : words.find(text)) {
    if (finding.kind == FindingKind::name)
      return std::string(text.substr(finding.begin, finding.end - finding.begin));
  }
  return std::nullopt;
}

std::optional<std::string> first_word(const FindingStream::Piece& piece) {
  for (const Finding& finding : piece.findings) {
    if (finding.kind == FindingKind::name)
      return piece.text.substr(finding.begin - piece.offset, finding.end - finding.begin);
  }
  return std::nullopt;
}

// Strings and keys as they are read, whatever escapes they are written in.
std::optional<std::string> first_word(const Detectors& words, json::value& value) {
  std::optional<std::string> found;
  walk_json(value, [&](std::string& text, std::string_view) {
    if (!found) found = first_word(words, text);
    return false;
  });
  return found;
}

// As text too: a key that comes twice is in the text, but not in the value; and it may be no JSON.
std::optional<std::string> first_word_of_json(const Detectors& words, const std::string& text) {
  if (auto found = first_word(words, text)) return found;
  auto value = parse_json(text, "answer");
  return value ? first_word(words, *value) : std::nullopt;
}

std::optional<std::string> find_words(const Detectors& words, const GenerationChoice& choice, int number) {
  const auto told = [&](std::optional<std::string> word, std::string_view place) {
    return word ? std::optional(finding_text(*word, place, number)) : std::nullopt;
  };
  if (auto found = told(first_word(words, choice.thought), "the thought")) return found;
  for (const ThoughtSeal& seal : choice.seals) {
    if (auto found = told(first_word(words, seal.text), "the thought")) return found;
  }
  for (json::value other : choice.others) {
    if (auto found = told(first_word(words, other), "a part")) return found;
  }
  if (auto found = told(first_word_of_json(words, choice.text), "the text")) return found;
  if (auto found = told(first_word(words, choice.refusal), "the refusal")) return found;
  for (const ToolCall& call : choice.calls) {
    if (auto found = told(first_word_of_json(words, call.arguments), "a call")) return found;
  }
  return std::nullopt;
}

// Told once, at the first.
class Findings {
 public:
  explicit Findings(int choice) : choice_(choice) {}

  void note(std::optional<std::string> word, std::string_view place) {
    if (word && !found_) found_ = finding_text(*word, place, choice_);
  }
  std::optional<std::string> take() { return std::move(found_); }

 private:
  int choice_;
  std::optional<std::string> found_;
};

}  // namespace

std::optional<std::string> find_words(const Detectors& words, const GenerationResult& result) {
  for (size_t i = 0; i < result.choices.size(); ++i) {
    if (auto found = find_words(words, result.choices[i], static_cast<int>(i))) return found;
  }
  return std::nullopt;
}

AnswerWatch::Choice::Choice(const std::shared_ptr<const Detectors>& words)
    : thought{FindingStream(words)}, text{FindingStream(words)}, refusal{FindingStream(words)} {}

std::optional<std::string> AnswerWatch::Text::advance(const std::shared_ptr<const Detectors>& words,
                                                      std::string& piece, bool ends) {
  if (piece.empty() && held == 0) return std::nullopt;
  held += piece.size();
  FindingStream::Piece out = stream.push(piece);
  auto found = first_word(out);
  piece = std::move(out.text);
  if (ends) {
    out = stream.finish();
    if (!found) found = first_word(out);
    piece += out.text;
    stream = FindingStream(words);
  }
  held -= piece.size();
  return found;
}

std::optional<std::string> AnswerWatch::push(GenerationDelta& delta) {
  if (hold_ == Hold::words) {
    delta.wire.reset();
    return look(delta);
  }
  if (found_) return std::nullopt;
  GenerationDelta copy = delta;
  auto found = look(copy);
  found_ = found.has_value();
  return found;
}

std::optional<std::string> AnswerWatch::look(GenerationDelta& delta) {
  Choice& choice = choices_.try_emplace(delta.index, words_).first->second;
  Findings findings(delta.index);
  const bool ends_text = !delta.calls.empty() || !delta.others.empty() || delta.finish;
  const bool ends_thought = !delta.text.empty() || !delta.refusal.empty() || delta.seal || ends_text;
  findings.note(choice.thought.advance(words_, delta.thought, ends_thought), "the thought");
  if (delta.seal) findings.note(first_word(*words_, delta.seal->text), "the thought");
  for (json::value& other : delta.others) findings.note(first_word(*words_, other), "a part");
  if (form_ == Form::json) {
    findings.note(advance_json(choice, delta), "the text");
  } else {
    findings.note(choice.text.advance(words_, delta.text, ends_text), "the text");
  }
  findings.note(choice.refusal.advance(words_, delta.refusal, delta.finish.has_value()), "the refusal");
  findings.note(advance_calls(choice, delta), "a call");
  hold_tokens(choice, delta);
  return findings.take();
}

// Held until the choice ends, or something else than text follows.
std::optional<std::string> AnswerWatch::advance_json(Choice& choice, GenerationDelta& delta) {
  choice.json += std::exchange(delta.text, {});
  if (delta.calls.empty() && !delta.finish) return std::nullopt;
  delta.text = std::exchange(choice.json, {});
  return first_word_of_json(*words_, delta.text);
}

// A call is let go when the next begins, or the choice ends.
std::optional<std::string> AnswerWatch::advance_calls(Choice& choice, GenerationDelta& delta) {
  std::optional<std::string> found;
  std::vector<CallDelta> out;
  const auto let_go = [&] {
    if (!choice.call) return;
    if (!found) found = first_word_of_json(*words_, choice.call->arguments);
    out.push_back(*std::exchange(choice.call, std::nullopt));
  };
  for (CallDelta& piece : delta.calls) {
    if (choice.call && choice.call->index == piece.index) {
      choice.call->id += piece.id;
      choice.call->name += piece.name;
      choice.call->arguments += piece.arguments;
    } else {
      let_go();
      choice.call = std::move(piece);
    }
  }
  if (delta.finish) let_go();
  delta.calls = std::move(out);
  return found;
}

// Tokens spell the text out: they wait while any of it does.
void AnswerWatch::hold_tokens(Choice& choice, GenerationDelta& delta) {
  std::move(delta.logprobs.begin(), delta.logprobs.end(), std::back_inserter(choice.logprobs));
  choice.token_ids.insert(choice.token_ids.end(), delta.token_ids.begin(), delta.token_ids.end());
  delta.logprobs.clear();
  delta.token_ids.clear();
  const bool waits = choice.thought.held + choice.text.held + choice.refusal.held + choice.json.size() > 0 ||
                     choice.call.has_value();
  if (waits) return;
  delta.logprobs = std::exchange(choice.logprobs, {});
  delta.token_ids = std::exchange(choice.token_ids, {});
}

}  // namespace ferry
