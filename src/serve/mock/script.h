#pragma once
// What the mock puts on the wire, and when: an answer, with what goes wrong with it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/settings/units.h"
#include "serve/mock/answer.h"
#include "serve/mock/behaviour.h"

namespace ferry::mock {

struct Script {
  Duration delay{0};                     // before the first piece
  std::vector<std::string> pieces = {};  // bytes as they are
  Duration gap{0};                       // before each piece but the first
  enum class End : uint8_t {
    keep,   // the next request may come
    close,  // after the last piece
    reset,  // the same, without an orderly end
    stall,  // nothing more comes, and the connection stays
  };
  End end = End::keep;
};

struct WireTerms {
  bool keep_alive = true;
  bool is_http_1_0 = false;  // no chunks
  bool head_only = false;
  uint64_t number = 0;  // of the request, for x-request-id
};

Script make_script(const Answer& answer, Dialect dialect, const Behaviour& behaviour,
                   std::optional<Fault> fault, const WireTerms& terms);

}  // namespace ferry::mock
