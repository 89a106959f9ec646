// Parses the input as a GGUF file, then asks for everything in it: whatever is handed out must be in range.

#include <vector>

#include "infer/formats/gguf.h"
#include "infer/tensor/blocks.h"

namespace ferry {
namespace {

volatile unsigned char sink;  // so that reads are not optimised away

void touch(std::span<const std::byte> bytes) {
  if (!bytes.empty()) sink = std::to_integer<unsigned char>(bytes.front() ^ bytes.back());
}

void touch(std::string_view text) {
  touch(std::as_bytes(std::span(text)));
}

template <class T>
void look_up(const GgufFile& file, std::string_view key) {
  const auto value = file.optional<T>(key);
  FERRY_CHECK(value ? value->has_value() : !value.error().message.empty());
}

// As one type, by the place and the key: over many inputs every value meets every type, and each input is
// quick.
void look_up_as(size_t type, const GgufFile& file, std::string_view key) {
  switch (type % 6) {
    case 0:
      return look_up<bool>(file, key);
    case 1:
      return look_up<int64_t>(file, key);
    case 2:
      return look_up<double>(file, key);
    case 3:
      return look_up<std::vector<int64_t>>(file, key);
    case 4:
      return look_up<std::vector<float>>(file, key);
    default:
      return look_up<std::vector<bool>>(file, key);
  }
}

void look_up_strings(const GgufFile& file, const GgufEntry& entry) {
  if (entry.type == GgufType::string) return touch(file.optional<std::string_view>(entry.key)->value());
  const auto texts = file.optional<std::vector<std::string_view>>(entry.key);
  for (const std::string_view text : texts->value()) touch(text);
}

void read(const GgufFile& file, size_t place) {
  const GgufEntry& entry = file.metadata()[place];
  FERRY_CHECK(file.find_entry(entry.key) == &entry);
  touch(entry.bytes);
  touch(gguf_value_text(entry));
  look_up_as(place + entry.key.size(), file, entry.key);
  if (entry.element_type == GgufType::string) look_up_strings(file, entry);
}

void read(const GgufFile& file, const GgufTensor& tensor) {
  const auto view = file.view(tensor);
  FERRY_CHECK(file.find_tensor(tensor.name) == &tensor);
  if (!view || view->shape.elements() == 0) return;
  const auto bytes = static_cast<size_t>(view->rows() * view->row_bytes());
  touch({view->data, bytes});
  const int64_t n = view->shape.back();
  if (n > 4096) return;
  std::vector<float> row(static_cast<size_t>(n));
  dequantize_row(view->dtype, view->data + bytes - static_cast<size_t>(view->row_bytes()), n, row.data());
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const auto file = GgufFile::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz.gguf");
  if (!file) return 0;
  for (size_t i = 0; i < (*file)->metadata().size(); ++i) read(**file, i);
  for (const GgufTensor& tensor : (*file)->tensors()) read(**file, tensor);
  return 0;
}
