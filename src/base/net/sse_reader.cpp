#include "base/net/sse_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ferry {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The first CR or LF from `at` on; npos where there is none. Lines are long: two fast searches beat a slow
// one.
size_t find_line_end(std::string_view bytes, size_t at) {
  const size_t line_feed = bytes.find('\n', at);
  const size_t carriage_return = bytes.substr(0, line_feed).find('\r', at);
  return std::min(line_feed, carriage_return);
}

}  // namespace

// Just behind the end of the event that the bytes go on with; npos where it has not come.
size_t SseReader::find_end(std::string_view bytes) {
  size_t at = 0;
  for (;;) {
    if (after_cr_) {
      if (at == bytes.size()) return std::string_view::npos;
      after_cr_ = false;
      if (bytes[at] == '\n') ++at;
      if (std::exchange(ended_by_cr_, false)) return at;
    }
    const size_t end = find_line_end(bytes, at);
    if (end == std::string_view::npos) {
      line_is_empty_ = line_is_empty_ && at == bytes.size();
      return end;
    }
    const bool is_empty = std::exchange(line_is_empty_, true) && end == at;
    at = end + 1;
    if (bytes[end] == '\r') {
      after_cr_ = true;
      ended_by_cr_ = is_empty;
    } else if (is_empty) {
      return at;
    }
  }
}

const SseEvent* SseReader::next(std::string_view& bytes) {
  while (!failed_ && !bytes.empty()) {
    const size_t end = find_end(bytes);
    const std::string_view part = bytes.substr(0, end);
    bytes.remove_prefix(part.size());
    if (part.size() > max_event_ - pending_.size()) {
      failed_ = true;
      pending_ = {};
      break;
    }
    if (end == std::string_view::npos) {
      pending_.append(part);
      break;
    }
    std::string_view raw = part;
    if (!pending_.empty()) {
      whole_ = std::move(pending_.append(part));
      pending_.clear();
      raw = whole_;
    }
    if (const SseEvent* event = parse(raw)) return event;
  }
  bytes = {};
  return nullptr;
}

const SseEvent* SseReader::finish() {
  if (!std::exchange(ended_by_cr_, false) || failed_) return nullptr;
  after_cr_ = false;
  whole_ = std::move(pending_);
  pending_.clear();
  return parse(whole_);
}

// Null where the event has no data: then it is none.
const SseEvent* SseReader::parse(std::string_view raw) {
  event_ = {};
  event_.raw = raw;
  data_lines_ = 0;
  std::string_view rest = raw;
  if (std::exchange(is_first_, false) && rest.starts_with(kByteOrderMark))
    rest.remove_prefix(kByteOrderMark.size());
  while (!rest.empty()) {
    const size_t end = std::min(find_line_end(rest, 0), rest.size());
    take_line(rest.substr(0, end));
    // An LF after a CR makes an empty line, which says nothing here.
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (data_lines_ == 0) return nullptr;
  if (data_lines_ > 1) event_.data = joined_;
  event_.id = id_;
  return &event_;
}

void SseReader::take_line(std::string_view line) {
  if (line.empty() || line[0] == ':') return;
  const size_t colon = std::min(line.find(':'), line.size());
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void SseReader::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    add_data(value);
  } else if (name == "event") {
    event_.name = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && stop == end) retry_ms_ = number;
  }
}

void SseReader::add_data(std::string_view value) {
  if (data_lines_ == 0) event_.data = value;
  if (data_lines_ == 1) joined_ = event_.data;
  if (data_lines_ > 0) joined_.append("\n").append(value);
  ++data_lines_;
}

}  // namespace ferry
