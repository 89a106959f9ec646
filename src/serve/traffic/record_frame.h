#pragma once
// Records → the frames that the journal takes.

#include <string>

#include "serve/traffic/journal/frame.h"

namespace ferry {

// What says who did what to whom is short; only contents may be large.
inline constexpr size_t kMaxRecordBytes = size_t{1} << 20;

// Each makes `frame` from nothing; it keeps its memory for the next one. resource_exhausted: too large.
Result<void> build_frame(const Intent& intent, std::string& frame);
Result<void> build_frame(const Outcome& outcome, std::string& frame);
Result<void> build_frame(const Erasure& erasure, std::string& frame);
Result<void> build_frame(const ConfigChange& change, std::string& frame);
// Of kinds whose personal part may be sealed: both parts as they are.
Result<void> build_frame(RecordKind kind, std::string_view open, std::string_view personal,
                         std::string& frame);

}  // namespace ferry
