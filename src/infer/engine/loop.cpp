#include "infer/engine/loop.h"

#include <algorithm>
#include <utility>

namespace ferry {
namespace {

std::vector<TokenId> union_of(std::span<const TokenId> a, std::span<const TokenId> b) {
  std::vector<TokenId> all(a.begin(), a.end());
  for (const TokenId token : b) {
    if (std::find(all.begin(), all.end(), token) == all.end()) all.push_back(token);
  }
  return all;
}

}  // namespace

Engine::Loop::Loop(Parts parts)
    : parts_(std::move(parts)),
      end_tokens_(union_of(parts_.model->spec().eos_ids, parts_.tokenizer->stop_tokens())),
      pages_(parts_.kv.pages(), parts_.kv.geometry().page_tokens),
      scheduler_(
          {.max_step_tokens = parts_.settings.max_step_tokens, .max_running = parts_.settings.max_running},
          pages_) {
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
  if (request.n != 1) return fail(ErrorCode::unsupported, "n must be 1");
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
  const int most = parts_.settings.max_running + parts_.settings.max_waiting;
  if (outstanding_.fetch_add(1) >= most) {
    --outstanding_;
    return fail(ErrorCode::unavailable, "{} requests are running or waiting already; try again later", most);
  }
  EngineRequestId id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    inbox_.arrivals.push_back({id, std::move(request), std::move(on_event)});
  }
  wake_.notify_one();
  return id;
}

void Engine::Loop::cancel(EngineRequestId id) {
  {
    const std::lock_guard lock(mutex_);
    inbox_.cancellations.push_back(id);
  }
  wake_.notify_one();
}

EngineStatus Engine::Loop::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Engine::Loop::run() {
  while (take_inbox()) {
    if (!answers_.empty()) step();
    publish_status();
  }
  for (auto& [id, answer] : answers_) answer.cancel();
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
  return !stop;
}

void Engine::Loop::begin(Arrival arrival) {
  const auto added = scheduler_.add(arrival.id, arrival.request.prompt, arrival.request.max_tokens);
  FERRY_CHECK(added);  // max_model_len never exceeds the cache
  answers_.try_emplace(arrival.id, std::move(arrival.request), *parts_.tokenizer, end_tokens_,
                       std::move(arrival.on_event));
}

void Engine::Loop::end_early(EngineRequestId id) {
  const auto found = answers_.find(id);
  if (found == answers_.end()) return;
  found->second.cancel();
  forget(id);
}

void Engine::Loop::step() {
  const StepPlan plan = scheduler_.next();
  forward(plan);
  std::vector<SampledToken> sampled = sample(plan);
  std::vector<TokenId> tokens;
  for (const SampledToken& one : sampled) tokens.push_back(one.token);
  scheduler_.commit(plan, tokens);
  count(plan, tokens.size());
  deliver(plan, std::move(sampled));
}

void Engine::Loop::forward(const StepPlan& plan) {
  std::vector<TokenId> tokens;
  std::vector<BatchSequence> sequences;
  std::vector<int32_t> logit_rows;
  for (const PlannedSequence& planned : plan.sequences) {
    tokens.insert(tokens.end(), planned.tokens.begin(), planned.tokens.end());
    sequences.push_back({planned.pages, planned.first_position, static_cast<int32_t>(planned.tokens.size())});
    if (planned.samples) logit_rows.push_back(static_cast<int32_t>(tokens.size()) - 1);
  }
  parts_.model->forward({tokens, sequences, logit_rows}, parts_.kv, *parts_.threads,
                        parts_.logits.as<float>());
}

std::vector<SampledToken> Engine::Loop::sample(const StepPlan& plan) {
  std::vector<Answer*> answers;
  for (const PlannedSequence& planned : plan.sequences) {
    if (planned.samples) answers.push_back(&answers_.at(planned.id));
  }
  const auto vocab = static_cast<size_t>(parts_.model->spec().vocab);
  std::vector<SampledToken> sampled(answers.size());
  parts_.threads->parallel_for(std::ssize(answers), 1, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      sampled[i] = answers[i]->sample({parts_.logits.as<float>() + i * vocab, vocab});
    }
  });
  return sampled;
}

void Engine::Loop::deliver(const StepPlan& plan, std::vector<SampledToken> sampled) {
  size_t next = 0;
  for (const PlannedSequence& planned : plan.sequences) {
    if (!planned.samples) continue;
    if (answers_.at(planned.id).accept(std::move(sampled[next++]))) forget(planned.id);
  }
}

void Engine::Loop::forget(EngineRequestId id) {
  scheduler_.remove(id);
  answers_.erase(id);
  --outstanding_;
}

void Engine::Loop::count(const StepPlan& plan, size_t sampled) {
  ++counted_.steps;
  counted_.completion_tokens += sampled;
  for (const PlannedSequence& planned : plan.sequences) {
    // A single row that samples continues an answer; all others are the prompt's (or computed again).
    const bool decode = planned.samples && planned.tokens.size() == 1 && planned.first_position > 0;
    if (!decode) counted_.prompt_tokens += planned.tokens.size();
  }
}

void Engine::Loop::publish_status() {
  counted_.running = scheduler_.running();
  counted_.waiting = scheduler_.waiting();
  counted_.kv_pages = pages_.capacity();
  counted_.kv_pages_free = pages_.free_pages();
  counted_.preemptions = scheduler_.preemptions();
  const std::lock_guard lock(mutex_);
  status_ = counted_;
}

}  // namespace ferry
