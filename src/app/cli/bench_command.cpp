#include <charconv>
#include <filesystem>

#include <unistd.h>

#include "app/cli/configuration.h"
#include "app/cli/loading.h"
#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "base/core/compute_cores.h"
#include "base/core/json.h"
#include "infer/bench/bench.h"
#include "infer/hub/hub.h"
#include "infer/model/describe.h"
#include "infer/model/options.h"
#include "infer/model/random_model.h"

namespace ferry::cli {
namespace {

constexpr DType kAllTypes[] = {DType::f32,  DType::f16,  DType::bf16, DType::q8_0,
                               DType::q4_0, DType::q4_k, DType::q6_k};
constexpr int32_t kMaxRows = 512;  // of a prefill step, as the engine's default

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

Result<DType> find_type(const std::string& name) {
  std::vector<std::string> names;
  for (const DType type : kAllTypes) {
    names.push_back(lower(dtype_info(type).name));
    if (names.back() == lower(name)) return type;
  }
  return fail(ErrorCode::invalid_argument, "--type {}: the types are {}", name, fmt::join(names, ", "));
}

// "1,8,32"
Result<std::vector<int32_t>> read_counts(std::string_view option, std::string_view text, int32_t least) {
  std::vector<int32_t> counts;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    int32_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + comma, count);
    if (read.ec != std::errc() || read.ptr != text.data() + comma || count < least || count > 1 << 20) {
      return fail(ErrorCode::invalid_argument,
                  "{} wants numbers from {} on with commas between, as in 128,2048", option, least);
    }
    counts.push_back(count);
    if (comma == text.size()) return counts;
    text.remove_prefix(comma + 1);
  }
}

// A file that goes when this does.
class TemporaryFile {
 public:
  TemporaryFile()
      : path_(std::filesystem::temp_directory_path() / fmt::format("ferry-bench-{}.gguf", ::getpid())) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What is measured and what came out.
struct Report {
  std::string shape;
  std::string type;
  int64_t parameters = 0;
  int64_t weight_bytes = 0;
  int threads = 0;
  std::string kernels;
  std::string arithmetic;
  MachineLimits limits;
  std::vector<BenchResult> results;
};

std::string_view phase_name(BenchPhase phase) {
  return phase == BenchPhase::prefill ? "prefill" : "decode";
}

void print_table(const Report& report, std::ostream& out) {
  out << fmt::format("{}, {}, {} parameters, {} in memory\n", report.shape, report.type,
                     count_text(report.parameters), bytes_text(static_cast<uint64_t>(report.weight_bytes)));
  out << fmt::format("{} threads, kernels {}, arithmetic {}\n", report.threads, report.kernels,
                     report.arithmetic);
  out << fmt::format("this machine: reads {:.1f} GB/s, multiplies {:.3f} TFLOP/s ({})\n\n",
                     report.limits.read_bytes_s * 1e-9, report.limits.matrix_flops_s * 1e-12,
                     report.limits.unit);
  TextTable table;
  table.add({"phase", "batch", "prompt", "context", "tokens/s", "ms", "of the limit"});
  for (const BenchResult& result : report.results) {
    const bool prefill = result.what.phase == BenchPhase::prefill;
    table.add({std::string(phase_name(result.what.phase)), fmt::format("{}", result.what.batch),
               prefill ? fmt::format("{}", result.what.prompt) : "",
               prefill ? "" : fmt::format("{}", result.what.context),
               fmt::format("{:.1f}", result.tokens_per_s), fmt::format("{:.1f}", result.seconds * 1e3),
               fmt::format("{:.0f} % ({})", result.fraction_of_limit * 100,
                           result.memory_bound ? "memory" : "compute")});
  }
  table.print(out);
}

void write_result(JsonWriter& w, const BenchResult& result) {
  w.begin_object();
  w.member("phase", phase_name(result.what.phase));
  w.member("batch", result.what.batch);
  w.member("prompt", result.what.prompt);
  w.member("context", result.what.context);
  w.member("tokens_per_s", result.tokens_per_s);
  w.member("seconds", result.seconds);
  w.member("runs", result.runs);
  w.member("fraction_of_limit", result.fraction_of_limit);
  w.member("limit", result.memory_bound ? "memory" : "compute");
  w.end_object();
}

void print_json(const Report& report, std::ostream& out) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  w.key("limits");
  w.begin_object();
  w.member("read_gb_s", report.limits.read_bytes_s * 1e-9);
  w.member("matrix_tflop_s", report.limits.matrix_flops_s * 1e-12);
  w.member("unit", report.limits.unit);
  w.end_object();
  w.key("model");
  w.begin_object();
  w.member("shape", report.shape);
  w.member("type", report.type);
  w.member("weight_bytes", report.weight_bytes);
  w.member("parameters", report.parameters);
  w.end_object();
  w.member("threads", report.threads);
  w.member("kernels", report.kernels);
  w.member("arithmetic", report.arithmetic);
  w.key("results");
  w.begin_array();
  for (const BenchResult& result : report.results) write_result(w, result);
  w.end_array();
  w.end_object();
  out << text << '\n';
}

void print_profile(const ForwardProfile& profile, std::ostream& out) {
  double total = 0;
  for (size_t i = 0; i < kOpNames.size(); ++i) total += profile.seconds(static_cast<Op>(i));
  TextTable table;
  for (size_t i = 0; i < kOpNames.size(); ++i) {
    const double seconds = profile.seconds(static_cast<Op>(i));
    table.add({std::string(kOpNames[i]), fmt::format("{:5.1f} %", 100 * seconds / total)});
  }
  table.print(out);
}

class BenchCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Measures how fast a model runs on this machine: prompts (prefill) and answers (decode), each\n"
            "beside the limit that the machine's memory and multiply units set, measured in the same run.\n"
            "Without a model, --shape takes a well-known one's shape and random weights: as fast, nothing "
            "to\ndownload.",
        .examples =
            "ferry bench --shape llama-3.2-1b --type q4_k\n"
            "ferry bench ./model.gguf --batch 1,8,32 --context 128,2048\n"
            "ferry bench --shape llama-3.2-1b --type q8_0 --write /tmp/1b.gguf",
        .options = {{"MODEL", &model_, "name or path"},
                    {"--shape", &shape_, "random weights in this shape: llama-3.2-1b, qwen3-0.6b, ..."},
                    {"--type", &type_, "number format of the random weights: bf16, q8_0, q4_0, q4_k, ..."},
                    {"--write", &write_, "write the random weights to this GGUF file, and measure nothing"},
                    {"--prompt", &prompts_, "tokens of the prompts, 512; several with commas; 0: none"},
                    {"--batch", &batches_, "sequences decoded together, 1,8,32; 0: none"},
                    {"--context", &contexts_, "tokens before the decoded one, 128"},
                    {"--seconds", &seconds_, "at least for each figure, 2"},
                    {"--profile", &profile_, "also tell where the time goes, op by op"},
                    {"--json", &json_, "print a JSON object"}},
        .configuration = &configuration_,
        .flag_groups = {"Engine"}};
  }

  Result<int> run(Console& console) override {
    if (model_.empty() == shape_.empty()) {
      return fail(ErrorCode::invalid_argument, "name either a model or a --shape");
    }
    if (!shape_.empty()) return bench_shape(console);
    FERRY_TRY(const LocalModel model, resolve_model(model_, HubFolders::from_environment()));
    return bench_file(console, model.path, model.name);
  }

 private:
  Result<int> bench_shape(Console& console) {
    FERRY_TRY(const ModelShape shape, find_shape(shape_));
    FERRY_TRY(const DType type, find_type(type_));
    if (!write_.empty()) {
      FERRY_TRY_VOID(write_random_model(shape, type, write_));
      return 0;
    }
    const TemporaryFile file;
    FERRY_TRY_VOID(write_random_model(shape, type, file.path()));
    return bench_file(console, file.path(), shape_);
  }

  Result<int> bench_file(Console& console, const std::filesystem::path& path, const std::string& name) {
    FERRY_TRY(const std::vector<BenchCase> cases, read_cases());
    const EngineSettings& engine = configuration_.engine;
    ComputeCores cores = choose_compute_cores(engine.threads, engine.pin_threads);
    ThreadPool pool(cores.threads, std::move(cores.pins));
    pool.keep_caller();
    Report report;
    FERRY_TRY(const ModelDescription description, describe(path));
    if (!description.spec.makes_text()) {
      return fail(ErrorCode::unsupported, "{} makes no text; bench measures prompts and answers", name);
    }
    FERRY_TRY(const auto model, load(console, path, name, cases, pool));
    FERRY_TRY(const ModelOptions options, make_model_options(engine.kernels, engine.arithmetic));
    const DType dtype = description.dtypes.at(0).dtype;
    const bool integers = kernels::multiplies_integers(dtype, options.arithmetic);
    FERRY_TRY(report.limits, measure_limits(integers ? options.table->int8_unit : options.table->unit, pool));
    ForwardProfile profile;
    if (profile_) model->set_profile(&profile);
    FERRY_TRY(report.results, run_bench(*model, pool, report.limits, cases,
                                        {.kv_type = parse_kv_type(engine.kv_type).value_or(KvType::bf16),
                                         .min_seconds = seconds_.value_or(2)}));
    report.shape = name;
    report.type = lower(dtype_info(dtype).name);
    report.parameters = description.parameters;
    report.weight_bytes = model->weight_bytes();
    report.threads = pool.size();
    report.kernels = options.table->name;
    report.arithmetic = engine.arithmetic;
    json_ ? print_json(report, console.out) : print_table(report, console.out);
    if (profile_) print_profile(profile, json_ ? console.err : console.out);
    return 0;
  }

  Result<std::unique_ptr<Model>> load(Console& console, const std::filesystem::path& path,
                                      const std::string& name, const std::vector<BenchCase>& cases,
                                      ThreadPool& pool) const {
    const EngineSettings& engine = configuration_.engine;
    FERRY_TRY(ModelOptions options, make_model_options(engine.kernels, engine.arithmetic));
    options.max_rows = kMaxRows;
    // As a server would find it: mapped, if it has been loaded before.
    if (shape_.empty() && engine.keep_packed) options.packed_folder = packed_folder();
    for (const BenchCase& what : cases) options.max_rows = std::max(options.max_rows, what.batch);
    ProgressLine progress(console, fmt::format("loading {}", name));
    options.progress = [&](double part) { progress.update(part); };
    return Model::load(path, options, pool);
  }

  Result<std::vector<BenchCase>> read_cases() const {
    FERRY_TRY(const auto prompts, read_counts("--prompt", prompts_, 0));
    FERRY_TRY(const auto batches, read_counts("--batch", batches_, 0));
    FERRY_TRY(const auto contexts, read_counts("--context", contexts_, 0));
    if (seconds_.value_or(2) < 0) return fail(ErrorCode::invalid_argument, "--seconds must not be negative");
    std::vector<BenchCase> cases;
    for (const int32_t prompt : prompts) {
      if (prompt > 0) cases.push_back({.phase = BenchPhase::prefill, .batch = 1, .prompt = prompt});
    }
    for (const int32_t context : contexts) {
      for (const int32_t batch : batches) {
        if (batch > 0) cases.push_back({.phase = BenchPhase::decode, .batch = batch, .context = context});
      }
    }
    return cases;
  }

  std::string model_;
  std::string shape_;
  std::string type_ = "q8_0";
  std::string write_;
  std::string prompts_ = "512";
  std::string batches_ = "1,8,32";
  std::string contexts_ = "128";
  std::optional<double> seconds_;
  bool profile_ = false;
  bool json_ = false;
  Configuration configuration_;
};

}  // namespace

std::unique_ptr<Command> make_bench_command() {
  return std::make_unique<BenchCommand>();
}

}  // namespace ferry::cli
