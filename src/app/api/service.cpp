#include "app/api/service.h"

#include <algorithm>

namespace ferry::api {

const ServedModel* Service::find(std::string_view name) const {
  for (const ServedModel& model : models) {
    if (std::find(model.names.begin(), model.names.end(), name) != model.names.end()) return &model;
  }
  return nullptr;
}

const ServedModel* Service::find_or_only(std::string_view name) const {
  return name.empty() && models.size() == 1 ? &models.front() : find(name);
}

std::vector<std::string> Service::names() const {
  std::vector<std::string> all;
  for (const ServedModel& model : models) all.insert(all.end(), model.names.begin(), model.names.end());
  return all;
}

}  // namespace ferry::api
