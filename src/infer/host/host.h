#pragma once
// Which models are in memory. A hosted model is everything that answering with it needs.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "infer/embed/embedder.h"
#include "infer/engine/engine.h"
#include "infer/grammar/grammar_cache.h"
#include "infer/hub/hub.h"
#include "infer/template/template.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {

// What generation_config.json suggests where a request is silent.
struct GenerationDefaults {
  std::optional<float> temperature;
  std::optional<float> top_p;
  std::optional<int32_t> top_k;
  std::optional<float> repetition_penalty;
};

// Immutable but for the engine or the embedder, which take requests from any thread. It has one of the two.
struct HostedModel {
  std::string name;
  LocalModel source;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat_template;  // null: the model has none
  std::string bos_text;                               // for the template: "<s>"
  std::string eos_text;
  GenerationDefaults defaults;
  std::unique_ptr<Engine> engine;          // of a model that makes text
  std::unique_ptr<GrammarCache> grammars;  // the same
  std::unique_ptr<Embedder> embedder;      // of one that makes embeddings or scores

  // Of whichever it has.
  EngineStatus status() const { return engine ? engine->status() : embedder->status(); }
  const EngineMetrics& metrics() const { return engine ? engine->metrics() : embedder->metrics(); }
  void probe(std::function<void()> done) { engine ? engine->probe(done) : embedder->probe(done); }
  int32_t max_model_len() const { return engine ? engine->max_model_len() : embedder->max_tokens(); }
  std::string_view kernels() const { return engine ? engine->kernels() : embedder->kernels(); }
  int64_t weight_bytes() const { return engine ? engine->weight_bytes() : embedder->weight_bytes(); }
  const ArchSpec& spec() const { return engine ? engine->spec() : embedder->spec(); }
};

// How models are loaded.
struct HostSettings {
  EngineSettings engine;
  EmbedSettings embed = {};
};

// `unsupported`, with what to do instead, of a model that makes embeddings or scores.
Result<void> check_makes_text(const HostedModel& model);
// The same of one that makes text.
Result<void> check_makes_vectors(const HostedModel& model);

struct ChatOptions {
  bool continue_final_message = false;  // the prompt ends where the last message's content does
  bool add_special_tokens = false;      // beside what the template prints
};

struct ChatPrompt {
  std::string text;  // as the template rendered it
  std::vector<TokenId> tokens;
};

// A chat, ready for the engine. Special tokens are recognised in the template's own text only, never in what
// a message says.
// `context` is the template's: messages, tools, add_generation_prompt ...; bos_token and eos_token are added.
Result<ChatPrompt> chat_prompt(const HostedModel& model, json::object context, ChatOptions options = {});

// Loads a model with its tokenizer and template. `progress` gets the part done, 0 to 1.
Result<std::shared_ptr<HostedModel>> load_model(const LocalModel& source, const HostSettings& settings,
                                                const std::function<void(double)>& progress = {});

// The models in memory, by name. Any thread may use it.
class Host {
 public:
  void add(std::shared_ptr<HostedModel> model);
  // Null where there is none of this name.
  std::shared_ptr<HostedModel> find(std::string_view name) const;
  std::vector<std::shared_ptr<HostedModel>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<HostedModel>, std::less<>> models_;  // guarded by mutex_
};

}  // namespace ferry
