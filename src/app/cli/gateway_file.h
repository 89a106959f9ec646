#pragma once
// ferry.yaml as the verbs see it that look at the gateway's configuration without serving.

#include <filesystem>
#include <string>

#include "app/cli/configuration.h"
#include "serve/route/gateway_config.h"

namespace ferry::cli {

struct GatewayFile {
  std::filesystem::path path;
  std::string yaml;
  ConfigReading reading;              // of the gateway's sections
  std::vector<std::string> settings;  // what is wrong with the settings beside them, a line each
};

// `named` or, where it is empty, the file of FERRY_CONFIG. Errors: neither is there, or it cannot be read;
// what is wrong in it is no error.
Result<GatewayFile> read_gateway_file(const std::string& named);

// The same, with everything that is wrong in it as one error.
Result<GatewayFile> good_gateway_file(const std::string& named);

// Where configurations that were applied are kept: below the data folder that flag, environment or this file
// names.
Result<std::filesystem::path> config_history_folder(const std::string& data_dir, const std::string& file);

}  // namespace ferry::cli
