#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

constexpr Verb kVerbs[] = {
    {"list", "list the models on this machine", make_list_command},
    {"show", "tell what a model is", make_show_command},
    {"tokenize", "turn text into a model's token IDs, or back", make_tokenize_command},
    {"kernels", "list the kernel tables and which one is used here", make_kernels_command},
    {"version", "print the version", make_version_command},
};

}  // namespace

std::span<const Verb> all_verbs() {
  return kVerbs;
}

}  // namespace ferry::cli
