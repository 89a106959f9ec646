#include "serve/dialects/model_lists.h"

#include <ctime>

#include "serve/dialects/upstream_error.h"
#include "serve/dialects/wire_json.h"

namespace ferry {
namespace {

// "2026-01-31T12:00:00Z"
std::string rfc3339(int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void write_model(JsonWriter& w, const ModelEntry& model) {
  w.begin_object();
  w.member("type", "model");
  w.member("id", model.id);
  w.member("display_name", model.id);
  w.member("created_at", rfc3339(model.created));
  w.member("lifecycle", "active");
  if (model.max_model_len > 0) w.member("max_input_tokens", model.max_model_len);
  w.end_object();
}

ModelEntry entry_of(const json::value& model) {
  const int64_t ours = wire_count(model, "max_model_len");
  return {.id = std::string(wire_text(model, "id")),
          .created = wire_count(model, "created"),
          .owner = std::string(wire_text(model, "owned_by")),
          .max_model_len = ours > 0 ? ours : wire_count(model, "max_input_tokens")};
}

}  // namespace

ApiResult<std::vector<ModelEntry>> read_model_list(std::string_view body) {
  const Result<json::value> parsed = parse_json(body, "list of models");
  if (!parsed) return tl::unexpected(unreadable(parsed.error().message));
  // Some servers send the list without an object around it.
  const json::array* data = parsed->is_array() ? &parsed->get_array() : wire_array(*parsed, "data");
  if (data == nullptr) return tl::unexpected(unreadable("it has no data"));
  std::vector<ModelEntry> models;
  for (const json::value& model : *data) {
    ModelEntry entry = entry_of(model);
    if (!entry.id.empty()) models.push_back(std::move(entry));
  }
  return models;
}

std::string anthropic_model_json(const ModelEntry& model) {
  std::string out;
  JsonWriter w(out);
  write_model(w, model);
  return out;
}

std::string anthropic_model_list_json(std::span<const ModelEntry> models) {
  std::string out;
  JsonWriter w(out);
  const auto id_or_null = [&](std::string_view name, const ModelEntry* model) {
    w.key(name);
    model != nullptr ? w.value(model->id) : w.null();
  };
  w.begin_object();
  w.key("data");
  w.begin_array();
  for (const ModelEntry& model : models) write_model(w, model);
  w.end_array();
  id_or_null("first_id", models.empty() ? nullptr : &models.front());
  id_or_null("last_id", models.empty() ? nullptr : &models.back());
  w.member("has_more", false);
  w.end_object();
  return out;
}

}  // namespace ferry
