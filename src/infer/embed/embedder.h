#pragma once
// The engine of a model that makes vectors, not text: takes token ids, gives each input's embedding, or a
// cross-encoder's scores.
//
// One thread runs steps: as many waiting inputs as fit a batch, packed one after the other without padding,
// taken from the waiting requests in turns, so that a large request does not keep the small ones waiting. The
// bits of an input's vector do not depend on its company. submit() and cancel() may be called by any thread.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/embed/sentence_files.h"
#include "infer/engine/engine.h"
#include "infer/engine/engine_metrics.h"
#include "infer/model/arch_spec.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

struct EmbedSettings {
  std::string pooling = "auto";

  template <class V>
  void visit(V& v) {
    v("pooling", pooling,
      "serve the model for embeddings, which its tokens' hidden states become in this way; auto does what "
      "sentence-transformers' files beside the model say, and leaves a chat model without them a chat model")
        .choices({"auto", "mean", "cls", "last"});
  }
};

// Does this model make vectors, by what it is, by the files beside it or by the settings? Reads headers only.
Result<bool> is_embedding_model(const std::filesystem::path& model, const EmbedSettings& settings);

using EmbedInput = FramedText;  // the types are for encoders that have them
// Of each input, in their order: its embedding, or what the classifier says of each label.
using EmbedVectors = std::vector<std::vector<float>>;
using EmbedRequestId = uint64_t;

class Embedder {
 public:
  // Loads the model and starts the thread. `progress` gets the part done, 0 to 1, on the calling thread.
  // Of the engine's settings those about computing count, and max_model_len, max_step_tokens and max_waiting.
  static Result<std::unique_ptr<Embedder>> load(const std::filesystem::path& model,
                                                const Tokenizer& tokenizer, const EngineSettings& engine,
                                                const EmbedSettings& settings,
                                                const std::function<void(double)>& progress = {});
  // Fails what still waits (`unavailable`) and stops the thread.
  ~Embedder();
  Embedder(const Embedder&) = delete;
  Embedder& operator=(const Embedder&) = delete;

  // `done` is called once, on the embedder's thread, unless the request is cancelled before; it must not
  // block. Errors: invalid_argument (no input, an empty one, an unknown token), resource_exhausted (an input
  // is too long, with the numbers), overloaded (queue full). Each names the input by its index.
  Result<EmbedRequestId> submit(std::vector<EmbedInput> inputs,
                                std::function<void(Result<EmbedVectors>)> done);
  // Ends a request soon: `done` is not called, unless it is being called already. Unknown ids are ignored.
  void cancel(EmbedRequestId id);

  // As Engine::probe.
  void probe(std::function<void()> done);

  // What there is to say of it without text and pages; an input counts as an answer.
  EngineStatus status() const;
  const EngineMetrics& metrics() const;
  const ArchSpec& spec() const;
  const SentenceFiles& files() const;  // as they count: with `pooling` from the settings
  int32_t max_tokens() const;          // of an input, special tokens included
  bool is_classifier() const { return spec().classifier.has_value(); }
  std::string_view kernels() const;
  int64_t weight_bytes() const;

 private:
  class Loop;
  explicit Embedder(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace ferry
