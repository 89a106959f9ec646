#include "serve/dialects/features.h"

#include <algorithm>
#include <array>

#include "serve/dialects/exchange.h"
#include "serve/dialects/feature_fields.h"
#include "serve/dialects/feature_removal.h"

namespace ferry {
namespace {

struct FeatureText {
  Feature feature;
  std::string_view name;
  std::string_view description;
  bool is_advisory = false;
};

constexpr auto kTexts = std::to_array<FeatureText>({
    {Feature::chat, "chat", "a chat of messages"},
    {Feature::prompts, "prompts", "raw prompts: text or token ids"},
    {Feature::infill, "infill", "an answer between a prompt and a suffix"},
    {Feature::images, "images", "images in messages"},
    {Feature::audio, "audio", "sounds in messages or answers"},
    {Feature::files, "files", "files and documents in messages"},
    {Feature::signed_thoughts, "signed_thoughts", "earlier thoughts with their vendor's signature", true},
    {Feature::unsigned_thoughts, "unsigned_thoughts", "earlier thoughts without a signature", true},
    {Feature::message_names, "message_names", "names of those who speak", true},
    {Feature::prefill, "prefill", "a last message of the assistant, which the answer continues"},
    {Feature::tools, "tools", "functions that the model may call"},
    {Feature::forced_tool, "forced_tool", "a call that must come"},
    {Feature::allowed_tools, "allowed_tools", "a choice among the tools that may be called"},
    {Feature::strict_tools, "strict_tools", "arguments that always fit the tool's schema"},
    {Feature::serial_tool_calls, "serial_tool_calls", "one call at a time"},
    {Feature::server_tools, "server_tools", "tools that the vendor runs, or that are no functions"},
    {Feature::tool_errors, "tool_errors", "results of tools marked as failures", true},
    {Feature::tool_result_parts, "tool_result_parts", "results of tools that are more than text"},
    {Feature::several_choices, "several_choices", "several answers to one prompt"},
    {Feature::best_of, "best_of", "the best of several answers"},
    {Feature::logprobs, "logprobs", "log-probabilities of the answer's tokens"},
    {Feature::prompt_logprobs, "prompt_logprobs", "log-probabilities of the prompt's tokens"},
    {Feature::echo, "echo", "the prompt before the answer"},
    {Feature::token_ids, "token_ids",
     "tokens as ids, or special tokens, or the rendered prompt, in the answer"},
    {Feature::temperature_above_1, "temperature_above_1", "a temperature above 1"},
    {Feature::top_k, "top_k", "the k best tokens only"},
    {Feature::min_p, "min_p", "tokens down to a share of the best one's probability"},
    {Feature::typical_p, "typical_p", "typical sampling"},
    {Feature::penalties, "penalties", "presence and frequency penalties"},
    {Feature::repetition_penalty, "repetition_penalty", "a penalty that multiplies"},
    {Feature::seed, "seed", "a seed"},
    {Feature::logit_bias, "logit_bias", "logits of tokens changed"},
    {Feature::bad_words, "bad_words", "words that never come"},
    {Feature::allowed_tokens, "allowed_tokens", "no tokens but these"},
    {Feature::stop_strings, "stop_strings", "texts that end the answer"},
    {Feature::stop_tokens, "stop_tokens", "tokens that end the answer, or an end that is part of it"},
    {Feature::min_tokens, "min_tokens", "so many tokens at least"},
    {Feature::ignore_eos, "ignore_eos", "an answer that goes on to its limit"},
    {Feature::json_object, "json_object", "an answer that is any JSON object"},
    {Feature::json_schema, "json_schema", "an answer that fits a JSON Schema"},
    {Feature::grammar, "grammar", "an answer that fits a regex, a grammar or one of several texts"},
    {Feature::thinking_budget, "thinking_budget", "a thought, and how many tokens it may have"},
    {Feature::effort, "effort", "how hard the model tries", true},
    {Feature::cache_control, "cache_control", "marks up to where the prompt may be cached", true},
    {Feature::user, "user", "an id of the end user", true},
    {Feature::metadata, "metadata", "the application's own labels", true},
    {Feature::service_tier, "service_tier", "how urgent it is to the vendor", true},
    {Feature::template_arguments, "template_arguments", "variables of the chat template"},
    {Feature::prompt_options, "prompt_options", "how the prompt is tokenised and cut"},
    {Feature::hints, "hints", "fields on which no answer depends", true},
    {Feature::unknown, "unknown", "fields that nobody here knows"},
    {Feature::foreign, "foreign", "fields that only their own dialect has"},
});

constexpr bool in_order() {
  if (kTexts.size() != kFeatures) return false;
  for (size_t i = 0; i < kTexts.size(); ++i) {
    if (static_cast<size_t>(kTexts[i].feature) != i) return false;
  }
  return true;
}
static_assert(in_order());

const FeatureText& text_of(Feature feature) {
  return kTexts[static_cast<size_t>(feature)];
}

bool can_be_dropped(Feature feature) {
  return feature != Feature::chat && feature != Feature::prompts && feature != Feature::infill;
}

constexpr size_t kMaxQuotedField = 100;

// Fields come from clients, and warnings become headers.
std::string quoted(std::string_view field) {
  std::string out;
  for (const char c : field.substr(0, kMaxQuotedField)) out.push_back(c > ' ' && c < 0x7f ? c : '?');
  return out;
}

ApiError missing(const FeatureUse& use) {
  if (use.refusal) return *use.refusal;
  return {{ErrorCode::unsupported,
           fmt::format("{} asks for {} ({}), which the target does not have; leave it out", use.field,
                       to_string(use.feature), describe(use.feature))},
          use.field,
          "unsupported_parameter"};
}

ApiError nothing_left() {
  return {{ErrorCode::unsupported, "nothing is left of messages without what the target does not have"},
          "messages",
          "unsupported_parameter"};
}

FeatureWarning warning_of(const FeatureUse& use) {
  std::string field = quoted(use.field);
  std::string message = fmt::format("{} was dropped: the target has no {}", field, to_string(use.feature));
  return {use.feature, std::move(field), std::move(message)};
}

}  // namespace

std::string_view to_string(Feature feature) {
  return text_of(feature).name;
}

std::string_view describe(Feature feature) {
  return text_of(feature).description;
}

std::optional<Feature> find_feature(std::string_view name) {
  const auto found =
      std::find_if(kTexts.begin(), kTexts.end(), [&](const FeatureText& text) { return text.name == name; });
  if (found == kTexts.end()) return std::nullopt;
  return found->feature;
}

bool is_advisory(Feature feature) {
  return text_of(feature).is_advisory;
}

std::vector<FeatureUse> features_of(const GenerationRequest& request) {
  std::vector<FeatureUse> uses = request.met;
  const auto met = [&](Feature feature) {
    return std::any_of(request.met.begin(), request.met.end(),
                       [&](const FeatureUse& use) { return use.feature == feature; });
  };
  for (FeatureUse& use : typed_uses(request)) {
    if (!met(use.feature)) uses.push_back(std::move(use));
  }
  return uses;
}

ApiResult<std::vector<FeatureWarning>> apply_features(GenerationRequest& request, FeatureSet target,
                                                      FeaturePolicy policy) {
  std::vector<FeatureWarning> warnings;
  // What is left may be a feature of its own: a message of the assistant that is now the last.
  for (size_t pass = 0; pass < kFeatures; ++pass) {
    FeatureSet dropped;
    for (const FeatureUse& use : features_of(request)) {
      if (target.has(use.feature)) continue;
      const bool refused = policy == FeaturePolicy::reject && !is_advisory(use.feature);
      if (refused || !can_be_dropped(use.feature)) return tl::unexpected(missing(use));
      dropped = dropped.with(use.feature);
      if (policy != FeaturePolicy::drop) warnings.push_back(warning_of(use));
    }
    if (dropped == FeatureSet()) return warnings;
    const bool was_chat = !request.messages.empty();
    remove_features(request, dropped);
    if (was_chat && request.messages.empty()) return tl::unexpected(nothing_left());
  }
  return tl::unexpected(ApiError{{ErrorCode::internal, "a feature could not be taken out"}, {}, {}});
}

}  // namespace ferry
