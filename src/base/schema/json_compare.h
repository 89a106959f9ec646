#pragma once
// JSON values as JSON Schema compares them: numbers by what they mean (1 is 1.0), members in any order.

#include "base/core/json.h"
#include "base/schema/work.h"

namespace ferry {

// Below, at or above 0: the order of the two, total and arbitrary but for numbers. Each value compared and
// each 64 bytes of text take a unit of `work`; where it is spent, the result means nothing. Values nested
// deeper than 128 are equal from there on.
int compare_json(const json::value& a, const json::value& b, Work& work);

// Of two numbers, exactly. REQUIRES: both are numbers.
int compare_numbers(const json::value& a, const json::value& b);

// Without a fraction: 1.0 is one.
bool is_integer(const json::value& value);

// Whether `value` is a whole number of `factor`s: exactly, where both are integers; otherwise as near as
// binary fractions of decimal numbers come (0.0075 is a multiple of 0.0001). REQUIRES: numbers, factor above
// 0.
bool is_multiple(const json::value& value, const json::value& factor);

}  // namespace ferry
