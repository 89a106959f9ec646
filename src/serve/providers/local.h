#pragma once
// Our own engine as a provider: renders the chat template, tokenises, submits, and turns the engine's events
// into deltas.

#include <memory>
#include <string>

#include "infer/host/host.h"
#include "serve/dialects/features.h"
#include "serve/providers/provider.h"

namespace ferry {

struct LocalProviderSettings {
  int preparation_threads = 1;
  std::string tool_parser = "auto";
  std::string reasoning_parser = "auto";

  template <class V>
  void visit(V& v) {
    v("preparation_threads", preparation_threads, "threads that render templates and tokenise").range(1, 64);
    v("tool_parser", tool_parser,
      "the syntax in which models call tools, see docs/tools.md; auto: what their chat template shows")
        .choices({"auto", "none", "hermes", "qwen3_coder", "qwen3_xml", "seed_oss", "llama3_json",
                  "llama4_json", "pythonic", "llama4_pythonic", "mistral", "deepseek_v3", "deepseek_v31"});
    v("reasoning_parser", reasoning_parser,
      "the syntax in which models write their thoughts, see docs/tools.md; auto: what their chat template "
      "shows")
        .choices(
            {"auto", "none", "deepseek_r1", "deepseek_v3", "qwen3", "glm45", "mistral", "seed_oss", "kimi"});
  }
};

// What our engine has of what requests may use; it says so of each field that it refuses, too
// (FeatureUse::refusal).
FeatureSet local_features();

// `host` outlives the provider. Requests name one of its models.
std::unique_ptr<Provider> make_local_provider(const Host& host, const LocalProviderSettings& settings = {});

}  // namespace ferry
