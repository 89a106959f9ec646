#pragma once
// GPT-2's spelling of bytes: each byte is one printable character ("Ġ" is the space), so that a vocabulary of
// byte strings can be written as text. Printable Latin-1 stands for itself, the other 68 bytes are U+0100 on.

#include <string>
#include <string_view>

#include "infer/tokenizer/char_class.h"

namespace ferry {

void append_byte_level(std::string& out, unsigned char byte);
std::string to_byte_level(std::string_view bytes);

// Appends the bytes that the spelling stands for. A text with any character outside the 256 is not such a
// spelling (an added token, say): it is appended as it stands.
void append_from_byte_level(std::string& out, std::string_view spelling);

}  // namespace ferry
