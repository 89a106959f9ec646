#pragma once
// model.safetensors.index.json: which shard of a folder holds which tensor.

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ferry {

struct ShardIndex {
  struct Entry {
    std::string tensor;
    size_t shard;  // index into `shards`
  };
  std::vector<std::string> shards;  // file names without any folder, each once, sorted
  std::vector<Entry> entries;       // in the file's order
};

// `source` stands for the file in messages. Shard names that would lead out of the folder are refused.
Result<ShardIndex> parse_shard_index(std::string_view text, std::string_view source);

}  // namespace ferry
