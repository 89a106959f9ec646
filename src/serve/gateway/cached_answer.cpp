// What is kept of an answer.

#include <algorithm>
#include <array>

#include "serve/gateway/answer_cache.h"

namespace ferry {
namespace {

// Members of a request's body that offer tools beside `tools`.
constexpr auto kToolFields =
    std::to_array<std::string_view>({"container", "mcp_servers", "web_search_options"});

bool uses_tools_elsewhere(const GenerationRequest& request) {
  const auto& tools = request.tools.tools;
  return std::any_of(tools.begin(), tools.end(),
                     [](const ToolDefinition& tool) { return !tool.type.empty(); }) ||
         std::any_of(kToolFields.begin(), kToolFields.end(),
                     [&](std::string_view name) { return request.foreign.contains(name); });
}

bool says_something(const GenerationChoice& choice) {
  return !choice.text.empty() || !choice.thought.empty() || !choice.calls.empty() || !choice.others.empty() ||
         !choice.seals.empty() || !choice.vector.empty() || choice.prompt.has_value();
}

bool may_be_given_again(const GenerationChoice& choice) {
  const bool is_whole = choice.finish == FinishReason::stop || choice.finish == FinishReason::tool_calls ||
                        choice.finish == FinishReason::length;
  return is_whole && choice.refusal.empty() && says_something(choice);
}

// What malloc adds to an allocation of its own.
constexpr size_t kAllocation = 16;
// Values that were parsed are no deeper than 64.
constexpr int kMaxDepth = 100;

size_t memory_of(const std::string& text) {
  static const size_t inside = std::string().capacity();
  return text.capacity() > inside ? text.capacity() + 1 + kAllocation : 0;
}

template <class T>
size_t buffer_of(const std::vector<T>& all) {
  return all.capacity() == 0 ? 0 : all.capacity() * sizeof(T) + kAllocation;
}

// Of what the value points to.
size_t memory_of(const json::value& value, int depth = 0) {
  if (depth > kMaxDepth) return 0;
  size_t bytes = 0;
  if (const json::string* text = value.if_string()) {
    bytes = text->capacity() + kAllocation;
  } else if (const json::array* array = value.if_array()) {
    bytes = array->capacity() * sizeof(json::value) + kAllocation;
    for (const json::value& one : *array) bytes += memory_of(one, depth + 1);
  } else if (const json::object* object = value.if_object()) {
    bytes = object->capacity() * (sizeof(json::key_value_pair) + sizeof(uint32_t)) + kAllocation;
    for (const auto& member : *object)
      bytes += member.key().size() + kAllocation + memory_of(member.value(), depth + 1);
  }
  return bytes;
}

size_t memory_of(const std::vector<TokenLogprob>& logprobs) {
  size_t bytes = buffer_of(logprobs);
  for (const TokenLogprob& one : logprobs) {
    bytes += memory_of(one.chosen.text) + buffer_of(one.top);
    for (const TokenAlternative& top : one.top) bytes += memory_of(top.text);
  }
  return bytes;
}

size_t memory_of(const ToolCall& call) {
  size_t bytes = memory_of(call.id) + memory_of(call.name) + memory_of(call.arguments);
  for (const auto& member : call.rest)
    bytes += sizeof(member) + member.key().size() + kAllocation + memory_of(member.value());
  return bytes;
}

size_t memory_of(const GenerationChoice& choice) {
  size_t bytes = memory_of(choice.thought) + memory_of(choice.text) + memory_of(choice.refusal);
  bytes += buffer_of(choice.calls) + buffer_of(choice.seals) + buffer_of(choice.others);
  bytes += memory_of(choice.logprobs) + buffer_of(choice.token_ids) + buffer_of(choice.vector);
  for (const ToolCall& call : choice.calls) bytes += memory_of(call);
  for (const ThoughtSeal& seal : choice.seals)
    bytes += memory_of(seal.text) + memory_of(seal.signature) + memory_of(seal.redacted);
  for (const json::value& other : choice.others) bytes += memory_of(other);
  if (const auto* text = std::get_if<std::string>(&choice.cause)) bytes += memory_of(*text);
  if (choice.prompt)
    bytes += memory_of(choice.prompt->text) + buffer_of(choice.prompt->token_ids) +
             memory_of(choice.prompt->logprobs);
  return bytes;
}

}  // namespace

bool cacheable(const GenerationRequest& request, const GenerationResult& result) {
  return result.choices.size() == choice_count(request) && !uses_tools_elsewhere(request) &&
         std::all_of(result.choices.begin(), result.choices.end(), may_be_given_again);
}

size_t memory_of(const CachedAnswer& answer) {
  // The entry in its list, its place in the index, and the answer with its counts.
  constexpr size_t kEntry =
      sizeof(AnswerKey) * 2 + sizeof(CachedAnswer) + 12 * sizeof(void*) + 4 * kAllocation;
  size_t bytes = kEntry + memory_of(answer.target) + buffer_of(answer.result.choices);
  for (const GenerationChoice& choice : answer.result.choices) bytes += memory_of(choice);
  return bytes;
}

}  // namespace ferry
