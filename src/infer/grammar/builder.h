#pragma once
// What a grammar is built from, whatever it was written in.

#include "infer/grammar/regex_pool.h"
#include "infer/grammar/rules.h"
#include "infer/grammar/text_encoder.h"

namespace ferry {

// Stays where it is: its parts know each other.
struct GrammarBuilder {
  RegexPool pool;
  WideParts wide;
  RuleSet rules{pool};
  TextEncoder plain{pool, wide, TextForm::plain};
  TextEncoder json{pool, wide, TextForm::json};

  GrammarBuilder() = default;
  GrammarBuilder(const GrammarBuilder&) = delete;
  GrammarBuilder& operator=(const GrammarBuilder&) = delete;
};

}  // namespace ferry
