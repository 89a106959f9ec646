#pragma once
// vLLM's POST /score, and POST /rerank as Cohere, Jina and vLLM have it.

#include <string>
#include <string_view>
#include <vector>

#include "serve/dialects/embedding.h"
#include "serve/dialects/openai_error.h"

namespace ferry {

struct VllmScoreRequest {
  ScoreRequest request;
  std::vector<std::string> ignored;
};

// text_1 and text_2, or queries and documents; each a string or a list of strings.
ApiResult<VllmScoreRequest> parse_vllm_score(std::string_view body);
std::string vllm_score_response(const ExchangeIdentity& identity, const ScoreResult& result);

struct RerankRequest {
  ScoreRequest request;          // one query; the documents' texts
  size_t top_n = 0;              // the best so many; 0: all
  bool return_documents = true;  // their texts, too
  std::vector<std::string> ignored;
};

// Documents are strings, or objects with a "text".
ApiResult<RerankRequest> parse_rerank(std::string_view body);
// The best first; of equals the one that came first.
std::string rerank_response(const ExchangeIdentity& identity, const RerankRequest& request,
                            const ScoreResult& result);

}  // namespace ferry
