#pragma once
// Taking personal things out of the store, so that nothing of them is left in its file, and saying so in the
// chain. Waits while other connections write, and takes its work in pieces so that they wait little.

#include <map>

#include "base/settings/units.h"
#include "serve/traffic/store/record_writer.h"

namespace ferry {

// Whose exchanges: of an end user, as the client named him, or of a key.
struct Subject {
  enum class Kind : uint8_t { user, key };
  Kind kind = Kind::user;
  std::string id = {};  // not empty
};

struct ErasureReport {
  uint64_t exchanges = 0;
  uint64_t records = 0;   // whose personal part was erased
  std::string pseudonym;  // what stands in the subject's place; empty: there was nothing to erase
};

// Erases the personal part of every record of the subject's exchanges, and puts a pseudonym in its place
// where attempts and the ledger name it. Exchanges that are still running keep what is recorded later: stop
// them, or erase again.
Result<ErasureReport> erase_subject(Database& database, const Subject& subject);

// How long contents are kept: by route, and of all others. Zero: for ever.
struct ContentRetention {
  std::map<std::string, Duration> by_route = {};
  Duration others{0};
};

// Erases contents that are older. Returns how many.
Result<uint64_t> drop_expired_contents(Database& database, const ContentRetention& retention, int64_t now_us);

}  // namespace ferry
