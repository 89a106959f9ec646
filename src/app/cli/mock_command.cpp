#include <algorithm>
#include <map>

#include "app/cli/signals.h"
#include "app/cli/verbs.h"
#include "serve/mock/server.h"

namespace ferry::cli {
namespace {

class MockCommand final : public Command {
 public:
  MockCommand() {
    for (const mock::BehaviourOption& option : mock::behaviour_options())
      behaviour_[std::string(option.name)];
  }

  Declaration declare() override;
  Result<int> run(Console& console) override;

 private:
  Result<mock::ServerSettings> settings() const;

  std::map<std::string, std::string> behaviour_;  // by flag, without dashes
  std::string host_ = "127.0.0.1";
  std::optional<int64_t> port_;
  std::optional<int64_t> threads_;
  std::vector<std::string> models_;
  std::vector<std::string> keys_;
  std::optional<int64_t> record_;
  bool record_bodies_ = false;
};

Declaration MockCommand::declare() {
  Declaration declaration{
      .about =
          "Answers like OpenAI's and Anthropic's APIs without a model: fast, and as badly as it is told to. "
          "For "
          "trying out routes, for tests, for load.\n\nWhat all requests get is said with flags, what one "
          "gets "
          "with headers (x-mock-fault: cut_stream) or after the model's name (\"model\": "
          "\"any?fault=cut_stream&latency=20ms\"). GET /mock/stats counts what came.",
      .examples =
          "ferry mock --port 8081\n"
          "ferry mock --latency 20ms --token-latency 5ms --tokens 100\n"
          "ferry mock --fault status_429:0.05,cut_stream:0.01 --seed 7 --record 1000",
      .options = {
          {"--host", &host_, "address to listen on (127.0.0.1)"},
          {"--port", &port_, "port to listen on; 0 takes any free one (8081)"},
          {"--threads", &threads_, "network threads (1)"},
          {"--models", &models_, "names that are listed; any name is answered"},
          {"--key", &keys_, "API keys that are accepted (all)"},
          {"--record", &record_, "how many of the last requests are kept: digests of their bodies (0)"},
          {"--record-bodies", &record_bodies_, "keep their headers and bodies, too"}}};
  for (const mock::BehaviourOption& option : mock::behaviour_options()) {
    declaration.options.push_back({fmt::format("--{}", option.name), &behaviour_.at(std::string(option.name)),
                                   std::string(option.help)});
  }
  return declaration;
}

Result<mock::ServerSettings> MockCommand::settings() const {
  mock::ServerSettings settings;
  const auto in_range = [](const std::optional<int64_t>& value, int64_t otherwise, int64_t most,
                           std::string_view name) -> Result<int64_t> {
    const int64_t given = value.value_or(otherwise);
    if (given >= 0 && given <= most) return given;
    return fail(ErrorCode::invalid_argument, "--{} must be 0 to {}", name, most);
  };
  settings.host = host_;
  FERRY_TRY(const int64_t port, in_range(port_, 8081, 65535, "port"));
  FERRY_TRY(const int64_t threads, in_range(threads_, 1, 64, "threads"));
  FERRY_TRY(const int64_t record, in_range(record_, 0, 10'000'000, "record"));
  settings.port = static_cast<uint16_t>(port);
  settings.threads = static_cast<int>(std::max<int64_t>(threads, 1));
  settings.service.record = static_cast<size_t>(record);
  settings.service.record_bodies = record_bodies_;
  settings.service.keys = keys_;
  if (!models_.empty()) settings.service.models = models_;
  for (const auto& [name, value] : behaviour_) {
    if (!value.empty()) FERRY_TRY_VOID(settings.service.behaviour.set(name, value));
  }
  return settings;
}

Result<int> MockCommand::run(Console& console) {
  install_signal_handlers();
  FERRY_TRY(mock::ServerSettings wanted, settings());
  FERRY_TRY(const auto server, mock::Server::start(std::move(wanted)));
  defer_signals();
  console.out << fmt::format("The mock is ready: {}/v1\n", server->url()) << std::flush;
  wait_for_signal();
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_mock_command() {
  return std::make_unique<MockCommand>();
}

}  // namespace ferry::cli
