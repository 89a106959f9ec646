#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"

namespace ferry {
namespace {

constexpr size_t kMaxLocal = 64;
constexpr size_t kMaxDomain = 253;
constexpr size_t kMaxLabel = 63;

// Where the address before `at` begins; `at`: there is none.
size_t local_begin(const Window& window, size_t at) {
  size_t begin = at;
  while (begin > 0 && at - begin < kMaxLocal && is(window.at(begin - 1), kLocal)) {
    if (window.at(begin - 1) == '.' && window.at(begin) == '.') break;
    --begin;
  }
  // Quotes and dots around an address are the sentence's; half a character is nobody's.
  while (begin < at && (window.at(begin) == '.' || window.at(begin) == '\'' || window.at(begin) == '-' ||
                        is(window.at(begin), kContinuation))) {
    ++begin;
  }
  if (begin < at && window.at(at - 1) == '.') return at;
  return begin;
}

bool is_label_byte(int byte) {
  return is_alnum(byte) || byte == '-' || byte >= 0x80;
}

// The end of the domain that begins there, or `begin`. A dot behind it is the sentence's.
size_t domain_end(const Window& window, size_t begin) {
  size_t end = begin;
  bool has_dot = false;
  for (size_t label = begin; label - begin <= kMaxDomain;) {
    size_t at = label;
    while (is_label_byte(window.at(at)) && at - label <= kMaxLabel) ++at;
    if (at == label || at - label > kMaxLabel || at - begin > kMaxDomain || window.at(label) == '-') break;
    size_t last = at;
    while (last > label && window.at(last - 1) == '-') --last;
    const bool top = is(window.at(label), kLetter) || window.at(label) >= 0x80;
    if (has_dot && top && last - label >= 2) end = last;
    if (last != at || window.at(at) != '.') break;
    has_dot = true;
    label = at + 1;
  }
  return end;
}

}  // namespace

std::optional<Finding> find_email(const Window& window, size_t at) {
  const size_t begin = local_begin(window, at);
  if (begin == at) return std::nullopt;
  const size_t end = domain_end(window, at + 1);
  if (end == at + 1) return std::nullopt;
  return Finding{begin, end, FindingKind::email, Confidence::certain, "email"};
}

}  // namespace ferry
