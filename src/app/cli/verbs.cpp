#include "app/cli/verbs.h"

namespace ferry::cli {

std::span<const Verb> all_verbs() {
  static const Verb kVerbs[] = {
      {"serve", "serve models over OpenAI's API", make_serve_command},
      {"run", "talk to a model in the terminal", make_run_command},
      {"embed", "turn lines of text into vectors", make_embed_command},
      {"list", "list the models on this machine", make_list_command},
      {"show", "tell what a model is", make_show_command},
      {"tokenize", "turn text into a model's token IDs, or back", make_tokenize_command},
      {"bench", "measure how fast a model runs here", make_bench_command},
      {.name = "key", .summary = "make, list, change, rotate and revoke API keys", .verbs = key_verbs()},
      {.name = "team",
       .summary = "teams of keys, with limits and budgets of their own",
       .verbs = team_verbs()},
      {.name = "organisation",
       .summary = "limits and budgets of all keys together",
       .verbs = organisation_verbs()},
      {.name = "traffic",
       .summary = "what was sent where; erasing what is personal",
       .verbs = traffic_verbs()},
      {.name = "report", .summary = "traffic, latency and savings, summed up", .verbs = report_verbs()},
      {"top", "watch a gateway: routes, targets and keys, every second", make_top_command},
      {.name = "audit",
       .summary = "check the record, and prove from it where things went",
       .verbs = audit_verbs()},
      {"mock", "answer like a rented model, for tests and load", make_mock_command},
      {.name = "config",
       .summary = "check, compare, bring back and import configurations of the gateway",
       .verbs = config_verbs()},
      {.name = "route", .summary = "tell where a request would go, and why", .verbs = route_verbs()},
      {"kernels", "list the kernel tables and which one is used here", make_kernels_command},
      {"settings", "print every setting with its default", make_settings_command},
      {"version", "print the version", make_version_command},
  };
  return kVerbs;
}

}  // namespace ferry::cli
