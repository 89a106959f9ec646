#include "serve/route/config_store.h"

#include <ctime>

#include "base/core/file.h"
#include "base/observe/log.h"
#include "base/settings/yaml.h"

namespace ferry {
namespace {

Result<std::string> read_config_file(const std::filesystem::path& path) {
  return read_file(path, YamlLimits().max_bytes);
}

void log_warnings(const ConfigReading& reading, const std::string& source) {
  for (const ConfigProblem& problem : reading.warnings)
    log_warning("configuration", {{"problem", problem.text(source)}});
}

}  // namespace

Result<std::unique_ptr<ConfigStore>> ConfigStore::open(ConfigStoreSettings settings) {
  std::unique_ptr<ConfigStore> store(new ConfigStore(std::move(settings)));
  FERRY_TRY(store->text_, read_config_file(store->settings_.file));
  FERRY_TRY_VOID(store->take(store->text_));
  return store;
}

std::unique_ptr<ConfigStore> ConfigStore::fixed(GatewayConfigPtr config) {
  FERRY_CHECK(config != nullptr);
  std::unique_ptr<ConfigStore> store(new ConfigStore({}));
  store->config_ = std::move(config);
  return store;
}

ConfigStore::~ConfigStore() {
  {
    const std::scoped_lock lock(mutex_);
    stops_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

GatewayConfigPtr ConfigStore::current() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

void ConfigStore::watch(Listener listener) {
  FERRY_CHECK(!thread_.joinable());
  {
    const std::scoped_lock lock(reload_mutex_);
    listener_ = std::move(listener);
  }
  if (!settings_.file.empty()) thread_ = std::thread([this] { run(); });
}

Result<bool> ConfigStore::reload() {
  if (settings_.file.empty()) return false;
  const std::scoped_lock lock(reload_mutex_);
  FERRY_TRY(text_, read_config_file(settings_.file));
  return take(text_);
}

void ConfigStore::run() {
  while (wait()) look();
}

// False: it is over.
bool ConfigStore::wait() {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, settings_.interval, [this] { return stops_; });
}

// By its content: the time of a file says too little (two writes within a tick, a clock that was set back),
// and reading it costs some microseconds.
void ConfigStore::look() {
  const std::scoped_lock lock(reload_mutex_);
  const auto yaml = read_config_file(settings_.file);
  if (!yaml) return;  // between the two halves of somebody's rewrite it may not be there
  if (*yaml == text_) return;
  text_ = *yaml;
  if (const auto taken = take(text_); !taken)
    log_error("the old configuration stays", {{"error", taken.error().message}});
}

Result<GatewayConfigPtr> ConfigStore::read(const std::string& yaml) const {
  const std::string source = settings_.file.string();
  ConfigReading reading = read_gateway_config(yaml, settings_.options);
  if (!reading.config) return tl::unexpected(reading.error(source));
  log_warnings(reading, source);
  if (settings_.check) FERRY_TRY_VOID(settings_.check(yaml, *reading.config));
  return reading.config;
}

Result<bool> ConfigStore::take(const std::string& yaml) {
  FERRY_TRY(GatewayConfigPtr config, read(yaml));
  const GatewayConfigPtr before = current();
  if (!settings_.history.empty()) {
    const auto kept = ConfigHistory(settings_.history).applied(yaml, std::time(nullptr));
    if (!kept) log_error("the configuration is not kept in the history", {{"error", kept.error().message}});
  }
  if (before && before->canonical == config->canonical) return false;
  {
    const std::scoped_lock lock(mutex_);
    config_ = config;
  }
  if (before) log_info("configuration read", {{"routes", config->routes.size()}});
  if (before && listener_) listener_(before, config);
  return true;
}

}  // namespace ferry
