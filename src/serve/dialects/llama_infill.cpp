#include "serve/dialects/llama_infill.h"

#include <algorithm>
#include <array>
#include <limits>

#include "serve/dialects/known_fields.h"
#include "serve/dialects/openai_request.h"

namespace ferry {
namespace {

constexpr size_t kMaxFiles = 4096;
constexpr size_t kMaxMembers = 256;
constexpr int64_t kMaxIndent = 1 << 20;
constexpr int64_t kMaxMilliseconds = std::numeric_limits<int32_t>::max();

std::string required_text(FieldReader& fields, std::string_view name) {
  if (fields.get(name) == nullptr) fields.refuse_missing(name, "must be a string; it may be empty");
  return fields.text(name).value_or("");
}

void read_files(FieldReader& fields, InfillRequest& infill) {
  const json::array* files = fields.array("input_extra");
  if (files == nullptr) return;
  if (files->size() > kMaxFiles) {
    return fields.refuse("input_extra", fmt::format("has more than {} files", kMaxFiles));
  }
  for (size_t i = 0; i < files->size(); ++i) {
    const json::object* file = (*files)[i].if_object();
    if (file == nullptr) return fields.refuse("input_extra", "must hold objects with text and filename");
    FieldReader inner(*file, fmt::format("{}input_extra[{}].", fields.path(), i));
    ContextFile read{.name = inner.text("filename").value_or("tmp"), .text = required_text(inner, "text")};
    fields.take_failure(inner);
    infill.files.push_back(std::move(read));
  }
}

// Ours have one order; what is not in the list is off. "infill" weighs the end of an answer against going on
// with it; here the model's own probabilities decide that.
void read_samplers(FieldReader& fields, SamplingRequest& sampling) {
  if (fields.array("samplers") == nullptr) return;
  constexpr auto known =
      std::to_array<std::string_view>({"penalties", "dry", "top_n_sigma", "top_k", "typ_p", "typical_p",
                                       "top_p", "min_p", "xtc", "temperature", "infill", "adaptive_p"});
  const std::vector<std::string> names = fields.texts("samplers", known.size());
  const auto named = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fields.refuse("samplers", fmt::format("has an unknown sampler, \"{}\"", name.substr(0, 40)));
  }
  if (!named("top_k")) sampling.top_k = 0;
  if (!named("top_p")) sampling.top_p = 1;
  if (!named("min_p")) sampling.min_p = 0;
  if (!named("typ_p") && !named("typical_p")) sampling.typical_p = 1;
  if (!named("temperature") && sampling.temperature.value_or(1) > 0) sampling.temperature = 1;
  if (named("penalties")) return;
  sampling.presence_penalty = 0;
  sampling.frequency_penalty = 0;
  sampling.repetition_penalty = 1;
}

void read_lines(FieldReader& fields, StopRequest& stop) {
  stop.least_indent = fields.integer("n_indent", 0, kMaxIndent).value_or(0);
  const auto limit = fields.integer("t_max_predict_ms", -1, kMaxMilliseconds).value_or(0);
  if (limit > 0) stop.lines_ms = limit;
  // llama.cpp reads this one and does nothing with it.
  fields.accept(std::to_array<std::string_view>({"t_max_prompt_ms"}));
}

void read_report(FieldReader& fields, ReportRequest& report) {
  report.members = fields.texts("response_fields", kMaxMembers);
  report.tokens = fields.boolean("return_tokens").value_or(false);
  report.token_ids = true;  // to be counted
  const auto& members = report.members;
  report.prompt_text =
      members.empty() || std::find(members.begin(), members.end(), "prompt") != members.end();
}

void read_cutting(FieldReader& fields, PromptRequest& prompt) {
  if (!prompt.truncate) prompt.truncate = -1;
  if (prompt.truncate_side == PromptRequest::Side::right) {
    fields.refuse("truncation_side", "must be left: what is farthest from the gap is cut",
                  ErrorCode::unsupported);
  }
}

struct Choice {
  const GenerationChoice& choice;
  size_t index;
  int64_t cached_tokens;
};

const char* stop_type(const GenerationChoice& choice) {
  if (choice.finish == FinishReason::length) return "limit";
  return std::holds_alternative<std::string>(choice.cause) ? "word" : "eos";
}

// The members of a choice that has ended, with `content` as its text.
void write_choice(JsonWriter& w, const ExchangeIdentity& identity, const Choice& ended,
                  std::string_view content, const ReportRequest& report) {
  const GenerationChoice& choice = ended.choice;
  const auto wanted = [&](std::string_view name) {
    const auto& members = report.members;
    return members.empty() || std::find(members.begin(), members.end(), name) != members.end();
  };
  const auto member = [&](std::string_view name, auto value) {
    if (wanted(name)) w.member(name, value);
  };
  const PromptReport none;
  const PromptReport& prompt = choice.prompt ? *choice.prompt : none;
  const auto* word = std::get_if<std::string>(&choice.cause);
  w.begin_object();
  member("index", ended.index);
  member("content", content);
  if (wanted("tokens"))
    write_token_ids(w, "tokens", report.tokens ? choice.token_ids : std::vector<TokenId>());
  member("stop", true);
  member("model", std::string_view(identity.model));
  member("tokens_predicted", choice.token_ids.size());
  member("tokens_evaluated", prompt.token_ids.size());
  member("tokens_cached", ended.cached_tokens);
  member("prompt", std::string_view(prompt.text));
  member("has_new_line", choice.text.find('\n') != std::string::npos);
  member("truncated", false);  // the answer ends with its context
  member("stop_type", stop_type(choice));
  member("stopping_word", word != nullptr ? std::string_view(*word) : std::string_view());
  w.end_object();
}

}  // namespace

ApiResult<GenerationRequest> parse_llama_infill(std::string_view text) {
  ApiResult<json::value> body = parse_openai_body(text);
  if (!body) return tl::unexpected(std::move(body).error());
  FieldReader fields(body->get_object());
  GenerationRequest request;
  request.model = fields.text("model").value_or("");
  // llama.cpp has the prompt, the line before the gap, go on where the prefix ends.
  request.prompts.emplace_back(required_text(fields, "input_prefix") + fields.text("prompt").value_or(""));
  request.infill = InfillRequest{.suffix = required_text(fields, "input_suffix"), .field = "input_suffix"};
  read_files(fields, *request.infill);
  read_generation_fields(fields, request, 0);
  settle_infill_fields(fields);
  read_samplers(fields, request.sampling);
  read_lines(fields, request.stop);
  read_report(fields, request.report);
  read_cutting(fields, request.prompt);
  fields.settle();
  if (fields.failed()) return tl::unexpected(fields.failure());
  request.ignored = fields.unknown();
  return request;
}

std::string llama_infill_response(const ExchangeIdentity& identity, const GenerationResult& result,
                                  const OpenAiAnswerFormat& format) {
  std::string out;
  JsonWriter w(out);
  if (result.choices.size() != 1) w.begin_array();
  for (size_t i = 0; i < result.choices.size(); ++i) {
    const GenerationChoice& choice = result.choices[i];
    write_choice(w, identity, {choice, i, result.usage.cached_tokens}, choice.text, format.report);
  }
  if (result.choices.size() != 1) w.end_array();
  return out;
}

LlamaInfillStream::LlamaInfillStream(ExchangeIdentity identity, const GenerationRequest& request)
    : identity_(std::move(identity)), format_(request) {}

void LlamaInfillStream::delta(GenerationDelta delta, EventSink emit) {
  const auto index = static_cast<size_t>(delta.index);
  const bool is_empty = delta.text.empty() && (delta.token_ids.empty() || !format_.report.tokens);
  const std::string text = delta.text;
  const std::vector<TokenId> tokens = delta.token_ids;
  append(result_, std::move(delta));
  if (is_empty) return;
  const GenerationChoice& choice = result_.choices[index];
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("index", index);
  w.member("content", text);
  write_token_ids(w, "tokens", format_.report.tokens ? tokens : std::vector<TokenId>());
  w.member("stop", false);
  w.member("tokens_predicted", choice.token_ids.size());
  w.member("tokens_evaluated", choice.prompt ? choice.prompt->token_ids.size() : 0);
  w.end_object();
  emit(out);
}

void LlamaInfillStream::end(const Usage& usage, EventSink emit) const {
  for (size_t i = 0; i < result_.choices.size(); ++i) {
    std::string out;
    JsonWriter w(out);
    write_choice(w, identity_, {result_.choices[i], i, usage.cached_tokens}, "", format_.report);
    emit(out);
  }
}

}  // namespace ferry
