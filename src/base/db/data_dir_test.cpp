#include "base/db/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/core/file.h"
#include "base/db/scratch_folder.h"

namespace ferry {
namespace {

using testing::HasSubstr;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

TEST(DataDir, IsMadeForItsOwnerOnly) {
  const ScratchFolder folder;
  const auto made = open_data_dir({.data_dir = folder / "a/b/data/"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, folder / "a/b/data");
  EXPECT_EQ(mode_of(*made), 0700u);
  EXPECT_EQ(open_data_dir({.data_dir = *made}).value(), *made);
  EXPECT_EQ(database_file(*made), folder / "a/b/data/ferry.db");
}

TEST(DataDir, IsInFerryHomeUnlessSet) {
  const ScratchFolder folder;
  ::setenv("FERRY_HOME", (folder / "home").c_str(), 1);
  const auto made = open_data_dir({});
  ::unsetenv("FERRY_HOME");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, folder / "home/data");
}

TEST(DataDir, WhatCannotBeAFolderIsNamed) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "file", "x"));
  EXPECT_THAT(open_data_dir({.data_dir = folder / "file"}).error().message,
              HasSubstr("file: is not a folder"));
  EXPECT_THAT(open_data_dir({.data_dir = folder / "file/below/it"}).error().message, HasSubstr("file/below"));
}

}  // namespace
}  // namespace ferry
