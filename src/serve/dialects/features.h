#pragma once
// What a request asks for that not every model, vendor or dialect can do. Reading a request refuses none of
// it; whoever is to answer says what it has, and the rest is refused, dropped, or dropped with a warning.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/openai_error.h"

namespace ferry {

struct GenerationRequest;

// Fewer than 64. Names and what they mean to users: features.cpp.
enum class Feature : uint8_t {
  chat,
  prompts,
  infill,
  images,
  audio,
  files,
  signed_thoughts,
  unsigned_thoughts,
  message_names,
  prefill,
  tools,
  forced_tool,
  allowed_tools,
  strict_tools,
  serial_tool_calls,
  server_tools,
  tool_errors,
  tool_result_parts,
  several_choices,
  best_of,
  logprobs,
  prompt_logprobs,
  echo,
  token_ids,
  temperature_above_1,
  top_k,
  min_p,
  typical_p,
  penalties,
  repetition_penalty,
  seed,
  logit_bias,
  bad_words,
  allowed_tokens,
  stop_strings,
  stop_tokens,
  min_tokens,
  ignore_eos,
  json_object,
  json_schema,
  grammar,
  thinking_budget,
  effort,
  cache_control,
  user,
  metadata,
  service_tier,
  template_arguments,
  prompt_options,
  hints,
  unknown,
  foreign,
};

inline constexpr size_t kFeatures = static_cast<size_t>(Feature::foreign) + 1;

class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr FeatureSet(std::initializer_list<Feature> features) {
    for (const Feature feature : features) bits_ |= bit(feature);
  }
  static constexpr FeatureSet all() {
    FeatureSet set;
    set.bits_ = (uint64_t{1} << kFeatures) - 1;
    return set;
  }

  constexpr bool has(Feature feature) const { return (bits_ & bit(feature)) != 0; }
  constexpr bool meets(FeatureSet other) const { return (bits_ & other.bits_) != 0; }
  constexpr FeatureSet with(FeatureSet other) const { return from(bits_ | other.bits_); }
  constexpr FeatureSet with(Feature feature) const { return from(bits_ | bit(feature)); }
  constexpr FeatureSet without(Feature feature) const { return from(bits_ & ~bit(feature)); }
  constexpr bool operator==(const FeatureSet&) const = default;

 private:
  static constexpr uint64_t bit(Feature feature) { return uint64_t{1} << static_cast<unsigned>(feature); }
  static constexpr FeatureSet from(uint64_t bits) {
    FeatureSet set;
    set.bits_ = bits;
    return set;
  }

  uint64_t bits_ = 0;
};
static_assert(kFeatures < 64);

// A feature, and the field that asks for it: "messages[2].content[0]", "seed".
struct FeatureUse {
  Feature feature = Feature::foreign;
  std::string field = {};
  // What our engine says to it. Not set: it honours the field, or knows that no answer depends on it. Where
  // it is set, the feature is one that our engine lacks.
  std::optional<ApiError> refusal = {};
};

std::string_view to_string(Feature feature);  // "images"
std::string_view describe(Feature feature);   // one line
std::optional<Feature> find_feature(std::string_view name);
// No answer becomes wrong without it (a cache's marks, the end user's id). It is never refused: where it is
// missing, it is dropped with a warning at most.
bool is_advisory(Feature feature);

// All that a request uses: of its typed form, and what its reader met (GenerationRequest::met). In the order
// of enum Feature, what the reader met first.
std::vector<FeatureUse> features_of(const GenerationRequest& request);

enum class FeaturePolicy : uint8_t { reject, drop, warn };

struct FeatureWarning {
  Feature feature = Feature::foreign;
  std::string field = {};
  std::string message = {};  // one line, ASCII, of at most some 200 bytes
};

// Leaves in the request what `target` has. What it lacks is refused by name (the error's param is the field),
// or taken out of the typed form; then the client's bytes beside it are gone (GenerationRequest::wire).
// Warnings come back under `warn`, and under `reject` for what is advisory. Chats, raw prompts and
// fill-in-the-middle cannot be dropped: they are refused under every policy.
ApiResult<std::vector<FeatureWarning>> apply_features(GenerationRequest& request, FeatureSet target,
                                                      FeaturePolicy policy);

}  // namespace ferry
