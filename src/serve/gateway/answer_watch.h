#pragma once
// Forbidden words in an answer that comes piece by piece, the same however it is cut.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/dialects/exchange.h"
#include "serve/guard/finding_stream.h"

namespace ferry {

// The same words in a whole answer: thoughts, texts, refusals, calls' arguments and parts of other kinds; of
// JSON also the decoded strings. Which word and where; nothing: none of them. The first counts.
std::optional<std::string> find_words(const Detectors& words, const GenerationResult& result);

// One answer's; one thread at a time.
class AnswerWatch {
 public:
  enum class Hold {
    words,   // what may become a word waits for what follows
    nothing  // deltas stay as they are
  };
  // Of texts: JSON is looked at whole and decoded, for its strings may spell a word in escapes.
  enum class Form { text, json };

  // `words` finds nothing else.
  AnswerWatch(std::shared_ptr<const Detectors> words, Form form, Hold hold)
      : words_(std::move(words)), form_(form), hold_(hold) {}

  // The next delta of the answer, in their order. Returns what was found in it or in what was held back, as
  // find_words() says it, once: where words are held, the delta must not go out then, and nothing more may be
  // pushed; otherwise nothing more is looked for.
  //
  // Hold::words: the delta keeps what can go out, and what it lacks comes with a later one: at the latest
  // with the first of what follows in its choice (the text after the thought, a call after the text), or with
  // its `finish`. A call's arguments come in one piece when the call is over, and so does a text in JSON's
  // form. Log-probabilities and token ids wait for the text. The events beside the deltas go
  // (GenerationDelta::wire).
  std::optional<std::string> push(GenerationDelta& delta);

 private:
  struct Text {
    FindingStream stream;
    size_t held = 0;  // bytes

    // `piece` becomes what may go out. Whether a word is in it, or in what follows it.
    std::optional<std::string> advance(const std::shared_ptr<const Detectors>& words, std::string& piece,
                                       bool ends);
  };
  struct Choice {
    explicit Choice(const std::shared_ptr<const Detectors>& words);

    Text thought;
    Text text;
    Text refusal;
    std::string json = {};               // the text so far, in JSON's form
    std::optional<CallDelta> call = {};  // the one that goes on, so far
    std::vector<TokenLogprob> logprobs = {};
    std::vector<TokenId> token_ids = {};
  };

  std::optional<std::string> look(GenerationDelta& delta);
  std::optional<std::string> advance_json(Choice& choice, GenerationDelta& delta);
  std::optional<std::string> advance_calls(Choice& choice, GenerationDelta& delta);
  static void hold_tokens(Choice& choice, GenerationDelta& delta);

  std::shared_ptr<const Detectors> words_;
  Form form_;
  Hold hold_;
  bool found_ = false;
  std::map<int, Choice> choices_;
};

}  // namespace ferry
