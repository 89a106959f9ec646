// Trees of parts, with triggers and openings: each byte of the input chooses something.

#include <array>
#include <cstddef>
#include <cstdint>

#include "infer/grammar/fuzz_grammar.h"

namespace ferry {
namespace {

class TreeReader {
 public:
  explicit TreeReader(std::string_view bytes) : bytes_(bytes) {}

  TreeSource source() {
    TreeSource source;
    source.goes_on = chance();
    source.closed_objects = chance();
    source.in_order = chance();
    source.compact = chance();
    source.tree = tree(0);
    for (size_t i = below(3); i > 0; --i) source.triggers.push_back(text());
    for (size_t i = below(3); i > 0; --i) source.openings.push_back(text());
    if (!source.openings.empty()) source.opening = tree(0);
    return source;
  }

 private:
  size_t below(size_t bound) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % bound;
  }
  bool chance() { return below(2) == 1; }

  std::string text() {
    constexpr std::array<std::string_view, 12> kPieces{"a",  "b", "<", ">",    "{",   "}",
                                                       "\"", " ", "é", "call", "<t>", "\n"};
    std::string made;
    for (size_t i = below(4); i > 0; --i) made += kPieces[below(kPieces.size())];
    return made;
  }

  json::value schema() {
    switch (below(5)) {
      case 0:
        return json::object{{"type", "integer"}};
      case 1:
        return json::object{{"enum", {"a", 1, nullptr}}};
      case 2:
        return json::object{{"type", "object"},
                            {"properties", {{"a", {{"type", "boolean"}}}, {"b", {{"type", "null"}}}}},
                            {"required", {"b"}}};
      case 3:
        return json::object{
            {"type", "array"}, {"items", {{"type", "string"}, {"maxLength", 3}}}, {"maxItems", 2}};
      default:
        return json::value(true);
    }
  }

  GrammarTree tree(int depth) {
    GrammarTree made{.kind = static_cast<GrammarTree::Kind>(below(depth < 5 ? 8 : 4))};
    switch (made.kind) {
      case GrammarTree::Kind::literal:
      case GrammarTree::Kind::special:
      case GrammarTree::Kind::free:
        made.text = text();
        break;
      case GrammarTree::Kind::schema:
        made.schema = schema();
        break;
      case GrammarTree::Kind::optional:
      case GrammarTree::Kind::repeat:
        made.parts.push_back(tree(depth + 1));
        break;
      case GrammarTree::Kind::sequence:
      case GrammarTree::Kind::choice:
        for (size_t i = 1 + below(3); i > 0; --i) made.parts.push_back(tree(depth + 1));
        break;
    }
    return made;
  }

  std::string_view bytes_;
};

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ferry::TreeReader reader({reinterpret_cast<const char*>(data), size});
  ferry::exercise(reader.source(), size);
  return 0;
}
