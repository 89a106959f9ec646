#pragma once
// How much may still be done for one check, whatever its parts are: expressions, comparisons, nested schemas.
// A count instead of a clock, so that the same check always ends the same way.

#include <cstdint>

namespace ferry {

class Work {
 public:
  // Some tens of nanoseconds each: a tenth of a second together.
  static constexpr int64_t kUsual = 2'000'000;

  explicit Work(int64_t units = kUsual) : left_(units) {}

  // False: there is too little left; from then on always.
  bool spend(int64_t units) {
    left_ = units <= left_ ? left_ - units : -1;
    return left_ >= 0;
  }
  bool is_spent() const { return left_ < 0; }

 private:
  int64_t left_;
};

}  // namespace ferry
