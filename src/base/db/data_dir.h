#pragma once
// Where Ferry keeps what must not be lost: accounts, the record of exchanges.

#include <filesystem>

#include "base/core/result.h"

namespace ferry {

struct DataSettings {
  std::filesystem::path data_dir;

  template <class V>
  void visit(V& v) {
    v("data_dir", data_dir,
      "folder of the database and the journal, for its owner only; where it is not set, data in FERRY_HOME");
  }
};

// The folder, made where it is not there yet (rights 0700: it holds what people asked and answered).
Result<std::filesystem::path> open_data_dir(const DataSettings& settings);

// The database in it that accounts and the record share.
std::filesystem::path database_file(const std::filesystem::path& data_dir);

}  // namespace ferry
