#include <algorithm>

#include "infer/template/filter_tables.h"

namespace ferry::jinja {
namespace {

Value not_supported(Runtime&, const Value&, const CallArgs&) {
  raise_unsupported(
      "one of the filters random, pprint, urlize, xmlattr, striptags, wordwrap or filesizeformat is "
      "used; they are not supported in chat templates");
}

constexpr std::string_view kRefused[] = {"random",    "pprint",   "urlize",        "xmlattr",
                                         "striptags", "wordwrap", "filesizeformat"};

}  // namespace

Callable find_filter(std::string_view name) {
  for (const auto group : {text_filters(), sequence_filters(), selection_filters(), value_filters()}) {
    for (const NamedFilter& filter : group) {
      if (filter.name == name) return filter.call;
    }
  }
  return std::find(std::begin(kRefused), std::end(kRefused), name) == std::end(kRefused) ? nullptr
                                                                                         : not_supported;
}

}  // namespace ferry::jinja
