#include "serve/dialects/openai_models.h"

#include "base/core/json.h"

namespace ferry {
namespace {

void write_model(JsonWriter& w, const ModelEntry& model) {
  w.begin_object();
  w.member("id", model.id);
  w.member("object", "model");
  w.member("created", model.created);
  w.member("owned_by", model.owner);
  if (model.max_model_len > 0) w.member("max_model_len", model.max_model_len);
  w.end_object();
}

}  // namespace

std::string openai_model_json(const ModelEntry& model) {
  std::string out;
  JsonWriter w(out);
  write_model(w, model);
  return out;
}

std::string openai_model_list_json(std::span<const ModelEntry> models) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  w.member("object", "list");
  w.key("data");
  w.begin_array();
  for (const ModelEntry& model : models) write_model(w, model);
  w.end_array();
  w.end_object();
  return out;
}

}  // namespace ferry
