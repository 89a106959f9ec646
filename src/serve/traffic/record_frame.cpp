#include "serve/traffic/record_frame.h"

namespace ferry {
namespace {

Result<void> check_size(std::string_view frame, RecordKind kind, size_t most) {
  const size_t bytes = frame.size() - kFrameHeaderBytes;
  if (bytes <= most) return {};
  return fail(ErrorCode::resource_exhausted, "record of kind \"{}\": has {} bytes, {} is the limit",
              to_string(kind), bytes, most);
}

template <class Record>
Result<void> build(RecordKind kind, const Record& record, std::string& frame) {
  frame.assign(kFrameHeaderBytes, '\0');
  const uint32_t open_bytes = encode(record, frame);
  FERRY_TRY_VOID(check_size(frame, kind, kMaxRecordBytes));
  finish_frame(frame, kind, open_bytes);
  return {};
}

}  // namespace

Result<void> build_frame(const Intent& intent, std::string& frame) {
  return build(RecordKind::intent, intent, frame);
}

Result<void> build_frame(const Outcome& outcome, std::string& frame) {
  return build(RecordKind::outcome, outcome, frame);
}

Result<void> build_frame(const Erasure& erasure, std::string& frame) {
  return build(RecordKind::erasure, erasure, frame);
}

Result<void> build_frame(const ConfigChange& change, std::string& frame) {
  return build(RecordKind::config_change, change, frame);
}

Result<void> build_frame(RecordKind kind, std::string_view open, std::string_view personal,
                         std::string& frame) {
  frame.assign(kFrameHeaderBytes, '\0');
  frame.append(open).append(personal);
  FERRY_TRY_VOID(check_size(frame, kind, kMaxPayloadBytes));
  finish_frame(frame, kind, static_cast<uint32_t>(open.size()));
  return {};
}

}  // namespace ferry
