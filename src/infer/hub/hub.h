#pragma once
// Names of models → verified local files. A model is a folder with config.json or a .gguf file.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

// Where models are looked for, in this order: FERRY_HOME/models (~/.ferry/models where it is not set), then
// the models bundled with Ferry.
struct HubFolders {
  std::filesystem::path home;                 // FERRY_HOME or ~/.ferry
  std::vector<std::filesystem::path> models;  // folders that hold models

  // From the environment and the place of the running program.
  static HubFolders from_environment();
};

struct LocalModel {
  // "pilot", "meta/llama-3.2-1b": the path within the folder of models, without .gguf. For a model that was
  // given by its path, the last part of it.
  std::string name;
  std::filesystem::path path;
  std::string format;  // "safetensors" or "gguf"
  uint64_t bytes = 0;  // on disk
  bool bundled = false;
};

// Every model there is, sorted by name; one in FERRY_HOME hides a bundled one of the same name. Models may
// lie up to three folders deep, behind symbolic links too; hidden entries and what cannot be read are passed
// over.
std::vector<LocalModel> list_models(const HubFolders& folders);

// `model` is a path (absolute, or relative to the working folder, where such a file exists; a folder that
// holds a single .gguf file means that file) or a name, whose folder may be left out where the rest is
// unique. The error lists the names there are, the nearest first.
Result<LocalModel> resolve_model(std::string_view model, const HubFolders& folders);

}  // namespace ferry
