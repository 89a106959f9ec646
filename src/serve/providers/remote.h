#pragma once
// A vendor's API, or a server of one's own that speaks it, as a provider. A request whose client speaks the
// vendor's dialect goes on as the client wrote it (GenerationRequest::wire); others are written anew. Answers
// come back as deltas, with the events that they were read from where the client can have those.
//
// Every call of one exchange is made on one network thread, which is the caller's where that is one. A
// request is sent once; only where a key is refused or used up and another one is there, once for each.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_pool.h"
#include "serve/dialects/wire_dialect.h"
#include "serve/providers/provider.h"

namespace ferry {

struct RemoteSettings {
  std::string name;                      // for messages: "openai"
  const WireDialect* chats = nullptr;    // never null
  const WireDialect* prompts = nullptr;  // null: it takes no raw prompts
  const WireDialect* vectors = nullptr;  // null: it makes no embeddings
  std::shared_ptr<const HttpOrigin> origin = {};
  std::string base_path = {};          // "/v1"; what the dialect's paths are appended to
  std::vector<std::string> keys = {};  // used in turns; empty: requests go without
  std::string key_header = {};         // empty: the dialect's own header and prefix
  std::string key_prefix = {};
  HttpHeaders headers = {};               // of every request
  std::vector<std::string> secrets = {};  // among the headers' values: never told to anybody, as the keys are
  HttpDeadlines deadlines = {};           // first_byte is that of the first token, too
  bool stream_usage = true;               // it knows stream_options.include_usage, or needs none
  bool older_names = false;               // WriteOptions::older_names
  int64_t max_tokens = 4096;              // WriteOptions::max_tokens
  // WriteOptions::adaptive_thinking, by the model's name; empty: none does. Any thread.
  std::function<bool(std::string_view model)> thinks_adaptively = {};
};

// `pool` must outlive the provider, and the provider its exchanges. Requests name the vendor's models.
//
// Failures have ApiError::kind and upstream_status; its reason is "upstream_" and what happened:
// "upstream_timeout_first_byte", "upstream_cut", "upstream_rate_limited". Its message are the vendor's words,
// without keys and secrets.
std::unique_ptr<Provider> make_remote_provider(HttpPool& pool, RemoteSettings settings);

}  // namespace ferry
