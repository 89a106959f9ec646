// How long a chat takes through its template: a real one where FERRY_DATA_DIR has it, ChatML always.
// Python beside it: tests/golden/template/time_jinja.py.

#include <benchmark/benchmark.h>

#include "base/core/file.h"
#include "infer/template/template.h"

namespace ferry {
namespace {

constexpr const char* kChatMl =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + "
    "'\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

// A system message and nine turns, 200 bytes each.
json::object conversation() {
  json::array messages;
  messages.push_back({{"role", "system"}, {"content", "You are a helpful assistant."}});
  for (int i = 0; i < 9; ++i) {
    messages.push_back({{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", std::string(200, 'x')}});
  }
  return {{"messages", std::move(messages)},
          {"add_generation_prompt", true},
          {"bos_token", "<s>"},
          {"eos_token", "</s>"}};
}

void render(benchmark::State& state, std::string source) {
  const auto chat_template = ChatTemplate::parse(std::move(source), "bench");
  if (!chat_template) return state.SkipWithError(chat_template.error().message.c_str());
  const json::object context = conversation();
  size_t bytes = 0;
  for (auto _ : state) {
    const auto chat = (*chat_template)->render(context);
    if (!chat) return state.SkipWithError(chat.error().message.c_str());
    bytes += chat->text.size();
    benchmark::DoNotOptimize(chat->text.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}

void render_model(benchmark::State& state, const std::string& model) {
  auto source = read_file(FERRY_DATA_DIR "/templates/" + model + ".jinja");
  if (!source) return state.SkipWithError(source.error().message.c_str());
  render(state, *std::move(source));
}

void parse_model(benchmark::State& state, const std::string& model) {
  const auto source = read_file(FERRY_DATA_DIR "/templates/" + model + ".jinja");
  if (!source) return state.SkipWithError(source.error().message.c_str());
  for (auto _ : state) benchmark::DoNotOptimize(ChatTemplate::parse(*source, "bench"));
}

BENCHMARK_CAPTURE(render, chatml, kChatMl);
BENCHMARK_CAPTURE(render_model, llama_3_1, "meta-llama-Llama-3.1-8B-Instruct");
BENCHMARK_CAPTURE(render_model, qwen_3, "Qwen-Qwen3-0.6B");
BENCHMARK_CAPTURE(parse_model, llama_3_1, "meta-llama-Llama-3.1-8B-Instruct");

}  // namespace
}  // namespace ferry
