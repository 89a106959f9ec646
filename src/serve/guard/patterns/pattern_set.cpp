#include "serve/guard/patterns/pattern_set.h"

#include <algorithm>

#include "base/core/utf8.h"
#include "serve/guard/characters.h"
#include "serve/guard/patterns/regex_syntax.h"
#include "serve/guard/patterns/spellings.h"
#include "serve/guard/patterns/vendor_keys.h"

namespace ferry {
namespace {

constexpr size_t kMaxNameBytes = 512;

Result<void> check_name(const NameList& list, const std::string& name) {
  if (!is_valid_utf8(name))
    return fail(ErrorCode::invalid_argument, "name list \"{}\": a name is not UTF-8", list.name);
  if (name.size() > kMaxNameBytes)
    return fail(ErrorCode::invalid_argument, "name list \"{}\": a name is longer than {} bytes", list.name,
                kMaxNameBytes);
  if (name_characters(name).empty())
    return fail(ErrorCode::invalid_argument, "name list \"{}\": a name is empty", list.name);
  return {};
}

bool is_key_border(const Window& window, size_t offset) {
  return offset == 0 || !is_alnum(window.at(offset - 1)) || !is_alnum(window.at(offset));
}

}  // namespace

Result<void> PatternSet::add_vendor_keys(Nfa& nfa, Confidence least) {
  for (const VendorKey& key : vendor_keys()) {
    if (key.confidence < least) continue;
    FERRY_TRY(const PatternTree tree, parse_pattern(key.pattern));
    FERRY_TRY_VOID(nfa.add_regex(tree, static_cast<int>(patterns_.size())));
    patterns_.push_back(
        {FindingKind::secret, key.confidence, true, true, kMaxVendorKeyBytes, std::string(key.rule)});
  }
  return {};
}

Result<void> PatternSet::add_list(Nfa& nfa, const NameList& list) {
  for (const std::string& name : list.names) {
    FERRY_TRY_VOID(check_name(list, name));
    if (auto added = nfa.add_name(name, static_cast<int>(patterns_.size())); !added)
      return fail(added.error().code, "name list \"{}\" {}", list.name, added.error().message);
  }
  patterns_.push_back({FindingKind::name, Confidence::certain, true, false, kMaxPatternBytes, list.name});
  return {};
}

Result<void> PatternSet::add_regex(Nfa& nfa, const CustomRegex& regex) {
  const auto wrong = [&](ErrorCode code, std::string_view what) {
    return fail(code, "regular expression \"{}\" {}", regex.name, what);
  };
  if (regex.max_bytes < 1 || regex.max_bytes > kMaxPatternBytes)
    return wrong(ErrorCode::invalid_argument, fmt::format("needs max_bytes from 1 to {}", kMaxPatternBytes));
  auto tree = parse_pattern(regex.pattern);
  if (!tree) return wrong(tree.error().code, tree.error().message);
  if (auto added = nfa.add_regex(*tree, static_cast<int>(patterns_.size())); !added)
    return wrong(added.error().code, added.error().message);
  patterns_.push_back(
      {FindingKind::custom, Confidence::certain, regex.whole_word, false, regex.max_bytes, regex.name});
  return {};
}

Result<PatternSet> PatternSet::compile(const std::vector<NameList>& lists,
                                       const std::vector<CustomRegex>& regexes) {
  PatternSet set;
  Nfa nfa;
  for (const NameList& list : lists) FERRY_TRY_VOID(set.add_list(nfa, list));
  for (const CustomRegex& regex : regexes) FERRY_TRY_VOID(set.add_regex(nfa, regex));
  FERRY_TRY_VOID(set.finish(nfa));
  return set;
}

PatternSet PatternSet::compile_keys(Confidence least) {
  PatternSet set;
  Nfa nfa;
  const auto added = set.add_vendor_keys(nfa, least);
  FERRY_CHECK(added.has_value());  // the patterns are ours
  const auto built = set.finish(nfa);
  FERRY_CHECK(built.has_value());
  return set;
}

const PatternSet& PatternSet::keys(Confidence least) {
  switch (least) {
    case Confidence::possible: {
      static const PatternSet set = compile_keys(Confidence::possible);
      return set;
    }
    case Confidence::likely: {
      static const PatternSet set = compile_keys(Confidence::likely);
      return set;
    }
    case Confidence::certain:
      break;
  }
  static const PatternSet set = compile_keys(Confidence::certain);
  return set;
}

Result<void> PatternSet::finish(const Nfa& nfa) {
  std::vector<uint8_t> free_start;
  for (const Pattern& pattern : patterns_) {
    free_start.push_back(pattern.whole_word ? 0 : 1);
    longest_ = std::max(longest_, pattern.max_bytes);
  }
  if (patterns_.empty()) return {};
  FERRY_TRY(dfa_, Dfa::build(nfa, free_start));
  return {};
}

bool PatternSet::counts(const Pattern& pattern, const Window& window, size_t begin, size_t end) const {
  if (end - begin > pattern.max_bytes) return false;
  if (!pattern.whole_word) return true;
  if (pattern.is_key) return is_key_border(window, begin) && is_key_border(window, end);
  return is_word_border(window, begin) && is_word_border(window, end);
}

void PatternSet::match_at(const Window& window, size_t begin, std::vector<Match>& matches) const {
  matches.clear();
  Dfa::State state = dfa_.start();
  for (size_t at = begin; at - begin < longest_ && dfa_.goes_on(state); ++at) {
    const int byte = window.at(at);
    if (byte < 0) return;
    state = dfa_.next(state, static_cast<uint8_t>(byte));
    if (state == Dfa::kDead) return;
    for (const int index : dfa_.accepted(state)) {
      if (!counts(patterns_[index], window, begin, at + 1)) continue;
      const auto place =
          std::lower_bound(matches.begin(), matches.end(), index,
                           [](const Match& match, int pattern) { return match.pattern < pattern; });
      if (place == matches.end() || place->pattern != index) {
        matches.insert(place, {index, at + 1});
      } else {
        place->end = at + 1;
      }
    }
  }
}

void PatternSet::scan(const Window& window, Progress& progress, std::vector<Finding>& out) const {
  const std::string_view text = window.text();
  if (patterns_.empty()) {
    progress.next = text.size();
    return;
  }
  progress.resume.resize(patterns_.size());
  std::vector<Match> matches;
  while ((progress.next = dfa_.next_start(text, progress.next)) < text.size()) {
    window.ask_again();
    match_at(window, progress.next, matches);
    if (window.fell_short()) return;
    note(matches, progress, out);
  }
}

// Moves on to the next place.
void PatternSet::note(const std::vector<Match>& matches, Progress& progress,
                      std::vector<Finding>& out) const {
  const size_t begin = progress.next++;
  for (const Match& match : matches) {
    const Pattern& pattern = patterns_[match.pattern];
    size_t& resume = progress.resume[match.pattern];
    if (begin < resume) continue;
    resume = match.end;
    out.push_back({begin, match.end, pattern.kind, pattern.confidence, pattern.rule});
    // A key of two vendors' forms is one key, of the first form.
    if (pattern.is_key) {
      progress.next = match.end;
      return;
    }
  }
}

}  // namespace ferry
