#pragma once
// What a grammar is built from, whatever it was written in.

#include "infer/grammar/marks.h"
#include "infer/grammar/regex_pool.h"
#include "infer/grammar/rules.h"
#include "infer/grammar/text_encoder.h"

namespace ferry {

// Stays where it is: its parts know each other.
struct GrammarBuilder {
  RegexPool pool;
  FamilyParts family_parts;
  RuleSet rules{pool};
  TextEncoder plain{pool, family_parts, TextForm::plain};
  TextEncoder json{pool, family_parts, TextForm::json};

  Marks marks;

  GrammarBuilder() = default;
  GrammarBuilder(const GrammarBuilder&) = delete;
  GrammarBuilder& operator=(const GrammarBuilder&) = delete;
};

}  // namespace ferry
