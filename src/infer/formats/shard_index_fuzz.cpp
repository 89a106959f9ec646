// Parses the input as an index of shards; every entry must point at a shard whose name stays in the folder.

#include <filesystem>

#include "infer/formats/shard_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ferry;
  const auto index = parse_shard_index({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  if (!index) return 0;
  for (const ShardIndex::Entry& entry : index->entries) FERRY_CHECK(entry.shard < index->shards.size());
  for (const std::string& shard : index->shards) {
    const std::filesystem::path path(shard);
    FERRY_CHECK(path.has_filename() && path == path.filename() && shard != "..");
  }
  return 0;
}
