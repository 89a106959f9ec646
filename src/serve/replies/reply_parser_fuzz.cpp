// Any text, in any syntax, cut anywhere. Input: a byte for the tool syntax, one for the thought's and whether
// it is open, one for the number of cuts, two for each cut's place; then the text.

#include <algorithm>

#include "serve/replies/reply_checks.h"

namespace ferry {
namespace {

constexpr int kToolSyntaxes = static_cast<int>(ToolSyntax::deepseek_v31) + 1;
constexpr int kThoughtSyntaxes = static_cast<int>(ThoughtSyntax::kimi) + 1;

std::shared_ptr<const ReplyTools> tools() {
  static const auto kTools = std::make_shared<const ReplyTools>(
      ReplyTools{{.name = "now", .parameters = {}},
                 {.name = "save",
                  .parameters = json::object{
                      {"properties",
                       json::object{{"path", json::object{{"type", "string"}}},
                                    {"days", json::object{{"type", "integer"}}},
                                    {"meta", json::object{{"type", json::array{"object", "array", "null"}}}},
                                    {"force", json::object{{"type", "boolean"}}}}}}}});
  return kTools;
}

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  size_t take() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

void check(Input input) {
  ReplyOptions options{.syntax = {}, .tools = tools()};
  options.syntax.tools = static_cast<ToolSyntax>(input.take() % kToolSyntaxes);
  const size_t thought = input.take();
  options.syntax.thought = static_cast<ThoughtSyntax>(thought / 2 % kThoughtSyntaxes);
  options.thought_open = thought % 2 == 1;
  std::vector<size_t> cuts(input.take() % 16);
  for (size_t& cut : cuts) cut = input.take() * 256 + input.take();
  const std::string text = replace_invalid_utf8(input.rest());
  for (size_t& cut : cuts) cut %= text.size() + 1;
  std::sort(cuts.begin(), cuts.end());
  check_reply(options, text, cuts);
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ferry::check(ferry::Input({reinterpret_cast<const char*>(data), size}));
  return 0;
}
