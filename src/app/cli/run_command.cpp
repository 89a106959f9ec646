#include <iterator>

#include "app/cli/answer_printer.h"
#include "app/cli/chat.h"
#include "app/cli/configuration.h"
#include "app/cli/loading.h"
#include "app/cli/signals.h"
#include "app/cli/verbs.h"
#include "serve/providers/local.h"

namespace ferry::cli {
namespace {

constexpr int kExitInterrupted = 130;  // 128 + SIGINT, as shells report it

class RunCommand final : public Command {
 public:
  Declaration declare() override {
    Declaration declaration{
        .about =
            "Talks to a model in the terminal. With a PROMPT, or with text on standard input, prints one "
            "answer; otherwise begins a chat, in which /help lists the commands.",
        .examples =
            "ferry run pilot\n"
            "ferry run pilot \"What is Ferry?\"\n"
            "ferry run pilot --temperature 0 --max-tokens 50 < question.txt\n"
            "ferry run base.gguf --raw \"Once upon a time\"",
        .options = {{"MODEL", &model_, "name from `ferry list`, or a path", true},
                    {"PROMPT", &prompt_, "what to ask"},
                    {"--system", &system_, "system message"},
                    {"--raw", &raw_, "let the model continue the prompt as it is, without its chat template"},
                    {"-v,--verbose", &verbose_, "print the speed after each answer"}},
        .configuration = &configuration_,
        .flag_groups = {"Engine", "Log"}};
    for (Option& option : parameter_options(parameters_)) declaration.options.push_back(std::move(option));
    return declaration;
  }

  Result<int> run(Console& console) override {
    FERRY_TRY_VOID(check_parameters(parameters_));
    configuration_.apply_log(LogLevel::warning);
    install_signal_handlers();
    const bool is_chat = prompt_.empty() && console.in_is_terminal;
    if (is_chat && raw_) return fail(ErrorCode::invalid_argument, "--raw needs a prompt");

    const HubFolders folders = HubFolders::from_environment();
    FERRY_TRY(const LocalModel source, resolve_model(model_, folders));
    FERRY_TRY(const auto model, load_with_progress(source, configuration_.host(), console));
    FERRY_TRY_VOID(check_makes_text(*model));
    if (!raw_ && model->chat_template == nullptr) {
      return fail(ErrorCode::unsupported,
                  "{} has no chat template: it continues text and does not chat; give a prompt and --raw",
                  model->name);
    }
    Host host;
    host.add(model);
    const std::unique_ptr<Provider> provider = make_local_provider(host, configuration_.provider);
    return is_chat ? chat(console, *provider, *model, folders) : answer_once(console, *provider, *model);
  }

 private:
  Result<int> chat(Console& console, Provider& provider, const HostedModel& model,
                   const HubFolders& folders) {
    console.out << "Chatting with " << model.name << "; /help lists the commands, Ctrl-D leaves.\n"
                << std::flush;
    const std::unique_ptr<LineReader> reader = make_line_editor(folders.home / "history");
    Chat(provider, console, *reader,
         {.model = model.name, .system = system_, .parameters = parameters_, .verbose = verbose_})
        .run();
    return 0;
  }

  Result<int> answer_once(Console& console, Provider& provider, const HostedModel& model) {
    std::string prompt = prompt_text(console);
    const InterruptGuard guard;
    AnswerPrinter printer(console);
    FERRY_TRY(const Answered answered, answer(
                                           provider, request(std::move(prompt), model.name),
                                           [&](const AnswerPiece& piece) { printer.print(piece); },
                                           [&] { return !guard.take() && console.out.good(); }));
    printer.end();
    console.out << '\n' << std::flush;
    if (verbose_ && !answered.interrupted) console.err << speed_text(answered) << '\n';
    return answered.interrupted ? kExitInterrupted : 0;
  }

  std::string prompt_text(Console& console) const {
    if (!prompt_.empty()) return fmt::format("{}", fmt::join(prompt_, " "));
    std::string text(std::istreambuf_iterator<char>(console.in), {});
    // The line end is the shell's, except where every byte counts.
    if (!raw_ && text.ends_with('\n')) text.pop_back();
    return text;
  }

  GenerationRequest request(std::string prompt, const std::string& model) const {
    GenerationRequest request;
    request.model = model;
    request.sampling = parameters_.sampling;
    request.stop = parameters_.stop;
    request.thought = parameters_.thought;
    if (raw_) {
      request.prompts.emplace_back(std::move(prompt));
      return request;
    }
    if (!system_.empty()) request.messages.push_back(plain_message("system", system_));
    request.messages.push_back(plain_message("user", std::move(prompt)));
    return request;
  }

  std::string model_;
  std::vector<std::string> prompt_;
  std::string system_;
  bool raw_ = false;
  bool verbose_ = false;
  Parameters parameters_;
  Configuration configuration_;
};

}  // namespace

std::unique_ptr<Command> make_run_command() {
  return std::make_unique<RunCommand>();
}

}  // namespace ferry::cli
