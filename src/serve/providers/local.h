#pragma once
// Our own engine as a provider: renders the chat template, tokenises, submits, and turns the engine's events
// into deltas.

#include <memory>

#include "infer/host/host.h"
#include "serve/providers/provider.h"

namespace ferry {

struct LocalProviderSettings {
  int preparation_threads = 1;

  template <class V>
  void visit(V& v) {
    v("preparation_threads", preparation_threads, "threads that render templates and tokenise").range(1, 64);
  }
};

// `host` outlives the provider. Requests name one of its models.
std::unique_ptr<Provider> make_local_provider(const Host& host, const LocalProviderSettings& settings = {});

}  // namespace ferry
