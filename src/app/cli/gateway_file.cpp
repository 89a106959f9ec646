#include "app/cli/gateway_file.h"

#include <cstdlib>

#include "base/core/file.h"
#include "base/settings/yaml.h"

namespace ferry::cli {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.emplace_back(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return lines;
}

}  // namespace

Result<GatewayFile> read_gateway_file(const std::string& named) {
  GatewayFile file;
  const char* variable = std::getenv("FERRY_CONFIG");
  file.path = named.empty() && variable != nullptr ? variable : named;
  if (file.path.empty()) return fail(ErrorCode::invalid_argument, "name a file, or set FERRY_CONFIG to one");
  FERRY_TRY(file.yaml, read_file(file.path, YamlLimits().max_bytes));
  file.reading = read_gateway_config(file.yaml, {.folder = file.path.parent_path()});
  Configuration configuration;
  const auto settings = configuration.settings().read_yaml(file.yaml, file.path.string());
  // A text that is no YAML is told once.
  if (!settings && parse_yaml(file.yaml)) file.settings = lines_of(settings.error().message);
  return file;
}

Result<GatewayFile> good_gateway_file(const std::string& named) {
  FERRY_TRY(GatewayFile file, read_gateway_file(named));
  std::vector<std::string> errors = file.settings;
  for (const ConfigProblem& problem : file.reading.errors) errors.push_back(problem.text(file.path.string()));
  if (!errors.empty()) return fail(ErrorCode::invalid_argument, "{}", fmt::join(errors, "\nferry: "));
  return file;
}

Result<std::filesystem::path> config_history_folder(const std::string& data_dir, const std::string& file) {
  Configuration configuration;
  FERRY_TRY_VOID(configuration.settings().read_environment());
  // A file with mistakes may be the one that is to be replaced: what it says of the folder counts even so.
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    if (const auto yaml = read_file(file, YamlLimits().max_bytes))
      (void)configuration.settings().read_yaml(*yaml, file);
  }
  if (!data_dir.empty()) configuration.data.data_dir = data_dir;
  FERRY_TRY(const std::filesystem::path folder, open_data_dir(configuration.data));
  return folder / "config";
}

}  // namespace ferry::cli
