#pragma once
// Seeded text for tests: the characters and runs at which splitting patterns decide.

#include <string>

#include "base/core/rng.h"

namespace ferry {

inline std::string random_text(Rng& rng, size_t pieces) {
  static constexpr const char* kPieces[] = {" ",
                                            "  ",
                                            "\n",
                                            "\r\n",
                                            "\t",
                                            "a",
                                            "Word",
                                            "don't",
                                            "I'LL",
                                            "'s",
                                            "'S",
                                            "'\xC5\xBF",
                                            "'",
                                            "1",
                                            "23",
                                            "456",
                                            "7890123",
                                            ".",
                                            "...",
                                            "!?",
                                            "/",
                                            "\xC2\xA0",
                                            "\xE3\x80\x80",
                                            "\xE2\x80\xA8",
                                            "\xC3\xA9",
                                            "e\xCC\x81",  // e and U+0301
                                            "\xD0\x96",
                                            "\xE4\xB8\xAD\xE6\x96\x87",
                                            "\xE3\x81\x8B",
                                            "\xED\x95\x9C",
                                            "\xD9\xA3",
                                            "\xC2\xBD",
                                            "\xE2\x85\xA7",
                                            "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",
                                            "\xF0\x9D\x90\x80",
                                            "\xF0\x90\x90\x80",
                                            "\xEF\xBF\xBD",
                                            "\xC2\x85",
                                            "\xE1\xA0\x8E",  // U+180E, white space no longer
                                            "<s>",
                                            "\x01",
                                            "_",
                                            "$+<",
                                            "\xE2\x96\x81"};
  std::string text;
  for (size_t i = 0; i < pieces; ++i) {
    const char* piece = kPieces[rng.below(std::size(kPieces))];
    for (uint64_t n = rng.below(8) == 0 ? 1 + rng.below(6) : 1; n > 0; --n) text += piece;
  }
  return text;
}

}  // namespace ferry
