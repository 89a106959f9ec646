#pragma once
// Vendors' keys, name lists and the settings' regular expressions, found together by one automaton.

#include <string>
#include <vector>

#include "serve/guard/finding.h"
#include "serve/guard/patterns/dfa.h"
#include "serve/guard/window.h"

namespace ferry {

struct NameList {
  std::string name;                     // what findings are called
  std::vector<std::string> names = {};  // words or phrases, UTF-8
};

struct CustomRegex {
  std::string name;         // what findings are called
  std::string pattern;      // regex_syntax.h
  bool whole_word = false;  // counts only where neither side goes on as a word
  size_t max_bytes = 256;   // longer matches are cut there; 1 to kMaxPatternBytes
};

inline constexpr size_t kMaxPatternBytes = 4096;

// Immutable; any thread.
class PatternSet {
 public:
  // At each place each pattern has its longest match from there. Later places of the same
  // pattern count only behind its last match.
  struct Progress {
    size_t next = 0;             // all places before it are decided
    std::vector<size_t> resume;  // for each pattern, the end of its last match
  };

  // Lists and expressions of the settings. Errors name the list or expression.
  static Result<PatternSet> compile(const std::vector<NameList>& lists,
                                    const std::vector<CustomRegex>& regexes);
  // Vendors' keys that are at least so sure. Keys do not overlap: the search goes on behind each. Compiled
  // once in a process, which takes some 20 ms.
  static const PatternSet& keys(Confidence least);

  // Decides as many places as can be, appending to `out`; where it stops short of the window's end, a match
  // may begin at progress.next, and go on for kMaxPatternBytes at most.
  void scan(const Window& window, Progress& progress, std::vector<Finding>& out) const;

 private:
  struct Pattern {
    FindingKind kind;
    Confidence confidence;
    bool whole_word;
    bool is_key;  // of a vendor; borders are ASCII letters and digits, so that a key in other scripts' text
                  // is found
    size_t max_bytes;
    std::string rule;
  };

  struct Match {
    int pattern;
    size_t end;
  };

  static PatternSet compile_keys(Confidence least);
  Result<void> add_vendor_keys(Nfa& nfa, Confidence least);
  Result<void> finish(const Nfa& nfa);
  Result<void> add_list(Nfa& nfa, const NameList& list);
  Result<void> add_regex(Nfa& nfa, const CustomRegex& regex);
  bool counts(const Pattern& pattern, const Window& window, size_t begin, size_t end) const;
  // For each pattern its longest match from `begin`; by pattern.
  void match_at(const Window& window, size_t begin, std::vector<Match>& matches) const;
  void note(const std::vector<Match>& matches, Progress& progress, std::vector<Finding>& out) const;

  std::vector<Pattern> patterns_;
  size_t longest_ = 0;
  Dfa dfa_;
};

}  // namespace ferry
