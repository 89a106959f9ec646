#pragma once
// Whether a text reads as a model's refusal, where nothing else says so. A guess by what models say first: "I
// can't help with", "Ich kann dabei leider nicht helfen", "抱歉，我无法提供…", in English, German, French,
// Spanish, Italian, Portuguese, Dutch, Polish, Russian, Chinese, Japanese and Korean. Only the first 400
// bytes count; what an assistant cannot find or see is no refusal. An answer that goes on helpfully after
// such words is still taken for one: the words decide, and nobody else judges.

#include <string_view>

namespace ferry {

// Any thread. Linear in the text's beginning.
bool reads_as_refusal(std::string_view text);

}  // namespace ferry
