#include "serve/dialects/known_fields.h"

#include <array>

namespace ferry {
namespace {

constexpr auto kUnsupported = std::to_array<UnsupportedField>({
    {"use_beam_search", "false"},
    {"length_penalty", "1"},
    {"logprob_token_ids", ""},
    {"repetition_detection", ""},
    {"watermarking", "false"},
    {"kv_transfer_params", ""},
    {"ec_transfer_params", ""},
    {"vllm_xargs", ""},
    {"routed_experts_prompt_start", "0"},
    {"store", "false"},
    // SGLang's.
    {"stop_regex", ""},
    {"no_stop_trim", "false"},
    {"custom_logit_processor", ""},
    {"lora_path", ""},
    // llama.cpp's. Its penalties look at the last 64 tokens by default, ours at all.
    {"lora", ""},
    {"repeat_penalty", "1"},
    {"repeat_last_n", "-1"},
    {"mirostat", "0"},
    {"dry_multiplier", "0"},
    {"xtc_probability", "0"},
    {"top_n_sigma", "-1"},
    {"dynatemp_range", "0"},
    {"adaptive_target", "-1"},
    {"min_keep", "0"},
    {"n_probs", "0"},
    {"post_sampling_probs", "false"},
    {"return_progress", "false"},
    {"timings_per_token", "false"},
    {"guided_whitespace_pattern", ""},
    {"verbose", "false"},
    {"sse_ping_interval", "-1"},
    {"reasoning_control", "false"},
});

// They label a request, or advise queues, caches and the size of chunks: no answer depends on them. Our
// decoder puts no spaces between special tokens, whatever is said about it, and neither do the tokenizers of
// vLLM.
constexpr auto kAdvice = std::to_array<std::string_view>({
    "prompt_cache_key",
    "prompt_cache_retention",
    "session_id",
    "stream_interval",
    "spaces_between_special_tokens",
    "return_token_offsets",
    "return_mm_kwargs",
    "cache_prompt",
    "n_cache_reuse",
    "id_slot",
    "backend_sampling",
});

// Where there are no tools.
constexpr std::string_view kNoTools[] = {"parallel_tool_calls"};

// They say how something is done that is refused when it is asked for, or what to drop from a context that is
// full: nothing ever is.
constexpr auto kDetails = std::to_array<std::string_view>({
    "dynatemp_exponent",
    "dry_base",
    "dry_allowed_length",
    "dry_penalty_last_n",
    "dry_sequence_breakers",
    "xtc_threshold",
    "mirostat_tau",
    "mirostat_eta",
    "adaptive_decay",
    "grammar_lazy",
    "grammar_triggers",
    "preserved_tokens",
    "n_keep",
    "n_discard",
});

constexpr auto kChat = std::to_array<UnsupportedField>({
    {"best_of", "1"},
    {"functions", ""},
    {"function_call", "\"none\""},
    {"audio", ""},
    {"prediction", ""},
    {"web_search_options", ""},
    {"verbosity", "\"medium\""},
    {"chat_template", ""},
    {"media_io_kwargs", ""},
    {"mm_processor_kwargs", ""},
});

constexpr auto kCompletion = std::to_array<UnsupportedField>({
    {"prompt_embeds", ""},
});

// llama.cpp's, which POST /infill takes.
constexpr auto kNoOpenAi = std::to_array<UnsupportedField>({
    {"samplers", ""},
    {"n_indent", "0"},
    {"t_max_predict_ms", "0"},
    {"return_tokens", "false"},
    {"response_fields", ""},
});

// Its answers have no place for these.
constexpr auto kNoInfill = std::to_array<UnsupportedField>({
    {"suffix", "\"\""},
    {"echo", "false"},
    {"best_of", "1"},
    {"logprobs", ""},
    {"prompt_logprobs", ""},
    {"return_token_ids", "false"},
    {"return_tokens_as_token_ids", "false"},
    {"stream_options", ""},
    {"prompt_embeds", ""},
});

constexpr std::string_view kCompletionsRoute = "is a field of POST /v1/completions";
constexpr auto kNoChat = std::to_array<UnsupportedField>({
    {"prompt", ""},
    {"suffix", "\"\""},
    {"prompt_embeds", ""},
});

constexpr std::string_view kChatRoute = "is a field of POST /v1/chat/completions";
constexpr auto kNoCompletion = std::to_array<UnsupportedField>({
    {"messages", ""},
    {"top_logprobs", "0"},
    {"return_prompt_text", "false"},
    {"add_generation_prompt", "true"},
    {"continue_final_message", "false"},
    {"chat_template_kwargs", ""},
    {"documents", ""},
    {"reasoning_effort", ""},
    {"thinking_token_budget", "-1"},
    {"reasoning_budget_tokens", "-1"},
    {"reasoning_format", "\"none\""},
    {"tools", ""},
    {"tool_choice", "\"none\""},
    {"modalities", ""},
    {"functions", ""},
    {"function_call", "\"none\""},
    {"audio", ""},
    {"prediction", ""},
    {"web_search_options", ""},
    {"include_reasoning", "true"},
    {"verbosity", "\"medium\""},
    {"chat_template", ""},
    {"media_io_kwargs", ""},
    {"mm_processor_kwargs", ""},
});

constexpr auto kTokenize = std::to_array<UnsupportedField>({
    {"chat_template", ""},
    {"media_io_kwargs", ""},
    {"mm_processor_kwargs", ""},
    // llama.cpp's names of what vLLM's say here.
    {"content", ""},
    {"add_special", ""},
    {"parse_special", ""},
    {"with_pieces", "false"},
});

}  // namespace

void settle_common_fields(FieldReader& fields) {
  constexpr std::string_view kMetadata[] = {"metadata"};
  constexpr std::string_view kUser[] = {"safety_identifier"};
  constexpr std::string_view kTier[] = {"service_tier"};
  fields.accept(kMetadata, Feature::metadata);
  fields.accept(kUser, Feature::user);
  fields.accept(kTier, Feature::service_tier);
  fields.accept(kAdvice);
  fields.accept(kDetails);
  fields.refuse_unsupported(kUnsupported);
}

void settle_openai_fields(FieldReader& fields) {
  fields.refuse_unsupported(kNoOpenAi);
}

void settle_infill_fields(FieldReader& fields) {
  fields.accept(kNoTools);
  fields.refuse_unsupported(kNoInfill, kCompletionsRoute);
  fields.refuse_unsupported(kNoCompletion, kChatRoute);
}

void settle_chat_fields(FieldReader& fields) {
  fields.refuse_unsupported(kChat);
  fields.refuse_unsupported(kNoChat, kCompletionsRoute);
}

void settle_completion_fields(FieldReader& fields) {
  fields.accept(kNoTools);
  fields.refuse_unsupported(kCompletion);
  fields.refuse_unsupported(kNoCompletion, kChatRoute);
}

void settle_tokenize_fields(FieldReader& fields) {
  fields.refuse_unsupported(kTokenize);
}

}  // namespace ferry
