#pragma once
// The configuration that holds just now, and the watch over its file: what is good in it replaces what was
// there, whole; what is bad is logged, and the old one stays.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "serve/route/config_history.h"
#include "serve/route/gateway_config.h"

namespace ferry {

struct ConfigStoreSettings {
  std::filesystem::path file;
  ConfigOptions options = {};
  // What else must hold of the file's text before it is taken: the settings in it, secrets that can be read.
  std::function<Result<void>(const std::string& yaml, const GatewayConfig& config)> check = {};
  std::filesystem::path history = {};  // a folder; empty: none is kept
  Duration interval{1000};             // between two looks at the file
};

class ConfigStore {
 public:
  // Called with each new configuration, on the thread that read it, one after the other; never for the first.
  using Listener = std::function<void(const GatewayConfigPtr& before, const GatewayConfigPtr& now)>;

  // Reads the file once; errors are its own.
  static Result<std::unique_ptr<ConfigStore>> open(ConfigStoreSettings settings);
  // A configuration without a file: nothing is ever reloaded.
  static std::unique_ptr<ConfigStore> fixed(GatewayConfigPtr config);
  ~ConfigStore();
  ConfigStore(const ConfigStore&) = delete;
  ConfigStore& operator=(const ConfigStore&) = delete;

  // Any thread. Keep the pointer for as long as one exchange needs it.
  GatewayConfigPtr current() const;

  // Starts the watch, once. `listener` may be empty.
  void watch(Listener listener);

  // Reads the file now, whether it changed or not (SIGHUP). Whether there is a new configuration; an error
  // leaves the old one. Any thread; not from the listener.
  Result<bool> reload();

 private:
  explicit ConfigStore(ConfigStoreSettings settings) : settings_(std::move(settings)) {}

  void run();
  bool wait();
  void look();
  Result<GatewayConfigPtr> read(const std::string& yaml) const;
  Result<bool> take(const std::string& yaml);

  const ConfigStoreSettings settings_;
  Listener listener_;
  std::mutex reload_mutex_;  // one reload at a time
  std::string text_;         // what was read last, good or bad; under reload_mutex_
  mutable std::mutex mutex_;
  GatewayConfigPtr config_;  // under mutex_, as what follows
  bool stops_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace ferry
