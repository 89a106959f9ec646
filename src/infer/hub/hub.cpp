#include "infer/hub/hub.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "base/core/home.h"
#include "base/core/nearest.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// As deep as models/organisation/name/file.gguf.
constexpr int kMaxDepth = 3;
constexpr size_t kNamesInMessage = 8;

fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path();
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_gguf(const fs::path& path) {
  return path.extension() == ".gguf" && is_file(path);
}

bool is_hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

// The entries of a folder, sorted by name; empty where it cannot be read.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!is_hidden(it->path())) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

uint64_t file_bytes(const fs::path& path) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  return error ? 0 : bytes;
}

uint64_t folder_bytes(const fs::path& folder) {
  uint64_t bytes = 0;
  for (const fs::path& path : entries(folder)) {
    if (is_file(path)) bytes += file_bytes(path);
  }
  return bytes;
}

// The model that lies at `path` itself, if one does.
std::optional<LocalModel> model_at(const fs::path& path, std::string name) {
  if (is_gguf(path)) return LocalModel{std::move(name), path, "gguf", file_bytes(path)};
  if (is_file(path / "config.json")) {
    return LocalModel{std::move(name), path, "safetensors", folder_bytes(path)};
  }
  return std::nullopt;
}

// "org/name" for models/org/name and for models/org/name.gguf.
std::string name_within(const fs::path& root, const fs::path& path) {
  fs::path relative = path.lexically_relative(root);
  if (is_gguf(path)) relative.replace_extension();
  return relative.generic_string();
}

// Walks one folder of models. Each folder is entered once, so links that lead in circles end.
class Collector {
 public:
  explicit Collector(fs::path root) : root_(std::move(root)) {}

  std::vector<LocalModel> collect() {
    visit(root_, 1);
    return std::move(found_);
  }

 private:
  void visit(const fs::path& folder, int depth) {
    std::error_code error;
    if (!entered_.insert(fs::canonical(folder, error)).second || error) return;
    for (const fs::path& path : entries(folder)) {
      if (auto model = model_at(path, name_within(root_, path))) {
        found_.push_back(std::move(*model));
      } else if (depth < kMaxDepth && is_folder(path)) {
        visit(path, depth + 1);
      }
    }
  }

  fs::path root_;
  std::set<fs::path> entered_;
  std::vector<LocalModel> found_;
};

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

// A path as it was typed: a model folder, a .gguf file, or a folder with a single .gguf file in it.
Result<std::optional<LocalModel>> model_at_typed_path(std::string_view typed) {
  std::error_code error;
  fs::path path = fs::absolute(fs::path(typed), error).lexically_normal();
  if (error) return std::nullopt;
  if (!path.has_filename()) path = path.parent_path();  // "models/pilot/"
  const std::string name = path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
  if (auto model = model_at(path, name)) return model;
  if (!is_folder(path)) return std::nullopt;

  std::vector<fs::path> files = entries(path);
  std::erase_if(files, [](const fs::path& file) { return !is_gguf(file); });
  if (files.size() == 1) return model_at(files.front(), files.front().stem().string());
  if (files.size() > 1) {
    return fail(ErrorCode::invalid_argument, "{} holds {} .gguf files; name one, such as {}", path.string(),
                files.size(), files.front().string());
  }
  return std::nullopt;
}

std::optional<LocalModel> find_by_name(std::string_view wanted, const std::vector<LocalModel>& models) {
  for (const LocalModel& model : models) {
    if (model.name == wanted) return model;
  }
  // "llama-3.2-1b" for "meta-llama/llama-3.2-1b", as long as no other model ends like that.
  const auto ends_so = [&](const LocalModel& model) { return last_part(model.name) == wanted; };
  const auto first = std::find_if(models.begin(), models.end(), ends_so);
  if (first == models.end() || std::find_if(first + 1, models.end(), ends_so) != models.end()) return {};
  return *first;
}

tl::unexpected<Error> no_such_model(std::string_view wanted, const std::vector<LocalModel>& models,
                                    const HubFolders& folders) {
  const std::string home = folders.models.empty() ? "the models folder" : folders.models.front().string();
  if (models.empty()) {
    return fail(ErrorCode::not_found,
                "there is no model \"{}\", and no other: put a folder with config.json, *.safetensors and "
                "tokenizer.json, or a .gguf file, into {}, or give its path",
                wanted, home);
  }
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const LocalModel& model : models) names.push_back(model.name);
  names = nearest_first(wanted, names);
  const size_t more = names.size() > kNamesInMessage ? names.size() - kNamesInMessage : 0;
  names.resize(names.size() - more);
  return fail(ErrorCode::not_found, "there is no model \"{}\", neither as a path nor in {}; there are: {}{}",
              wanted, home, fmt::join(names, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

}  // namespace

HubFolders HubFolders::from_environment() {
  HubFolders folders;
  folders.home = ferry_home();
  if (!folders.home.empty()) folders.models.push_back(folders.home / "models");

  // Installed, the program stands in <prefix>/bin; in a checkout, in build/<preset>.
  const fs::path program = program_folder();
  for (const char* beside : {"../share/ferry/models", "../../models"}) {
    const fs::path bundled = (program / beside).lexically_normal();
    if (!program.empty() && is_folder(bundled)) {
      folders.models.push_back(bundled);
      break;
    }
  }
  return folders;
}

std::vector<LocalModel> list_models(const HubFolders& folders) {
  std::map<std::string, LocalModel> by_name;
  for (const fs::path& folder : folders.models) {
    std::vector<LocalModel> found = Collector(folder).collect();
    for (LocalModel& model : found) {
      model.bundled = folder != folders.home / "models";
      by_name.emplace(model.name, std::move(model));  // the first of a name hides the others
    }
  }
  std::vector<LocalModel> models;
  models.reserve(by_name.size());
  for (auto& [name, model] : by_name) models.push_back(std::move(model));
  return models;
}

Result<LocalModel> resolve_model(std::string_view model, const HubFolders& folders) {
  if (model.empty()) return fail(ErrorCode::invalid_argument, "the model's name is empty");
  FERRY_TRY(auto at_path, model_at_typed_path(model));
  if (at_path) return *std::move(at_path);
  const std::vector<LocalModel> models = list_models(folders);
  if (auto named = find_by_name(model, models)) return *std::move(named);
  std::error_code error;
  if (fs::exists(fs::path(model), error)) {
    return fail(ErrorCode::invalid_argument,
                "{} is not a model: a model is a .gguf file, or a folder with config.json in it", model);
  }
  return no_such_model(model, models, folders);
}

}  // namespace ferry
