#include "app/cli/configuration.h"

#include <algorithm>
#include <cstdlib>

#include "serve/route/gateway_config.h"

namespace ferry::cli {

template <class Struct>
void Configuration::add(std::string title, Struct& settings) {
  const size_t begin = list_.all().size();
  list_.add(settings);
  groups_.push_back({std::move(title), begin, list_.all().size()});
}

Configuration::Configuration() {
  add("API", api);
  add("Engine", engine);
  add("Embeddings", embed);
  add("Preparation", provider);
  add("Server", server);
  add("Data", data);
  add("Record", record);
  add("Traces", otlp);
  add("Gateway", gateway);
  add("Log", log);
  list_.add_sections(kGatewaySections);
}

Result<void> Configuration::load(const std::string& file) {
  FERRY_TRY_VOID(list_.read_environment());
  const char* named = std::getenv("FERRY_CONFIG");
  file_ = file.empty() && named != nullptr ? named : file;
  return file_.empty() ? Result<void>{} : list_.read_file(file_);
}

void Configuration::apply_log(LogLevel most) {
  LogLevel level = parse_log_level(log.level).value_or(LogLevel::info);
  if (list_.find("log_level")->source() == SettingSource::builtin) level = std::max(level, most);
  set_log(level, parse_log_format(log.format).value_or(LogFormat::automatic));
}

}  // namespace ferry::cli
