// A template, and behind a line "---" the context (JSON; without it a small conversation). Whatever the bytes
// are, parsing and rendering end soon, and what comes back keeps its contract.

#include <cstdint>

#include "base/core/json.h"
#include "base/core/utf8.h"
#include "infer/template/template.h"

namespace {

using ferry::ChatTemplate;
using ferry::RenderedChat;
using ferry::RenderOptions;

constexpr std::string_view kContext =
    R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "h\u00e9 <|x|>"},
        {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5]}}}]}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "n": 3, "s": "a b", "t": true,
        "d": {"k": 1}, "l": [3, 1, 2], "bos_token": "<s>"})";

RenderOptions small_limits() {
  RenderOptions options;
  options.limits = {
      .max_steps = 20'000, .max_output_bytes = 1 << 16, .max_memory_bytes = 4 << 20, .max_depth = 200};
  options.now = std::tm{};
  return options;
}

void check(const RenderedChat& chat) {
  FERRY_CHECK(chat.text.size() <= (size_t{1} << 16));
  size_t end = 0;
  for (const ferry::Origin& origin : chat.origins) {
    FERRY_CHECK(origin.begin >= end && origin.begin < origin.end && origin.end <= chat.text.size());
    FERRY_CHECK(!origin.field.empty() || origin.message >= 0);
    end = origin.end;
  }
  end = 0;
  for (const auto& [begin, stop] : chat.generation_spans) {
    FERRY_CHECK(begin >= end && begin < stop && stop <= chat.text.size());
    end = stop;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string_view context = kContext;
  if (const size_t line = input.find("\n---\n"); line != std::string_view::npos) {
    context = input.substr(line + 5);
    input = input.substr(0, line);
  }
  const auto chat_template = ChatTemplate::parse(std::string(input), "fuzz");
  if (!chat_template) return 0;
  const auto document = ferry::parse_json(context, "context");
  if (!document || !document->is_object()) return 0;
  if (const auto chat = (*chat_template)->render(document->get_object(), small_limits())) check(*chat);
  return 0;
}
