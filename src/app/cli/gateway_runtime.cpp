#include "app/cli/gateway_runtime.h"

#include <chrono>
#include <cstdlib>

#include "app/cli/gateway_check.h"
#include "base/core/file.h"
#include "base/observe/log.h"
#include "serve/traffic/store.h"

namespace ferry::cli {
namespace {

// What earlier runs spent, this month: an exchange whose end is not known counts with its reservation.
Result<std::vector<DaySpending>> spending_of(TrafficStore& store) {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto first = period_start(BudgetPeriod::month, now).time_since_epoch().count();
  FERRY_TRY(const std::vector<DaySpend> days, store.spending(first, day_of(unix_now_us()) + 1));
  std::vector<DaySpending> spending;
  for (const DaySpend& day : days) {
    spending.push_back({.key_id = day.key_id,
                        .team_id = day.team_id,
                        .day = std::chrono::sys_days(std::chrono::days(day.day)),
                        .spent = day.spent()});
  }
  return spending;
}

Result<ConfigReading> read_routes(const std::string& file) {
  FERRY_TRY(const std::string yaml, read_file(file));
  return read_gateway_config(yaml, {.folder = std::filesystem::path(file).parent_path()});
}

}  // namespace

GatewayRuntime::GatewayRuntime(NetThreads& threads, std::shared_ptr<Provider> local,
                               std::unique_ptr<ConfigStore> store, std::unique_ptr<Accounts> accounts,
                               std::unique_ptr<Recorder> recorder, const GatewaySettings& settings)
    : pool_(threads, {}),
      accounts_(std::move(accounts)),
      recorder_(std::move(recorder)),
      gateway_(threads, pool_, *accounts_, recorder_.get(), std::move(local), settings),
      store_(std::move(store)) {}

Result<void> GatewayRuntime::observe(const OtlpSettings& settings) {
  std::vector<GatewayObserver*> observers{&metrics_};
  FERRY_TRY(std::optional<OtlpTarget> target, otlp_target(settings, ::getenv));
  if (target) {
    FERRY_TRY(spans_, SpanSender::open(pool_, *std::move(target)));
    traces_ = std::make_unique<TraceObserver>([&sender = *spans_](Span span) { sender.add(std::move(span)); },
                                              settings.ratio);
    observers.push_back(traces_.get());
  }
  gateway_.observe(std::move(observers));
  return {};
}

Result<std::unique_ptr<GatewayRuntime>> GatewayRuntime::open(const Configuration& configuration,
                                                             NetThreads& threads,
                                                             std::shared_ptr<Provider> local,
                                                             std::vector<std::string> models) {
  if (configuration.file().empty()) return nullptr;
  FERRY_TRY(const ConfigReading reading, read_routes(configuration.file()));
  if (reading.config && reading.config->routes.empty()) return nullptr;  // errors are told below
  FERRY_TRY(const std::filesystem::path data, open_data_dir(configuration.data));
  const std::filesystem::path file = configuration.file();
  FERRY_TRY(auto store,
            ConfigStore::open(
                {.file = file,
                 .options = {.local_models = std::move(models), .folder = file.parent_path()},
                 .check = [file](const std::string& yaml,
                                 const GatewayConfig& config) { return check_gateway(yaml, file, config); },
                 .history = data / "config"}));
  FERRY_TRY(auto accounts, Accounts::open(database_file(data)));
  FERRY_TRY(auto recorder, Recorder::open(data, configuration.record));
  FERRY_TRY(const std::vector<DaySpending> spending, spending_of(recorder->store()));
  accounts->restore(spending);
  std::unique_ptr<GatewayRuntime> runtime(new GatewayRuntime(threads, std::move(local), std::move(store),
                                                             std::move(accounts), std::move(recorder),
                                                             configuration.gateway));
  FERRY_TRY_VOID(runtime->observe(configuration.otlp));
  FERRY_TRY_VOID(runtime->gateway_.use(runtime->store_->current()));
  runtime->store_->watch(
      [&gateway = runtime->gateway_](const GatewayConfigPtr&, const GatewayConfigPtr& now) {
        if (const auto used = gateway.use(now, "reload"); !used) {
          log_error("the old configuration stays", {{"error", used.error().message}});
        }
      });
  return runtime;
}

std::optional<std::vector<std::string>> GatewayRuntime::models_named(const Configuration& configuration) {
  if (configuration.file().empty()) return std::nullopt;
  const Result<ConfigReading> reading = read_routes(configuration.file());
  if (!reading || !reading->config || reading->config->routes.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, target] : reading->config->targets) {
    if (target.is_local()) names.push_back(target.model);
  }
  return names;
}

void GatewayRuntime::write_metrics(MetricsText& text) {
  metrics_.write(text);
  write_gateway_state(gateway_, text);
  if (spans_) spans_->write(text);
}

std::vector<std::string> GatewayRuntime::routes() const {
  std::vector<std::string> names;
  for (const auto& [name, route] : store_->current()->routes) names.push_back(name);
  return names;
}

}  // namespace ferry::cli
