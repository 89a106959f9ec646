#include "app/api/metrics_page.h"

#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "app/api/test_server.h"

namespace ferry::api {
namespace {

// The page as Prometheus reads it: the value of each sample by its name and labels, as they are written.
struct Page {
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;  // of families

  explicit Page(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# TYPE ")) {
        const size_t space = line.find(' ', 7);
        const std::string name = line.substr(7, space - 7);
        EXPECT_TRUE(types.try_emplace(name, line.substr(space + 1)).second) << name << " comes twice";
      } else if (!line.starts_with("# HELP ")) {
        const size_t space = line.rfind(' ');
        const bool is_new =
            samples.try_emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second;
        EXPECT_TRUE(is_new) << line;
      }
    }
  }
  double at(const std::string& sample) const {
    const auto found = samples.find(sample);
    if (found == samples.end()) ADD_FAILURE() << "no " << sample;
    return found == samples.end() ? -1 : found->second;
  }
};

constexpr std::string_view kLabels = R"({model_name="m",engine="0"})";

std::string labelled(std::string_view name) {
  return fmt::format("{}{}", name, kLabels);
}

struct Reading {
  EngineMetrics metrics{1000};
  EngineStatus status{.running = 3,
                      .waiting = 4,
                      .kv_pages = 100,
                      .kv_page_tokens = 16,
                      .kv_pages_free = 75,
                      .kv_pages_cached = 20,
                      .steps = 7,
                      .prompt_tokens = 500,
                      .completion_tokens = 60,
                      .preemptions = 2,
                      .prefix_cache_queries = 900,
                      .prefix_cache_hits = 400,
                      .drafts = 11,
                      .draft_tokens = 50,
                      .accepted_tokens = 30};
  HttpMetrics http;

  Page page() const {
    const EngineReading reading{.model = "m",
                                .status = status,
                                .metrics = &metrics,
                                .max_model_len = 1000,
                                .kv_type = "bf16",
                                .prefix_cache = true};
    return Page(metrics_page({&reading, 1}, http));
  }
};

TEST(MetricsPage, HasWhatDashboardsForVllmAskFor) {
  const Page page = Reading().page();
  for (const char* name :
       {"vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc",
        "vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total", "vllm:num_preemptions_total",
        "vllm:prompt_tokens_total", "vllm:prompt_tokens_cached_total", "vllm:generation_tokens_total"}) {
    page.at(labelled(name));
  }
  for (const char* reason : {"stop", "length", "abort"}) {
    page.at(fmt::format(R"(vllm:request_success_total{{model_name="m",engine="0",finished_reason="{}"}})",
                        reason));
  }
  for (const char* name :
       {"vllm:iteration_tokens_total", "vllm:time_to_first_token_seconds", "vllm:inter_token_latency_seconds",
        "vllm:time_per_output_token_seconds", "vllm:request_time_per_output_token_seconds",
        "vllm:e2e_request_latency_seconds", "vllm:request_queue_time_seconds",
        "vllm:request_inference_time_seconds", "vllm:request_prefill_time_seconds",
        "vllm:request_decode_time_seconds", "vllm:request_prompt_tokens", "vllm:request_generation_tokens",
        "vllm:request_prefill_kv_computed_tokens", "vllm:request_max_num_generation_tokens",
        "vllm:request_params_n", "vllm:request_params_max_tokens", "vllm:request_num_preemptions"}) {
    EXPECT_EQ(page.types.at(name), "histogram");
    EXPECT_EQ(page.at(labelled(fmt::format("{}_count", name))), 0);
    EXPECT_EQ(page.at(labelled(fmt::format("{}_sum", name))), 0);
    EXPECT_EQ(page.at(fmt::format(R"({}_bucket{{model_name="m",engine="0",le="+Inf"}})", name)), 0);
  }
}

TEST(MetricsPage, NumbersAreTheEngines) {
  const Page page = Reading().page();
  EXPECT_EQ(page.at(labelled("vllm:num_requests_running")), 3);
  EXPECT_EQ(page.at(labelled("vllm:num_requests_waiting")), 4);
  EXPECT_EQ(page.at(R"(vllm:num_requests_waiting_by_reason{model_name="m",engine="0",reason="capacity"})"),
            4);
  EXPECT_EQ(page.at(R"(vllm:num_requests_waiting_by_reason{model_name="m",engine="0",reason="deferred"})"),
            0);
  EXPECT_EQ(page.at(labelled("vllm:kv_cache_usage_perc")), 0.25);
  EXPECT_EQ(page.at(labelled("vllm:num_preemptions_total")), 2);
  EXPECT_EQ(page.at(labelled("vllm:prefix_cache_queries_total")), 900);
  EXPECT_EQ(page.at(labelled("vllm:prefix_cache_hits_total")), 400);
  EXPECT_EQ(page.at(labelled("vllm:prompt_tokens_total")), 900);  // computed or found
  EXPECT_EQ(page.at(labelled("vllm:generation_tokens_total")), 60);
  EXPECT_EQ(page.at(labelled("vllm:spec_decode_num_drafts_total")), 11);
  EXPECT_EQ(page.at(labelled("vllm:spec_decode_num_draft_tokens_total")), 50);
  EXPECT_EQ(page.at(labelled("vllm:spec_decode_num_accepted_tokens_total")), 30);
  EXPECT_EQ(page.types.at("vllm:generation_tokens_total"), "counter");
  EXPECT_EQ(page.types.at("vllm:kv_cache_usage_perc"), "gauge");
  EXPECT_EQ(
      page.at(R"(vllm:cache_config_info{model_name="m",engine="0",block_size="16",cache_dtype="bf16",)"
              R"(enable_prefix_caching="True",kv_cache_size_tokens="1600",kv_cache_max_concurrency="1.60",)"
              R"(num_gpu_blocks="0",num_cpu_blocks="100"})"),
      1);
}

TEST(MetricsPage, BucketsAreCumulativeAndVllms) {
  Reading reading;
  for (const double seconds : {0.004, 0.3, 5000.0}) reading.metrics.to_first_token_s.observe(seconds);
  for (const double tokens : {1.0, 700.0}) reading.metrics.prompt_tokens.observe(tokens);
  const Page page = reading.page();
  const auto bucket = [&](std::string_view name, std::string_view bound) {
    return page.at(fmt::format(R"({}_bucket{{model_name="m",engine="0",le="{}"}})", name, bound));
  };
  EXPECT_EQ(bucket("vllm:time_to_first_token_seconds", "0.001"), 0);
  EXPECT_EQ(bucket("vllm:time_to_first_token_seconds", "0.005"), 1);
  EXPECT_EQ(bucket("vllm:time_to_first_token_seconds", "0.5"), 2);
  EXPECT_EQ(bucket("vllm:time_to_first_token_seconds", "2560"), 2);
  EXPECT_EQ(bucket("vllm:time_to_first_token_seconds", "+Inf"), 3);
  EXPECT_EQ(bucket("vllm:request_prompt_tokens", "1"), 1);
  EXPECT_EQ(bucket("vllm:request_prompt_tokens", "500"), 1);
  EXPECT_EQ(bucket("vllm:request_prompt_tokens", "1000"), 2);
  EXPECT_FALSE(
      page.samples.contains(R"(vllm:request_prompt_tokens_bucket{model_name="m",engine="0",le="2000"})"));
}

TEST(MetricsPage, WhatTheGatewayCountsIsOnThePage) {
  TestServer server;
  server.service.gateway_metrics = [](MetricsText& text) {
    text.family("ferry_gateway_requests_total", "counter", "Requests.");
    text.sample("ferry_gateway_requests_total", {{"route", "support"}}, 3);
  };
  HttpClient client;
  const HttpResponse response =
      client.send({.method = "GET", .url = server.url("/metrics"), .headers = {}, .body = {}}).value();
  EXPECT_EQ(Page(response.body).at(R"(ferry_gateway_requests_total{route="support"})"), 3);
}

TEST(MetricsPage, CountsRequestsByRouteAndNotByWhatClientsMakeUp) {
  TestServer server;
  HttpClient client;
  const auto get = [&](const std::string& method, const std::string& path) {
    return client.send({.method = method, .url = server.url(path), .headers = {}, .body = {}}).value();
  };
  get("GET", "/v1/models/fake");
  get("GET", "/v1/models/other");
  get("GET", "/made/up/1");
  get("GET", "/made/up/2");
  get("BREW", "/version");
  HttpCall large{
      .method = "POST", .url = server.url("/tokenize"), .headers = {}, .body = std::string(1 << 17, 'x')};
  EXPECT_EQ(client.send(large).value().status, 413);
  const HttpResponse response = get("GET", "/metrics");
  EXPECT_EQ(response.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const Page page(response.body);
  const auto requests = [&](std::string_view handler, std::string_view method, std::string_view status) {
    return page.at(fmt::format(R"(http_requests_total{{handler="{}",method="{}",status="{}"}})", handler,
                               method, status));
  };
  EXPECT_EQ(requests("/v1/models/{model}", "GET", "2xx"), 1);
  EXPECT_EQ(requests("/v1/models/{model}", "GET", "4xx"), 1);
  EXPECT_EQ(requests("none", "GET", "4xx"), 2);
  EXPECT_EQ(requests("/version", "other", "4xx"), 1);
  EXPECT_EQ(requests("none", "POST", "4xx"), 1);
  EXPECT_EQ(page.at(R"(http_request_duration_seconds_count{handler="/v1/models/{model}",method="GET"})"), 2);
  EXPECT_GT(page.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(page.at("process_cpu_seconds_total"), 0);
}

}  // namespace
}  // namespace ferry::api
