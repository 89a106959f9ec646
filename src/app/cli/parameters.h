#pragma once
// How a model is to answer, as `ferry run` takes it in flags and in /set.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command.h"
#include "serve/dialects/exchange.h"

namespace ferry::cli {

struct Parameters {
  SamplingRequest sampling;
  StopRequest stop;
  ThoughtPolicy thought;
};

// What is not set is the model's own default.
struct Parameter {
  using Member =
      std::variant<std::optional<double> SamplingRequest::*, std::optional<int64_t> SamplingRequest::*,
                   std::optional<int64_t> StopRequest::*, std::optional<int64_t> ThoughtPolicy::*>;
  std::string_view name;  // "max_tokens"
  std::string_view help;
  Member member;
  double least;
  double most;
};

std::span<const Parameter> all_parameters();

// "--max-tokens" and the others, writing into `parameters`.
std::vector<Option> parameter_options(Parameters& parameters);

// Whether every value is in its range.
Result<void> check_parameters(const Parameters& parameters);

// From "0.7", or "default" to unset it. An unknown name gets a suggestion.
Result<void> set_parameter(Parameters& parameters, std::string_view name, std::string_view value);

// "0.7", or "default".
std::string parameter_text(const Parameters& parameters, const Parameter& parameter);

}  // namespace ferry::cli
