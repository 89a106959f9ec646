#include "infer/formats/shard_index.h"

#include <algorithm>

#include "base/core/json.h"
#include "infer/formats/blame_file.h"
#include "infer/formats/quoted.h"

namespace ferry {
namespace {

bool is_plain_file_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return false;
  return name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

Result<ShardIndex> parse(std::string_view text, std::string_view source) {
  FERRY_TRY(const json::value document, parse_json(text, source));
  const json::object* root = document.if_object();
  if (root == nullptr)
    return fail(ErrorCode::corrupt, "{}: must be an object, not {}", source, json_kind(document));
  FERRY_TRY(const auto* map, json_require<const json::object*>(*root, "weight_map", source));

  ShardIndex index;
  const std::string where = fmt::format("{}: \"weight_map\"", source);
  std::vector<std::string_view> shard_of_entry;
  for (const auto& member : *map) {
    FERRY_TRY(const auto shard, json_require<std::string_view>(*map, member.key(), where));
    if (!is_plain_file_name(shard)) {
      return fail(ErrorCode::corrupt,
                  "{}: tensor {} is said to be in {}, which is not the name of a file beside the index",
                  where, quoted_name(member.key()), quoted_name(shard));
    }
    shard_of_entry.push_back(shard);
    index.entries.push_back({std::string(member.key()), 0});
  }
  index.shards.assign(shard_of_entry.begin(), shard_of_entry.end());
  std::sort(index.shards.begin(), index.shards.end());
  index.shards.erase(std::unique(index.shards.begin(), index.shards.end()), index.shards.end());
  for (size_t i = 0; i < index.entries.size(); ++i) {
    const auto at = std::lower_bound(index.shards.begin(), index.shards.end(), shard_of_entry[i]);
    index.entries[i].shard = static_cast<size_t>(at - index.shards.begin());
  }
  return index;
}

}  // namespace

Result<ShardIndex> parse_shard_index(std::string_view text, std::string_view source) {
  return parse(text, source).map_error(blame_file);
}

}  // namespace ferry
