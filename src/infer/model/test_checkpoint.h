#pragma once
// A small checkpoint in memory that a test may change before it is loaded.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "infer/formats/safetensors_writer.h"
#include "infer/formats/test_files.h"
#include "infer/formats/weights.h"
#include "infer/model/test_models.h"
#include "infer/tensor/blocks.h"

namespace ferry {

struct Checkpoint {
  struct Tensor {
    Shape shape;
    std::vector<float> values;
  };

  json::object config;
  std::map<std::string, Tensor> tensors;

  static Checkpoint read(const std::filesystem::path& folder) {
    Checkpoint out;
    const std::string where = (folder / "config.json").string();
    out.config = must(parse_json(must(read_file(where)), where)).get_object();
    const WeightSource source = must(WeightSource::open(folder));
    for (const std::string_view name : source.names()) {
      const TensorView& view = *source.find(name);
      std::vector<float> values(static_cast<size_t>(view.shape.elements()));
      dequantize_row(view.dtype, view.data, view.shape.elements(), values.data());
      out.tensors[std::string(name)] = {view.shape, std::move(values)};
    }
    return out;
  }

  void write(const std::filesystem::path& folder) const {
    ASSERT_TRUE(write_file_atomic(folder / "config.json", to_json(config)));
    SafetensorsWriter writer;
    for (const auto& [name, tensor] : tensors) {
      const auto* data = reinterpret_cast<const std::byte*>(tensor.values.data());
      writer.add_tensor(name, {DType::f32, tensor.shape, data});
    }
    const auto written = writer.write(folder / "model.safetensors");
    ASSERT_TRUE(written) << written.error().message;
  }

  // Every tensor whose name ends so.
  void each(std::string_view ending, const std::function<void(Tensor&)>& change) {
    int found = 0;
    for (auto& [name, tensor] : tensors) {
      if (name.ends_with(ending)) change(tensor), ++found;
    }
    EXPECT_GT(found, 0) << ending;
  }
  void fill(std::string_view ending, float value) {
    each(ending, [&](Tensor& tensor) { std::ranges::fill(tensor.values, value); });
  }
  void scale(std::string_view ending, float factor) {
    each(ending, [&](Tensor& tensor) {
      for (float& value : tensor.values) value *= factor;
    });
  }
};

}  // namespace ferry
