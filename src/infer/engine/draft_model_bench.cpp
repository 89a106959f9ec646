// What a draft model wins or costs: answers per second of one model without guesses, and with guesses of
// several other models.
//
// The model is the bundled one with seven idle layers behind each of its own: their products are zeros, so it
// computes the same bits and takes about eight times as long. Its draft models:
//   twin      the bundled model: always right where an answer is greedy, at an eighth of the time
//   near      the twin without its second layer: right nine times of ten
//   itself    always right, and as slow as the model
//   stranger  the twin without its last norm: never right
// Greedy answers, and sampled ones at temperature 1.
//
// Shared machines are noisy: --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true

#include <condition_variable>
#include <map>
#include <mutex>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/core/file.h"
#include "base/core/json.h"
#include "infer/engine/engine.h"
#include "infer/formats/safetensors_writer.h"
#include "infer/formats/weights.h"

namespace ferry {
namespace {

constexpr int32_t kPrompt = 48;
constexpr int32_t kAnswer = 256;
constexpr int32_t kIdle = 7;  // layers behind each one

enum Draft { off, twin, near, itself, stranger };

std::filesystem::path pilot() {
  return std::filesystem::path(FERRY_SOURCE_DIR) / "models/pilot";
}

// Variations of the bundled model in a folder that is gone with the object.
class Models {
 public:
  Models() : source_(WeightSource::open(pilot()).value()) {
    std::string name = (std::filesystem::temp_directory_path() / "ferry_draft.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const std::string config = (pilot() / "config.json").string();
    config_ = parse_json(read_file(config).value(), config).value().as_object();
    layers_ = static_cast<int32_t>(config_.at("num_hidden_layers").as_int64());
    write("deep", {.idle = kIdle});
    write("near", {.without = 1});
    write("stranger", {.normed = false});
  }
  ~Models() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Models(const Models&) = delete;
  Models& operator=(const Models&) = delete;

  std::filesystem::path path(Draft draft) const {
    if (draft == twin) return pilot();
    return folder_ / (draft == near ? "near" : draft == stranger ? "stranger" : "deep");
  }

 private:
  struct Variation {
    int32_t idle = 0;      // layers behind each
    int32_t without = -1;  // this layer
    bool normed = true;    // at the end
  };

  void write(const std::string& name, const Variation& made) {
    const std::filesystem::path folder = folder_ / name;
    std::filesystem::create_directories(folder);
    std::filesystem::create_symlink(pilot() / "tokenizer.json", folder / "tokenizer.json");
    json::object config = config_;
    config["num_hidden_layers"] = (layers_ - (made.without >= 0 ? 1 : 0)) * (made.idle + 1);
    FERRY_CHECK(write_file_atomic(folder / "config.json", to_json(config)));
    SafetensorsWriter writer;
    for (const std::string_view tensor : source_.names()) {
      const TensorView& view = *source_.find(tensor);
      if (tensor.starts_with(kLayer)) {
        add_layers(writer, tensor, view, made);
      } else {
        writer.add_tensor(tensor, tensor == "model.norm.weight" && !made.normed ? zeros(view) : view);
      }
    }
    FERRY_CHECK(writer.write(folder / "model.safetensors"));
  }

  // tensor: "model.layers.3.mlp.down_proj.weight"
  void add_layers(SafetensorsWriter& writer, std::string_view tensor, const TensorView& view,
                  const Variation& made) const {
    const size_t dot = tensor.find('.', kLayer.size());
    const std::string_view part = tensor.substr(dot);
    int32_t layer = std::stoi(std::string(tensor.substr(kLayer.size(), dot - kLayer.size())));
    if (layer == made.without) return;
    if (made.without >= 0 && layer > made.without) --layer;
    const bool adds = part == ".self_attn.o_proj.weight" || part == ".mlp.down_proj.weight";
    for (int32_t i = 0; i <= made.idle; ++i) {
      const std::string copy = fmt::format("{}{}{}", kLayer, layer * (made.idle + 1) + i, part);
      writer.add_tensor(copy, i > 0 && adds ? zeros(view) : view);
    }
  }

  TensorView zeros(TensorView view) const {
    view.data = zeros_.data();
    FERRY_CHECK(static_cast<size_t>(view.shape.elements()) * sizeof(float) <= zeros_.size());
    return view;
  }

  static constexpr std::string_view kLayer = "model.layers.";

  WeightSource source_;
  std::filesystem::path folder_;
  json::object config_;
  int32_t layers_ = 0;
  std::vector<std::byte> zeros_ = std::vector<std::byte>(1 << 20);
};

Engine& engine(Draft draft) {
  static const Models models;
  static std::map<Draft, std::unique_ptr<Engine>> engines;
  std::unique_ptr<Engine>& engine = engines[draft];
  if (engine == nullptr) {
    EngineSettings settings;
    settings.max_model_len = kPrompt + kAnswer;
    settings.prefix_cache = false;
    if (draft != off) settings.draft = models.path(draft).string();
    engine = Engine::load(models.path(itself), Tokenizer::open(pilot()).value(), settings).value();
  }
  return *engine;
}

EngineRequest request(uint64_t seed, float temperature) {
  EngineRequest made;
  for (int32_t i = 0; i < kPrompt; ++i) {
    made.prompt.push_back(100 + (i * 37 + static_cast<int32_t>(seed)) % 400);
  }
  made.max_tokens = kAnswer;
  made.ignore_eos = true;
  made.sampling.seed = seed;
  made.sampling.temperature = temperature;
  return made;
}

void answers(benchmark::State& state, Draft draft, float temperature) {
  Engine& engine = ferry::engine(draft);
  const auto count = static_cast<int32_t>(state.range(0));
  const EngineStatus before = engine.status();
  uint64_t seed = 0;
  for (auto _ : state) {
    std::mutex mutex;
    std::condition_variable changed;
    int32_t running = count;
    for (int32_t i = 0; i < count; ++i) {
      const auto submitted = engine.submit(request(++seed, temperature), [&](const EngineEvent& event) {
        const std::lock_guard lock(mutex);
        if (event.finish && --running == 0) changed.notify_all();
      });
      FERRY_CHECK(submitted);
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == 0; });
  }
  const EngineStatus after = engine.status();
  const double tokens = static_cast<double>(state.iterations()) * count * kAnswer;
  const auto guesses = static_cast<double>(after.draft_tokens - before.draft_tokens);
  const auto right = static_cast<double>(after.accepted_tokens - before.accepted_tokens);
  state.counters["tokens/s"] = benchmark::Counter(tokens, benchmark::Counter::kIsRate);
  state.counters["tokens/step"] = tokens / static_cast<double>(after.steps - before.steps);
  state.counters["right"] = guesses > 0 ? right / guesses : 0;
}

#define FERRY_BENCH_DRAFT(draft)                                                          \
  BENCHMARK_CAPTURE(answers, greedy_##draft, draft, 0.0f)->Arg(1)->Arg(8)->UseRealTime(); \
  BENCHMARK_CAPTURE(answers, sampled_##draft, draft, 1.0f)->Arg(1)->Arg(8)->UseRealTime()

FERRY_BENCH_DRAFT(off);
FERRY_BENCH_DRAFT(twin);
FERRY_BENCH_DRAFT(near);
FERRY_BENCH_DRAFT(itself);
FERRY_BENCH_DRAFT(stranger);

}  // namespace
}  // namespace ferry
