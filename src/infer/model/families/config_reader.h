#pragma once
// Reads config.json for the family files. The first problem is kept, later reads give harmless values, and
// result() tells at the end: a family file is then a plain list of fields.
//
// A family honours exactly the fields that the reference implementation of its class reads (transformers);
// what that class ignores has no effect on the maths and is ignored here too.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"

namespace ferry {

class ConfigReader {
 public:
  // `config` must outlive the reader; `where` stands for the file in messages.
  ConfigReader(const json::object& config, std::string where) : config_(&config), where_(std::move(where)) {}

  // null counts as absent; present() tells a null from a missing member.
  bool has(std::string_view key) const;
  bool present(std::string_view key) const { return config_->contains(key); }
  bool empty() const { return config_->empty(); }

  int32_t count(std::string_view key);  // at least 1; 1 after an error
  std::optional<int32_t> optional_count(std::string_view key, int32_t least = 1);
  double number(std::string_view key);  // 1 after an error
  double number(std::string_view key, double fallback);
  bool flag(std::string_view key, bool fallback);
  std::string text(std::string_view key, std::string_view fallback);
  std::vector<std::string> texts(std::string_view key);      // empty when absent
  std::vector<int32_t> token_ids(std::string_view key);      // one number or a list; empty when absent
  int32_t members(std::string_view key, int32_t fallback);   // how many an object has
  std::optional<ConfigReader> member(std::string_view key);  // an object; pass its errors on with absorb()

  // For features that Ferry does not have: fails unless the field is absent, null, false or 0.
  void refuse(std::initializer_list<std::string_view> keys);
  void unsupported(std::string_view key, std::string_view what);
  void invalid(std::string_view key, std::string_view what);
  void absorb(const ConfigReader& inner);

  const std::string& where() const { return where_; }
  Result<void> result() const;

 private:
  template <class T>
  std::optional<T> read(std::string_view key);
  void keep(Error error);

  const json::object* config_;
  std::string where_;
  std::optional<Error> error_;
};

}  // namespace ferry
