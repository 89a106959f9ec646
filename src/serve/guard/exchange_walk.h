#pragma once
// All texts of an exchange: what is in them, and the same with placeholders. Content are the messages (their
// parts, documents, thoughts, names, tool calls' arguments, tool results, and whatever else the client sent
// with them), the definitions of tools, prompts, the gap's suffix and files, template arguments (documents),
// stop strings, choices, the end user's id and the members of the body that only its dialect knows. Names of
// tools, signatures of thoughts, and ids that pair calls with results, are not.

#include <string>
#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/guard/redaction.h"

namespace ferry {

struct Sighting {
  std::string where;  // "messages[2].tool_calls[0].arguments"
  FindingKind kind = FindingKind::literal;
  Confidence confidence = Confidence::certain;
  std::string rule = {};

  bool operator==(const Sighting&) const = default;
};

struct Inspection {
  std::vector<Sighting> sightings;  // no literals; in the order of the texts
  // Places that detectors cannot look into: token ids, images, sounds, files, encrypted thoughts, parts of a
  // kind that only their dialect knows, too deep JSON.
  std::vector<std::string> unreadable;
};

// The request stays as it is: it is not const only because the walk is the one that rewrites, too.
Inspection inspect(const Detectors& detectors, GenerationRequest& request);

// Replaces what was found in all texts, in ChatMessage::raw as in the parsed fields. In JSON, keys and
// numbers are looked at too; a number with a finding becomes a string with its placeholder. Where anything
// was replaced, the bytes beside the request are gone (GenerationRequest::wire). An error means that the
// request must not leave, and it is then half redacted: unsupported, where something that cannot be looked
// into or rewritten (token ids, an image; a schema, expression or grammar with a finding in it) stands, and
// which field it is.
Result<void> redact(const Detectors& detectors, Redaction& redaction, GenerationRequest& request);

// The same with an answer. Log-probabilities, token ids and reports on prompts, which spell the texts once
// more, go.
Result<void> redact(const Detectors& detectors, Redaction& redaction, GenerationResult& result);

// Places where an answer's text has placeholders in JSON strings: it was asked to be JSON.
RestoreStream::Form answer_form(const GenerationRequest& request);

// Thoughts, texts, refusals and calls of all choices, and echoed prompts. Logprobs and token ids stay as they
// are: they are the upstream's.
void restore(const Redaction& redaction, RestoreStream::Form form, GenerationResult& result);

// The same for deltas, in their order. What may be the beginning of a placeholder comes with a later delta:
// at the latest with the first of what follows (the text after the thought, the next call), or with `finish`.
class AnswerRestorer {
 public:
  // The table must outlive it. `form`: of texts; arguments of calls are JSON anyway. Where the table is not
  // empty, the events beside the deltas go (GenerationDelta::wire).
  AnswerRestorer(const Redaction& redaction, RestoreStream::Form form) : redaction_(redaction), form_(form) {}

  void restore(GenerationDelta& delta);

 private:
  struct Choice {
    RestoreStream thought;
    RestoreStream text;
    RestoreStream refusal;
    RestoreStream arguments;  // of call number `call`
    int call = -1;
  };

  void restore_calls(Choice& choice, std::vector<CallDelta>& calls);

  const Redaction& redaction_;
  RestoreStream::Form form_;
  std::map<int, Choice> choices_;
};

}  // namespace ferry
