#pragma once
// Which forms national numbers are written in, and how sure each form is.

#include <optional>

#include "serve/guard/finding.h"
#include "serve/guard/number_run.h"

namespace ferry {

// A number of digits alone that begins with `run`, at a border of a word.
std::optional<Finding> find_digit_id(const Window& window, const NumberRun& run);

// A number with letters, whose first digit is the run's first (NINO, DNI, NIE, codice fiscale, NIR of
// Corsica).
std::optional<Finding> find_letter_id(const Window& window, const NumberRun& run);

}  // namespace ferry
