#pragma once
// What the room's tests share: golden files, a folder of their own, and files with a wound.

#include <filesystem>
#include <span>
#include <string>

#include <gmock/gmock.h>

#include "base/core/file.h"

namespace ferry {

inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/formats" / name;
}

inline std::string golden_file(const std::string& name) {
  return read_file(golden_path(name)).value();
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// A fresh folder, gone with the object.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ferry_formats.XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The result is an error with this code whose message has every one of these parts.
template <class T>
void expect_error(const Result<T>& result, ErrorCode code, std::initializer_list<const char*> parts) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, code) << result.error().message;
  for (const char* part : parts) EXPECT_THAT(result.error().message, testing::HasSubstr(part));
}

}  // namespace ferry
