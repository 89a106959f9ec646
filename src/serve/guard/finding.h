#pragma once
// What a detector found: where, what, and how sure it is.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry {

enum class FindingKind : uint8_t {
  email,
  phone,
  iban,
  card,
  national_id,
  ip,
  secret,
  name,    // of a list in the settings
  custom,  // of a regular expression in the settings
  literal  // not sensitive: text that looks like one of our placeholders (placeholder.h)
};
inline constexpr int kFindingKinds = static_cast<int>(FindingKind::literal) + 1;

// How sure it is that the text is what it looks like; docs/guard.md has each rule's.
enum class Confidence : uint8_t {
  possible,  // the form alone, which other things have too (nine digits whose check digit happens to fit)
  likely,    // a check or form that chance rarely meets, or a possible one beside a word that names it
  certain    // form, check and borders, or a vendor's own prefix
};

struct Finding {
  size_t begin = 0;  // bytes of the text, or of the whole stream
  size_t end = 0;    // one past the last
  FindingKind kind = FindingKind::literal;
  Confidence confidence = Confidence::certain;
  std::string_view rule;  // "us_ssn", "github", or the settings' name; lives as long as its Detectors

  bool operator==(const Finding&) const = default;
};

// "email", "national_id", …: as settings and labels spell it.
std::string_view to_string(FindingKind kind);
std::optional<FindingKind> finding_kind(std::string_view name);

}  // namespace ferry
