#include "infer/tokenizer/decoder.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/core/utf8.h"
#include "infer/tokenizer/byte_level.h"
#include "infer/tokenizer/char_class.h"

namespace ferry {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

class Collector : public DecodeStage {
 public:
  explicit Collector(std::string& out) : DecodeStage(nullptr), out_(out) {}
  void push(std::string_view text) override { out_.append(text); }
  void finish() override {}

 private:
  std::string& out_;
};

// For steps that must see a fused text at once: keeps everything until the end.
class Hold : public DecodeStage {
 public:
  using DecodeStage::DecodeStage;
  void push(std::string_view text) override { held_.append(text); }
  void finish() override {
    if (!held_.empty()) next_->push(held_);
    held_.clear();
    next_->finish();
  }

 private:
  std::string held_;
};

class JoinStage : public DecodeStage {
 public:
  using DecodeStage::DecodeStage;
  void push(std::string_view text) override {
    if (!first_) next_->push(" ");
    first_ = false;
    next_->push(text);
  }
  void finish() override {
    first_ = true;
    next_->finish();
  }

 private:
  bool first_ = true;
};

class ByteLevelStage : public DecodeStage {
 public:
  using DecodeStage::DecodeStage;
  void push(std::string_view text) override {
    append_from_byte_level(bytes_, text);
    const size_t whole = bytes_.size() - incomplete_utf8_tail(bytes_);
    if (whole == 0) return;
    hand_on(whole);
  }
  void finish() override {
    if (!bytes_.empty()) hand_on(bytes_.size());
    next_->finish();
  }

 private:
  void hand_on(size_t n) {
    next_->push(replace_invalid_utf8(std::string_view(bytes_).substr(0, n)));
    bytes_.erase(0, n);
  }

  std::string bytes_;
};

std::optional<char> fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
  if (error != std::errc() || end != token.data() + 5) return std::nullopt;
  return static_cast<char>(value);
}

class ByteFallbackStage : public DecodeStage {
 public:
  using DecodeStage::DecodeStage;
  void push(std::string_view text) override {
    if (const auto byte = fallback_byte(text)) {
      run_ += *byte;
      hand_on(run_.size() - incomplete_utf8_tail(run_));
    } else {
      hand_on(run_.size());
      next_->push(text);
    }
  }
  void finish() override {
    hand_on(run_.size());
    next_->finish();
  }

 private:
  // The characters among the first n bytes of the run, U+FFFD for each byte that is in none.
  void hand_on(size_t n) {
    for (size_t at = 0; at < n;) {
      const Utf8Char c = decode_utf8(std::string_view(run_).substr(0, n), at);
      next_->push(c.valid ? std::string_view(run_).substr(at, c.bytes) : kReplacementCharacter);
      at += c.bytes;
    }
    run_.erase(0, n);
  }

  std::string run_;
};

class ReplaceStage : public DecodeStage {
 public:
  ReplaceStage(DecodeStage* next, const ReplaceDecode& step) : DecodeStage(next), step_(step) {}
  void push(std::string_view text) override {
    std::string out;
    size_t done = 0;
    step_.matcher->find(text, [&](size_t begin, size_t end) {
      out.append(text.substr(done, begin - done)).append(step_.content);
      done = end;
    });
    next_->push(done == 0 && out.empty() ? text : out.append(text.substr(done)));
  }

 private:
  const ReplaceDecode& step_;
};

size_t count_leading(std::string_view text, std::string_view character, size_t most) {
  size_t n = 0;
  while (n < most && text.substr(n * character.size()).starts_with(character)) ++n;
  return n;
}

size_t count_trailing(std::string_view text, std::string_view character, size_t most) {
  size_t n = 0;
  while (n < most && text.substr(0, text.size() - n * character.size()).ends_with(character)) ++n;
  return n;
}

class StripTokenStage : public DecodeStage {
 public:
  StripTokenStage(DecodeStage* next, const StripDecode& step) : DecodeStage(next), step_(step) {}
  void push(std::string_view text) override {
    text.remove_prefix(count_leading(text, step_.character, step_.start) * step_.character.size());
    text.remove_suffix(count_trailing(text, step_.character, step_.stop) * step_.character.size());
    next_->push(text);
  }

 private:
  const StripDecode& step_;
};

// Of a fused text: the characters that might be the last ones are kept back.
class StripTextStage : public DecodeStage {
 public:
  StripTextStage(DecodeStage* next, const StripDecode& step)
      : DecodeStage(next), step_(step), left_(step.start) {}
  void push(std::string_view text) override {
    const size_t stripped = count_leading(text, step_.character, left_);
    left_ -= stripped;
    text.remove_prefix(stripped * step_.character.size());
    if (text.empty()) return;
    left_ = 0;
    held_.append(text);
    const size_t kept = count_trailing(held_, step_.character, step_.stop) * step_.character.size();
    next_->push(std::string_view(held_).substr(0, held_.size() - kept));
    held_.erase(0, held_.size() - kept);
  }
  void finish() override {
    held_.clear();
    left_ = step_.start;
    next_->finish();
  }

 private:
  const StripDecode& step_;
  size_t left_;       // to strip at the beginning
  std::string held_;  // stripped if nothing follows
};

void append_replaced(std::string& out, std::string_view text, std::string_view from, std::string_view to) {
  size_t done = 0;
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, done)) {
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  out.append(text.substr(done));
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  append_replaced(out, text, from, to);
  return out;
}

class MetaspaceStage : public DecodeStage {
 public:
  MetaspaceStage(DecodeStage* next, const MetaspaceDecode& step) : DecodeStage(next), step_(step) {}
  void push(std::string_view text) override {
    const bool strip = first_ && step_.strip_first;
    first_ = false;
    next_->push(replaced(text, step_.replacement, strip ? "" : " "));
  }
  void finish() override {
    first_ = true;
    next_->finish();
  }

 private:
  const MetaspaceDecode& step_;
  bool first_ = true;
};

std::string clean_up(std::string text) {
  static constexpr std::string_view kPairs[][2] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kPairs) text = replaced(text, from, to);
  return text;
}

std::string word_piece_text(const WordPieceDecode& step, std::string_view token, bool first) {
  std::string text;
  const bool continues = !step.prefix.empty() && token.starts_with(step.prefix);
  if (!first && !continues) text += ' ';
  text += !first && continues ? token.substr(step.prefix.size()) : token;
  return step.cleanup ? clean_up(std::move(text)) : text;
}

class WordPieceStage : public DecodeStage {
 public:
  WordPieceStage(DecodeStage* next, const WordPieceDecode& step) : DecodeStage(next), step_(step) {}
  void push(std::string_view text) override {
    next_->push(word_piece_text(step_, text, first_));
    first_ = false;
  }
  void finish() override {
    first_ = true;
    next_->finish();
  }

 private:
  const WordPieceDecode& step_;
  bool first_ = true;
};

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

bool fuses(const DecoderStep& step) {
  return std::holds_alternative<FuseDecode>(step) || std::holds_alternative<ByteLevelDecode>(step);
}

}  // namespace

DecodeRun::DecodeRun(const Decoder& decoder) : out_(std::make_unique<std::string>()) {
  stages_.push_back(std::make_unique<Collector>(*out_));
  const auto first_fuse = std::find_if(decoder.steps.begin(), decoder.steps.end(), fuses);
  for (auto step = decoder.steps.end(); step != decoder.steps.begin();) {
    --step;
    add_step(*step, step > first_fuse);
  }
  if (decoder.join_with_spaces) stages_.push_back(std::make_unique<JoinStage>(stages_.back().get()));
}

// `fused`: tokens have been joined before this step, but they still come piece by piece.
void DecodeRun::add_step(const DecoderStep& step, bool fused) {
  const auto add = [this]<class Stage>(std::unique_ptr<Stage> stage) { stages_.push_back(std::move(stage)); };
  DecodeStage* next = stages_.back().get();
  const auto hold_if_fused = [&] {
    if (fused) add(std::make_unique<Hold>(stages_.back().get()));
  };
  std::visit(Overloaded{
                 [&](const ByteLevelDecode&) {
                   add(std::make_unique<ByteLevelStage>(next));
                   hold_if_fused();
                 },
                 [&](const ByteFallbackDecode&) {
                   add(std::make_unique<ByteFallbackStage>(next));
                   hold_if_fused();
                 },
                 [&](const FuseDecode&) {},
                 [&](const ReplaceDecode& replace) {
                   add(std::make_unique<ReplaceStage>(next, replace));
                   hold_if_fused();
                 },
                 [&](const StripDecode& strip) {
                   if (fused) {
                     add(std::make_unique<StripTextStage>(next, strip));
                   } else {
                     add(std::make_unique<StripTokenStage>(next, strip));
                   }
                 },
                 [&](const MetaspaceDecode& metaspace) {
                   add(std::make_unique<MetaspaceStage>(next, metaspace));
                   hold_if_fused();
                 },
                 [&](const WordPieceDecode& word_piece) {
                   add(std::make_unique<WordPieceStage>(next, word_piece));
                   hold_if_fused();
                 },
             },
             step);
}

std::string DecodeRun::take() {
  return std::exchange(*out_, std::string());
}

std::string bytes_of_token(const Decoder& decoder, std::string_view token_text) {
  std::string bytes(token_text);
  for (const DecoderStep& step : decoder.steps) {
    if (std::holds_alternative<ByteLevelDecode>(step)) {
      std::string from_spelling;
      append_from_byte_level(from_spelling, bytes);
      return from_spelling;
    }
    if (std::holds_alternative<ByteFallbackDecode>(step)) {
      if (const auto byte = fallback_byte(bytes)) return std::string(1, *byte);
    } else if (const auto* metaspace = std::get_if<MetaspaceDecode>(&step)) {
      bytes = replaced(bytes, metaspace->replacement, " ");
    } else if (const auto* word_piece = std::get_if<WordPieceDecode>(&step)) {
      bytes = word_piece_text(*word_piece, bytes, false);
    } else if (const auto* replace = std::get_if<ReplaceDecode>(&step)) {
      std::string out;
      size_t done = 0;
      replace->matcher->find(bytes, [&](size_t begin, size_t end) {
        out.append(bytes, done, begin - done).append(replace->content);
        done = end;
      });
      bytes = out.append(bytes, done);
    }
  }
  return bytes;
}

}  // namespace ferry
