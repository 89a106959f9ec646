#include <future>
#include <istream>

#include "app/cli/configuration.h"
#include "app/cli/loading.h"
#include "app/cli/verbs.h"
#include "base/core/json.h"
#include "serve/providers/local.h"

namespace ferry::cli {
namespace {

// Lines that are computed together.
constexpr size_t kBatchLines = 64;

class EmbedCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Reads lines of text from standard input and prints each one's embedding on one line: "
                "numbers with "
                "spaces between them, or a JSON object with --json. MODEL is an encoder, or any model with "
                "--pooling.",
            .examples =
                "echo 'The ferry crosses at noon' | ferry embed all-MiniLM-L6-v2\n"
                "ferry embed all-MiniLM-L6-v2 --json < lines.txt > vectors.jsonl",
            .options = {{"MODEL", &model_, "name or path", true},
                        {"--json", &json_, "print objects with \"embedding\" and \"tokens\""},
                        {"--truncate", &truncate_, "cut lines that are longer than the model takes"}},
            .configuration = &configuration_,
            .flag_groups = {"Engine", "Embeddings", "Log"}};
  }

  Result<int> run(Console& console) override {
    configuration_.apply_log(LogLevel::warning);
    FERRY_TRY(const LocalModel source, resolve_model(model_, HubFolders::from_environment()));
    FERRY_TRY(auto model, load_with_progress(source, configuration_.host(), console));
    FERRY_TRY_VOID(check_makes_vectors(*model));
    Host host;
    host.add(model);
    const std::unique_ptr<Provider> provider = make_local_provider(host, configuration_.provider);
    size_t line = 1;  // the next batch's first
    for (std::vector<std::string> lines = read_lines(console.in); !lines.empty();
         lines = read_lines(console.in)) {
      FERRY_TRY_VOID(print_batch(*provider, model->name, lines, line, console.out));
      line += lines.size();
      if (!console.out.good()) return 1;
    }
    return 0;
  }

 private:
  static std::vector<std::string> read_lines(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; lines.size() < kBatchLines && std::getline(in, line);)
      lines.push_back(std::move(line));
    return lines;
  }

  Result<void> print_batch(Provider& provider, const std::string& model,
                           const std::vector<std::string>& lines, size_t first_line,
                           std::ostream& out) const {
    // One request a line: an error names its line, and they are computed together all the same.
    std::vector<std::future<ApiResult<EmbeddingResult>>> answers;
    for (const std::string& line : lines) answers.push_back(ask(provider, model, line));
    std::vector<ApiResult<EmbeddingResult>> results;
    for (auto& answer : answers) results.push_back(answer.get());
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i]) return tl::unexpected(error_of(std::move(results[i]).error(), first_line + i));
      print(*results[i], out);
    }
    return {};
  }

  static Error error_of(ApiError error, size_t line) {
    if (error.reason == "context_length_exceeded") error.error.message += " (here --truncate)";
    return std::move(error.error).within(fmt::format("line {}", line));
  }

  std::future<ApiResult<EmbeddingResult>> ask(Provider& provider, const std::string& model,
                                              const std::string& line) const {
    EmbeddingRequest request;
    request.model = model;
    request.inputs.emplace_back(line);
    if (truncate_) request.truncate = -1;
    auto promise = std::make_shared<std::promise<ApiResult<EmbeddingResult>>>();
    auto answer = promise->get_future();
    provider.embed(std::move(request),
                   [promise](ApiResult<EmbeddingResult> result) { promise->set_value(std::move(result)); });
    return answer;
  }

  void print(const EmbeddingResult& result, std::ostream& out) const {
    const std::vector<float>& vector = result.vectors.front();
    if (!json_) {
      out << fmt::format("{}\n", fmt::join(vector, " "));
      return;
    }
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    w.member("tokens", result.prompt_tokens);
    w.key("embedding");
    w.begin_array();
    for (const float value : vector) w.value(value);
    w.end_array();
    w.end_object();
    out << text << '\n';
  }

  std::string model_;
  bool json_ = false;
  bool truncate_ = false;
  Configuration configuration_;
};

}  // namespace

std::unique_ptr<Command> make_embed_command() {
  return std::make_unique<EmbedCommand>();
}

}  // namespace ferry::cli
