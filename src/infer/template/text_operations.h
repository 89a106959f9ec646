#pragma once
// What strings can do, shared by methods and filters. Results keep the origin of each character, and are
// markup where the string they are made of is.

#include <vector>

#include "infer/template/operations.h"

namespace ferry::jinja {

enum class Side : uint8_t { left, right, both };

// Without the characters in `chars` (null: whitespace) at its ends.
const Text* strip(Runtime& rt, const Text& text, const Text* chars, Side side);
const Text* upper(Runtime& rt, const Text& text);
const Text* lower(Runtime& rt, const Text& text);
const Text* capitalise(Runtime& rt, const Text& text);
const Text* title_case(Runtime& rt, const Text& text);  // str.title: every letter not behind a letter
const Text* swap_case(Runtime& rt, const Text& text);
// A negative count replaces all.
const Text* replace(Runtime& rt, const Text& text, const Text& old, const Text& fresh, Int count);
// Padded with `fill` to `width` characters.
const Text* pad(Runtime& rt, const Text& text, Int width, char32_t fill, Side side);
const Text* reverse(Runtime& rt, const Text& text);
const Text* join(Runtime& rt, const Text& separator, const Value& items);  // items are printed
std::vector<Value> split_lines(Runtime& rt, const Text& text, bool keep_ends);
// `separator` null: at runs of whitespace. A negative `most` splits everywhere.
std::vector<Value> split(Runtime& rt, const Text& text, const Text* separator, Int most);
std::vector<Value> split_right(Runtime& rt, const Text& text, const Text* separator, Int most);

}  // namespace ferry::jinja
