#include "infer/model/families/gguf_reader.h"

#include <cstring>
#include <limits>
#include <utility>

#include "infer/formats/quoted.h"

namespace ferry {

void GgufReader::keep(Error error) {
  if (!error_) error_ = std::move(error);
}

void GgufReader::unsupported(std::string_view key, std::string_view what) {
  keep({ErrorCode::unsupported,
        fmt::format("{}: \"{}{}\": {} is not supported", file_->name(), prefix_, key, what)});
}

template <class T>
std::optional<T> GgufReader::read(std::string_view key) {
  std::string full = prefix_ + std::string(key);
  Result<std::optional<T>> value = file_->optional<T>(full);
  asked_.insert(std::move(full));
  if (value) return *std::move(value);
  keep(std::move(value).error());
  return std::nullopt;
}

std::optional<int32_t> GgufReader::in_range(std::string_view key, std::optional<int64_t> value,
                                            int64_t least) {
  if (!value) return std::nullopt;
  if (*value < least || *value > std::numeric_limits<int32_t>::max()) {
    keep({ErrorCode::invalid_argument, fmt::format("{}: \"{}\" is {}; it must be from {} to 2147483647",
                                                   file_->name(), key, *value, least)});
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

std::optional<int32_t> GgufReader::optional_count(std::string_view key, int32_t least) {
  return in_range(prefix_ + std::string(key), read<int64_t>(key), least);
}

int32_t GgufReader::count(std::string_view key) {
  const std::optional<int32_t> value = optional_count(key);
  if (!value)
    keep({ErrorCode::invalid_argument, fmt::format("{}: \"{}{}\" is missing", file_->name(), prefix_, key)});
  return value.value_or(1);
}

double GgufReader::number(std::string_view key) {
  const std::optional<double> value = read<double>(key);
  if (!value)
    keep({ErrorCode::invalid_argument, fmt::format("{}: \"{}{}\" is missing", file_->name(), prefix_, key)});
  return value.value_or(1);
}

double GgufReader::number(std::string_view key, double fallback) {
  return read<double>(key).value_or(fallback);
}

std::string GgufReader::text(std::string_view key, std::string_view fallback) {
  return std::string(read<std::string_view>(key).value_or(fallback));
}

void GgufReader::ignore(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) asked_.insert(prefix_ + std::string(key));
}

std::optional<int32_t> GgufReader::token_id(std::string_view key) {
  const std::string full = "tokenizer.ggml." + std::string(key);
  Result<std::optional<int64_t>> value = file_->optional<int64_t>(full);
  if (value) return in_range(full, *value, 0);
  keep(std::move(value).error());
  return std::nullopt;
}

Shape GgufReader::tensor_shape(std::string_view name, int rank) {
  const GgufTensor* tensor = file_->find_tensor(name);
  if (tensor != nullptr && tensor->shape.rank() == rank) return tensor->shape;
  keep({ErrorCode::corrupt,
        tensor == nullptr ? fmt::format("{}: tensor {} is missing", file_->name(), quoted_name(name))
                          : fmt::format("{}: tensor {} has shape {}, expected {} dimensions", file_->name(),
                                        quoted_name(name), tensor->shape.to_string(), rank)});
  Shape ones;
  for (int i = 0; i < rank; ++i) ones.push_back(1);
  return ones;
}

std::vector<float> GgufReader::floats(std::string_view name, int64_t most) {
  if (!has_tensor(name)) return {};
  const Result<TensorView> view = file_->tensor(name);
  if (!view) {
    keep(view.error());
    return {};
  }
  if (view->dtype != DType::f32 || view->shape.rank() != 1 || view->shape[0] < 1 || view->shape[0] > most) {
    keep({ErrorCode::corrupt,
          fmt::format("{}: tensor {} must be 1 to {} F32 numbers, not {} {}", file_->name(),
                      quoted_name(name), most, dtype_info(view->dtype).name, view->shape.to_string())});
    return {};
  }
  std::vector<float> out(static_cast<size_t>(view->shape[0]));
  std::memcpy(out.data(), view->data, out.size() * sizeof(float));
  return out;
}

Result<void> GgufReader::finish() const {
  if (error_) return tl::unexpected<Error>(*error_);
  for (const GgufEntry& entry : file_->metadata()) {
    if (entry.key.starts_with(prefix_) && !asked_.contains(entry.key)) {
      return fail(ErrorCode::unsupported, "{}: {} = {}: Ferry does not know this parameter", file_->name(),
                  quoted_name(entry.key), gguf_value_text(entry));
    }
  }
  return {};
}

}  // namespace ferry
