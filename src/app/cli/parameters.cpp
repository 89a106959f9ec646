#include "app/cli/parameters.h"

#include <algorithm>
#include <limits>

#include "base/core/nearest.h"
#include "base/settings/setting_types.h"

namespace ferry::cli {
namespace {

constexpr double kHuge = 9007199254740992;  // 2^53: integers up to here are exact in a double

constexpr Parameter kParameters[] = {
    {"temperature", "how freely tokens are picked; 0 always takes the likeliest",
     &SamplingRequest::temperature, 0, 2},
    {"top_p", "pick among the likeliest tokens that reach this probability together", &SamplingRequest::top_p,
     0, 1},
    {"top_k", "pick among this many of the likeliest tokens; 0: all", &SamplingRequest::top_k, 0, kHuge},
    {"min_p", "pick among tokens at least this fraction as likely as the likeliest", &SamplingRequest::min_p,
     0, 1},
    {"presence_penalty", "make tokens that the answer has already less likely",
     &SamplingRequest::presence_penalty, -2, 2},
    {"frequency_penalty", "the same, for each time", &SamplingRequest::frequency_penalty, -2, 2},
    {"repetition_penalty", "divide the odds of tokens seen, the prompt's too; 1: off",
     &SamplingRequest::repetition_penalty, 0.01, 2},
    {"seed", "the same seed gives the same answer", &SamplingRequest::seed, -kHuge, kHuge},
    {"max_tokens", "longest answer, in tokens", &StopRequest::max_tokens, 1, kHuge},
    {"thinking_token_budget", "longest thought, in tokens, of models that think; 0: none",
     &ThoughtPolicy::budget, 0, 2147483647},
};

// Calls `use` with the std::optional that the parameter means.
template <class P, class F>
auto with_value(P& parameters, const Parameter& parameter, F use) {
  return std::visit(
      [&](auto member) {
        if constexpr (requires { parameters.sampling.*member; }) {
          return use(parameters.sampling.*member);
        } else if constexpr (requires { parameters.thought.*member; }) {
          return use(parameters.thought.*member);
        } else {
          return use(parameters.stop.*member);
        }
      },
      parameter.member);
}

Result<void> check_range(const Parameter& parameter, double value) {
  if (value >= parameter.least && value <= parameter.most) return {};
  return fail(ErrorCode::invalid_argument, "{} must be {} to {}", parameter.name, parameter.least,
              parameter.most);
}

const Parameter* find_parameter(std::string_view name) {
  const auto found = std::find_if(std::begin(kParameters), std::end(kParameters),
                                  [&](const Parameter& parameter) { return parameter.name == name; });
  return found == std::end(kParameters) ? nullptr : found;
}

tl::unexpected<Error> unknown_parameter(std::string_view name) {
  std::vector<std::string> names;
  for (const Parameter& parameter : kParameters) names.emplace_back(parameter.name);
  return fail(ErrorCode::invalid_argument, "there is no parameter \"{}\"; there are: {}", name,
              fmt::join(nearest_first(name, names), ", "));
}

}  // namespace

std::span<const Parameter> all_parameters() {
  return kParameters;
}

std::vector<Option> parameter_options(Parameters& parameters) {
  std::vector<Option> options;
  for (const Parameter& parameter : kParameters) {
    std::string flag = "--" + std::string(parameter.name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    const auto target =
        with_value(parameters, parameter, [](auto& value) -> Option::Target { return &value; });
    options.push_back({std::move(flag), target, std::string(parameter.help)});
  }
  return options;
}

Result<void> check_parameters(const Parameters& parameters) {
  for (const Parameter& parameter : kParameters) {
    FERRY_TRY_VOID(with_value(parameters, parameter, [&](const auto& value) -> Result<void> {
      return value ? check_range(parameter, static_cast<double>(*value)) : Result<void>{};
    }));
  }
  return {};
}

Result<void> set_parameter(Parameters& parameters, std::string_view name, std::string_view value) {
  const Parameter* parameter = find_parameter(name);
  if (parameter == nullptr) return unknown_parameter(name);
  return with_value(parameters, *parameter, [&]<class T>(std::optional<T>& target) -> Result<void> {
    if (value == "default") {
      target.reset();
      return {};
    }
    auto parsed = SettingType<T>::parse(value);
    if (!parsed) return tl::unexpected(std::move(parsed).error().within(name));
    FERRY_TRY_VOID(check_range(*parameter, static_cast<double>(*parsed)));
    target = *parsed;
    return {};
  });
}

std::string parameter_text(const Parameters& parameters, const Parameter& parameter) {
  return with_value(parameters, parameter, [](const auto& value) {
    return value ? fmt::format("{}", *value) : std::string("default");
  });
}

}  // namespace ferry::cli
