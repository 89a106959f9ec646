// Every field that OpenAI's API and the servers that extend it know, one by one: what happens to it, and that
// docs/api.md says so.

#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "serve/dialects/openai_chat.h"
#include "serve/dialects/openai_completions.h"

namespace ferry {
namespace {

// As docs/api.md puts it.
constexpr std::string_view kYes = "yes";            // honoured
constexpr std::string_view kNo = "no";              // refused by name
constexpr std::string_view kAccepted = "accepted";  // known to change no answer
constexpr std::string_view kNone = "-";             // the other API's: refused as well

// A value that asks for something, in chats and in completions.
struct Field {
  std::string_view name;
  std::string_view chat;
  std::string_view completions;
  std::string_view value;
  std::string_view more = "";  // other members that the value needs
};

constexpr Field kFields[] = {
    {"frequency_penalty", kYes, kYes, "0.5"},
    {"presence_penalty", kYes, kYes, "0.5"},
    {"repetition_penalty", kYes, kYes, "1.2"},
    {"temperature", kYes, kYes, "0.5"},
    {"top_p", kYes, kYes, "0.5"},
    {"top_k", kYes, kYes, "5"},
    {"min_p", kYes, kYes, "0.5"},
    {"typical_p", kYes, kYes, "0.5"},
    {"seed", kYes, kYes, "5"},
    {"logit_bias", kYes, kYes, R"({"5": 1})"},
    {"bad_words", kYes, kYes, R"(["x"])"},
    {"allowed_token_ids", kYes, kYes, "[5]"},
    {"max_tokens", kYes, kYes, "5"},
    {"max_completion_tokens", kYes, kYes, "5"},
    {"min_tokens", kYes, kYes, "5"},
    {"stop", kYes, kYes, R"("x")"},
    {"stop_token_ids", kYes, kYes, "[5]"},
    {"include_stop_str_in_output", kYes, kYes, "true"},
    {"ignore_eos", kYes, kYes, "true"},
    {"n", kYes, kYes, "2"},
    {"best_of", kNo, kYes, "2"},
    {"stream", kYes, kYes, "true"},
    {"stream_options", kYes, kYes, R"({"include_usage": true})", R"("stream": true)"},
    {"echo", kYes, kYes, "true"},
    {"top_logprobs", kYes, kNone, "2", R"("logprobs": true)"},
    {"prompt_logprobs", kYes, kYes, "2"},
    {"return_token_ids", kYes, kYes, "true"},
    {"return_tokens_as_token_ids", kYes, kYes, "true"},
    {"return_prompt_text", kYes, kNone, "true"},
    {"skip_special_tokens", kYes, kYes, "false"},
    {"add_special_tokens", kYes, kYes, "false"},
    {"truncate_prompt_tokens", kYes, kYes, "5"},
    {"truncation_side", kYes, kYes, R"("right")"},
    {"add_generation_prompt", kYes, kNone, "false"},
    {"continue_final_message", kYes, kNone, "true"},
    {"chat_template_kwargs", kYes, kNone, R"({"a": 1})"},
    {"documents", kYes, kNone, R"([{"text": "x"}])"},
    {"reasoning_effort", kYes, kNone, R"("low")"},
    {"priority", kYes, kYes, "5"},
    {"cache_salt", kYes, kYes, R"("x")"},
    {"request_id", kYes, kYes, R"("x")"},
    {"user", kAccepted, kAccepted, R"("x")"},
    {"parallel_tool_calls", kYes, kAccepted, "false"},
    {"metadata", kAccepted, kAccepted, R"({"a": "b"})"},
    {"safety_identifier", kAccepted, kAccepted, R"("x")"},
    {"prompt_cache_key", kAccepted, kAccepted, R"("x")"},
    {"prompt_cache_retention", kAccepted, kAccepted, R"("24h")"},
    {"service_tier", kAccepted, kAccepted, R"("flex")"},
    {"session_id", kAccepted, kAccepted, R"("x")"},
    {"stream_interval", kAccepted, kAccepted, "5"},
    {"spaces_between_special_tokens", kAccepted, kAccepted, "false"},
    {"return_token_offsets", kAccepted, kAccepted, "true"},
    {"return_mm_kwargs", kAccepted, kAccepted, "false"},
    {"response_format", kYes, kYes, R"({"type": "json_object"})"},
    {"structured_outputs", kYes, kYes, R"({"regex": "x"})"},
    {"guided_json", kYes, kYes, R"({"type": "object"})"},
    {"guided_regex", kYes, kYes, R"("x")"},
    {"guided_choice", kYes, kYes, R"(["x"])"},
    {"guided_grammar", kYes, kYes, R"("x")"},
    {"regex", kYes, kYes, R"("x")"},
    {"ebnf", kYes, kYes, R"("x")"},
    {"grammar", kYes, kYes, R"("x")"},
    {"json_schema", kYes, kYes, R"({"type": "object"})"},
    {"format", kYes, kYes, R"("json")"},
    {"guided_whitespace_pattern", kNo, kNo, R"("x")"},
    {"tools", kYes, kNone, R"([{"type": "function", "function": {"name": "f"}}])"},
    {"functions", kNo, kNone, "[{}]"},
    {"function_call", kNo, kNone, R"("auto")"},
    {"modalities", kNo, kNone, R"(["audio"])"},
    {"audio", kNo, kNone, R"({"voice": "x"})"},
    {"prediction", kNo, kNone, R"({"type": "content"})"},
    {"web_search_options", kNo, kNone, R"({"a": 1})"},
    {"verbosity", kNo, kNone, R"("high")"},
    {"chat_template", kNo, kNone, R"("x")"},
    {"media_io_kwargs", kNo, kNone, R"({"a": 1})"},
    {"mm_processor_kwargs", kNo, kNone, R"({"a": 1})"},
    {"include_reasoning", kYes, kNone, "false"},
    {"thinking_token_budget", kYes, kNone, "5"},
    {"suffix", kNone, kYes, R"("x")"},
    {"prompt_embeds", kNone, kNo, R"("x")"},
    {"use_beam_search", kNo, kNo, "true"},
    {"length_penalty", kNo, kNo, "2"},
    {"logprob_token_ids", kNo, kNo, "[5]"},
    {"repetition_detection", kNo, kNo, R"({"min_count": 2})"},
    {"watermarking", kNo, kNo, "true"},
    {"kv_transfer_params", kNo, kNo, R"({"a": 1})"},
    {"ec_transfer_params", kNo, kNo, R"({"a": 1})"},
    {"vllm_xargs", kNo, kNo, R"({"a": 1})"},
    {"routed_experts_prompt_start", kNo, kNo, "5"},
    {"store", kNo, kNo, "true"},
    {"stop_regex", kNo, kNo, R"("x")"},
    {"no_stop_trim", kNo, kNo, "true"},
    {"custom_logit_processor", kNo, kNo, R"("x")"},
    {"lora_path", kNo, kNo, R"("x")"},
    {"lora", kNo, kNo, R"([{"id": 1}])"},
    {"n_predict", kYes, kYes, "5"},
    {"n_cmpl", kYes, kYes, "2"},
    {"repeat_penalty", kNo, kNo, "1.2"},
    {"mirostat", kNo, kNo, "2"},
    {"dry_multiplier", kNo, kNo, "0.8"},
    {"xtc_probability", kNo, kNo, "0.5"},
    {"top_n_sigma", kNo, kNo, "1"},
    {"dynatemp_range", kNo, kNo, "0.5"},
    {"repeat_last_n", kNo, kNo, "64"},
    {"adaptive_target", kNo, kNo, "0.5"},
    {"samplers", kNo, kNo, R"(["top_k"])"},
    {"min_keep", kNo, kNo, "2"},
    {"n_indent", kNo, kNo, "4"},
    {"t_max_predict_ms", kNo, kNo, "500"},
    {"n_probs", kNo, kNo, "3"},
    {"post_sampling_probs", kNo, kNo, "true"},
    {"return_tokens", kNo, kNo, "true"},
    {"return_progress", kNo, kNo, "true"},
    {"response_fields", kNo, kNo, R"(["content"])"},
    {"timings_per_token", kNo, kNo, "true"},
    {"verbose", kNo, kNo, "true"},
    {"sse_ping_interval", kNo, kNo, "5"},
    {"reasoning_format", kYes, kNone, R"("deepseek")"},
    {"reasoning_control", kNo, kNo, "true"},
    {"reasoning_budget_tokens", kYes, kNone, "5"},
    {"cache_prompt", kAccepted, kAccepted, "false"},
    {"n_cache_reuse", kAccepted, kAccepted, "256"},
    {"id_slot", kAccepted, kAccepted, "1"},
    {"backend_sampling", kAccepted, kAccepted, "true"},
    {"dynatemp_exponent", kAccepted, kAccepted, "2"},
    {"dry_base", kAccepted, kAccepted, "2"},
    {"dry_allowed_length", kAccepted, kAccepted, "3"},
    {"dry_penalty_last_n", kAccepted, kAccepted, "64"},
    {"dry_sequence_breakers", kAccepted, kAccepted, R"(["x"])"},
    {"xtc_threshold", kAccepted, kAccepted, "0.2"},
    {"mirostat_tau", kAccepted, kAccepted, "4"},
    {"mirostat_eta", kAccepted, kAccepted, "0.2"},
    {"adaptive_decay", kAccepted, kAccepted, "0.5"},
    {"grammar_lazy", kAccepted, kAccepted, "true"},
    {"grammar_triggers", kAccepted, kAccepted, R"(["x"])"},
    {"preserved_tokens", kAccepted, kAccepted, R"(["x"])"},
    {"n_keep", kAccepted, kAccepted, "5"},
    {"n_discard", kAccepted, kAccepted, "5"},
};

using Parse = ApiResult<GenerationRequest> (*)(std::string_view body);

void expect_verdict(Parse parse, std::string_view head, const Field& field, std::string_view verdict) {
  const std::string_view more = verdict == kNone ? "" : field.more;
  const auto body = [&](std::string_view value) {
    return fmt::format(R"({{{}, "{}": {}{}{}}})", head, field.name, value, more.empty() ? "" : ", ", more);
  };
  const auto request = parse(body(field.value));
  if (verdict == kNo || verdict == kNone) {
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().param, field.name);
    EXPECT_EQ(request.error().error.code, ErrorCode::unsupported);
  } else {
    ASSERT_TRUE(request) << request.error().error.message;
    EXPECT_EQ(request->ignored, std::vector<std::string>());
  }
  // Whatever it is, null asks for nothing.
  EXPECT_TRUE(parse(body("null")));
}

TEST(OpenAiFields, EachIsHonouredOrRefusedByName) {
  for (const Field& field : kFields) {
    SCOPED_TRACE(field.name);
    expect_verdict(parse_openai_chat, R"("model": "m", "messages": [{"role": "user", "content": "x"}])",
                   field, field.chat);
    expect_verdict(parse_openai_completion, R"("model": "m", "prompt": "x")", field, field.completions);
  }
  // A bool in one and a number in the other.
  EXPECT_TRUE(parse_openai_chat(
      R"({"model": "m", "messages": [{"role": "user", "content": "x"}], "logprobs": true})"));
  EXPECT_TRUE(parse_openai_completion(R"({"model": "m", "prompt": "x", "logprobs": 3})"));
}

// Under "## Fields of a request": "| `field`, `field` | chat | completions | ... |"
std::map<std::string, std::pair<std::string, std::string>, std::less<>> documented() {
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> rows;
  std::istringstream page(read_file(std::string(FERRY_SOURCE_DIR) + "/docs/api.md").value());
  bool is_here = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_here = line == "## Fields of a request";
    if (!is_here || !line.starts_with("| `")) continue;
    std::istringstream cells(line.substr(2));
    std::string names;
    std::string chat;
    std::string completions;
    std::getline(cells, names, '|');
    if (!(cells >> chat >> completions >> completions)) continue;
    for (size_t at = names.find('`'); at != std::string::npos;) {
      const size_t end = names.find('`', at + 1);
      rows[names.substr(at + 1, end - at - 1)] = {chat, completions};
      at = names.find('`', end + 1);
    }
  }
  return rows;
}

TEST(OpenAiFields, ThePageSaysTheSame) {
  auto rows = documented();
  for (const Field& field : kFields) {
    SCOPED_TRACE(field.name);
    const auto row = rows.find(field.name);
    if (row == rows.end()) {
      ADD_FAILURE() << "docs/api.md has no row for it";
      continue;
    }
    EXPECT_EQ(row->second.first, field.chat);
    EXPECT_EQ(row->second.second, field.completions);
    rows.erase(row);
  }
  // What every request has, and what this file cannot show with one value for both.
  for (const char* name : {"model", "messages", "prompt", "logprobs", "tool_choice"}) {
    EXPECT_EQ(rows.erase(name), 1u) << name;
  }
  for (const auto& [name, verdicts] : rows)
    ADD_FAILURE() << "docs/api.md speaks of " << name << ", this test does not";
}

}  // namespace
}  // namespace ferry
