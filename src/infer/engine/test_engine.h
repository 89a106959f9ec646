#pragma once
// What the engine's tests share: an engine on a tiny golden checkpoint, with the kernels of this machine, and
// a listener to its answers.

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "infer/engine/engine.h"
#include "infer/engine/test_tokenizer.h"

namespace ferry {

inline const std::filesystem::path kModel =
    std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/model/llama3";

inline std::shared_ptr<const Tokenizer> test_tokenizer() {
  return Tokenizer::from_json(test_tokenizer_json(), "test tokenizer").value();
}

// A folder with a golden checkpoint and a tokenizer that fits it, gone with the object.
class ModelFolder {
 public:
  explicit ModelFolder(const std::string& checkpoint, const std::string& tokenizer = test_tokenizer_json()) {
    std::string name = (std::filesystem::temp_directory_path() / "ferry_engine.XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    for (const auto& entry : std::filesystem::directory_iterator(kModel.parent_path() / checkpoint)) {
      std::filesystem::create_symlink(entry.path(), path_ / entry.path().filename());
    }
    EXPECT_TRUE(write_file_atomic(path_ / "tokenizer.json", tokenizer));
  }
  ~ModelFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Collects one answer.
class Listener {
 public:
  std::function<void(EngineEvent)> callback() {
    return [this](EngineEvent event) {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(last_.finish) << "an event after the last";
      text_ += event.text;
      for (SampledToken& sampled : event.tokens) sampled_.push_back(std::move(sampled));
      for (SampledToken& scored : event.prompt_tokens) prompt_tokens_.push_back(std::move(scored));
      last_ = std::move(event);
      changed_.notify_all();
    };
  }
  EngineFinish wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return last_.finish.has_value(); });
    return *last_.finish;
  }
  std::vector<TokenId> tokens() const {
    std::vector<TokenId> ids;
    ids.reserve(sampled_.size());
    for (const SampledToken& sampled : sampled_) ids.push_back(sampled.token);
    return ids;
  }
  const std::string& text() const { return text_; }
  const std::vector<SampledToken>& sampled() const { return sampled_; }
  const std::vector<SampledToken>& prompt_tokens() const { return prompt_tokens_; }
  const EngineEvent& last() const { return last_; }
  int32_t completion_tokens() const { return last_.completion_tokens; }
  int32_t cached_tokens() const { return last_.cached_tokens; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::vector<SampledToken> sampled_;
  std::vector<SampledToken> prompt_tokens_;
  EngineEvent last_;
};

inline std::unique_ptr<Engine> load(const EngineSettings& settings = {}) {
  auto engine = Engine::load(kModel, test_tokenizer(), settings);
  if (!engine) ADD_FAILURE() << engine.error().message;
  return *std::move(engine);
}

inline EngineRequest request(uint64_t seed, int32_t prompt_tokens, int32_t max_tokens,
                             float temperature = 1.0f) {
  EngineRequest made;
  for (int32_t i = 0; i < prompt_tokens; ++i) {
    made.prompt.push_back(static_cast<TokenId>((seed * 31 + static_cast<uint64_t>(i) * 7) % kTestVocab));
  }
  made.sampling.temperature = temperature;
  made.sampling.seed = seed;
  made.max_tokens = max_tokens;
  made.ignore_eos = true;
  return made;
}

inline std::vector<TokenId> answer(Engine& engine, EngineRequest asked) {
  Listener listener;
  EXPECT_TRUE(engine.submit(std::move(asked), listener.callback()));
  listener.wait();
  return listener.tokens();
}

}  // namespace ferry
