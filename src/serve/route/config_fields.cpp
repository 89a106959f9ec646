#include "serve/route/config_fields.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "serve/dialects/features.h"

namespace ferry {
namespace {

constexpr ConfigField kFields[] = {
    {"providers", "a map of providers", "",
     "Who runs models. The name comes before the slash of a target. `local` is our engine and is always "
     "there; of it, "
     "only `models` and `without` may be written."},
    {"providers.*.dialect", "`openai` or `anthropic`", "", "The API that it speaks. Needed."},
    {"providers.*.url", "a URL", "",
     "Where the API begins: `https://api.openai.com/v1`, `https://api.anthropic.com`. Needed."},
    {"providers.*.keys", "`env:NAME` or `file:PATH`, or a list of them", "none",
     "Its API keys, used in turn. A key itself may not stand here."},
    {"providers.*.region", "a name", "",
     "Where it computes, as `labels.*.regions` names it. Without it, no label's "
     "`regions` allows the provider."},
    {"providers.*.proxy", "an http URL", "", "An HTTP proxy on the way to it."},
    {"providers.*.ca_file", "a path", "", "Certificates to trust instead of the system's."},
    {"providers.*.allow_private", "true or false", "false",
     "Whether its host may be this machine or in a network that is not public, and be spoken to without "
     "TLS."},
    {"providers.*.headers", "a map of headers", "none",
     "Sent with each request. Values are text, `env:NAME` or `file:PATH`."},
    {"providers.*.timeouts", "a map", "", "Deadlines of one try."},
    {"providers.*.timeouts.connect", "a duration", "5s", "Until the connection stands, TLS included."},
    {"providers.*.timeouts.first_token", "a duration", "1m", "From the request until its first token."},
    {"providers.*.timeouts.idle", "a duration", "1m", "Between two pieces of an answer."},
    {"providers.*.timeouts.total", "a duration", "10m", "Until the answer is whole."},
    {"providers.*.max_connections", "an integer", "256", "Connections at one time, and so requests."},
    {"providers.*.quirks", "a map", "", "In what it differs from its dialect's inventor."},
    {"providers.*.quirks.auth", "`bearer`, `x_api_key`, `none`", "its dialect's", "How a key is sent."},
    {"providers.*.quirks.max_tokens_field", "`max_tokens`, `max_completion_tokens`", "as the client sent it",
     "OpenAI's dialect: what the limit of an answer is called."},
    {"providers.*.quirks.stream_usage", "true or false", "true",
     "OpenAI's dialect: whether it knows `stream_options.include_usage`."},
    {"providers.*.quirks.anthropic_version", "text", "2023-06-01",
     "Anthropic's dialect: the version's header."},
    {"providers.*.without", "a list of features", "none",
     "Features of its dialect that it lacks; `GET /v1/capabilities` lists their names."},
    {"providers.*.models", "a map of models", "", "What is known of single models. Others may be used, too."},
    {"providers.*.models.*.context", "an integer", "not known",
     "Tokens of prompt and answer together; what is surely longer is not sent there."},
    {"providers.*.models.*.max_output", "an integer", "not known", "Tokens of an answer."},
    {"providers.*.models.*.without", "a list of features", "none", "Features that the model lacks."},
    {"providers.*.models.*.adaptive_thinking", "true or false", "true of Claude from 4.6 on",
     "Anthropic's: the model decides itself how long it thinks, so that an effort is told it as one, and not "
     "as a budget "
     "of tokens."},

    {"prices", "a map of targets", "",
     "What a target costs, in units of one currency for a million tokens: one map, or a list of maps with "
     "dates. "
     "Decimal numbers with up to nine places, kept exactly."},
    {"prices.*.from", "a date, `2026-01-31`", "always",
     "The day (UTC) from which it holds; in a list, each needs one, in ascending order."},
    {"prices.*.input", "a decimal number", "", "Prompt tokens. Needed, but with `hardware_per_hour`."},
    {"prices.*.output", "a decimal number", "",
     "Answer tokens, thoughts included. Needed, but with "
     "`hardware_per_hour`."},
    {"prices.*.cached_input", "a decimal number", "as `input`",
     "Prompt tokens that the provider's cache held."},
    {"prices.*.cache_write", "a decimal number", "as `input`",
     "Prompt tokens that were written to its cache."},
    {"prices.*.cache_write_1h", "a decimal number", "as `cache_write`", "The same, to be kept for an hour."},
    {"prices.*.hardware_per_hour", "a decimal number", "",
     "Own models instead: what their hardware costs in an hour. A period's price of a token is its cost over "
     "the "
     "tokens served."},
    {"prices.*.tokens_per_second", "an integer", "not known",
     "Own models: tokens in a second at full load, prompts and answers together. With it, an exchange is "
     "booked at the "
     "full-load price at once; without, at nothing until the period is over."},

    {"labels", "a map of labels", "",
     "What a label demands of an exchange that carries it. Of several labels the strictest of each demand "
     "holds; a label "
     "without an entry demands `stay_local`."},
    {"labels.*.block", "true or false", "false", "It goes nowhere."},
    {"labels.*.stay_local", "true or false", "false", "It goes to `local` only."},
    {"labels.*.redact", "true or false", "false",
     "It leaves only with its findings replaced by placeholders."},
    {"labels.*.regions", "a list of regions", "all", "It leaves to these only."},
    {"labels.*.providers", "a list of providers", "all", "It leaves to these only."},

    {"detectors", "a map", "",
     "What is looked for in prompts, tool calls, results and answers ([guard.md](guard.md))."},
    {"detectors.kinds", "a list of kinds", "all",
     "`email`, `phone`, `iban`, `card`, `national_id`, `ip`, `secret`."},
    {"detectors.least", "`possible`, `likely`, `certain`", "likely", "What is less sure is not reported."},
    {"detectors.names", "a map of lists of words, or `file:PATH`", "none",
     "Names to look for; a file has one on each line."},
    {"detectors.expressions", "a map of regular expressions", "none",
     "Expressions to look for (the syntax is in guard.md): text, or a map."},
    {"detectors.expressions.*.pattern", "a regular expression", "", "Needed."},
    {"detectors.expressions.*.whole_word", "true or false", "false", "Counts only between words' borders."},
    {"detectors.expressions.*.max_bytes", "an integer", "256", "Where longer matches are cut."},
    {"detectors.found", "a map of lists of labels", "none",
     "Which labels a finding brings: by kind (`email`) or by kind and rule (`national_id.us_ssn`, "
     "`name.staff`)."},

    {"routes", "a map of routes", "", "The names that applications ask for, and what stands behind each."},
    {"routes.*.targets", "a target, or a list", "",
     "`provider/model`. Of several, one is chosen by weight; the others follow when it fails. Needed."},
    {"routes.*.targets[].target", "a target", "", "Needed."},
    {"routes.*.targets[].weight", "a number", "1",
     "Its share is its weight over the sum; 0 is never chosen."},
    {"routes.*.fallbacks", "a list of targets", "none",
     "Tried in this order when all targets failed. `route/NAME` stands for that route's targets and "
     "fallbacks."},
    {"routes.*.when", "a list of rules", "none",
     "The first whose conditions hold replaces targets and fallbacks."},
    {"routes.*.when[].name", "a name", "when[n]", "For `ferry route explain` and the record."},
    {"routes.*.when[].if", "a map of conditions", "", "All must hold; of a list, one. Needed."},
    {"routes.*.when[].if.tags", "a map: tag to a value or a list", "",
     "Tags come from the request's `metadata` and the header `X-Ferry-Tags`. `\"*\"`: any value."},
    {"routes.*.when[].if.keys", "a list", "", "Names of API keys."},
    {"routes.*.when[].if.teams", "a list", "", "Teams."},
    {"routes.*.when[].if.languages", "a list of codes", "",
     "`de`, `ja`; `unknown` where it cannot be told. By script and frequent words: texts below some twenty "
     "words and "
     "mixed ones are often unknown."},
    {"routes.*.when[].if.labels", "a list of labels", "", "Labels that it carries, of findings too."},
    {"routes.*.when[].if.characters", "a map", "", "The prompt's length."},
    {"routes.*.when[].if.characters.least", "an integer", "0", "At least so many."},
    {"routes.*.when[].if.characters.most", "an integer", "no limit", "At most so many."},
    {"routes.*.when[].if.tokens", "a map", "", "The same, in tokens: estimated as two for seven bytes."},
    {"routes.*.when[].if.tokens.least", "an integer", "0", "At least so many."},
    {"routes.*.when[].if.tokens.most", "an integer", "no limit", "At most so many."},
    {"routes.*.when[].if.tools", "true or false", "", "Whether it offers tools."},
    {"routes.*.when[].if.images", "true or false", "", "Whether it has images."},
    {"routes.*.when[].if.time", "a map", "", "When it comes."},
    {"routes.*.when[].if.time.from", "`08:00`", "00:00", "From this minute on."},
    {"routes.*.when[].if.time.to", "`18:00`", "24:00",
     "Before this minute. Not later than `from`: over midnight, and the day is the one on which it began."},
    {"routes.*.when[].if.time.days", "a list: `mon` to `sun`", "all", "Days of the week."},
    {"routes.*.when[].if.time.utc_offset", "`+02:00`", "+00:00",
     "Hours and minutes east of UTC. There are no time zones, and so no summer time."},
    {"routes.*.when[].targets", "a target, or a list", "", "As above. Needed."},
    {"routes.*.when[].targets[].target", "a target", "", "As above."},
    {"routes.*.when[].targets[].weight", "a number", "1", "As above."},
    {"routes.*.when[].fallbacks", "a list of targets", "none", "As above; the route's own are not added."},
    {"routes.*.sticky", "`conversation`, or a map", "each request is drawn anew",
     "Requests of one conversation go to the same target: `conversation` goes by the model, the user and the "
     "messages up "
     "to the first of the user. A change of weights moves as few conversations as it can."},
    {"routes.*.sticky.header", "a header's name", "", "Goes by this header's value. Needed in the map."},
    {"routes.*.shadow", "a list", "none",
     "Targets that are asked beside it; their answers are recorded, never returned."},
    {"routes.*.shadow[].target", "a target", "", "Needed."},
    {"routes.*.shadow[].share", "a number above 0, up to 1", "1", "Of the route's requests."},
    {"routes.*.max_cost", "a decimal number", "no limit",
     "The most that one request may cost; targets whose estimate is above are left out. All targets need "
     "prices then."},
    {"routes.*.max_latency", "a duration", "no limit",
     "Of the whole answer, all tries together; targets that take longer just now come last."},
    {"routes.*.cascade", "a map", "none",
     "An own model answers first; the route's targets follow where a check says so."},
    {"routes.*.cascade.first", "a `local/` target", "", "Needed."},
    {"routes.*.cascade.mean_logprob", "a number up to 0", "not checked",
     "Escalate where the mean log-probability of the answer's tokens is below."},
    {"routes.*.cascade.min_logprob", "a number up to 0", "not checked",
     "Escalate where any token's is below."},
    {"routes.*.cascade.schema", "`request`, or a JSON Schema", "not checked",
     "Escalate where the answer does not keep to it; `request`: to the one that the request asks for."},
    {"routes.*.cascade.regex", "a regular expression", "not checked",
     "Escalate where nothing in the answer matches (guard.md has the syntax)."},
    {"routes.*.cascade.refusal", "true or false", "false", "Escalate where the model refuses."},
    {"routes.*.cascade.length", "true or false", "false", "Escalate where the answer was cut at its limit."},
    {"routes.*.on_unsupported", "`reject`, `drop`, `warn`", "reject",
     "Features that a target lacks: leave the target out (and say 400 where none is left), drop the feature, "
     "or drop it "
     "with a warning in the answer's headers."},
    {"routes.*.retries", "an integer, 0 to 10", "2", "Further tries after the first, over all targets."},
    {"routes.*.cache", "a map", "off",
     "Answers to exactly the same request of the same tenant come from a cache."},
    {"routes.*.cache.ttl", "a duration", "", "For so long. Needed."},
    {"routes.*.record", "`off`, `redacted`, `full`", "off",
     "What of the content is recorded. Who, when, where, how much and what it cost always is."},
    {"routes.*.retention", "a duration", "until it is erased", "How long recorded content is kept."},
    {"routes.*.guardrails", "a map", "none", "What is checked in answers."},
    {"routes.*.guardrails.words", "a list of words, or `file:PATH`", "none",
     "Whole words that an answer may not have, in any case."},
    {"routes.*.guardrails.schema", "a JSON Schema", "not checked", "What every answer must keep to."},
    {"routes.*.guardrails.classifier", "a map", "none",
     "An own model that reads the conversation with its answer, and whose reply decides. It is asked when "
     "the answer "
     "is whole; where it cannot be asked, that is a finding."},
    {"routes.*.guardrails.classifier.target", "a `local/` target", "", "Needed."},
    {"routes.*.guardrails.classifier.blocks", "a regular expression", "`^\\s*unsafe`",
     "A finding where it matches in the reply (as JSON Schema's `pattern`)."},
    {"routes.*.guardrails.classifier.prompt", "text", "none",
     "Its system message, for models whose chat template does not say what is asked of them."},
    {"routes.*.guardrails.classifier.arguments", "a map", "none", "Further variables of its chat template."},
    {"routes.*.guardrails.action", "`block` or `flag`", "block",
     "Whether a bad answer is withheld, or only recorded."},
    {"routes.*.labels", "a list of labels", "none", "Labels of every exchange of the route."},
    {"routes.*.budget", "a name", "none",
     "A budget that the route's exchanges count to, beside their key's. All targets need prices then."},
};

// The rest of `path` behind `prefix.`; empty where it does not lie there.
std::string_view below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix) || path.size() <= prefix.size() || path[prefix.size()] != '.') return {};
  return path.substr(prefix.size() + 1);
}

void append_row(std::string& out, const ConfigField& field) {
  const std::string fallback = field.fallback.empty() ? "" : fmt::format("{}", field.fallback);
  out += fmt::format("| `{}` | {} | {} | {} |\n", field.path, field.type, fallback, field.meaning);
}

}  // namespace

std::span<const ConfigField> config_fields() {
  return kFields;
}

std::vector<std::string> field_names(std::string_view map_path) {
  std::vector<std::string> names;
  for (const ConfigField& field : kFields) {
    const std::string_view name = below(field.path, map_path);
    const bool is_direct = !name.empty() && name.find_first_of(".[") == std::string_view::npos && name != "*";
    if (is_direct) names.emplace_back(name);
  }
  return names;
}

bool is_field(std::string_view path) {
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](const ConfigField& field) { return field.path == path; });
}

std::string fields_markdown() {
  std::string out;
  for (const ConfigField& field : kFields) {
    if (field.path.find('.') == std::string_view::npos) {
      out += fmt::format("{}### `{}`\n\n{}\n\n| field | what | default | meaning |\n|---|---|---|---|\n",
                         out.empty() ? "" : "\n", field.path, field.meaning);
    } else {
      append_row(out, field);
    }
  }
  return out;
}

}  // namespace ferry
