#include "serve/providers/local_choices.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace ferry {

LocalChoices::LocalChoices(const GenerationRequest& request, const Tokenizer& tokenizer,
                           std::optional<ReplyReading> reading)
    : request_(request), tokenizer_(tokenizer), reading_(std::move(reading)) {}

void LocalChoices::add_prompt(PreparedPrompt prompt) {
  usage_.prompt_tokens += std::ssize(prompt.tokens);
  PromptState state;
  state.prompt = std::move(prompt);
  state.candidates.resize(static_cast<size_t>(request_.best_of));
  if (reading_) {
    for (Candidate& candidate : state.candidates) candidate.reply.emplace(*reading_);
  }
  state.open = request_.best_of;
  open_ += request_.best_of;
  prompts_.push_back(std::move(state));
}

std::vector<GenerationDelta> LocalChoices::take(size_t prompt, EngineEvent event) {
  PromptState& state = prompts_.at(prompt);
  const int choice = event.choice;
  Candidate& candidate = state.candidates.at(static_cast<size_t>(choice));
  std::vector<GenerationDelta> deltas;
  if (!std::exchange(candidate.begun, true)) {
    begin(state, event);
    GenerationDelta first = opening(state);
    if (first.prompt || !first.text.empty() || !first.logprobs.empty()) deltas.push_back(std::move(first));
  }
  for (const SampledToken& token : event.tokens) candidate.logprob += token.logprob;
  if (event.end_token) candidate.logprob += event.end_token->logprob;
  candidate.tokens = event.completion_tokens;
  const bool ended = event.finish.has_value();
  deltas.push_back(piece(std::move(event), candidate));
  for (GenerationDelta& delta : deltas) delta.index = static_cast<int>(prompt) * request_.n + choice;
  if (ended) {
    --state.open;
    --open_;
    if (request_.stop.max_tokens != 0) usage_.completion_tokens += candidate.tokens;
    if (candidate.reply) usage_.thought_tokens += candidate.reply->thought_tokens();
  }
  if (!choosy()) return deltas;
  std::move(deltas.begin(), deltas.end(), std::back_inserter(candidate.held));
  return state.open == 0 ? best_of(prompt) : std::vector<GenerationDelta>();
}

// The first event of the prompt's first answer, which comes before those of the others, tells about the
// prompt.
void LocalChoices::begin(PromptState& state, EngineEvent& event) {
  if (event.choice != 0) return;
  usage_.cached_tokens += event.cached_tokens;
  if (event.prompt_tokens.empty() && state.prompt.tokens.size() > 1) return;  // nobody asked
  const TokenId first = state.prompt.tokens.front();
  state.scores.push_back({.chosen = {.id = first, .text = tokenizer_.token_bytes(first)}, .is_first = true});
  for (const SampledToken& token : event.prompt_tokens) state.scores.push_back(describe(token));
}

// What a choice begins with.
GenerationDelta LocalChoices::opening(const PromptState& state) const {
  const ReportRequest& report = request_.report;
  GenerationDelta delta;
  if (report.token_ids || report.prompt_logprobs || report.prompt_text) {
    delta.prompt.emplace();
    if (report.token_ids) delta.prompt->token_ids = state.prompt.tokens;
    if (report.prompt_logprobs) delta.prompt->logprobs = first_of(state.scores, *report.prompt_logprobs);
    if (report.prompt_text) delta.prompt->text = state.prompt.text;
  }
  if (!report.echo) return delta;
  delta.text = state.prompt.echo;
  if (report.top_logprobs && !request_.prompts.empty()) {
    delta.logprobs = first_of(echoed(state), *report.top_logprobs);
  }
  return delta;
}

// Of the prompt's tokens those that the echo shows: all, but where it was to fill a gap.
std::vector<TokenLogprob> LocalChoices::echoed(const PromptState& state) {
  const size_t end = std::min(state.prompt.echo_end, state.scores.size());
  const size_t begin = std::min(state.prompt.echo_begin, end);
  return {state.scores.begin() + static_cast<std::ptrdiff_t>(begin),
          state.scores.begin() + static_cast<std::ptrdiff_t>(end)};
}

GenerationDelta LocalChoices::piece(EngineEvent event, Candidate& candidate) const {
  GenerationDelta delta;
  if (event.finish) {
    delta.finish = event.finish == EngineFinish::length ? FinishReason::length : FinishReason::stop;
  }
  if (request_.stop.max_tokens == 0) {  // the answer's one token was for nothing
    delta.finish = FinishReason::length;
    return delta;
  }
  if (candidate.reply) {
    read_reply(event, *candidate.reply, delta);
  } else {
    delta.text = std::move(event.text);
  }
  if (request_.report.top_logprobs) {
    for (const SampledToken& token : event.tokens) delta.logprobs.push_back(describe(token));
  }
  if (request_.report.token_ids) {
    for (const SampledToken& token : event.tokens) delta.token_ids.push_back(token.token);
    // Who counts tokens wants the one that ended the answer too, although it is not part of the text.
    if (event.end_token) delta.token_ids.push_back(event.end_token->token);
    if (event.end_token && request_.report.top_logprobs) delta.logprobs.push_back(describe(*event.end_token));
  }
  const auto& stops = request_.stop.token_ids;
  if (!event.stop.empty()) {
    delta.cause = std::move(event.stop);
  } else if (event.end_token &&
             std::find(stops.begin(), stops.end(), event.end_token->token) != stops.end()) {
    delta.cause = event.end_token->token;
  }
  return delta;
}

void LocalChoices::read_reply(const EngineEvent& event, LocalReply& reply, GenerationDelta& delta) const {
  reply.read(event.text, std::ssize(event.tokens), event.finish.has_value(), delta);
  if (delta.finish == FinishReason::stop && reply.has_called()) delta.finish = FinishReason::tool_calls;
}

double LocalChoices::Candidate::mean_logprob() const {
  return tokens > 0 ? logprob / static_cast<double>(tokens) : -std::numeric_limits<double>::infinity();
}

// The n best answers, the best first.
std::vector<GenerationDelta> LocalChoices::best_of(size_t prompt) {
  std::vector<Candidate>& candidates = prompts_[prompt].candidates;
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.mean_logprob() > b.mean_logprob();
  });
  std::vector<GenerationDelta> deltas;
  for (int i = 0; i < request_.n; ++i) {
    for (GenerationDelta& delta : candidates[static_cast<size_t>(i)].held) {
      delta.index = static_cast<int>(prompt) * request_.n + i;
      deltas.push_back(std::move(delta));
    }
  }
  candidates.clear();
  return deltas;
}

// The scores with at most `top` alternatives each.
std::vector<TokenLogprob> LocalChoices::first_of(const std::vector<TokenLogprob>& scores, int top) const {
  std::vector<TokenLogprob> cut = scores;
  for (TokenLogprob& score : cut) {
    if (score.top.size() > static_cast<size_t>(top)) score.top.resize(static_cast<size_t>(top));
  }
  return cut;
}

TokenLogprob LocalChoices::describe(const SampledToken& token) const {
  const auto alternative = [&](TokenId id, float logprob, int32_t rank) -> TokenAlternative {
    return {id, tokenizer_.token_bytes(id), logprob, rank};
  };
  TokenLogprob logprob{.chosen = alternative(token.token, token.logprob, token.rank)};
  int32_t rank = 0;
  for (const LikelyToken& likely : token.top) {
    logprob.top.push_back(alternative(likely.token, likely.logprob, ++rank));
  }
  return logprob;
}

}  // namespace ferry
