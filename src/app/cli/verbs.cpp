#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

constexpr Verb kVerbs[] = {
    {"serve", "serve models over OpenAI's API", make_serve_command},
    {"run", "talk to a model in the terminal", make_run_command},
    {"embed", "turn lines of text into vectors", make_embed_command},
    {"list", "list the models on this machine", make_list_command},
    {"show", "tell what a model is", make_show_command},
    {"tokenize", "turn text into a model's token IDs, or back", make_tokenize_command},
    {"bench", "measure how fast a model runs here", make_bench_command},
    {"kernels", "list the kernel tables and which one is used here", make_kernels_command},
    {"settings", "print every setting with its default", make_settings_command},
    {"version", "print the version", make_version_command},
};

}  // namespace

std::span<const Verb> all_verbs() {
  return kVerbs;
}

}  // namespace ferry::cli
