#include "infer/engine/guide.h"

#include <algorithm>

namespace ferry {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view without_leading_space(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kSpace), text.size()));
}

}  // namespace

Guide::Guide(const EngineRequest& request, const Tokenizer& tokenizer, std::span<const TokenId> end_tokens)
    : tokenizer_(tokenizer),
      end_tokens_(end_tokens),
      thought_(request.thought),
      where_(!thought_        ? Where::answer
             : thought_->open ? Where::thought
                              : Where::before) {
  if (request.grammar) state_.emplace(request.grammar);
  // A grammar tells thought and answer apart by the first token alone.
  if (where_ == Where::before && state_ && !thought_->opening_token) where_ = Where::answer;
}

Result<const TokenMask*> Guide::next(int32_t vocab) {
  if (where_ == Where::thought) {
    if (over_budget()) return only(thought_->ending[forced_], vocab);
    return state_ ? all_but_ends(vocab) : nullptr;
  }
  if (!state_) return nullptr;
  FERRY_TRY_VOID(state_->mask(mask_));
  if (where_ == Where::before) mask_.insert(*thought_->opening_token);
  return &mask_;
}

Result<void> Guide::accept(TokenId token) {
  if (where_ == Where::before) {
    if (token == thought_->opening_token) {
      begin_thought();
      return {};
    }
    if (!state_) {
      read_opening(token);
      return {};
    }
    where_ = Where::answer;
  }
  if (where_ == Where::thought) {
    read_thought(token);
  } else if (state_ && !state_->accept(token)) {  // though it was in the mask
    return fail(ErrorCode::resource_exhausted, "the grammar takes more memory than it may (max_table_bytes)");
  }
  return {};
}

std::vector<TokenId> Guide::forced(int32_t most) {
  if (!state_ || where_ != Where::answer) return {};
  const std::string text = state_->forced();
  if (text.empty()) return {};
  std::vector<TokenId> tokens =
      tokenizer_.encode(text, {.add_special = false, .parse_special = false, .continues = true});
  if (tokens.size() > static_cast<size_t>(most)) tokens.resize(static_cast<size_t>(most));
  return tokens;
}

bool Guide::over_budget() const {
  return forced_ > 0 || (thought_->budget >= 0 && thought_tokens_ >= thought_->budget);
}

void Guide::begin_thought() {
  where_ = Where::thought;
  text_.clear();
}

// Without a grammar any tokens may spell the opening.
void Guide::read_opening(TokenId token) {
  text_ += tokenizer_.token_bytes(token);
  const std::string_view text = without_leading_space(text_);
  if (text.starts_with(thought_->opening)) return begin_thought();
  if (!std::string_view(thought_->opening).starts_with(text)) where_ = Where::answer;
}

// What the token that closes the thought says beyond that is white space, or lost to the grammar.
void Guide::read_thought(TokenId token) {
  const bool forced = over_budget();
  if (forced) ++forced_;
  ++thought_tokens_;
  text_ += tokenizer_.token_bytes(token);
  const bool closed = text_.find(thought_->closing) != std::string::npos;
  // A forced ending is told to its last token, so that what follows stands where the model expects it.
  if (forced ? forced_ == thought_->ending.size() : closed) {
    where_ = Where::answer;
  } else if (text_.size() > thought_->closing.size()) {
    text_.erase(0, text_.size() - thought_->closing.size());
  }
}

const TokenMask* Guide::all_but_ends(int32_t vocab) {
  mask_.resize(vocab);
  mask_.fill();
  for (const TokenId token : end_tokens_) mask_.erase(token);
  return &mask_;
}

const TokenMask* Guide::only(TokenId token, int32_t vocab) {
  mask_.resize(vocab);
  mask_.insert(token);
  return &mask_;
}

}  // namespace ferry
