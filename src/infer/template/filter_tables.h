#pragma once
// Filters, grouped by what they work on; library's find_filter looks through the groups.

#include <span>

#include "infer/template/library.h"

namespace ferry::jinja {

struct NamedFilter {
  std::string_view name;
  Callable call;
};

std::span<const NamedFilter> text_filters();
std::span<const NamedFilter> sequence_filters();
std::span<const NamedFilter> selection_filters();
std::span<const NamedFilter> value_filters();

}  // namespace ferry::jinja
