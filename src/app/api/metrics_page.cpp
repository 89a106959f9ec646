#include "app/api/metrics_page.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ferry::api {
namespace {

struct Number {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  double (*value)(const EngineStatus& status);
};

double used_share(const EngineStatus& s) {
  return s.kv_pages > 0 ? static_cast<double>(s.kv_pages - s.kv_pages_free) / s.kv_pages : 0;
}

constexpr Number kNumbers[] = {
    {"vllm:num_requests_running", "gauge", "Answers that are being computed.",
     [](const EngineStatus& s) { return static_cast<double>(s.running); }},
    {"vllm:num_requests_waiting", "gauge", "Answers that wait to be computed.",
     [](const EngineStatus& s) { return static_cast<double>(s.waiting); }},
    {"vllm:kv_cache_usage_perc", "gauge", "Part of the KV cache that running answers hold, 0 to 1.",
     used_share},
    {"vllm:num_preemptions_total", "counter", "Answers that gave up their pages, to be computed again.",
     [](const EngineStatus& s) { return static_cast<double>(s.preemptions); }},
    {"vllm:prefix_cache_queries_total", "counter", "Prompt tokens looked for in the prefix cache.",
     [](const EngineStatus& s) { return static_cast<double>(s.prefix_cache_queries); }},
    {"vllm:prefix_cache_hits_total", "counter", "Prompt tokens found in the prefix cache.",
     [](const EngineStatus& s) { return static_cast<double>(s.prefix_cache_hits); }},
    {"vllm:prompt_tokens_total", "counter", "Prompt tokens computed or found in the prefix cache.",
     [](const EngineStatus& s) { return static_cast<double>(s.prompt_tokens + s.prefix_cache_hits); }},
    {"vllm:prompt_tokens_cached_total", "counter", "Prompt tokens found in the prefix cache.",
     [](const EngineStatus& s) { return static_cast<double>(s.prefix_cache_hits); }},
    {"vllm:generation_tokens_total", "counter", "Tokens generated.",
     [](const EngineStatus& s) { return static_cast<double>(s.completion_tokens); }},
    {"vllm:spec_decode_num_drafts_total", "counter",
     "Times that guesses at an answer's next tokens were verified.",
     [](const EngineStatus& s) { return static_cast<double>(s.drafts); }},
    {"vllm:spec_decode_num_draft_tokens_total", "counter", "Guesses verified.",
     [](const EngineStatus& s) { return static_cast<double>(s.draft_tokens); }},
    {"vllm:spec_decode_num_accepted_tokens_total", "counter", "Guesses that were right.",
     [](const EngineStatus& s) { return static_cast<double>(s.accepted_tokens); }},
    {"ferry:engine_steps_total", "counter", "Steps of the engine.",
     [](const EngineStatus& s) { return static_cast<double>(s.steps); }},
    {"ferry:kv_pages_cached", "gauge", "Free pages that later prompts may still find their beginning in.",
     [](const EngineStatus& s) { return static_cast<double>(s.kv_pages_cached); }},
};

struct Distribution {
  std::string_view name;
  std::string_view help;
  Histogram EngineMetrics::*histogram;
};

constexpr Distribution kDistributions[] = {
    {"vllm:iteration_tokens_total", "Tokens of a step: of prompts, computed; of answers, made.",
     &EngineMetrics::step_tokens},
    {"vllm:time_to_first_token_seconds", "From a request to its first token.",
     &EngineMetrics::to_first_token_s},
    {"vllm:inter_token_latency_seconds", "From one token of an answer to the next.",
     &EngineMetrics::between_tokens_s},
    {"vllm:time_per_output_token_seconds", "The same, under its old name.", &EngineMetrics::between_tokens_s},
    {"vllm:request_time_per_output_token_seconds", "An answer's mean time for each token but the first.",
     &EngineMetrics::per_token_s},
    {"vllm:e2e_request_latency_seconds", "From a request to its last token.", &EngineMetrics::total_s},
    {"vllm:request_queue_time_seconds", "From a request to its first step.", &EngineMetrics::queue_s},
    {"vllm:request_inference_time_seconds", "From the first step to the last token.",
     &EngineMetrics::inference_s},
    {"vllm:request_prefill_time_seconds", "From the first step to the first token.",
     &EngineMetrics::prefill_s},
    {"vllm:request_decode_time_seconds", "From the first token to the last.", &EngineMetrics::decode_s},
    {"vllm:request_prompt_tokens", "Tokens of a prompt.", &EngineMetrics::prompt_tokens},
    {"vllm:request_prefill_kv_computed_tokens", "Of these, computed and not found in the prefix cache.",
     &EngineMetrics::computed_prompt_tokens},
    {"vllm:request_generation_tokens", "Tokens of an answer.", &EngineMetrics::generation_tokens},
    {"vllm:request_max_num_generation_tokens", "The same: answers of one request are counted one by one.",
     &EngineMetrics::generation_tokens},
    {"vllm:request_num_preemptions", "How often an answer gave up its pages.", &EngineMetrics::preemptions},
    {"vllm:request_params_n", "Answers that a request asks for.", &EngineMetrics::n},
    {"vllm:request_params_max_tokens", "Tokens that an answer may have.", &EngineMetrics::max_tokens},
};

MetricLabels labels_of(const EngineReading& engine, size_t index, MetricLabels more = {}) {
  MetricLabels labels = {{"model_name", engine.model}, {"engine", std::to_string(index)}};
  labels.insert(labels.end(), more.begin(), more.end());
  return labels;
}

void write_finished(MetricsText& text, std::span<const EngineReading> engines) {
  constexpr std::string_view kName = "vllm:request_success_total";
  text.family(kName, "counter", "Answers that ended, by reason.");
  const std::pair<EngineFinish, const char*> reasons[] = {{EngineFinish::stop, "stop"},
                                                          {EngineFinish::length, "length"},
                                                          {EngineFinish::cancelled, "abort"},
                                                          {EngineFinish::failed, "error"}};
  for (size_t i = 0; i < engines.size(); ++i) {
    for (const auto& [finish, reason] : reasons) {
      const Counter& count = engines[i].metrics->finished[static_cast<size_t>(finish)];
      text.sample(kName, labels_of(engines[i], i, {{"finished_reason", reason}}),
                  static_cast<double>(count.value()));
    }
  }
}

// Nothing defers an answer but a lack of room.
void write_waiting(MetricsText& text, std::span<const EngineReading> engines) {
  constexpr std::string_view kName = "vllm:num_requests_waiting_by_reason";
  text.family(kName, "gauge", "Answers that wait to be computed, by reason.");
  for (size_t i = 0; i < engines.size(); ++i) {
    text.sample(kName, labels_of(engines[i], i, {{"reason", "capacity"}}),
                static_cast<double>(engines[i].status.waiting));
    text.sample(kName, labels_of(engines[i], i, {{"reason", "deferred"}}), 0);
  }
}

void write_cache_config(MetricsText& text, std::span<const EngineReading> engines) {
  constexpr std::string_view kName = "vllm:cache_config_info";
  text.family(kName, "gauge", "How the KV cache is made; always 1.");
  for (size_t i = 0; i < engines.size(); ++i) {
    const EngineReading& engine = engines[i];
    const int64_t tokens = int64_t{engine.status.kv_pages} * engine.status.kv_page_tokens;
    const double longest = static_cast<double>(tokens) / std::max(1, engine.max_model_len);
    text.sample(kName,
                labels_of(engine, i,
                          {{"block_size", std::to_string(engine.status.kv_page_tokens)},
                           {"cache_dtype", engine.kv_type},
                           {"enable_prefix_caching", engine.prefix_cache ? "True" : "False"},
                           {"kv_cache_size_tokens", std::to_string(tokens)},
                           {"kv_cache_max_concurrency", fmt::format("{:.2f}", longest)},
                           {"num_gpu_blocks", "0"},
                           {"num_cpu_blocks", std::to_string(engine.status.kv_pages)}}),
                1);
  }
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void write_process(MetricsText& text) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  text.family("process_cpu_seconds_total", "counter", "Time that the process computed, in seconds.");
  text.sample("process_cpu_seconds_total", {}, seconds(usage.ru_utime) + seconds(usage.ru_stime));

  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  if (!(statm >> pages >> resident)) return;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  text.family("process_virtual_memory_bytes", "gauge", "Memory that the process has mapped.");
  text.sample("process_virtual_memory_bytes", {}, pages * page);
  text.family("process_resident_memory_bytes", "gauge", "Of this, in memory.");
  text.sample("process_resident_memory_bytes", {}, resident * page);
}

}  // namespace

std::string metrics_page(std::span<const EngineReading> engines, const HttpMetrics& http,
                         const MetricsWriter& gateway) {
  MetricsText text;
  for (const Number& number : kNumbers) {
    text.family(number.name, number.type, number.help);
    for (size_t i = 0; i < engines.size(); ++i) {
      text.sample(number.name, labels_of(engines[i], i), number.value(engines[i].status));
    }
  }
  write_waiting(text, engines);
  write_finished(text, engines);
  write_cache_config(text, engines);
  for (const Distribution& distribution : kDistributions) {
    text.family(distribution.name, "histogram", distribution.help);
    for (size_t i = 0; i < engines.size(); ++i) {
      text.histogram(distribution.name, labels_of(engines[i], i),
                     engines[i].metrics->*distribution.histogram);
    }
  }
  http.write(text);
  if (gateway) gateway(text);
  write_process(text);
  return text.take();
}

}  // namespace ferry::api
