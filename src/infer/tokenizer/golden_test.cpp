// What the Python package `tokenizers` makes of the same tokenizer.json and text.
// tests/golden/tokenizer/make.py writes the files; FERRY_TOKENIZER_GOLDEN names another folder of them (large
// runs).

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/json.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

struct Case {
  json::object fields;

  std::string_view text(std::string_view key) const { return fields.at(key).get_string(); }
  std::vector<TokenId> ids(std::string_view key) const {
    std::vector<TokenId> out;
    for (const json::value& id : fields.at(key).get_array())
      out.push_back(static_cast<TokenId>(id.get_int64()));
    return out;
  }
};

class Golden {
 public:
  explicit Golden(const fs::path& path) : name_(path.stem().string()) {
    auto loaded = Tokenizer::open(path);
    EXPECT_TRUE(loaded) << loaded.error().message;
    if (loaded) tokenizer_ = *loaded;
  }

  bool loaded() const { return tokenizer_ != nullptr; }

  void check(const Case& c) {
    if (c.fields.contains("text")) check_encode(c);
    const auto ids = c.ids("ids");
    EXPECT_EQ(tokenizer_->decode(ids), c.text("decoded")) << name_;
    EXPECT_EQ(tokenizer_->decode(ids, false), c.text("decoded_all")) << name_;
  }

 private:
  void check_encode(const Case& c) {
    const std::string_view text = c.text("text");
    EXPECT_EQ(tokenizer_->encode(text), c.ids("ids")) << name_ << ": " << to_json(c.fields.at("text"));
    const EncodeOptions plain{.add_special = false, .parse_special = false};
    EXPECT_EQ(tokenizer_->encode(text, plain), c.ids("plain"))
        << name_ << ": " << to_json(c.fields.at("text"));
  }

  std::string name_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

size_t check_folder(const fs::path& folder) {
  size_t cases = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    Golden golden(entry.path());
    if (!golden.loaded()) continue;
    const std::string lines = read_file(fs::path(entry.path()).replace_extension(".jsonl")).value();
    for (size_t begin = 0; begin < lines.size();) {
      const size_t end = lines.find('\n', begin);
      golden.check({parse_json(lines.substr(begin, end - begin), "case").value().get_object()});
      begin = end + 1;
      ++cases;
      if (testing::Test::HasFailure() && std::getenv("FERRY_TOKENIZER_GOLDEN") != nullptr) break;
    }
  }
  return cases;
}

TEST(Tokenizer, EqualsTheReference) {
  const char* other = std::getenv("FERRY_TOKENIZER_GOLDEN");
  const fs::path folder =
      other != nullptr ? fs::path(other) : fs::path(FERRY_SOURCE_DIR) / "tests/golden/tokenizer";
  EXPECT_GT(check_folder(folder), 50u);
}

}  // namespace
}  // namespace ferry
