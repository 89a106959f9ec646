#pragma once
// The encoders' goldens (tests/golden/encoder/make.py), for the tests of this room and of those that embed.

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/json.h"

namespace ferry {

inline std::filesystem::path encoder_folder() {
  return std::filesystem::path(FERRY_SOURCE_DIR) / "tests/golden/encoder";
}

struct EncoderSequence {
  std::vector<int32_t> tokens;
  std::vector<int32_t> types;
  std::vector<float> hidden;  // [tokens, hidden size]: what transformers computed
};

inline std::vector<int32_t> ints_of(const json::value& list) {
  std::vector<int32_t> out;
  for (const json::value& item : list.as_array()) out.push_back(static_cast<int32_t>(item.as_int64()));
  return out;
}

inline json::object encoder_golden(const std::string& name) {
  const std::filesystem::path path = encoder_folder() / (name + ".json");
  return parse_json(read_file(path).value(), path.string()).value().as_object();
}

inline std::vector<EncoderSequence> encoder_sequences(const std::string& name, size_t width) {
  std::vector<EncoderSequence> out;
  const std::string bytes = read_file(encoder_folder() / (name + ".hidden")).value();
  size_t at = 0;
  const json::object golden = encoder_golden(name);
  for (const json::value& item : golden.at("sequences").as_array()) {
    EncoderSequence sequence{ints_of(item.at("tokens")), ints_of(item.at("types")), {}};
    sequence.hidden.resize(sequence.tokens.size() * width);
    const size_t size = sequence.hidden.size() * sizeof(float);
    EXPECT_LE(at + size, bytes.size());
    std::memcpy(sequence.hidden.data(), bytes.data() + at, size);
    at += size;
    out.push_back(std::move(sequence));
  }
  EXPECT_EQ(at, bytes.size());
  return out;
}

}  // namespace ferry
