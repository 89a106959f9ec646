// Any body, as a request of every dialect: what is read can be written anew and patched, and says the same
// again; what some target lacks can be taken out of it.

#include <cstdint>

#include "serve/dialects/anthropic_request.h"
#include "serve/dialects/openai_embeddings.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

void check_error(const WireDialect& dialect, const ApiError& error) {
  FERRY_CHECK(!error.error.message.empty());
  FERRY_CHECK(parse_json(dialect.write_error(400, error), "error").has_value());
}

void check_written(const WireDialect& dialect, const GenerationRequest& request) {
  const WriteOptions options{.model = "m"};
  const auto written = dialect.write_request(request, options);
  if (!written) return check_error(dialect, written.error());
  FERRY_CHECK(parse_json(written->body, "written").has_value());
}

// Every dialect writes what is left of it when it has taken out what it cannot say.
void check_translated(const WireDialect& target, GenerationRequest request) {
  const auto warnings = apply_features(request, target.expressible, FeaturePolicy::warn);
  if (!warnings) return check_error(target, warnings.error());
  FERRY_CHECK(request.messages.empty() != request.prompts.empty());
  for (const FeatureUse& use : features_of(request)) FERRY_CHECK(target.expressible.has(use.feature));
  check_written(target, request);
}

void check_dialect(const WireDialect& dialect, std::string_view body) {
  const auto request = dialect.read_request(body);
  if (!request) return check_error(dialect, request.error());
  FERRY_CHECK(request->dialect == &dialect && !request->model.empty());
  FERRY_CHECK(request->messages.empty() != request->prompts.empty());
  check_written(dialect, *request);
  const auto patched = dialect.patch_request(body, *request, {.model = "m"});
  FERRY_CHECK(patched && dialect.read_request(patched->body)->model == "m");
  for (const WireDialect* target : wire_dialects()) check_translated(*target, *request);
}

void check_embeddings(std::string_view body) {
  const auto request = read_openai_embeddings(body);
  if (!request) return check_error(kOpenAiChat, request.error());
  const auto again = read_openai_embeddings(write_openai_embeddings(*request, "m"));
  FERRY_CHECK(again && again->request.inputs == request->request.inputs && again->request.model == "m");
  FERRY_CHECK(read_openai_embeddings(patch_openai_embeddings(body, "m").value())->request.model == "m");
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const ferry::WireDialect* dialect : ferry::wire_dialects()) ferry::check_dialect(*dialect, body);
  ferry::check_embeddings(body);
  if (const auto count = ferry::read_anthropic_count(body))
    (void)ferry::write_anthropic_count(*count, {.model = "m"});
  return 0;
}
