// Any bytes as one of sentence-transformers' files: an account that holds together, or an error. The first
// byte, from A on, says which file; the others are as they should be.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include <stdlib.h>

#include "base/core/file.h"
#include "infer/embed/sentence_files.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

struct File {
  const char* name;
  const char* text;
};

constexpr File kFiles[] = {
    {"modules.json",
     R"([{"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}])"},
    {"1_Pooling/config.json", R"({"pooling_mode_cls_token": true})"},
    {"sentence_bert_config.json", R"({"max_seq_length": 256})"},
    {"config_sentence_transformers.json", "{}"},
    {"config.json", "{}"},
    {"tokenizer_config.json", R"({"model_max_length": 300})"},
};

const fs::path& folder() {
  static const fs::path kPath = [] {
    std::string name = (fs::temp_directory_path() / "ferry_sentence_files.XXXXXX").string();
    FERRY_CHECK(::mkdtemp(name.data()) != nullptr);
    fs::create_directories(fs::path(name) / "1_Pooling");
    ::atexit([] {
      std::error_code ignored;
      fs::remove_all(folder(), ignored);
    });
    return fs::path(name);
  }();
  return kPath;
}

void write(const File& file, std::string_view text) {
  FERRY_CHECK(write_file_atomic(folder() / file.name, text).has_value());
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  if (size == 0) return 0;
  const size_t which = static_cast<uint8_t>(data[0] - 'A') % std::size(kFiles);
  for (size_t i = 0; i < std::size(kFiles); ++i) write(kFiles[i], kFiles[i].text);
  write(kFiles[which], {reinterpret_cast<const char*>(data) + 1, size - 1});
  const auto files = read_sentence_files(folder());
  if (files) {
    FERRY_CHECK(files->present && files->max_tokens >= 0);
    FERRY_CHECK(files->dimensions.empty() || !files->any_dimensions);
  } else {
    FERRY_CHECK(!files.error().message.empty());
  }
  return 0;
}
