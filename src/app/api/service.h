#pragma once
// What the handlers answer from. Set up once, then read by every network thread.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/api/keys.h"
#include "base/core/result.h"
#include "serve/providers/provider.h"

namespace ferry::api {

// A model that requests may name.
struct ServedModel {
  std::vector<std::string> names;  // at least one; listed under each
  std::string target;              // what the provider calls it
  int64_t created = 0;             // seconds since 1970
  int64_t max_model_len = 0;       // tokens
  std::string fingerprint;         // of its answers: ExchangeIdentity::fingerprint
};

struct Service {
  std::vector<ServedModel> models;
  Provider* provider = nullptr;
  ApiKeys keys;
  // Without keys on a loopback address, requests must name this machine in Host: a web page elsewhere that
  // points its own name at 127.0.0.1 would otherwise talk to the models (DNS rebinding).
  bool check_host = false;
  // Why requests cannot be answered at the moment, if they cannot.
  std::function<Result<void>()> liveness;

  const ServedModel* find(std::string_view name) const;
  std::vector<std::string> names() const;
};

}  // namespace ferry::api
