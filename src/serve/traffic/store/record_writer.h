#pragma once
// Puts records into the store: at the end of the chain, and into the tables that are made from them. To be
// used within one write transaction of the database; the chain's last head is read when the transaction
// begins.
//
// What the tables make of records that do not fit together: of two intents of one attempt the first counts,
// so does the first of two outcomes; an outcome without intent is an attempt of nobody (no key, no route)
// with its own cost and time. All of them are in the chain.

#include "serve/traffic/chain.h"
#include "serve/traffic/store/schema.h"

namespace ferry {

class RecordWriter {
 public:
  static Result<RecordWriter> prepare(Database& database);

  // Reads where the chain stands. Once in each transaction, first.
  Result<void> begin();
  // Returns the record's number. Records that cannot be decoded (of a newer Ferry) are kept as they are.
  Result<int64_t> append(const RecordView& record);

  const ChainHead& head() const { return head_; }

 private:
  struct Statements {
    Statement last_head;
    Statement insert_record;
    Statement insert_attempt;
    Statement insert_label;
    Statement find_attempt;
    Statement settle_attempt;
    Statement add_to_ledger;
  };
  explicit RecordWriter(Statements statements) : sql_(std::move(statements)) {}

  Result<void> chain(const RecordView& record, std::optional<ExchangeId> exchange);
  Result<void> project(const Intent& intent);
  Result<void> project(const Outcome& outcome);
  Result<void> project_orphan(const Outcome& outcome);

  Statements sql_;
  ChainHead head_;
};

}  // namespace ferry
