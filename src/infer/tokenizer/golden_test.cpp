// What the Python package `tokenizers` makes of the same tokenizer.json and text.
// tests/golden/tokenizer/make.py writes the files; FERRY_TOKENIZER_GOLDEN names another folder of them (large
// runs).

#include <cstdio>
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

  // False when anything differs.
  bool check(const Case& c) const {
    const bool encoded = !c.fields.contains("text") || check_encode(c);
    const auto ids = c.ids("ids");
    return check_equal(tokenizer_->decode(ids), c.text("decoded"), c) &&
           check_equal(tokenizer_->decode(ids, false), c.text("decoded_all"), c) && encoded;
  }

 private:
  bool check_encode(const Case& c) const {
    const std::string_view text = c.text("text");
    const EncodeOptions plain{.add_special = false, .parse_special = false};
    return check_equal(tokenizer_->encode(text), c.ids("ids"), c) &&
           check_equal(tokenizer_->encode(text, plain), c.ids("plain"), c);
  }

  template <class T, class Expected>
  bool check_equal(const T& got, const Expected& expected, const Case& c) const {
    EXPECT_EQ(got, expected) << name_ << ": " << to_json(c.fields);
    return got == expected;
  }

  std::string name_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

size_t check_file(const fs::path& path) {
  const Golden golden(path);
  if (!golden.loaded()) return 0;
  const std::string lines = read_file(fs::path(path).replace_extension(".jsonl")).value();
  size_t cases = 0;
  int most_failures = 3;  // enough of one kind
  for (size_t begin = 0; begin < lines.size() && most_failures > 0; ++cases) {
    const size_t end = lines.find('\n', begin);
    const std::string_view line = std::string_view(lines).substr(begin, end - begin);
    if (!golden.check({parse_json(line, "case").value().get_object()})) --most_failures;
    begin = end + 1;
  }
  return cases;
}

size_t check_folder(const fs::path& folder) {
  size_t cases = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") cases += check_file(entry.path());
  }
  std::printf("%zu cases\n", cases);
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
