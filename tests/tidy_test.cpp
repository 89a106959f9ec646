// The rules of the house, read from its own sources: who may include whom (src/rooms.txt), and a few habits.

#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/file.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = FERRY_SOURCE_DIR;

std::vector<std::string> lines_of(const fs::path& path) {
  std::istringstream text(read_file(path).value());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::vector<fs::path> sources() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "src")) {
    const fs::path extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") files.push_back(fs::relative(entry.path(), kRoot / "src"));
  }
  return files;
}

// "infer/tokenizer/bpe.h" -> "infer/tokenizer"
std::string room_of(const fs::path& file) {
  auto part = file.begin();
  const fs::path wing = *part++;
  return (wing / *part).string();
}

using Rooms = std::map<std::string, std::set<std::string>>;

// Each room with the rooms it may include.
Rooms read_rooms() {
  Rooms rooms;
  std::set<std::string> above;
  for (const std::string& line : lines_of(kRoot / "src/rooms.txt")) {
    if (line.empty() || line[0] == '#') continue;
    const size_t colon = line.find(':');
    const std::string room = line.substr(0, colon);
    std::set<std::string> allowed{room};
    std::istringstream others(line.substr(colon + 1));
    for (std::string other; others >> other;) {
      if (other == "*") {
        allowed.insert(above.begin(), above.end());
      } else {
        EXPECT_TRUE(above.contains(other)) << room << " includes " << other << ", which stands below it";
        allowed.insert(other);
      }
    }
    for (const char* common : {"base/core", "base/settings", "base/observe"}) {
      if (above.contains(common)) allowed.insert(common);
    }
    rooms[room] = allowed;
    above.insert(room);
  }
  return rooms;
}

std::optional<std::string> included_file(const std::string& line) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s+"([^"]+)")re");
  std::smatch match;
  if (!std::regex_search(line, match, kInclude)) return std::nullopt;
  return match[1].str();
}

TEST(Rooms, IncludeOnlyWhatRoomsTxtAllows) {
  const Rooms rooms = read_rooms();
  for (const fs::path& file : sources()) {
    const std::string room = room_of(file);
    const auto found = rooms.find(room);
    ASSERT_NE(found, rooms.end()) << file << " stands in no room of src/rooms.txt";
    for (const std::string& line : lines_of(kRoot / "src" / file)) {
      const auto included = included_file(line);
      if (!included) continue;
      EXPECT_TRUE(fs::exists(kRoot / "src" / *included))
          << file << " includes " << *included << ": not from src/";
      EXPECT_TRUE(found->second.contains(room_of(*included)))
          << file << " includes " << *included << ", but src/rooms.txt does not let " << room << " in there";
    }
  }
}

TEST(Habits, EveryRoomWithCodeHasATest) {
  std::set<std::string> with_code;
  std::set<std::string> with_test;
  for (const fs::path& file : sources()) {
    if (file.extension() != ".cpp") continue;
    with_code.insert(room_of(file));
    if (file.string().ends_with("_test.cpp")) with_test.insert(room_of(file));
  }
  for (const std::string& room : with_code) EXPECT_TRUE(with_test.contains(room)) << room;
}

TEST(Habits, HeadersAreGuardedAndFilesStaySmall) {
  for (const fs::path& file : sources()) {
    const auto lines = lines_of(kRoot / "src" / file);
    const bool is_test = file.string().ends_with("_test.cpp");
    EXPECT_LE(lines.size(), is_test ? 800u : 600u) << file << " is about too many things";
    // What stands in simd/ and most of int8/ is included once for each instruction set, inside its target
    // region.
    const fs::path folder = file.parent_path().filename();
    if (file.extension() == ".h" && folder != "simd" && folder != "int8") {
      EXPECT_EQ(lines.at(0), "#pragma once") << file;
    }
  }
}

TEST(Habits, NothingIsLeftForLater) {
  const std::regex mark("\\b(TODO|FIXME|XXX|HACK)\\b");
  for (const fs::path& file : sources()) {
    for (const std::string& line : lines_of(kRoot / "src" / file)) {
      EXPECT_FALSE(std::regex_search(line, mark)) << file << ": " << line;
    }
  }
}

TEST(Habits, EveryFuzzTargetHasACorpus) {
  for (const fs::path& file : sources()) {
    if (!file.string().ends_with("_fuzz.cpp")) continue;
    const fs::path corpus = kRoot / "tests/corpus" / file.stem();
    EXPECT_TRUE(fs::exists(corpus) && !fs::is_empty(corpus)) << corpus;
  }
}

}  // namespace
}  // namespace ferry
