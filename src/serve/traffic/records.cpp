#include "serve/traffic/records.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace ferry {
namespace {

constexpr std::array<std::string_view, 8> kFates = {"ok",      "failed",  "cancelled", "cut",
                                                    "refused", "blocked", "cached",    "escalated"};
constexpr std::array<std::string_view, 3> kFeedbackKinds = {"rating", "edit", "truth"};

template <class Names>
std::optional<size_t> index_of(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<size_t>(found - names.begin());
}

}  // namespace

std::string_view to_string(Fate fate) {
  return kFates[static_cast<size_t>(fate)];
}

std::string_view to_string(UsageSource source) {
  return source == UsageSource::measured ? "measured" : "estimated";
}

std::string_view to_string(AttemptRole role) {
  return role == AttemptRole::answer ? "answer" : "shadow";
}

std::string_view to_string(ContentForm form) {
  return form == ContentForm::full ? "full" : "redacted";
}

std::string_view to_string(FeedbackKind kind) {
  return kFeedbackKinds[static_cast<size_t>(kind)];
}

std::string_view to_string(RecordKind kind) {
  switch (kind) {
    case RecordKind::intent:
      return "intent";
    case RecordKind::outcome:
      return "outcome";
    case RecordKind::content:
      return "content";
    case RecordKind::feedback:
      return "feedback";
    case RecordKind::erasure:
      return "erasure";
    case RecordKind::config_change:
      return "config change";
  }
  return "unknown";
}

std::optional<Fate> parse_fate(std::string_view name) {
  const auto index = index_of(kFates, name);
  if (!index) return std::nullopt;
  return static_cast<Fate>(*index);
}

std::optional<FeedbackKind> parse_feedback_kind(std::string_view name) {
  const auto index = index_of(kFeedbackKinds, name);
  if (!index) return std::nullopt;
  return static_cast<FeedbackKind>(*index);
}

int64_t unix_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace ferry
