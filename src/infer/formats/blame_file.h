#pragma once

#include "base/core/result.h"

namespace ferry {

// The JSON helpers call a bad document an invalid argument; here it is a file that is damaged.
inline Error blame_file(Error error) {
  if (error.code == ErrorCode::invalid_argument) error.code = ErrorCode::corrupt;
  return error;
}

}  // namespace ferry
