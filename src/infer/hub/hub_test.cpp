#include "infer/hub/hub.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/core/file.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A home with its models folder and a bundled one, removed afterwards.
class HubTest : public testing::Test {
 protected:
  HubTest() {
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = fs::temp_directory_path() / fmt::format("ferry_hub_{}_{}", ::getpid(), test);
    fs::create_directories(root_ / "home/models");
    fs::create_directories(root_ / "bundled");
    folders_ = {root_ / "home", {root_ / "home/models", root_ / "bundled"}};
  }
  ~HubTest() override { fs::remove_all(root_); }

  void put(const std::string& path, std::string_view content) {
    fs::create_directories((root_ / path).parent_path());
    ASSERT_TRUE(write_file_atomic(root_ / path, content));
  }

  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const LocalModel& model : list_models(folders_)) names.push_back(model.name);
    return names;
  }

  fs::path root_;
  HubFolders folders_;
};

TEST_F(HubTest, ListsFoldersAndFilesSorted) {
  put("home/models/tiny.gguf", "GGUF");
  put("home/models/acme/llama/config.json", "{}");
  put("home/models/acme/llama/model.safetensors", "12345678");
  put("home/models/acme/quantised/llama-q8.gguf", "GGUF");
  put("home/models/notes.txt", "not a model");
  put("home/models/.cache/config.json", "{}");
  put("bundled/pilot/config.json", "{}");
  EXPECT_THAT(names(), ElementsAre("acme/llama", "acme/quantised/llama-q8", "pilot", "tiny"));
  const std::vector<LocalModel> models = list_models(folders_);
  EXPECT_EQ(models[0].format, "safetensors");
  EXPECT_EQ(models[0].bytes, 10u);
  EXPECT_EQ(models[3].format, "gguf");
  EXPECT_FALSE(models[3].bundled);
  EXPECT_TRUE(models[2].bundled);
}

TEST_F(HubTest, OneInHomeHidesABundledOne) {
  put("home/models/pilot/config.json", "{}");
  put("bundled/pilot/config.json", "{}");
  ASSERT_EQ(list_models(folders_).size(), 1u);
  EXPECT_EQ(list_models(folders_)[0].path, root_ / "home/models/pilot");
}

TEST_F(HubTest, FollowsLinksButNotInCirclesAndIgnoresBrokenOnes) {
  put("elsewhere/llama/config.json", "{}");
  fs::create_directory_symlink(root_ / "elsewhere/llama", root_ / "home/models/linked");
  fs::create_symlink(root_ / "nowhere.gguf", root_ / "home/models/broken.gguf");
  fs::create_directory_symlink(root_ / "home/models", root_ / "home/models/zcircle");
  EXPECT_THAT(names(), ElementsAre("linked"));
}

TEST_F(HubTest, MissingFoldersAreEmpty) {
  fs::remove_all(root_);
  EXPECT_TRUE(list_models(folders_).empty());
  const auto missing = resolve_model("pilot", folders_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("put a folder with config.json"));
}

TEST_F(HubTest, ResolvesNamesAndPaths) {
  put("home/models/acme/llama/config.json", "{}");
  put("other/phi.gguf", "GGUF");
  put("other/deep/only.gguf", "GGUF");
  EXPECT_EQ(resolve_model("acme/llama", folders_)->name, "acme/llama");
  EXPECT_EQ(resolve_model("llama", folders_)->name, "acme/llama");
  EXPECT_EQ(resolve_model((root_ / "other/phi.gguf").string(), folders_)->name, "phi");
  EXPECT_EQ(resolve_model((root_ / "other/deep").string(), folders_)->path, root_ / "other/deep/only.gguf");
  EXPECT_EQ(resolve_model((root_ / "home/models/acme/llama/").string(), folders_)->name, "llama");
}

TEST_F(HubTest, AShortNameThatTwoModelsShareIsNotGuessed) {
  put("home/models/a/llama/config.json", "{}");
  put("home/models/b/llama/config.json", "{}");
  const auto ambiguous = resolve_model("llama", folders_);
  ASSERT_FALSE(ambiguous);
  EXPECT_THAT(ambiguous.error().message, HasSubstr("a/llama, b/llama"));
}

TEST_F(HubTest, ErrorsSayWhatThereIsNearestFirst) {
  put("bundled/pilot/config.json", "{}");
  put("home/models/alpaca.gguf", "GGUF");
  const auto missing = resolve_model("pilto", folders_);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("there are: pilot, alpaca"));
  EXPECT_EQ(resolve_model("", folders_).error().code, ErrorCode::invalid_argument);

  put("other/readme.md", "");
  EXPECT_THAT(resolve_model((root_ / "other").string(), folders_).error().message,
              HasSubstr("is not a model"));
  put("other/a.gguf", "");
  put("other/b.gguf", "");
  EXPECT_THAT(resolve_model((root_ / "other").string(), folders_).error().message,
              HasSubstr("holds 2 .gguf files"));
}

TEST(HubFolders, HomeComesFromTheEnvironment) {
  ::setenv("FERRY_HOME", "/srv/ferry", 1);
  const HubFolders folders = HubFolders::from_environment();
  EXPECT_EQ(folders.home, "/srv/ferry");
  ASSERT_FALSE(folders.models.empty());
  EXPECT_EQ(folders.models.front(), "/srv/ferry/models");
  ::unsetenv("FERRY_HOME");
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(HubFolders::from_environment().home, "/home/someone/.ferry");
}

}  // namespace
}  // namespace ferry
