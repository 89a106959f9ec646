#pragma once
// What chat and legacy completions have in common in their requests.

#include <string_view>

#include "serve/dialects/exchange.h"
#include "serve/dialects/field_reader.h"

namespace ferry {

// The body as a JSON object.
ApiResult<json::value> parse_openai_body(std::string_view body);

// model, sampling, stopping, streaming, user; refuses what neither dialect honours.
void read_common_fields(FieldReader& fields, GenerationRequest& request);
// The same without the model. `least_tokens`: that may be asked for.
void read_generation_fields(FieldReader& fields, GenerationRequest& request, int64_t least_tokens);

// Moves into the request what its reader met and what nobody read, once everything else is read; or the
// error. `for_our_engine`: what our engine does not honour is an error, too.
ApiResult<GenerationRequest> finish_openai_request(FieldReader& fields, bool for_our_engine,
                                                   GenerationRequest request);

}  // namespace ferry
