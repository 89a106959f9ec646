// Parses the input as a safetensors file, then reads the ends of every tensor in it.

#include "infer/formats/safetensors.h"

namespace ferry {
namespace {

volatile unsigned char sink;  // so that reads are not optimised away

void read(const SafetensorsFile& file, const SafetensorsTensor& tensor) {
  FERRY_CHECK(file.find_tensor(tensor.name) != nullptr);
  if (!tensor.data.empty()) sink = std::to_integer<unsigned char>(tensor.data.front() ^ tensor.data.back());
  const auto view = file.view(tensor);
  if (!view) return;
  FERRY_CHECK(static_cast<size_t>(view->rows() * view->row_bytes()) == tensor.data.size());
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const auto file =
      SafetensorsFile::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz.safetensors");
  if (!file) return 0;
  for (const SafetensorsTensor& tensor : (*file)->tensors()) read(**file, tensor);
  return 0;
}
