#pragma once
// A wire format in both directions: what a client's request says and how it is answered, how an upstream is
// asked and what its answer says. A dialect is a table of functions; a new one is one new file, and a line in
// wire_dialect.cpp.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/function_ref.h"
#include "serve/dialects/exchange.h"
#include "serve/dialects/features.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

using WireHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// How a request is written for an upstream.
struct WriteOptions {
  std::string model;               // the upstream's name of it
  int64_t max_tokens = 4096;       // where the dialect demands a limit, and the request has none
  bool include_usage = true;       // a stream ends with its usage, even if the client has not asked for it
  bool older_names = false;        // OpenAI: max_tokens for max_completion_tokens, system for developer
  bool adaptive_thinking = false;  // Anthropic: an effort is told as such, and not as a budget of tokens
};

// What is sent to an upstream, beside its key.
struct WireRequest {
  std::string body;
  WireHeaders headers;
};

// A whole answer as it was read.
struct WireAnswer {
  GenerationResult result;
  std::string id;     // the upstream's
  std::string model;  // the name that it gave itself
};

// What one event says. There may be no delta at all (a ping, a usage): who keeps the event itself for the
// client (GenerationDelta::wire) adds an empty one.
struct EventReading {
  std::vector<GenerationDelta> deltas = {};
  std::optional<Usage> usage = {};     // of the whole answer, as far as it is known by now
  std::optional<ApiError> error = {};  // the answer failed; nothing follows
  bool ended = false;                  // the answer is whole; nothing follows
  bool only_usage = false;             // withheld from a client that has not asked for it
};

// Reads one stream. Used by one thread at a time.
class EventReader {
 public:
  virtual ~EventReader() = default;
  // `name` is that of the event, or empty. An event that contradicts the dialect is an error of kind
  // unreadable. REQUIRES: nothing has ended or failed before.
  virtual EventReading read(std::string_view name, std::string_view data) = 0;
  // Of the answer, from its first event on; empty before.
  virtual std::string_view id() const = 0;
};

// Writes one stream. Used by one thread at a time.
class EventWriter {
 public:
  using Emit = FunctionRef<void(std::string_view data, std::string_view name)>;  // name: empty for none

  virtual ~EventWriter() = default;
  virtual void begin(Emit emit) = 0;
  virtual void delta(const GenerationDelta& delta, Emit emit) = 0;
  virtual void end(const Usage& usage, Emit emit) = 0;
  // Ends a stream that has begun, so that nobody takes it for whole.
  virtual void fail(int status, const ApiError& error, Emit emit) = 0;
};

struct WireDialect {
  std::string_view name;       // "openai_chat"
  std::string_view vendor;     // "openai"
  std::string_view path;       // below a base URL that ends in /v1: "/chat/completions"
  std::string_view id_prefix;  // of answers that we identify: "chatcmpl-"
  // How a key is sent: "authorization", "Bearer ".
  std::string_view key_header;
  std::string_view key_prefix;
  // Of a client's headers: those that an upstream of this dialect gets, too.
  std::span<const std::string_view> forwarded_headers;
  // What a request of another dialect may use and still be written in this one.
  FeatureSet expressible;
  // What this dialect calls the field that asks for a feature; empty: as OpenAI's clients call it.
  std::string_view (*field_name)(Feature feature);

  // A client's request. Refuses what is malformed, and nothing else: what our engine does not honour, and
  // what nobody here knows, is listed in GenerationRequest::met.
  ApiResult<GenerationRequest> (*read_request)(std::string_view body);
  // REQUIRES: features_of(request) are expressible, or the request was read from this dialect.
  ApiResult<WireRequest> (*write_request)(const GenerationRequest& request, const WriteOptions& options);
  // A body that read_request has accepted, with the model's name and what `options.include_usage` asks for
  // changed in place. Every other byte stays. Includes the headers that write_request would give.
  ApiResult<WireRequest> (*patch_request)(std::string_view body, const GenerationRequest& request,
                                          const WriteOptions& options);

  // An upstream's answer.
  ApiResult<WireAnswer> (*read_answer)(std::string_view body);
  std::unique_ptr<EventReader> (*read_events)();
  // The kind of failure and the upstream's words, of any status but 2xx and any body.
  ApiError (*read_error)(int status, const WireHeaders& headers, std::string_view body);
  // With the name that the client asked for; as it was, where no model is named.
  std::string (*patch_answer)(std::string_view body, std::string_view model);
  std::string (*patch_event)(std::string_view data, std::string_view model);

  // Our answer to a client's `request`.
  std::string (*write_answer)(const ExchangeIdentity& identity, const GenerationResult& result,
                              const GenerationRequest& request);
  std::unique_ptr<EventWriter> (*write_events)(ExchangeIdentity identity, const GenerationRequest& request);
  std::string (*write_error)(int status, const ApiError& error);
};

// Every dialect in which text is asked for.
std::span<const WireDialect* const> wire_dialects();
// Null: there is none of this name.
const WireDialect* find_dialect(std::string_view name);

// A row of GET /v1/capabilities: a target, or a dialect.
struct CapabilityRow {
  std::string name;
  FeatureSet features;
};

// The features with their meaning, and what each dialect can express of another's, and each target can do.
std::string capabilities_json(std::span<const CapabilityRow> targets);

// Vectors: the request's prompts are their inputs, one choice stands for each (GenerationChoice::vector). Not
// among wire_dialects(), and without events.
extern const WireDialect kOpenAiEmbeddings;
extern const WireDialect kOpenAiChat;
extern const WireDialect kOpenAiCompletions;
extern const WireDialect kAnthropicMessages;

}  // namespace ferry
