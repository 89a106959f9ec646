#include "infer/engine/loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ferry {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<TokenId> union_of(std::span<const TokenId> a, std::span<const TokenId> b) {
  std::vector<TokenId> all(a.begin(), a.end());
  for (const TokenId token : b) {
    if (std::find(all.begin(), all.end(), token) == all.end()) all.push_back(token);
  }
  return all;
}

// No two pairs of tenant and salt give the same.
Salt salt_of(const EngineRequest& request) {
  return std::make_shared<const std::string>(
      fmt::format("{}:{}{}", request.tenant.size(), request.tenant, request.cache_salt));
}

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

}  // namespace

Engine::Loop::Loop(Parts parts)
    : parts_(std::move(parts)),
      end_tokens_(union_of(parts_.model->spec().eos_ids, parts_.tokenizer->stop_tokens())),
      pages_(parts_.kv.pages(), parts_.kv.geometry().page_tokens),
      scheduler_({.max_step_tokens = parts_.settings.max_step_tokens,
                  .max_running = parts_.settings.max_running,
                  .max_logits = parts_.logit_rows,
                  .max_step_ms = static_cast<double>(parts_.settings.max_step_time.count()),
                  .prefix_cache = parts_.settings.prefix_cache},
                 pages_),
      speculation_({.drafter = std::move(parts_.drafter),
                    .forced = forced_text(),
                    .most_tokens = parts_.settings.speculate_tokens,
                    .adaptive = parts_.settings.speculate_adaptive}),
      metrics_(parts_.max_model_len) {
  counted_.last_step = Clock::now();
  publish_status();
  thread_ = std::thread([this] { run(); });
}

Engine::Loop::~Loop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// Checks what can be checked before queueing, and settles max_tokens.
Result<void> Engine::Loop::check(EngineRequest& request) const {
  const int32_t vocab = parts_.model->spec().vocab;
  FERRY_TRY_VOID(check_sampling(request.sampling, vocab));
  if (request.n < 1 || request.n > most_outstanding()) {
    return fail(ErrorCode::invalid_argument, "n must be 1 to {}, not {}", most_outstanding(), request.n);
  }
  for (const TokenId token : request.stop_tokens) {
    if (token >= 0 && token < vocab) continue;
    return fail(ErrorCode::invalid_argument, "stop_token_ids has token {}, but the vocabulary ends at {}",
                token, vocab - 1);
  }
  if (request.prompt.empty()) return fail(ErrorCode::invalid_argument, "the prompt is empty");
  for (const TokenId token : request.prompt) {
    if (token < 0 || token >= vocab) {
      return fail(ErrorCode::invalid_argument, "the prompt has token {}, but the vocabulary ends at {}",
                  token, vocab - 1);
    }
  }
  const int64_t context = parts_.max_model_len;
  const auto prompt = static_cast<int64_t>(request.prompt.size());
  if (prompt >= context) {
    return fail(
        ErrorCode::resource_exhausted,
        "the prompt has {} tokens, but the context holds {}, the answer included; shorten the prompt{}",
        prompt, context,
        context < parts_.model->spec().max_positions ? " or raise --max-model-len or --kv-cache" : "");
  }
  if (request.max_tokens == 0) request.max_tokens = static_cast<int32_t>(context - prompt);
  if (prompt + request.max_tokens > context) {
    return fail(ErrorCode::resource_exhausted,
                "the prompt has {} tokens and max_tokens asks for {} more, but the context holds {}", prompt,
                request.max_tokens, context);
  }
  return {};
}

Result<EngineRequestId> Engine::Loop::submit(EngineRequest request,
                                             std::function<void(EngineEvent)> on_event) {
  FERRY_TRY_VOID(check(request));
  const int n = request.n;
  if (outstanding_.fetch_add(n) + n > most_outstanding()) {
    outstanding_ -= n;
    return fail(ErrorCode::overloaded, "{} answers are running or waiting already; try again later",
                outstanding_.load());
  }
  EngineRequestId id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = std::exchange(next_id_, next_id_ + static_cast<EngineRequestId>(n));
    inbox_.arrivals.push_back({id, std::move(request), std::move(on_event), AnswerClock(Clock::now())});
  }
  wake_.notify_one();
  return id;
}

int Engine::Loop::most_outstanding() const {
  return parts_.settings.max_running + parts_.settings.max_waiting;
}

void Engine::Loop::cancel(EngineRequestId id) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.cancellations.push_back(id);
  }
  wake_.notify_one();
}

void Engine::Loop::probe(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.probes.push_back(std::move(done));
  }
  wake_.notify_one();
}

EngineStatus Engine::Loop::status() const {
  const std::lock_guard lock(mutex_);
  EngineStatus status = status_;
  // What the engine's thread has not even seen yet waits, too.
  const auto outstanding = static_cast<size_t>(std::max(0, outstanding_.load()));
  if (outstanding > status.running + status.waiting) status.waiting = outstanding - status.running;
  return status;
}

void Engine::Loop::run() {
  parts_.threads->keep_caller();
  while (take_inbox()) {
    if (!answers_.empty()) {
      step();
    } else if (!probes_.empty()) {
      compute_for_nobody();
    }
    publish_status();
    answer_probes();
  }
  for (auto& [id, answer] : answers_) answer.cancel();
  answer_probes();
}

// Handles what has been asked meanwhile; waits for it when there is nothing else to do. False: stop.
bool Engine::Loop::take_inbox() {
  Inbox inbox;
  bool stop = false;
  {
    std::unique_lock lock(mutex_);
    if (answers_.empty()) wake_.wait(lock, [this] { return stop_ || !inbox_.empty(); });
    inbox = std::exchange(inbox_, {});
    stop = stop_;
  }
  for (Arrival& arrival : inbox.arrivals) begin(std::move(arrival));
  for (const EngineRequestId id : inbox.cancellations) end_early(id);
  std::move(inbox.probes.begin(), inbox.probes.end(), std::back_inserter(probes_));
  return !stop;
}

void Engine::Loop::begin(Arrival arrival) {
  EngineRequest& request = arrival.request;
  SequenceRequest sequence;
  sequence.max_new_tokens = request.max_tokens;
  sequence.priority = request.priority;
  sequence.tenant = request.tenant;
  sequence.salt = salt_of(request);
  sequence.prompt_logits = request.prompt_logprobs >= 0;
  const auto on_event = std::make_shared<std::function<void(EngineEvent)>>(std::move(arrival.on_event));
  for (int32_t i = 0; i < request.n; ++i) {
    sequence.ids.push_back(arrival.id + static_cast<SequenceId>(i));
    answers_.try_emplace(sequence.ids.back(), request, i, arrival.clock, *parts_.tokenizer, end_tokens_,
                         [on_event](EngineEvent event) { (*on_event)(std::move(event)); });
  }
  metrics_.n.observe(request.n);
  metrics_.max_tokens.observe(request.max_tokens);
  sequence.prompt = std::move(request.prompt);
  const auto added = scheduler_.add(std::move(sequence));
  FERRY_CHECK(added);  // max_model_len never exceeds the cache
}

void Engine::Loop::end_early(EngineRequestId id) {
  auto next = answers_.lower_bound(id);
  while (next != answers_.end() && next->first - static_cast<SequenceId>(next->second.choice()) == id) {
    const auto answer = next++;
    answer->second.cancel();
    observe_end(answer->first, answer->second);
    forget(answer->first);
  }
}

// Where guesses are wanted at all.
std::function<std::vector<TokenId>(SequenceId, int32_t)> Engine::Loop::forced_text() {
  if (parts_.settings.speculate == "off") return {};
  return [this](SequenceId id, int32_t most) { return answers_.at(id).forced(most); };
}

void Engine::Loop::step() {
  const Clock::time_point begin = Clock::now();
  StepPlan plan = scheduler_.next();
  const Clock::time_point drafting = Clock::now();
  speculation_.draft(plan, scheduler_);
  const double drafting_ms = ms_since(drafting);
  begin_answers(plan, begin);
  forward(plan);
  score_prompts(plan);
  const std::vector<Draw> draws = sample(plan);
  std::vector<TokenId> tokens;
  for (const Draw& draw : draws) tokens.insert(tokens.end(), draw.tokens.begin(), draw.tokens.end());
  const double ms = ms_since(begin);
  scheduler_.took(plan, ms);
  speculation_.took(plan, ms - drafting_ms);
  scheduler_.commit(plan, tokens);
  metrics_.step_tokens.observe(plan.prompt_rows + static_cast<double>(tokens.size()));
  ++counted_.steps;
  counted_.last_step = Clock::now();
  counted_.prompt_tokens += static_cast<uint64_t>(plan.prompt_rows);
  counted_.completion_tokens += tokens.size();
  deliver(draws);
}

// The same computation as a step's, on a page that nobody holds: all are free or cached.
void Engine::Loop::compute_for_nobody() {
  const PageId page = pages_.take();
  const TokenId token = 0;
  const int32_t row = 0;
  const BatchSequence sequence{{&page, 1}, 0, 1};
  parts_.model->forward({{&token, 1}, {&sequence, 1}, {&row, 1}}, parts_.kv, *parts_.threads,
                        parts_.logits.as<float>());
  pages_.release(page);
  counted_.last_step = Clock::now();
}

void Engine::Loop::answer_probes() {
  for (const auto& done : std::exchange(probes_, {})) done();
}

void Engine::Loop::forward(const StepPlan& plan) {
  std::vector<TokenId> tokens;
  std::vector<BatchSequence> sequences;
  std::vector<int32_t> logit_rows;
  for (const PlannedSequence& planned : plan.sequences) {
    tokens.insert(tokens.end(), planned.tokens.begin(), planned.tokens.end());
    tokens.insert(tokens.end(), planned.drafts.begin(), planned.drafts.end());
    sequences.push_back({planned.pages, planned.first_position, planned.rows()});
    const auto end = static_cast<int32_t>(tokens.size());
    for (int32_t row = end - planned.logits; row < end; ++row) logit_rows.push_back(row);
  }
  parts_.kv.copy(plan.copies);
  parts_.model->forward({tokens, sequences, logit_rows}, parts_.kv, *parts_.threads,
                        parts_.logits.as<float>());
}

// Of prompts whose tokens' logprobs are wanted.
void Engine::Loop::score_prompts(const StepPlan& plan) {
  struct Score {
    Answer* answer;
    int32_t position;
    size_t row;  // of the logits
  };
  std::vector<Score> scores;
  size_t row = 0;
  for (const PlannedSequence& planned : plan.sequences) {
    Answer& answer = answers_.at(planned.ids.front());
    const int32_t end = planned.first_position + planned.rows();
    for (int32_t position = end - planned.logits; position < end; ++position, ++row) {
      if (answer.scores(position)) scores.push_back({&answer, position, row});
    }
  }
  const auto vocab = static_cast<size_t>(parts_.model->spec().vocab);
  parts_.threads->parallel_for(std::ssize(scores), 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      const Score& score = scores[i];
      score.answer->score(score.position, {parts_.logits.as<float>() + score.row * vocab, vocab});
    }
  });
}

std::vector<Engine::Loop::Draw> Engine::Loop::sample(StepPlan& plan) {
  std::vector<Draw> draws;
  size_t rows = 0;
  for (PlannedSequence& planned : plan.sequences) {
    rows += static_cast<size_t>(planned.logits);
    if (!planned.samples) continue;
    for (const SequenceId id : planned.ids) {
      draws.push_back({id, &answers_.at(id), &planned, rows - planned.drafts.size() - 1});
    }
  }
  parts_.threads->parallel_for(std::ssize(draws), 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) draw(draws[i]);
  });
  return draws;
}

// Token by token, as it would be without drafts, as long as the answer draws what was guessed: only then the
// next row's logits are those of the answer's text.
void Engine::Loop::draw(Draw& draw) {
  const auto vocab = static_cast<size_t>(parts_.model->spec().vocab);
  const std::span<const TokenId> drafts = draw.planned->drafts;
  for (size_t i = 0; i <= drafts.size(); ++i) {
    std::span logits(parts_.logits.as<float>() + (draw.row + i) * vocab, vocab);
    std::vector<float> own;  // since sampling overwrites its row
    if (draw.planned->ids.size() > 1) logits = (own = {logits.begin(), logits.end()});
    draw.tokens.push_back(draw.answer->extend(logits));
    if (draw.answer->ended() || i == drafts.size() || draw.tokens[i] != drafts[i]) break;
  }
  if (!drafts.empty()) draw.planned->accepted = static_cast<int32_t>(draw.tokens.size()) - 1;
}

void Engine::Loop::deliver(const std::vector<Draw>& draws) {
  const Clock::time_point now = Clock::now();
  for (const Draw& draw : draws) {
    for (size_t i = 0; i < draw.tokens.size(); ++i) draw.answer->clock().token(now, metrics_);
    draw.answer->tell();
    if (!draw.answer->ended()) continue;
    observe_end(draw.id, *draw.answer);
    forget(draw.id);
  }
}

void Engine::Loop::begin_answers(const StepPlan& plan, AnswerClock::Time now) {
  for (const PlannedSequence& planned : plan.sequences) {
    for (const SequenceId id : planned.ids) {
      Answer& answer = answers_.at(id);
      answer.clock().start(now);
      answer.set_cached_tokens(scheduler_.cached_tokens(id));
    }
  }
}

void Engine::Loop::observe_end(SequenceId id, const Answer& answer) {
  answer.clock().end(answer.finish().value(), metrics_);
  if (answer.finish() == EngineFinish::cancelled) return;
  metrics_.prompt_tokens.observe(answer.prompt_tokens());
  metrics_.computed_prompt_tokens.observe(answer.prompt_tokens() - answer.cached_tokens());
  metrics_.generation_tokens.observe(answer.completion_tokens());
  metrics_.preemptions.observe(scheduler_.preemptions(id));
}

void Engine::Loop::forget(SequenceId id) {
  scheduler_.remove(id);
  speculation_.forget(id);
  answers_.erase(id);
  --outstanding_;
}

void Engine::Loop::publish_status() {
  counted_.running = scheduler_.running();
  counted_.waiting = scheduler_.waiting();
  counted_.kv_pages = pages_.capacity();
  counted_.kv_page_tokens = pages_.page_tokens();
  counted_.kv_pages_free = pages_.available();
  counted_.kv_pages_cached = pages_.cached();
  counted_.preemptions = scheduler_.counters().preemptions;
  counted_.prefix_cache_queries = scheduler_.counters().prefix_queries;
  counted_.prefix_cache_hits = scheduler_.counters().prefix_hits;
  counted_.drafts = speculation_.counters().drafts;
  counted_.draft_tokens = speculation_.counters().guesses;
  counted_.accepted_tokens = speculation_.counters().accepted;
  const std::lock_guard lock(mutex_);
  status_ = counted_;
}

}  // namespace ferry
