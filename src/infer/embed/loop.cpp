#include "infer/embed/loop.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace ferry {
namespace {

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Embedder::Loop::Loop(Parts parts)
    : parts_(std::move(parts)),
      pages_(parts_.kv ? static_cast<size_t>(parts_.kv->pages()) : 0),
      metrics_(parts_.max_tokens) {
  std::iota(pages_.begin(), pages_.end(), 0);
  status_.last_step = Clock::now();
  thread_ = std::thread([this] { run(); });
}

Embedder::Loop::~Loop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<void> Embedder::Loop::check(const EmbedInput& input, size_t index) const {
  const ArchSpec& spec = parts_.model->spec();
  const auto most = static_cast<size_t>(parts_.max_tokens);
  if (input.ids.empty()) return fail(ErrorCode::invalid_argument, "input {} is empty", index);
  if (input.ids.size() > most) {
    return fail(ErrorCode::resource_exhausted, "input {} has {} tokens, but the model takes {} at most{}",
                index, input.ids.size(), most,
                parts_.max_tokens < spec.max_positions ? " here (--max-model-len can raise that)" : "");
  }
  for (const TokenId token : input.ids) {
    if (token >= 0 && token < spec.vocab) continue;
    return fail(ErrorCode::invalid_argument, "input {} has token {}, but the vocabulary ends at {}", index,
                token, spec.vocab - 1);
  }
  const bool types_fit =
      std::ranges::all_of(input.types, [&](int32_t type) { return type >= 0 && type < spec.token_types; });
  if (types_fit && (input.types.empty() || input.types.size() == input.ids.size())) return {};
  return fail(ErrorCode::invalid_argument,
              "input {}: the tokenizer frames two texts as types of segments that the model does not have",
              index);
}

Result<EmbedRequestId> Embedder::Loop::submit(std::vector<EmbedInput> inputs,
                                              std::function<void(Result<EmbedVectors>)> done) {
  if (inputs.empty()) return fail(ErrorCode::invalid_argument, "there is no input");
  for (size_t i = 0; i < inputs.size(); ++i) FERRY_TRY_VOID(check(inputs[i], i));
  auto job = std::make_shared<Job>();
  job->missing = inputs.size();
  job->vectors.resize(inputs.size());
  job->inputs = std::move(inputs);
  job->done = std::move(done);
  job->submitted = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (waiting_inputs_ >= static_cast<size_t>(parts_.max_waiting)) {
      return fail(ErrorCode::overloaded, "{} inputs are waiting already; try again later", waiting_inputs_);
    }
    job->id = next_id_++;
    jobs_.emplace(job->id, job);
    waiting_.push_back(job);
    waiting_inputs_ += job->inputs.size();
  }
  wake_.notify_one();
  return job->id;
}

void Embedder::Loop::cancel(EmbedRequestId id) {
  std::shared_ptr<Job> job;  // let go of after the lock: what its callback holds may have locks of its own
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  job = found->second;
  job->cancelled = true;
  waiting_inputs_ -= job->inputs.size() - job->taken;
  std::erase(waiting_, job);
  jobs_.erase(found);
  metrics_.finished[static_cast<size_t>(EngineFinish::cancelled)].add(job->missing);
}

void Embedder::Loop::probe(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::move(done));
  }
  wake_.notify_one();
}

EngineStatus Embedder::Loop::status() const {
  const std::lock_guard lock(mutex_);
  EngineStatus status = status_;
  status.waiting = waiting_inputs_;
  return status;
}

void Embedder::Loop::run() {
  parts_.threads->keep_caller();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !waiting_.empty() || !asked_.empty(); });
      if (stop_) break;
      probes_ = std::exchange(asked_, {});
    }
    const Clock::time_point began = Clock::now();
    const std::vector<Taken> taken = take();
    if (taken.empty()) {
      compute_for_nobody();
      deliver({}, {}, began);
    } else {
      deliver(taken, compute(taken), began);
    }
    for (const auto& answer : std::exchange(probes_, {})) answer();
  }
  fail_all();
}

// The next inputs of the waiting requests, one of each in turn, until the one whose turn it is does not fit:
// it is the first of the next step. One that is too long for any step is computed alone, in chunks.
std::vector<Embedder::Loop::Taken> Embedder::Loop::take() {
  const std::lock_guard lock(mutex_);
  std::vector<Taken> taken;
  auto rows = static_cast<size_t>(parts_.model->max_rows());
  auto pages = static_cast<int32_t>(pages_.size());
  while (!waiting_.empty()) {
    const std::shared_ptr<Job> job = waiting_.front();
    const size_t tokens = job->inputs[job->taken].ids.size();
    const bool fits = tokens <= rows && pages_for(tokens) <= pages;
    if (!fits && !taken.empty()) break;
    rows -= std::min(tokens, rows);
    pages -= pages_for(tokens);
    taken.push_back({job, job->taken++});
    waiting_.pop_front();
    if (job->taken < job->inputs.size()) waiting_.push_back(job);
  }
  waiting_inputs_ -= taken.size();
  status_.running = taken.size();
  return taken;
}

std::vector<std::vector<float>> Embedder::Loop::compute(std::span<const Taken> taken) {
  const bool long_one = taken.front().input().ids.size() > static_cast<size_t>(parts_.model->max_rows());
  if (!long_one) return compute_packed(taken);
  std::vector<float> vector = compute_in_chunks(taken.front());
  if (vector.empty()) return {};
  return {std::move(vector)};
}

// Of the cache; none where there is none.
int32_t Embedder::Loop::pages_for(size_t tokens) const {
  if (!parts_.kv) return 0;
  const auto page_tokens = static_cast<size_t>(parts_.kv->geometry().page_tokens);
  return static_cast<int32_t>((tokens + page_tokens - 1) / page_tokens);
}

// Pages of their own for each sequence: take() saw to it that there are enough.
void Embedder::Loop::deal_pages(std::span<BatchSequence> sequences) {
  size_t next = 0;
  for (BatchSequence& sequence : sequences) {
    const auto count = static_cast<size_t>(pages_for(static_cast<size_t>(sequence.rows)));
    sequence.pages = std::span(pages_).subspan(next, count);
    next += count;
  }
}

std::vector<std::vector<float>> Embedder::Loop::compute_packed(std::span<const Taken> taken) {
  const bool all_rows = parts_.files.pooling == Pooling::mean && !parts_.model->spec().classifier;
  const bool last = parts_.files.pooling == Pooling::last && !parts_.model->spec().classifier;
  const bool typed = std::ranges::any_of(taken, [](const Taken& t) { return !t.input().types.empty(); });
  std::vector<int32_t> tokens;
  std::vector<int32_t> types;
  std::vector<int32_t> wanted;
  std::vector<BatchSequence> sequences;
  for (const Taken& one : taken) {
    const EmbedInput& input = one.input();
    const auto first = static_cast<int32_t>(tokens.size());
    const auto count = static_cast<int32_t>(input.ids.size());
    tokens.insert(tokens.end(), input.ids.begin(), input.ids.end());
    if (typed) types.insert(types.end(), input.types.begin(), input.types.end());
    types.resize(typed ? tokens.size() : 0, 0);
    sequences.push_back({{}, 0, count});
    for (int32_t i = 0; i < (all_rows ? count : 1); ++i)
      wanted.push_back(last ? first + count - 1 : first + i);
  }
  deal_pages(sequences);
  auto* hidden = parts_.hidden.as<float>();
  parts_.model->hidden_states({tokens, sequences, wanted, types}, parts_.kv ? &*parts_.kv : nullptr,
                              *parts_.threads, hidden);
  const auto width = static_cast<size_t>(parts_.model->spec().hidden);
  if (parts_.model->spec().classifier) return classify({hidden, wanted.size() * width}, taken.size());

  std::vector<std::vector<float>> vectors;
  for (const Taken& one : taken) {
    const size_t rows = all_rows ? one.input().ids.size() : 1;
    Pooler pooler(parts_.files.pooling, width);
    pooler.add({hidden, rows * width});
    hidden += rows * width;
    vectors.push_back(finish(pooler));
  }
  return vectors;
}

// Between the chunks of a long input: shows that the thread lives. False where the input is not wanted any
// more.
bool Embedder::Loop::go_on(const Job& job) {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    status_.last_step = Clock::now();
    wanted = !stop_ && !job.cancelled;
    probes_.insert(probes_.end(), std::make_move_iterator(asked_.begin()),
                   std::make_move_iterator(asked_.end()));
    asked_.clear();
  }
  for (const auto& answer : std::exchange(probes_, {})) answer();
  return wanted;
}

// An input of more rows than a batch has, through the cache; empty where it is given up.
std::vector<float> Embedder::Loop::compute_in_chunks(const Taken& taken) {
  const EmbedInput& input = taken.input();
  const auto width = static_cast<size_t>(parts_.model->spec().hidden);
  const auto most = static_cast<size_t>(parts_.model->max_rows());
  auto* hidden = parts_.hidden.as<float>();
  Pooler pooler(parts_.files.pooling, width);
  std::vector<int32_t> rows(most);
  std::iota(rows.begin(), rows.end(), 0);
  for (size_t first = 0; first < input.ids.size(); first += most) {
    const size_t count = std::min(most, input.ids.size() - first);
    const auto pages = static_cast<size_t>(pages_for(first + count));
    const BatchSequence sequence{std::span(pages_).first(pages), static_cast<int32_t>(first),
                                 static_cast<int32_t>(count)};
    parts_.model->hidden_states(
        {std::span(input.ids).subspan(first, count), {&sequence, 1}, std::span(rows).first(count)},
        &*parts_.kv, *parts_.threads, hidden);
    pooler.add({hidden, count * width});
    if (!go_on(*taken.job)) return {};
  }
  return finish(pooler);
}

std::vector<float> Embedder::Loop::finish(Pooler& pooler) const {
  std::vector<float> vector = pooler.take();
  if (parts_.files.normalize) normalize(vector);
  return vector;
}

std::vector<std::vector<float>> Embedder::Loop::classify(std::span<const float> first_rows, size_t count) {
  const auto labels = static_cast<size_t>(parts_.model->spec().classifier->labels);
  std::vector<float> all(count * labels);
  parts_.model->classify(first_rows.data(), static_cast<int64_t>(count), *parts_.threads, all.data());
  if (parts_.sigmoid) std::ranges::transform(all, all.begin(), sigmoid);
  std::vector<std::vector<float>> vectors;
  for (auto at = all.begin(); at != all.end(); at += static_cast<ptrdiff_t>(labels)) {
    vectors.emplace_back(at, at + static_cast<ptrdiff_t>(labels));
  }
  return vectors;
}

// For probes while there is nothing to do.
void Embedder::Loop::compute_for_nobody() {
  const int32_t token = 0;
  BatchSequence sequence{{}, 0, 1};
  deal_pages({&sequence, 1});
  parts_.model->hidden_states({{&token, 1}, {&sequence, 1}, {&token, 1}}, parts_.kv ? &*parts_.kv : nullptr,
                              *parts_.threads, parts_.hidden.as<float>());
}

void Embedder::Loop::observe(const Taken& taken, Clock::time_point began, Clock::time_point now) {
  metrics_.prompt_tokens.observe(static_cast<double>(taken.input().ids.size()));
  metrics_.queue_s.observe(seconds(began - taken.job->submitted));
  metrics_.inference_s.observe(seconds(now - began));
  metrics_.total_s.observe(seconds(now - taken.job->submitted));
  metrics_.finished[static_cast<size_t>(EngineFinish::stop)].add();
}

void Embedder::Loop::deliver(std::span<const Taken> taken, std::vector<std::vector<float>> vectors,
                             Clock::time_point began) {
  const Clock::time_point now = Clock::now();
  std::vector<std::shared_ptr<Job>> complete;
  size_t tokens = 0;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < taken.size(); ++i) {
      Job& job = *taken[i].job;
      tokens += taken[i].input().ids.size();
      if (job.cancelled || i >= vectors.size()) continue;
      observe(taken[i], began, now);
      job.vectors[taken[i].index] = std::move(vectors[i]);
      if (--job.missing > 0) continue;
      complete.push_back(taken[i].job);
      jobs_.erase(job.id);
    }
    ++status_.steps;
    status_.prompt_tokens += tokens;
    status_.running = 0;
    status_.last_step = now;
  }
  if (tokens > 0) metrics_.step_tokens.observe(static_cast<double>(tokens));
  for (const auto& job : complete) job->done(std::move(job->vectors));
}

void Embedder::Loop::fail_all() {
  std::map<EmbedRequestId, std::shared_ptr<Job>> jobs;
  std::vector<std::function<void()>> probes;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
    probes.swap(asked_);
    waiting_.clear();
    waiting_inputs_ = 0;
  }
  for (const auto& [id, job] : jobs) {
    job->done(fail(ErrorCode::unavailable, "the server is shutting down"));
  }
  for (const auto& answer : probes) answer();
}

}  // namespace ferry
