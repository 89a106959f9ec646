#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <set>

#include "app/api/engine_watch.h"
#include "app/api/feedback.h"
#include "app/api/routes.h"
#include "app/cli/configuration.h"
#include "app/cli/fingerprint.h"
#include "app/cli/gateway_runtime.h"
#include "app/cli/loading.h"
#include "app/cli/signals.h"
#include "app/cli/verbs.h"
#include "base/observe/log.h"
#include "serve/providers/local.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kBundledModel = "pilot";
constexpr Duration kLastWords = std::chrono::seconds(1);  // for errors on their way to clients

class ServeCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Loads models and answers OpenAI's API with them: /v1/chat/completions, /v1/completions, "
            "/v1/embeddings, "
            "/v1/models, "
            "and what /openapi.json lists. MODEL is a name from `ferry list` or a path; without one, the "
            "model that came "
            "with Ferry is served.\n\nThe first SIGINT or SIGTERM lets running answers finish, the second "
            "one ends Ferry at once. SIGHUP has a renewed certificate read.",
        .examples =
            "ferry serve\n"
            "ferry serve ~/models/Llama-3.2-1B-Instruct --port 8000 --max-model-len 8192\n"
            "FERRY_API_KEY=secret ferry serve pilot --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem",
        .options = {{"MODEL", &models_, "names or paths"}},
        .configuration = &configuration_,
        .flag_groups = {"API", "Engine", "Embeddings", "Preparation", "Server", "Data", "Record", "Traces", "Log"}};
  }

  Result<int> run(Console& console) override;

 private:
  Result<std::vector<LocalModel>> find_models() const;
  Result<void> load(Console& console, Host& host, api::Service& service);
  std::vector<api::EngineReading> read_engines(const Host& host, const api::Service& service) const;
  void announce(Console& console, const HttpServer& server, const api::Service& service, const Host& host,
                const GatewayRuntime* gateway) const;

  std::vector<std::string> models_;
  Configuration configuration_;
};

Result<std::vector<LocalModel>> ServeCommand::find_models() const {
  const HubFolders folders = HubFolders::from_environment();
  std::vector<std::string> wanted = models_;
  // Routes say which models they need, maybe none.
  const auto named = GatewayRuntime::models_named(configuration_);
  if (wanted.empty() && named) wanted = *named;
  if (wanted.empty() && !named) wanted.emplace_back(kBundledModel);
  std::vector<LocalModel> found;
  std::set<std::string> names;
  for (const std::string& name : wanted) {
    FERRY_TRY(LocalModel model, resolve_model(name, folders));
    if (!names.insert(model.name).second) {
      return fail(ErrorCode::invalid_argument, "two of the models are called {}", model.name);
    }
    found.push_back(std::move(model));
  }
  if (found.size() > 1 && !configuration_.api.served_model_name.empty()) {
    return fail(ErrorCode::invalid_argument, "--served-model-name names one model, not {}", found.size());
  }
  return found;
}

Result<void> ServeCommand::load(Console& console, Host& host, api::Service& service) {
  FERRY_TRY(const std::vector<LocalModel> sources, find_models());
  for (const LocalModel& source : sources) {
    log_info("loading", {{"model", source.name}, {"path", source.path.string()}});
    FERRY_TRY(const auto model, load_with_progress(source, configuration_.host(), console));
    const auto& aliases = configuration_.api.served_model_name;
    service.models.push_back({.names = aliases.empty() ? std::vector{source.name} : aliases,
                              .target = source.name,
                              .created = std::time(nullptr),
                              .max_model_len = model->max_model_len(),
                              .fingerprint = fingerprint(*model, configuration_.engine)});
    log_info("loaded", {{"model", source.name},
                        {"kernels", model->kernels()},
                        {"context", model->max_model_len()},
                        {"weight_bytes", model->weight_bytes()}});
    host.add(model);
  }
  return {};
}

std::vector<api::EngineReading> ServeCommand::read_engines(const Host& host,
                                                           const api::Service& service) const {
  std::vector<api::EngineReading> readings;
  for (const api::ServedModel& served : service.models) {
    const std::shared_ptr<HostedModel> model = host.find(served.target);
    readings.push_back({.model = served.names.front(),
                        .status = model->status(),
                        .metrics = &model->metrics(),
                        .max_model_len = model->max_model_len(),
                        .kv_type = configuration_.engine.kv_type,
                        .prefix_cache = configuration_.engine.prefix_cache});
  }
  return readings;
}

// The engine's own names of its models.
std::vector<std::string> targets_of(const api::Service& service) {
  std::vector<std::string> targets;
  for (const api::ServedModel& model : service.models) targets.push_back(model.target);
  return targets;
}

std::vector<api::WatchedEngine> watched(const Host& host) {
  std::vector<api::WatchedEngine> engines;
  for (const auto& model : host.all()) {
    engines.push_back({.model = model->name,
                       .last_step = [&model = *model] { return model.status().last_step; },
                       .probe = [&model = *model](auto done) { model.probe(std::move(done)); }});
  }
  return engines;
}

// The path and the rest of a body that show what the model does.
std::pair<std::string_view, std::string_view> first_request(const HostedModel& model) {
  if (model.engine) return {"chat/completions", R"("messages": [{"role": "user", "content": "Hello"}])"};
  if (!model.embedder->is_classifier()) return {"embeddings", R"("input": "Hello")"};
  return {"rerank", R"("query": "Hello", "documents": ["Good morning", "Goodbye"])"};
}

void ServeCommand::announce(Console& console, const HttpServer& server, const api::Service& service,
                            const Host& host, const GatewayRuntime* gateway) const {
  const std::vector<std::string> names = gateway == nullptr ? service.names() : gateway->routes();
  console.out << fmt::format("Ferry is ready: {}/v1  (model{} {})\n", server.url(),
                             names.size() == 1 ? "" : "s", fmt::join(names, ", "));
  if (console.out_is_terminal && !service.models.empty()) {
    const auto [path, body] = first_request(*host.find(service.models.front().target));
    console.out << fmt::format(
        "\nTry it from another terminal; Ctrl-C stops it.\n"
        "  curl {}/v1/{} -H 'Content-Type: application/json'{} \\\n"
        "    -d '{{\"model\": \"{}\", {}}}'\n\n",
        server.url(), path, service.keys.empty() ? "" : " -H \"Authorization: Bearer $FERRY_API_KEY\"",
        names.front(), body);
  }
  console.out.flush();
}

void reload_routes(GatewayRuntime& gateway) {
  if (const auto reloaded = gateway.reload(); !reloaded) {
    log_error("the old configuration stays", {{"error", reloaded.error().message}});
  } else {
    log_info("configuration read again", {{"changed", *reloaded}});
  }
}

// The signal that ends the server. SIGHUP says that the certificate has been renewed, or the routes.
int wait_for_end(HttpServer& server, GatewayRuntime* gateway) {
  for (;;) {
    const int signal = wait_for_signal();
    if (signal != SIGHUP) return signal;
    if (gateway != nullptr) reload_routes(*gateway);
    if (const auto reloaded = server.reload_certificate(); !reloaded) {
      log_error("the old certificate stays", {{"error", reloaded.error().message}});
    } else {
      log_info("certificate read again");
    }
  }
}

Result<int> ServeCommand::run(Console& console) {
  configuration_.apply_log(LogLevel::info);
  install_signal_handlers();
  const std::string& host_name = configuration_.server.host;
  api::Service service;
  FERRY_TRY(service.keys, api::ApiKeys::load(configuration_.api.api_key, configuration_.api.api_key_file));
  FERRY_TRY_VOID(api::check_exposure(host_name, service.keys, configuration_.api.allow_no_key));
  service.check_host = service.keys.empty() && api::is_loopback(host_name);
  FERRY_TRY(service.cors, api::Cors::load(configuration_.api.cors_origins));

  Host host;
  FERRY_TRY_VOID(load(console, host, service));
  const std::shared_ptr<Provider> provider = make_local_provider(host, configuration_.provider);
  service.provider = provider.get();
  NetThreads threads(configuration_.server.threads);
  FERRY_TRY(const auto gateway, GatewayRuntime::open(configuration_, threads, provider, targets_of(service)));
  std::optional<api::FeedbackDesk> feedback;
  if (gateway) {
    service.gateway = &gateway->gateway();
    service.feedback = &feedback.emplace(gateway->recorder());
    service.gateway_metrics = [&gateway = *gateway](MetricsText& text) { gateway.write_metrics(text); };
  }
  api::EngineWatch watch(watched(host), configuration_.api.stall_timeout);
  service.liveness = [&watch](auto answer) { watch.check(std::move(answer)); };
  service.engines = [&] { return read_engines(host, service); };

  FERRY_TRY(const auto server,
            HttpServer::start(
                configuration_.server,
                [&](std::shared_ptr<HttpExchange> exchange) { api::handle(service, std::move(exchange)); },
                [&](int status, const std::string& message, const HttpRequest& request) {
                  return api::refuse_unread(service, status, message, request);
                },
                &threads));
  defer_signals();
  if (!configuration_.server.tls_cert.empty() || gateway) defer_hangups();
  announce(console, *server, service, host, gateway.get());
  const int signal = wait_for_end(*server, gateway.get());
  const Duration grace = configuration_.api.shutdown_grace;
  log_info("stopping", {{"signal", signal}, {"grace", to_string(grace)}});
  service.in_flight->begin_draining();
  if (!server->drain(grace)) {
    log_warning("answers are ended before they are complete", {{"grace", to_string(grace)}});
    service.in_flight->end_all();
  }
  server->stop(kLastWords);
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_serve_command() {
  return std::make_unique<ServeCommand>();
}

}  // namespace ferry::cli
