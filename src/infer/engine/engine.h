#pragma once
// The engine of one loaded model: takes token ids, streams tokens and text back.
//
//   plan   = scheduler.next();
//   logits = model.forward(plan.batch, kv);
//   tokens = sample(logits, plan);
//   scheduler.commit(plan, tokens);            // and stream them out
//
// One engine thread runs these steps and drives the compute threads; it sleeps while there is nothing to do.
// submit() and cancel() may be called by any thread. A request's events come on the engine thread, one after
// the other, and must not block it; of each of its n answers exactly one event, the last, has `finish` set.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/settings/units.h"
#include "infer/draft/drafter.h"
#include "infer/engine/line_limit.h"
#include "infer/grammar/grammar.h"
#include "infer/model/arch_spec.h"
#include "infer/sample/sampler.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

struct EngineSettings {
  int threads = 0;
  bool pin_threads = true;
  std::string kernels = "auto";
  std::string arithmetic = "bf16";
  std::string kv_type = "bf16";
  ByteSize kv_cache{0};
  int max_model_len = 0;
  int max_step_tokens = 512;
  Duration max_step_time{200};
  int max_running = 64;
  int max_waiting = 1024;
  bool prefix_cache = true;
  bool keep_packed = true;
  std::filesystem::path packed_folder = {};  // where, set by the program; empty: nowhere
  std::string speculate = "grammar";
  std::string draft = {};  // the program's names are paths here
  int speculate_tokens = 8;
  bool speculate_adaptive = true;
  MakeDrafter drafter = {};  // guesses instead of what `speculate` and `draft` name

  template <class V>
  void visit(V& v) {
    v("threads", threads, "compute threads; 0 takes one for each physical core that this process may use")
        .range(0, 1024);
    v("pin_threads", pin_threads,
      "keep each compute thread on a core of its own, where together they take all that the machine has");
    v("kernels", kernels, "kernel table, see `ferry kernels`; auto takes the best one for this machine");
    v("arithmetic", arithmetic,
      "what weights and activations are multiplied in: int8 is faster for weights in blocks and coarser, f32 "
      "more exact")
        .choices({"bf16", "int8", "f32"});
    v("kv_type", kv_type, "number format of the KV cache; int8 takes half of bf16's memory")
        .choices({"bf16", "f32", "int8"});
    v("kv_cache", kv_cache,
      "memory for the KV cache; 0 takes what the model's context needs, at most a "
      "quarter of the free memory");
    v("max_model_len", max_model_len, "longest prompt and answer together, in tokens; 0: the model's own")
        .range(0, 1 << 24);
    v("max_step_tokens", max_step_tokens, "tokens computed in one step").range(1, 1 << 16);
    v("max_step_time", max_step_time,
      "running answers get a token at least so often: a step takes fewer tokens of prompts if need be; "
      "0: however long it takes")
        .range(0, 3600e3);
    v("max_running", max_running, "answers computed at the same time").range(1, 4096);
    v("max_waiting", max_waiting, "answers that may wait for their turn before new requests are refused")
        .range(1, 1 << 20);
    v("prefix_cache", prefix_cache,
      "keep what was computed, for later prompts that begin with the same tokens");
    v("keep_packed", keep_packed,
      "keep large models' weights in this machine's layout under FERRY_HOME/cache, so that they start at "
      "once");
    v("speculate", speculate,
      "guess an answer's next tokens and verify them in one step, which changes no answer; grammar: text "
      "that a schema or another grammar leaves no choice about; ngram: that, and what followed the same "
      "tokens before")
        .choices({"off", "grammar", "ngram"});
    v("draft", draft,
      "a second, smaller model with the same vocabulary that guesses an answer's next tokens (a name or a "
      "path); not with `--speculate ngram`");
    v("speculate_tokens", speculate_tokens, "guesses verified in one step, for each answer").range(1, 64);
    v("speculate_adaptive", speculate_adaptive,
      "verify only as many guesses as make answers faster, by what steps took and guesses were worth");
  }
};

// Of an answer that begins with a thought, or may.
struct ThoughtRequest {
  bool open = false;                          // the prompt has begun it
  std::string opening;                        // "<think>": begins it otherwise
  std::string closing;                        // "</think>": ends it
  std::optional<TokenId> opening_token = {};  // the token of that text, if there is one
  int32_t budget = -1;                        // tokens of the thought, then it is ended; -1: any number
  std::vector<TokenId> ending = {};           // how: not empty, and `closing` is in its text
};

struct EngineRequest {
  std::vector<TokenId> prompt;
  SamplingParams sampling;
  int32_t max_tokens = 0;                 // of the answer; 0: as many as the context allows
  int32_t min_tokens = 0;                 // among these is no end or stop token, and no stop string ends
  std::vector<std::string> stop;          // end the answer
  std::vector<TokenId> stop_tokens = {};  // the same, beside the model's own end tokens
  LineLimitSettings lines = {};           // ends it, too, as if it had reached max_tokens
  bool ignore_eos = false;                // the model's own end tokens do not end the answer
  bool include_stop = false;  // a stop string, or an end token's text, is part of the answer's text
  bool skip_special = true;   // special tokens are not part of the text
  std::vector<TokenId> shown_special = {};  // but for these: markers of thoughts and calls
  int32_t prompt_logprobs = -1;  // as sampling.logprobs, for the prompt's tokens. With it the whole prompt is
                                 // computed, none of it taken from the prefix cache
  std::shared_ptr<const Grammar> grammar = {};  // what the text is, behind the thought; null: anything
  std::optional<ThoughtRequest> thought = {};
  int32_t n = 1;                // answers to this prompt; the i-th draws with sampling.seed + i
  int32_t priority = 0;         // lower goes first
  std::string tenant = {};      // on whose behalf: tenants share the engine fairly, and no cached prefix
  std::string cache_salt = {};  // prefixes are shared only between requests with the same one
};

enum class EngineFinish {
  stop,       // an end token or a stop string
  length,     // max_tokens or the context's end
  cancelled,  // by cancel(), or because the engine stops
  failed,     // no token can follow: EngineEvent::error says why
};

struct EngineEvent {
  std::vector<SampledToken> tokens = {};  // since the last event; an end token is not among them
  std::string text = {};  // whole characters; lags behind the tokens while a stop string may begin
  std::optional<EngineFinish> finish = {};
  std::optional<SampledToken> end_token = {};    // that ended the answer: the model's own or of stop_tokens
  std::string stop = {};                         // the stop string that did
  std::string error = {};                        // with EngineFinish::failed
  std::vector<SampledToken> prompt_tokens = {};  // for prompt_logprobs: all but the prompt's first token,
                                                 // which nothing predicts. In the first event of choice 0,
                                                 // which comes before those of the others
  int32_t completion_tokens = 0;                 // of this answer so far, an end token counted in
  int32_t choice = 0;                            // which of the request's n answers
  int32_t cached_tokens = 0;                     // of the prompt, found in the prefix cache
};

struct EngineStatus {
  size_t running = 0;
  size_t waiting = 0;
  int32_t kv_pages = 0;
  int32_t kv_page_tokens = 0;   // of each
  int32_t kv_pages_free = 0;    // held by no running answer
  int32_t kv_pages_cached = 0;  // of these, still good for a prompt that begins with their tokens
  uint64_t steps = 0;
  std::chrono::steady_clock::time_point last_step = {};  // when it ended; at first, when the engine began
  uint64_t prompt_tokens = 0;                            // computed
  uint64_t completion_tokens = 0;                        // sampled
  uint64_t preemptions = 0;
  uint64_t prefix_cache_queries = 0;  // tokens of the prompts that were started
  uint64_t prefix_cache_hits = 0;     // of these, found in the prefix cache
  uint64_t drafts = 0;                // times that an answer's next tokens were guessed and verified
  uint64_t draft_tokens = 0;          // guesses verified
  uint64_t accepted_tokens = 0;       // of these, right
};

using EngineRequestId = uint64_t;

struct EngineMetrics;  // engine_metrics.h

class Engine {
 public:
  // Loads the model and starts the thread. `progress` gets the part done, 0 to 1, on the calling thread.
  static Result<std::unique_ptr<Engine>> load(const std::filesystem::path& model,
                                              std::shared_ptr<const Tokenizer> tokenizer,
                                              const EngineSettings& settings,
                                              const std::function<void(double)>& progress = {});
  // Cancels what still runs (their last events are delivered) and stops the thread.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Errors: invalid_argument (a parameter, an unknown token), resource_exhausted (prompt too long for the
  // context, with the numbers), overloaded (queue full).
  Result<EngineRequestId> submit(EngineRequest request, std::function<void(EngineEvent)> on_event);
  // Ends all answers of a request soon; their pages are free within one step. Unknown ids are ignored.
  void cancel(EngineRequestId id);

  // Asks for a sign of life: `done` is called on the engine thread after the next step, or when the engine
  // stops. An engine without work computes one token for nobody.
  void probe(std::function<void()> done);

  EngineStatus status() const;
  // Seconds until those that wait now have had their turn: their number by the rate at which answers end
  // lately, which is the number of those that run by how long one takes (Little's law). 0: nobody waits, or
  // none has ended yet.
  double queue_s() const;
  const EngineMetrics& metrics() const;
  // Tokens that end answers: the model's own and the tokenizer's.
  std::span<const TokenId> end_tokens() const;
  const ArchSpec& spec() const;
  int32_t max_model_len() const;
  int32_t max_answers() const;       // that may run and wait at the same time
  std::string_view kernels() const;  // the name of the table in use
  int64_t weight_bytes() const;      // the draft model's included

 private:
  class Loop;
  explicit Engine(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace ferry
