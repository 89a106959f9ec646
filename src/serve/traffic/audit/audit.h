#pragma once
// Is the record what it was? Reads the store alone: no gateway, no network.
//
// What it finds: a record that was changed, removed, put in, or moved; a personal part that is gone without
// an erasure that says so; tables that say something else than the records they were made from. What it
// cannot find by itself: a chain that was made anew from some record on, or cut off at its end, by somebody
// who can write the file. For that, keep heads (`ferry audit head`) where that person cannot write, and give
// one to the check.

#include <map>
#include <optional>
#include <string>

#include "base/core/function_ref.h"
#include "serve/traffic/chain.h"
#include "serve/traffic/store/schema.h"

namespace ferry {

// What is wrong with the first record that is.
struct AuditBreak {
  int64_t record = 0;  // its number in the chain; 0: of the whole
  std::string table;   // of traffic.db
  std::string what;    // differs
};

struct AuditReport {
  ChainHead head;  // of the last record
  std::map<std::string, int64_t> records_by_kind = {};
  int64_t erased = 0;             // records without their personal part
  bool head_was_checked = false;  // against one kept elsewhere
  std::optional<AuditBreak> broken = {};

  bool is_intact() const { return !broken; }
};

// A record as the chain has it.
struct ChainedRecord {
  int64_t number = 0;
  RecordView view = {};
};

// Walks the whole chain; each record that is in order is given to `visit` (its views live during the call).
// Stops at the first that is not. `kept`: a head that was kept elsewhere. Errors: io, corrupt (not a
// database), and what `visit` returns. Reads within the transaction that the caller has begun.
Result<AuditReport> verify_chain(Database& database, const std::optional<ChainHead>& kept,
                                 FunctionRef<Result<void>(const ChainedRecord&)> visit);

// The same, and then whether attempts, labels and ledger are what the records say.
Result<AuditReport> verify_store(Database& database, const std::optional<ChainHead>& kept);

// Where the chain stands; number 0: it is empty.
Result<ChainHead> read_head(Database& database);

}  // namespace ferry
