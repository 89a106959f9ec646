#include "serve/traffic/data_folder.h"

#include "base/core/file.h"
#include "serve/traffic/journal/journal.h"
#include "serve/traffic/store/carrier.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

fs::path forget_request(const fs::path& journal_folder) {
  return journal_folder / "forget";
}

}  // namespace

fs::path journal_folder(const fs::path& data_dir) {
  return data_dir / "journal";
}

Result<void> carry_if_idle(const fs::path& data_dir) {
  const fs::path folder = journal_folder(data_dir);
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  FERRY_TRY(const std::optional<FileHandle> lock, try_lock_journal(folder));
  if (!lock) return {};
  FERRY_TRY(const std::unique_ptr<Carrier> carrier, Carrier::open(data_dir, folder));
  FERRY_TRY_VOID(carrier->carry(UINT64_MAX));
  FERRY_TRY(const bool forget, take_forget_request(folder));
  if (forget) FERRY_TRY_VOID(carrier->remove_carried(UINT64_MAX, Duration(0)));
  return {};
}

Result<ErasureReport> erase_from_record(const fs::path& data_dir, const Subject& subject) {
  FERRY_TRY(Database database, open_traffic_database(data_dir));
  FERRY_TRY(ErasureReport report, erase_subject(database, subject));
  FERRY_TRY_VOID(empty_log(database));
  if (!fs::exists(journal_folder(data_dir))) return report;
  FERRY_TRY_VOID(ask_to_forget(journal_folder(data_dir)));
  FERRY_TRY_VOID(carry_if_idle(data_dir));
  return report;
}

Result<void> ask_to_forget(const fs::path& journal_folder) {
  return write_file_atomic(forget_request(journal_folder), "");
}

Result<bool> take_forget_request(const fs::path& journal_folder) {
  const fs::path request = forget_request(journal_folder);
  std::error_code error;
  const bool asked = fs::remove(request, error);
  if (error) return fail(ErrorCode::io, "{}: cannot remove: {}", request.string(), error.message());
  return asked;
}

Result<std::optional<Sealer>> content_sealer(std::string_view key, const fs::path& key_file) {
  if (key.empty() && key_file.empty()) return std::nullopt;
  if (!key.empty() && !key_file.empty()) {
    return fail(ErrorCode::invalid_argument, "give content_key or content_key_file, not both");
  }
  FERRY_TRY(const Sealer sealer, key.empty() ? Sealer::from_file(key_file) : Sealer::from_hex(key));
  return sealer;
}

}  // namespace ferry
