#pragma once
// Every setting of the program, from flags, environment and file.

#include <string>
#include <string_view>
#include <vector>

#include "app/api/settings.h"
#include "base/db/data_dir.h"
#include "base/net/http_server.h"
#include "base/net/otlp_settings.h"
#include "base/observe/log.h"
#include "base/settings/settings.h"
#include "infer/host/host.h"
#include "serve/gateway/gateway_load.h"
#include "serve/providers/local.h"
#include "serve/traffic/recorder.h"

namespace ferry::cli {

struct LogSettings {
  std::string level = "info";
  std::string format = "auto";

  template <class V>
  void visit(V& v) {
    v("log_level", level, "least urgent lines that are logged")
        .choices({"debug", "info", "warning", "error", "off"});
    v("log_format", format, "auto is text on a terminal, JSON lines elsewhere")
        .choices({"auto", "text", "json"});
  }
};

class Configuration {
 public:
  // Settings that belong together: [begin, end) of settings().all().
  struct Group {
    std::string title;
    size_t begin = 0;
    size_t end = 0;
  };

  Configuration();
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  HttpServerSettings server;
  api::ApiSettings api;
  EngineSettings engine;
  EmbedSettings embed;
  LocalProviderSettings provider;
  DataSettings data;
  RecorderSettings record;
  OtlpSettings otlp;
  GatewaySettings gateway;
  LogSettings log;

  HostSettings host() const { return {.engine = engine, .embed = embed}; }

  SettingList& settings() { return list_; }
  const std::vector<Group>& groups() const { return groups_; }

  // Reads the environment and then `file`, or the file that FERRY_CONFIG names, if either does.
  Result<void> load(const std::string& file);
  // The file that was read; empty: none.
  const std::string& file() const { return file_; }

  // Makes the log as `log` says, but no more talkative than `most` unless somebody asked for it.
  void apply_log(LogLevel most);

 private:
  template <class Struct>
  void add(std::string title, Struct& settings);

  std::string file_;
  SettingList list_;
  std::vector<Group> groups_;
};

}  // namespace ferry::cli
