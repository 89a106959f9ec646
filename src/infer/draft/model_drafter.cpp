#include "infer/draft/model_drafter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "infer/sample/logit_row.h"

namespace ferry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int32_t kReadingRows = 16;  // a pass with so many is mostly reading
constexpr double kRise = 1.02;        // of a measurement at the next one: as in StepCosts, the least counts

int32_t size_of(const DraftRequest& request) {
  return static_cast<int32_t>(request.tokens.size());
}

}  // namespace

Result<std::unique_ptr<ModelDrafter>> ModelDrafter::create(std::unique_ptr<Model> model, KvCache kv,
                                                           int32_t vocab, ThreadPool& threads) {
  FERRY_CHECK(model->max_rows() >= kMaxRows && vocab > 0);
  const size_t row_bytes = static_cast<size_t>(model->spec().vocab) * sizeof(float);
  FERRY_TRY(Buffer logits, Buffer::allocate(kMaxRows * row_bytes));
  return std::unique_ptr<ModelDrafter>(
      new ModelDrafter(std::move(model), std::move(kv), std::move(logits), vocab, threads));
}

ModelDrafter::ModelDrafter(std::unique_ptr<Model> model, KvCache kv, Buffer logits, int32_t vocab,
                           ThreadPool& threads)
    : model_(std::move(model)),
      kv_(std::move(kv)),
      logits_(std::move(logits)),
      shared_vocab_(static_cast<size_t>(std::min(vocab, model_->spec().vocab))),
      threads_(threads),
      pages_(kv_.pages(), kv_.geometry().page_tokens) {}

double ModelDrafter::guess_ms(int32_t sequences) const {
  return costs_.knows_any() ? costs_.ms(sequences) : 0;
}

void ModelDrafter::quote(DraftRequest& request) {
  const Sequence& sequence = follow(request);
  const int32_t size = size_of(request);
  // The last guess of all is never computed itself.
  const int32_t places = sequence.foreign ? 0 : model_->spec().max_positions - size + 1;
  request.most = std::clamp(places, 0, request.most);
  const int32_t unread = size - sequence.read;
  request.reading_ms = unread > kFewTokens ? unread * read_row_ms_ : 0;
}

// The sequence, with what its tokens say of the last guesses.
ModelDrafter::Sequence& ModelDrafter::follow(const DraftRequest& request) {
  Sequence& sequence = sequences_.try_emplace(request.id, pages_).first->second;
  for (const TokenId guess : std::exchange(sequence.guessed, {})) {
    if (sequence.read >= size_of(request)) break;
    if (request.tokens[static_cast<size_t>(sequence.read)] != guess) break;
    ++sequence.read;
  }
  // The newest token is computed in any case, for its logits.
  sequence.read = std::min(sequence.read, size_of(request) - 1);
  sequence.pages.shrink(static_cast<size_t>(pages_.pages_for(sequence.read)));
  return sequence;
}

void ModelDrafter::propose(std::span<DraftRequest> requests) {
  ++calls_;
  std::vector<Part> parts = plan_reading(requests);
  for (const Part& part : parts) part.sequence->read += static_cast<int32_t>(part.tokens.size());
  while (!parts.empty()) {
    compute(parts);
    std::erase_if(parts, [](const Part& part) {
      return !part.guesses || std::ssize(part.request->guesses) == part.request->most;
    });
    for (Part& part : parts) {
      part.position += static_cast<int32_t>(part.tokens.size());
      part.tokens = std::span(part.request->guesses).last(1);
      part.sequence->guessed.push_back(part.tokens.front());
    }
  }
}

// What the first pass reads of each sequence.
std::vector<ModelDrafter::Part> ModelDrafter::plan_reading(std::span<DraftRequest> requests) {
  std::vector<Part> asked;
  for (DraftRequest& request : requests) {
    Sequence& sequence = follow(request);
    request.guesses.reserve(static_cast<size_t>(request.most));  // parts have views of it
    if (request.most > 0 && !sequence.foreign) asked.push_back({.request = &request, .sequence = &sequence});
  }
  std::ranges::stable_sort(asked, {}, [](const Part& part) { return part.unread().size(); });
  std::vector<Part> parts;
  size_t left = kMaxRows;
  for (Part& part : asked) {
    if (left == 0) break;
    give_rows(part, left);
    if (part.tokens.empty()) continue;
    left -= part.tokens.size();
    parts.push_back(part);
  }
  return parts;
}

// At most so many, and none where there are no pages for them and for the guesses.
void ModelDrafter::give_rows(Part& part, size_t most) {
  const std::span<const TokenId> unread = part.unread();  // not before: others may have taken its pages
  const std::span<const TokenId> tokens = unread.first(std::min(unread.size(), most));
  Sequence& sequence = *part.sequence;
  if (std::ranges::any_of(tokens, [this](TokenId token) { return token >= model_->spec().vocab; })) {
    sequence.foreign = true;
    clear(sequence);
    return;
  }
  part.guesses = tokens.size() == unread.size();
  part.position = sequence.read;
  const int64_t deeper = part.guesses ? part.request->most - 1 : 0;
  if (!make_room(sequence, part.position + std::ssize(tokens) + deeper)) return;
  sequence.served = calls_;
  part.tokens = tokens;
}

// Makes positions up to `end` writable; false where there are no pages.
bool ModelDrafter::make_room(Sequence& sequence, int64_t end) {
  std::vector<PageCopy> copies;
  while (!sequence.pages.write(sequence.read, end, copies)) {
    Sequence* longest_ago = nullptr;
    for (auto& [id, other] : sequences_) {
      const bool may_lose = &other != &sequence && other.served != calls_ && !other.pages.pages().empty();
      if (may_lose && (longest_ago == nullptr || other.served < longest_ago->served)) longest_ago = &other;
    }
    if (longest_ago == nullptr) return false;
    clear(*longest_ago);
  }
  FERRY_CHECK(copies.empty());  // nobody shares pages
  return true;
}

void ModelDrafter::clear(Sequence& sequence) {
  sequence.pages.clear();
  sequence.guessed.clear();
  sequence.read = 0;
}

// One pass, with a guess of each part that has one.
void ModelDrafter::compute(std::span<const Part> parts) {
  const Clock::time_point begin = Clock::now();
  std::vector<TokenId> tokens;
  std::vector<BatchSequence> sequences;
  std::vector<int32_t> logit_rows;
  std::vector<DraftRequest*> guessing;
  for (const Part& part : parts) {
    tokens.insert(tokens.end(), part.tokens.begin(), part.tokens.end());
    sequences.push_back(
        {part.sequence->pages.pages(), part.position, static_cast<int32_t>(part.tokens.size())});
    if (!part.guesses) continue;
    logit_rows.push_back(static_cast<int32_t>(tokens.size()) - 1);
    guessing.push_back(part.request);
  }
  model_->forward({tokens, sequences, logit_rows}, kv_, threads_, logits_.as<float>());
  const auto vocab = static_cast<size_t>(model_->spec().vocab);
  threads_.parallel_for(std::ssize(guessing), 1, [&](int64_t first, int64_t end) {
    LogitRow row;
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(end); ++i) {
      row.read({logits_.as<float>() + i * vocab, shared_vocab_});
      guessing[i]->guesses.push_back(row.likeliest());
    }
  });
  learn(static_cast<int32_t>(tokens.size()),
        std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
}

void ModelDrafter::learn(int32_t rows, double ms) {
  costs_.took(rows, ms);
  if (rows < kReadingRows) return;
  const double row_ms = ms / rows;
  read_row_ms_ = read_row_ms_ == 0 ? row_ms : std::min(row_ms, read_row_ms_ * kRise);
}

}  // namespace ferry
