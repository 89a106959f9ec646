#pragma once
// What an upstream's failure means, whatever its dialect.

#include <string_view>

#include "serve/dialects/openai_error.h"
#include "serve/dialects/wire_dialect.h"

namespace ferry {

// Of an HTTP status that is not 2xx; 0, for an error within a stream, is the server's.
ErrorKind kind_of_status(int status);

// Of what the upstream says about itself: the words that vendors and servers use for a context that is too
// long, refused content, an empty account. `kind` where it says nothing of these.
ErrorKind kind_of_words(ErrorKind kind, std::string_view code, std::string_view message);

// The error that an application sees. Long messages are cut.
ApiError upstream_error(ErrorKind kind, int status, std::string_view message);

// retry-after-ms, or retry-after in seconds; 0: neither says a time.
double retry_after_of(const WireHeaders& headers);

// It does not speak the dialect: `what` says where.
ApiError unreadable(std::string_view what);

}  // namespace ferry
