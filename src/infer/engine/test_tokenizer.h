#pragma once
// For tests of this room and the rooms above: a byte-level tokenizer.json that fits the tiny golden
// checkpoints.

#include <string>

#include "base/core/json.h"
#include "base/core/utf8.h"

namespace ferry {

inline constexpr uint32_t kTestVocab = 160;  // of tests/golden/model/llama3

// Token i is byte i, in GPT-2's spelling of bytes; no merges. The last two tokens are special: <|start|>,
// <|end|>.
inline std::string test_tokenizer_json() {
  const uint32_t first_special = kTestVocab - 2;
  std::string text = R"({"added_tokens":[{"id":158,"content":"<|start|>","special":true},)"
                     R"({"id":159,"content":"<|end|>","special":true}],)"
                     R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":false},)"
                     R"("decoder":{"type":"ByteLevel"},"model":{"type":"BPE","merges":[],"vocab":)";
  JsonWriter writer(text);
  writer.begin_object();
  char32_t shifted = 256;
  for (char32_t byte = 0; byte < first_special; ++byte) {
    const bool printable = byte >= 33 && byte <= 126;
    std::string spelling;
    append_utf8(spelling, printable ? byte : shifted++);
    writer.member(spelling, static_cast<int>(byte));
  }
  writer.member("<|start|>", static_cast<int>(first_special));
  writer.member("<|end|>", static_cast<int>(first_special) + 1);
  writer.end_object();
  return text + "}}";
}

}  // namespace ferry
