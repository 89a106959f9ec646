#pragma once
// What announces a call in each syntax, and what may stand around one.

#include <span>
#include <string_view>

#include "serve/replies/syntax.h"

namespace ferry {

enum class MarkerRole : uint8_t {
  section,    // a call must follow; nothing comes of it otherwise
  call,       // a call begins behind it
  known,      // the same; but unless a section is open, only of a tool that is known
  separator,  // right behind a call: another one begins, without a marker
  close,      // right behind a call; of several each once, in the order of the table
};

struct Marker {
  std::string_view text;
  MarkerRole role;
};

struct ToolMarkers {
  std::span<const Marker> markers;  // none is the beginning of another
  // A call that begins with this byte needs no marker at the answer's beginning (`unannounced`), after a
  // section's marker and after a separator. 0: none does.
  char bare = 0;
  bool unannounced = false;
};

ToolMarkers tool_markers(ToolSyntax syntax);

}  // namespace ferry
