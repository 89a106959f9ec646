#pragma once
// Records as bytes. A record has two parts: the open one, which the audit chain covers as it stands and which
// stays forever, and the personal one (who, and what was said), which the chain covers by a salted digest
// only, so that it can be erased. docs/traffic.md lists the fields of each kind.

#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "serve/traffic/records.h"

namespace ferry {

inline constexpr uint8_t kRecordVersion = 1;

// Views of somebody else's bytes.
struct RecordView {
  uint8_t kind = 0;  // RecordKind, or one that a newer Ferry wrote
  uint8_t version = 0;
  std::string_view open = {};
  std::optional<std::string_view> personal = {};  // nothing: it was erased

  bool is(RecordKind wanted) const {
    return kind == static_cast<uint8_t>(wanted) && version == kRecordVersion;
  }
};

// Appends both parts to `payload`; returns how many bytes of it are the open part's.
uint32_t encode(const Intent& intent, std::string& payload);
uint32_t encode(const Outcome& outcome, std::string& payload);
uint32_t encode(const Erasure& erasure, std::string& payload);
uint32_t encode(const ConfigChange& change, std::string& payload);

// Contents and feedback can be sealed: `key_mark` says with which key (0: not), and the personal part is
// encoded apart, to be sealed.
std::string encode_open(const Content& content, uint64_t key_mark);
std::string encode_personal(const Content& content);
std::string encode_open(const Feedback& feedback, uint64_t key_mark);
std::string encode_personal(const Feedback& feedback);

// An erased personal part leaves its fields empty. Errors: corrupt, with the kind's name.
Result<Intent> decode_intent(const RecordView& record);
Result<Outcome> decode_outcome(const RecordView& record);
Result<Erasure> decode_erasure(const RecordView& record);
Result<ConfigChange> decode_config_change(const RecordView& record);

template <class T>
struct Sealable {
  T record;               // without what is personal
  uint64_t key_mark = 0;  // 0: the personal part is not sealed
};
Result<Sealable<Content>> decode_open_content(std::string_view open);
Result<Sealable<Feedback>> decode_open_feedback(std::string_view open);
// `personal` is unsealed.
Result<void> decode_personal(std::string_view personal, Content& content);
Result<void> decode_personal(std::string_view personal, Feedback& feedback);

}  // namespace ferry
