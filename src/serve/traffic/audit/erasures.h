#pragma once
// A personal part may be missing only where an erasure, later in the chain, says so.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "serve/traffic/audit/audit.h"

namespace ferry {

class ErasureCheck {
 public:
  // All records, in their order.
  void add(const ChainedRecord& record);
  // The first record whose personal part is missing without a reason.
  std::optional<int64_t> first_unexplained() const;

 private:
  struct Missing {
    int64_t number = 0;
    std::optional<ExchangeId> exchange;
    std::string route;    // of contents
    int64_t time_us = 0;  // the same
    bool is_content = false;
  };
  bool is_explained(const Missing& missing) const;

  std::vector<Missing> missing_;
  std::map<ExchangeId, int64_t> erased_;  // exchange → the last erasure that names it
  // Route → time before which its contents were erased → the last erasure that says so.
  std::map<std::string, std::map<int64_t, int64_t>> expired_;
};

// The exchange id that the open parts of intents, outcomes, contents and feedback begin with.
std::optional<ExchangeId> leading_id(std::string_view open);

}  // namespace ferry
