#include "infer/model/describe.h"

#include <algorithm>
#include <utility>

#include "infer/model/model_files.h"

namespace ferry {
namespace {

void count(const TensorView& tensor, ModelDescription& description) {
  const int64_t parameters = tensor.shape.elements();
  const int64_t bytes = tensor.rows() * tensor.row_bytes();
  description.parameters += parameters;
  description.bytes += bytes;
  const auto share =
      std::ranges::find(description.dtypes, tensor.dtype, [](const DTypeShare& item) { return item.dtype; });
  if (share == description.dtypes.end()) {
    description.dtypes.push_back({tensor.dtype, parameters, bytes});
  } else {
    share->parameters += parameters;
    share->bytes += bytes;
  }
}

}  // namespace

Result<ModelDescription> describe(const std::filesystem::path& path) {
  FERRY_TRY(ModelFiles files, ModelFiles::open(path));
  ModelDescription description;
  description.format = files.format;
  description.spec = std::move(files.spec);
  for (const std::string_view name : files.source.names()) {
    const TensorView* tensor = files.source.find(name);
    if (tensor != nullptr && !files.names->is_harmless(name)) count(*tensor, description);
  }
  std::ranges::sort(description.dtypes, std::greater<>(), &DTypeShare::bytes);
  return description;
}

}  // namespace ferry
