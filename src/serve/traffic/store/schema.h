#pragma once
// The tables of DATA/traffic.db.

#include <filesystem>
#include <span>

#include "base/db/database.h"
#include "serve/traffic/exchange_id.h"

namespace ferry {

// Opens the database, or makes it. What is deleted is overwritten with zeros.
Result<Database> open_traffic_database(const std::filesystem::path& data_dir);

// Puts everything from the write-ahead log into the database's file and empties the log, so that nothing that
// was deleted is left in it. Waits for readers, up to the busy timeout.
Result<void> empty_log(Database& database);

// Exchange ids are kept as 16 bytes that sort as the ids do.
class IdBytes {
 public:
  explicit IdBytes(ExchangeId id);
  operator std::span<const std::byte>() const { return bytes_; }  // NOLINT(google-explicit-constructor)

 private:
  std::array<std::byte, 16> bytes_;
};
ExchangeId read_id(std::span<const std::byte> bytes);

inline std::span<const std::byte> as_blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ferry
