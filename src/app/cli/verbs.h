#pragma once
// Every verb that `ferry` knows.

#include <span>

#include "app/cli/command.h"

namespace ferry::cli {

// In the order of the help.
std::span<const Verb> all_verbs();

// Those that stand in groups.
std::span<const Verb> key_verbs();
std::span<const Verb> team_verbs();
std::span<const Verb> organisation_verbs();
std::span<const Verb> traffic_verbs();
std::span<const Verb> report_verbs();
std::span<const Verb> audit_verbs();
std::span<const Verb> config_verbs();
std::span<const Verb> route_verbs();

std::unique_ptr<Command> make_serve_command();
std::unique_ptr<Command> make_run_command();
std::unique_ptr<Command> make_embed_command();
std::unique_ptr<Command> make_list_command();
std::unique_ptr<Command> make_show_command();
std::unique_ptr<Command> make_tokenize_command();
std::unique_ptr<Command> make_bench_command();
std::unique_ptr<Command> make_mock_command();
std::unique_ptr<Command> make_top_command();
std::unique_ptr<Command> make_kernels_command();
std::unique_ptr<Command> make_settings_command();
std::unique_ptr<Command> make_version_command();

}  // namespace ferry::cli
