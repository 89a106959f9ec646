#pragma once
// What lies where in the data directory, and what a tool does with it while no gateway runs.

#include <filesystem>
#include <optional>

#include "base/core/result.h"
#include "serve/traffic/sealing.h"
#include "serve/traffic/store/erasure.h"

namespace ferry {

std::filesystem::path journal_folder(const std::filesystem::path& data_dir);

// Carries what the last run left in the journal, unless a process is recording there: that one does it
// itself, every 100 ms. For tools, before they read.
Result<void> carry_if_idle(const std::filesystem::path& data_dir);

// Erases a subject from the store (erasure.h) and from the files beside it: the database's log, and the
// journal's segments, those of a gateway that runs within some 100 ms.
Result<ErasureReport> erase_from_record(const std::filesystem::path& data_dir, const Subject& subject);

// After an erasure: the journal's files that were carried go, at once or when the recording process looks
// next.
Result<void> ask_to_forget(const std::filesystem::path& journal_folder);
// Whether somebody asked; once for each time.
Result<bool> take_forget_request(const std::filesystem::path& journal_folder);

// The sealer of the settings `content_key` and `content_key_file`; none where both are empty. Errors:
// invalid_argument, where both are given or a key is none.
Result<std::optional<Sealer>> content_sealer(std::string_view key, const std::filesystem::path& key_file);

}  // namespace ferry
