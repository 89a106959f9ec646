#include "serve/dialects/embedding_fields.h"

#include <array>

namespace ferry {
namespace {

constexpr int64_t kMaxTokens = int64_t{1} << 28;

constexpr std::string_view kAccepted[] = {"user", "priority", "request_id", "cache_salt"};

constexpr auto kUnsupported = std::to_array<UnsupportedField>({
    {"messages", ""},
    {"chat_template", ""},
    {"chat_template_kwargs", ""},
    {"mm_processor_kwargs", ""},
    {"embed_dtype", "\"float32\""},
    {"endianness", "\"native\""},
    {"normalize", ""},
    {"use_activation", ""},
    {"activation", ""},
    {"softmax", ""},
    {"task", ""},
    {"input_type", ""},
    {"output_dtype", "\"float\""},
    {"late_chunking", "false"},
    {"max_tokens_per_doc", ""},
    {"max_chunks_per_doc", ""},
    {"rank_fields", ""},
    {"instruction", ""},
});

}  // namespace

std::string read_model(FieldReader& fields) {
  const std::string model = fields.text("model").value_or("");
  if (model.empty()) fields.refuse_missing("model", "must name a model; GET /v1/models lists them");
  return model;
}

std::optional<int64_t> read_truncation(FieldReader& fields) {
  const std::optional<int64_t> most = fields.integer("truncate_prompt_tokens", -1, kMaxTokens);
  if (most == 0) fields.refuse("truncate_prompt_tokens", "must be -1 or at least 1, not 0");
  if (const std::string side = fields.text("truncation_side").value_or("right"); side != "right") {
    fields.note("truncation_side", "must be \"right\": of an encoder's input only the end is cut",
                Feature::foreign);
  }
  return most;
}

void settle_embedding_fields(FieldReader& fields) {
  fields.accept(kAccepted);
  fields.refuse_unsupported(kUnsupported);
}

void write_prompt_usage(JsonWriter& w, int64_t prompt_tokens) {
  w.key("usage");
  w.begin_object();
  w.member("prompt_tokens", prompt_tokens);
  w.member("total_tokens", prompt_tokens);
  w.end_object();
}

}  // namespace ferry
