#pragma once
// Splits normalised text into the words that the model encodes one by one: the "pre_tokenizer" of
// tokenizer.json, a list of steps.

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "infer/tokenizer/matcher.h"

namespace ferry {

// The words so far, in order. Views point into the text that was put in or into `rewritten`.
struct Words {
  std::vector<std::string_view> list;
  std::vector<std::string_view> before;  // scratch of the steps
  std::deque<std::string> rewritten;
  bool at_start = true;    // the first word begins where the whole text begins
  bool continues = false;  // the first word goes on where another text ends: nothing is put before it

  void reset(std::string_view text, bool at_text_start, bool continues_text);
};

// Immutable; any thread may use it.
class PreTokenizerStep {
 public:
  virtual ~PreTokenizerStep() = default;
  virtual void run(Words& words) const = 0;
};

using PreTokenizer = std::vector<std::unique_ptr<PreTokenizerStep>>;

// What becomes of a match that splits the text.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// With `invert`, what lies between the matches takes their place.
std::unique_ptr<PreTokenizerStep> split_step(std::unique_ptr<Matcher> matcher, SplitBehavior behavior,
                                             bool invert);

enum class PrependScheme { first, never, always };

// Spaces become `replacement` ("▁"), which is also put before the text (first: before that of the whole input
// only); with `split`, each one begins a word.
std::unique_ptr<PreTokenizerStep> metaspace_step(std::string replacement, PrependScheme prepend, bool split);

// Puts a space before words that do not begin with one.
std::unique_ptr<PreTokenizerStep> prefix_space_step();

// Cuts words before `character` wherever something else precedes it (see Bpe::may_cut_before).
std::unique_ptr<PreTokenizerStep> cut_before_step(std::string character);

// Bytes in GPT-2's spelling, and back. Only for steps that follow a ByteLevel and shall see its spelling.
std::unique_ptr<PreTokenizerStep> spell_bytes_step();
std::unique_ptr<PreTokenizerStep> unspell_bytes_step();

// Words of at most `length` characters.
std::unique_ptr<PreTokenizerStep> fixed_length_step(size_t length);

}  // namespace ferry
