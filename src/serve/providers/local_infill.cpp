#include "serve/providers/local_infill.h"

#include <algorithm>

#include "infer/tokenizer/fim_prompt.h"

namespace ferry {
namespace {

ApiResult<void> check_usable(const InfillRequest& infill, const HostedModel& model) {
  const FimTokens& fim = model.tokenizer->fim();
  if (fim.usable()) return {};
  return tl::unexpected(
      ApiError{{ErrorCode::unsupported,
                fmt::format("{} asks for the middle of a text, but the vocabulary of {} has no token for {} "
                            "of a gap; leave it out, or use a model that was trained for it",
                            infill.field, model.name, fim.missing())},
               infill.field,
               "unsupported_parameter"});
}

size_t most_tokens(const GenerationRequest& request, const HostedModel& model) {
  if (!request.prompt.truncate) return FimOptions().most_tokens;
  if (*request.prompt.truncate > 0) return static_cast<size_t>(*request.prompt.truncate);
  const int64_t context = model.engine->max_model_len();
  const int64_t answer = std::max<int64_t>(1, request.stop.max_tokens.value_or(context / 4));
  return static_cast<size_t>(std::max<int64_t>(0, context - answer));
}

FimText fim_text(const Prompt& prefix, const InfillRequest& infill) {
  FimText text{.prefix = prefix, .suffix = infill.suffix};
  for (const ContextFile& file : infill.files) text.files.push_back({file.name, file.text});
  return text;
}

}  // namespace

ApiResult<PreparedPrompt> prepare_infill(const Prompt& prefix, const GenerationRequest& request,
                                         const HostedModel& model) {
  if (auto checked = check_usable(*request.infill, model); !checked) {
    return tl::unexpected(std::move(checked).error());
  }
  const Tokenizer& tokenizer = *model.tokenizer;
  FimPrompt prompt = fim_prompt(tokenizer, fim_text(prefix, *request.infill),
                                {.add_special = request.prompt.add_special_tokens.value_or(true),
                                 .most_tokens = most_tokens(request, model)});
  PreparedPrompt prepared{.tokens = std::move(prompt.tokens),
                          .text = {},
                          .echo = {},
                          .echo_begin = prompt.prefix_begin,
                          .echo_end = prompt.prefix_end};
  if (request.report.prompt_text) prepared.text = tokenizer.decode(prepared.tokens, false);
  if (!request.report.echo) return prepared;
  const std::span<const TokenId> kept(prepared.tokens);
  const auto* text = std::get_if<std::string>(&prefix);
  // What was cut away is not echoed.
  prepared.echo =
      text != nullptr && !request.prompt.truncate
          ? *text
          : tokenizer.decode(kept.subspan(prompt.prefix_begin, prompt.prefix_end - prompt.prefix_begin),
                             !request.report.special_tokens);
  return prepared;
}

void add_middle_ends(const HostedModel& model, std::vector<TokenId>& stop_tokens) {
  const std::vector<TokenId>& ends = model.tokenizer->fim().ends;
  stop_tokens.insert(stop_tokens.end(), ends.begin(), ends.end());
}

}  // namespace ferry
