#pragma once
// Whether the tables that reports and balances are read from say what the records say.

#include "serve/traffic/audit/audit.h"

namespace ferry {

class TableCheck {
 public:
  static Result<TableCheck> prepare(Database& database);

  // All records, in their order. What differs in the attempt that the record belongs to.
  Result<std::optional<AuditBreak>> check(const ChainedRecord& record);
  // After all of them: attempts that no record knows, and the ledger.
  Result<std::optional<AuditBreak>> check_sums();

 private:
  TableCheck(Statement attempt, Statement label, Statement sums)
      : attempt_(std::move(attempt)), label_(std::move(label)), sums_(std::move(sums)) {}
  // What differs; empty: nothing.
  Result<std::string> check_intent(const ChainedRecord& record, const Intent& intent);
  Result<std::string> check_outcome(const ChainedRecord& record, const Outcome& outcome);
  Result<std::string> check_labels(const Intent& intent);

  Statement attempt_;
  Statement label_;
  Statement sums_;
  int64_t labels_ = 0;  // that the table must have
};

}  // namespace ferry
