#pragma once
// The settings of the API itself; the server's are in base/net/http_server.h.

#include <chrono>
#include <string>
#include <vector>

#include "base/settings/units.h"

namespace ferry::api {

struct ApiSettings {
  std::vector<std::string> api_key;
  std::string api_key_file;
  bool allow_no_key = false;
  std::vector<std::string> served_model_name;
  std::vector<std::string> cors_origins;
  Duration stall_timeout{std::chrono::minutes(1)};
  Duration shutdown_grace{std::chrono::seconds(30)};

  template <class V>
  void visit(V& v) {
    v("api_key", api_key,
      "keys that every route but /health asks for; other users of this machine can see flags")
        .secret();
    v("api_key_file", api_key_file, "file with such keys, one on each line");
    v("allow_no_key", allow_no_key, "listen beyond this machine without a key");
    v("served_model_name", served_model_name, "names that requests call the model by, instead of its own");
    v("cors_origins", cors_origins,
      "web pages whose scripts may use the server, as https://app.example; * for all");
    v("stall_timeout", stall_timeout,
      "/health fails when an engine takes no step for so long after being asked to");
    v("shutdown_grace", shutdown_grace,
      "how long running answers may take to finish when Ferry is told to stop, before they end in an error");
  }
};

}  // namespace ferry::api
