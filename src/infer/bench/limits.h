#pragma once
// What this machine can do at most, measured: every speed is told as a part of it.

#include <string>

#include "base/core/result.h"
#include "base/core/thread_pool.h"
#include "infer/kernels/kernels.h"

namespace ferry {

struct MachineLimits {
  double read_bytes_s = 0;    // reading memory once, in a straight line, on all threads of the pool
  double matrix_flops_s = 0;  // a unit's multiply-adds in registers, on all threads
  std::string unit;           // what multiplies
};

// The best of several short runs each; about a second in all. resource_exhausted without memory for it.
Result<MachineLimits> measure_limits(const kernels::MatrixUnit& unit, ThreadPool& pool);

}  // namespace ferry
