#include "serve/gateway/failures.h"

namespace ferry {

TargetOutcome outcome_of(const ApiError& error, bool begun) {
  switch (error.kind) {
    case ErrorKind::bad_request:
    case ErrorKind::too_large:
    case ErrorKind::context_too_long:
    case ErrorKind::content_filter:
      return TargetOutcome::caller_error;
    case ErrorKind::rate_limited:
    case ErrorKind::overloaded:
      return TargetOutcome::rate_limited;
    case ErrorKind::timeout:
      return TargetOutcome::timeout;
    case ErrorKind::authentication:
    case ErrorKind::permission:
    case ErrorKind::billing:
    case ErrorKind::not_found:
      return TargetOutcome::server_error;
    case ErrorKind::server:
    case ErrorKind::unreadable:
      if (begun)
        return error.reason == "upstream_cut" ? TargetOutcome::cut_stream : TargetOutcome::error_event;
      return error.upstream_status == 0 ? TargetOutcome::refused : TargetOutcome::server_error;
    case ErrorKind::none:
      break;
  }
  switch (error.error.code) {  // our engine's
    case ErrorCode::overloaded:
      return TargetOutcome::rate_limited;
    case ErrorCode::unavailable:
    case ErrorCode::internal:
    case ErrorCode::io:
    case ErrorCode::corrupt:
      return TargetOutcome::server_error;
    case ErrorCode::cancelled:
      return TargetOutcome::cancelled;
    default:
      return TargetOutcome::caller_error;
  }
}

NextStep next_step(const ApiError& error) {
  switch (error.kind) {
    case ErrorKind::bad_request:
      return NextStep::give_up;
    case ErrorKind::authentication:
    case ErrorKind::permission:
    case ErrorKind::billing:
    case ErrorKind::not_found:
    case ErrorKind::too_large:
    case ErrorKind::context_too_long:
    case ErrorKind::content_filter:
      return NextStep::other_target;
    case ErrorKind::rate_limited:
    case ErrorKind::overloaded:
    case ErrorKind::timeout:
    case ErrorKind::server:
    case ErrorKind::unreadable:
      return NextStep::any_target;
    case ErrorKind::none:
      break;
  }
  switch (error.error.code) {
    case ErrorCode::overloaded:
    case ErrorCode::unavailable:
      return NextStep::any_target;
    case ErrorCode::invalid_argument:
      return NextStep::give_up;
    default:  // what our engine cannot do or has no room for, another may
      return NextStep::other_target;
  }
}

ApiError told(ApiError error) {
  switch (error.kind) {
    case ErrorKind::none:
      return error;
    case ErrorKind::bad_request:
    case ErrorKind::too_large:
    case ErrorKind::context_too_long:
    case ErrorKind::content_filter:
      error.error.code = ErrorCode::invalid_argument;
      break;
    case ErrorKind::rate_limited:
    case ErrorKind::overloaded:
      error.error.code = ErrorCode::overloaded;
      break;
    case ErrorKind::authentication:
    case ErrorKind::permission:
    case ErrorKind::billing:
    case ErrorKind::not_found:
      error.kind = ErrorKind::server;
      error.error.code = ErrorCode::unavailable;
      break;
    default:
      error.error.code = ErrorCode::unavailable;
      break;
  }
  return error;
}

std::string error_kind(const ApiError& error) {
  if (!error.reason.empty()) return error.reason;
  return error.kind == ErrorKind::none ? "local" : std::string(to_string(error.kind));
}

}  // namespace ferry
