#include "infer/tokenizer/pre_tokenizer.h"

#include <algorithm>
#include <utility>

#include "infer/tokenizer/byte_level.h"
#include "infer/tokenizer/char_class.h"

namespace ferry {

void Words::reset(std::string_view text, bool at_text_start, bool continues_text) {
  list.clear();
  rewritten.clear();
  if (!text.empty()) list.push_back(text);
  at_start = at_text_start;
  continues = continues_text;
}

namespace {

// Cuts one word into pieces; pieces without text are left out.
class Cutter {
 public:
  Cutter(std::string_view word, SplitBehavior behavior, bool invert, std::vector<std::string_view>& out)
      : word_(word), behavior_(behavior), invert_(invert), out_(out) {}

  void match(size_t begin, size_t end) {
    if (begin > done_) piece(begin, invert_);
    piece(end, !invert_);
  }
  void finish() {
    if (done_ < word_.size()) piece(word_.size(), invert_);
    if (open_end_ > open_begin_) emit(open_begin_, open_end_);
  }

 private:
  void piece(size_t end, bool is_match) {
    const size_t begin = std::exchange(done_, end);
    switch (behavior_) {
      case SplitBehavior::removed:
        if (!is_match) emit(begin, end);
        break;
      case SplitBehavior::isolated:
        emit(begin, end);
        break;
      case SplitBehavior::contiguous:
        extend_or_begin(is_match == last_was_match_, begin, end);
        break;
      case SplitBehavior::merged_with_previous:
        extend_or_begin(is_match && !last_was_match_, begin, end);
        break;
      case SplitBehavior::merged_with_next:
        extend_or_begin(!is_match && last_was_match_, begin, end);
        break;
    }
    last_was_match_ = is_match;
  }

  void extend_or_begin(bool extend, size_t begin, size_t end) {
    if (!extend) {
      if (open_end_ > open_begin_) emit(open_begin_, open_end_);
      open_begin_ = begin;
    }
    open_end_ = end;
  }

  void emit(size_t begin, size_t end) {
    if (end > begin) out_.push_back(word_.substr(begin, end - begin));
  }

  std::string_view word_;
  SplitBehavior behavior_;
  bool invert_;
  std::vector<std::string_view>& out_;
  size_t done_ = 0;        // everything before is in a piece
  size_t open_begin_ = 0;  // the piece that may still grow
  size_t open_end_ = 0;
  bool last_was_match_ = false;
};

// Replaces words.list by what `cut` makes of each word.
template <class Cut>
void cut_words(Words& words, Cut cut) {
  const char* start = words.list.empty() ? nullptr : words.list.front().data();
  words.before.swap(words.list);
  words.list.clear();
  for (const std::string_view word : words.before) cut(word, words.list);
  const bool first_kept = !words.list.empty() && words.list.front().data() == start;
  words.at_start = words.at_start && first_kept;
  words.continues = words.continues && first_kept;
}

class SplitStep : public PreTokenizerStep {
 public:
  SplitStep(std::unique_ptr<Matcher> matcher, SplitBehavior behavior, bool invert)
      : matcher_(std::move(matcher)), behavior_(behavior), invert_(invert) {}

  void run(Words& words) const override {
    cut_words(words, [this](std::string_view word, std::vector<std::string_view>& out) {
      Cutter cutter(word, behavior_, invert_, out);
      matcher_->find(word, [&](size_t begin, size_t end) { cutter.match(begin, end); });
      cutter.finish();
    });
  }

 private:
  std::unique_ptr<Matcher> matcher_;
  SplitBehavior behavior_;
  bool invert_;
};

class MetaspaceStep : public PreTokenizerStep {
 public:
  MetaspaceStep(std::string replacement, PrependScheme prepend)
      : replacement_(std::move(replacement)), prepend_(prepend) {}

  void run(Words& words) const override {
    bool first = words.at_start;
    bool continues = words.continues;
    for (std::string_view& word : words.list) {
      const bool wanted = prepend_ == PrependScheme::always || (prepend_ == PrependScheme::first && first);
      word = words.rewritten.emplace_back(rewrite(word, wanted && !continues));
      first = false;
      continues = false;
    }
  }

 private:
  std::string rewrite(std::string_view word, bool prepend) const {
    std::string out;
    out.reserve(word.size() + word.size() / 2 + replacement_.size());
    if (prepend && word.front() != ' ' && !word.starts_with(replacement_)) out += replacement_;
    for (const char c : word) {
      if (c == ' ') {
        out += replacement_;
      } else {
        out += c;
      }
    }
    return out;
  }

  std::string replacement_;
  PrependScheme prepend_;
};

class MetaspaceSplitStep : public PreTokenizerStep {
 public:
  MetaspaceSplitStep(std::string replacement, PrependScheme prepend)
      : rewrite_(replacement, prepend),
        split_(literal_matcher(replacement), SplitBehavior::merged_with_next, false) {}

  void run(Words& words) const override {
    rewrite_.run(words);
    split_.run(words);
  }

 private:
  MetaspaceStep rewrite_;
  SplitStep split_;
};

class PrefixSpaceStep : public PreTokenizerStep {
 public:
  void run(Words& words) const override {
    bool continues = words.continues;
    for (std::string_view& word : words.list) {
      if (std::exchange(continues, false) || word.front() == ' ') continue;
      std::string& text = words.rewritten.emplace_back(" ");
      word = text.append(word);
    }
  }
};

class CutBeforeStep : public PreTokenizerStep {
 public:
  explicit CutBeforeStep(std::string character) : character_(std::move(character)) {}

  void run(Words& words) const override {
    cut_words(words, [this](std::string_view word, std::vector<std::string_view>& out) { cut(word, out); });
  }

 private:
  void cut(std::string_view word, std::vector<std::string_view>& out) const {
    size_t begin = 0;
    size_t run_end = 0;  // of the characters just passed
    for (size_t at = word.find(character_); at != word.npos; at = word.find(character_, run_end)) {
      if (at != run_end) {
        out.push_back(word.substr(begin, at - begin));
        begin = at;
      }
      run_end = at + character_.size();
    }
    out.push_back(word.substr(begin));
  }

  std::string character_;
};

class SpellBytesStep : public PreTokenizerStep {
 public:
  void run(Words& words) const override {
    for (std::string_view& word : words.list) word = words.rewritten.emplace_back(to_byte_level(word));
  }
};

class UnspellBytesStep : public PreTokenizerStep {
 public:
  void run(Words& words) const override {
    for (std::string_view& word : words.list) {
      std::string& bytes = words.rewritten.emplace_back();
      append_from_byte_level(bytes, word);
      word = bytes;
    }
  }
};

class FixedLengthStep : public PreTokenizerStep {
 public:
  explicit FixedLengthStep(size_t length) : length_(length) {}

  void run(Words& words) const override {
    cut_words(words, [this](std::string_view word, std::vector<std::string_view>& out) {
      for (size_t at = 0; at < word.size();) {
        const size_t begin = at;
        for (size_t n = 0; n < length_ && at < word.size(); ++n) at += char_at(word, at).bytes;
        out.push_back(word.substr(begin, at - begin));
      }
    });
  }

 private:
  size_t length_;
};

}  // namespace

std::unique_ptr<PreTokenizerStep> split_step(std::unique_ptr<Matcher> matcher, SplitBehavior behavior,
                                             bool invert) {
  return std::make_unique<SplitStep>(std::move(matcher), behavior, invert);
}

std::unique_ptr<PreTokenizerStep> metaspace_step(std::string replacement, PrependScheme prepend, bool split) {
  if (split) return std::make_unique<MetaspaceSplitStep>(std::move(replacement), prepend);
  return std::make_unique<MetaspaceStep>(std::move(replacement), prepend);
}

std::unique_ptr<PreTokenizerStep> prefix_space_step() {
  return std::make_unique<PrefixSpaceStep>();
}

std::unique_ptr<PreTokenizerStep> cut_before_step(std::string character) {
  return std::make_unique<CutBeforeStep>(std::move(character));
}

std::unique_ptr<PreTokenizerStep> spell_bytes_step() {
  return std::make_unique<SpellBytesStep>();
}

std::unique_ptr<PreTokenizerStep> unspell_bytes_step() {
  return std::make_unique<UnspellBytesStep>();
}

std::unique_ptr<PreTokenizerStep> fixed_length_step(size_t length) {
  return std::make_unique<FixedLengthStep>(length);
}

}  // namespace ferry
