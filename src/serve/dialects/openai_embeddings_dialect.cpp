// OpenAI's POST /v1/embeddings as a dialect of the gateway.

#include "serve/dialects/openai_embeddings.h"
#include "serve/dialects/openai_reading.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {
namespace {

ApiResult<GenerationRequest> read_request(std::string_view body) {
  auto read = read_openai_embeddings(body);
  if (!read) return tl::unexpected(std::move(read).error());
  GenerationRequest request;
  request.model = std::move(read->request.model);
  request.prompts = std::move(read->request.inputs);
  request.vectors = VectorRequest{.add_special_tokens = read->request.add_special_tokens,
                                  .truncate = read->request.truncate,
                                  .dimensions = read->request.dimensions,
                                  .base64 = read->base64};
  request.stop.max_tokens = 0;  // there is no text to pay for
  request.ignored = std::move(read->ignored);
  request.met = std::move(read->met);
  request.foreign = std::move(read->foreign);
  if (const json::value* user = request.foreign.if_contains("user"); user != nullptr && user->is_string()) {
    request.user = std::string_view(user->get_string());
  }
  return request;
}

ApiResult<WireRequest> write_request(const GenerationRequest& request, const WriteOptions& options) {
  const VectorRequest asked = request.vectors.value_or(VectorRequest());
  return WireRequest{
      .body = write_openai_embeddings({.request = {.model = request.model,
                                                   .inputs = request.prompts,
                                                   .add_special_tokens = asked.add_special_tokens,
                                                   .truncate = asked.truncate,
                                                   .dimensions = asked.dimensions},
                                       .base64 = asked.base64,
                                       .ignored = {},
                                       .foreign = request.foreign},
                                      options.model),
      .headers = {}};
}

ApiResult<WireRequest> patch_request(std::string_view body, const GenerationRequest& /*request*/,
                                     const WriteOptions& options) {
  auto patched = patch_openai_embeddings(body, options.model);
  if (!patched) return tl::unexpected(std::move(patched).error());
  return WireRequest{.body = *std::move(patched), .headers = {}};
}

ApiResult<WireAnswer> read_answer(std::string_view body) {
  auto read = read_openai_embeddings_answer(body, std::nullopt);
  if (!read) return tl::unexpected(std::move(read).error());
  WireAnswer answer;
  for (std::vector<float>& vector : read->vectors) {
    answer.result.choices.emplace_back().vector = std::move(vector);
  }
  answer.result.usage.prompt_tokens = read->prompt_tokens;
  return answer;
}

std::string write_answer(const ExchangeIdentity& identity, const GenerationResult& result,
                         const GenerationRequest& request) {
  EmbeddingResult vectors{.vectors = {}, .prompt_tokens = result.usage.prompt_tokens};
  for (const GenerationChoice& choice : result.choices) vectors.vectors.push_back(choice.vector);
  return openai_embeddings_response(identity.model, vectors, request.vectors && request.vectors->base64);
}

std::string_view no_other_name(Feature /*feature*/) {
  return {};
}

}  // namespace

const WireDialect kOpenAiEmbeddings = {.name = "openai_embeddings",
                                       .vendor = "openai",
                                       .path = "/embeddings",
                                       .id_prefix = "embd-",
                                       .key_header = "authorization",
                                       .key_prefix = "Bearer ",
                                       .forwarded_headers = {},
                                       .expressible = {Feature::prompts, Feature::user},
                                       .field_name = no_other_name,
                                       .read_request = read_request,
                                       .write_request = write_request,
                                       .patch_request = patch_request,
                                       .read_answer = read_answer,
                                       .read_events = nullptr,  // it has none
                                       .read_error = read_openai_error,
                                       .patch_answer = patch_openai_model,
                                       .patch_event = nullptr,
                                       .write_answer = write_answer,
                                       .write_events = nullptr,
                                       .write_error = openai_error_json};

}  // namespace ferry
