#include "base/net/http_chunks.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

constexpr size_t kMaxLine = 16 << 10;  // a size with its extensions, or all trailers together
constexpr std::string_view kLineEnd = "\r\n";

bool is_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u < 0x20 && c != '\t') || u == 0x7f;
}

}  // namespace

size_t ChunkDecoder::put(std::string_view bytes, std::string& body) {
  size_t used = 0;
  while (status_ == Status::more && used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    used += part_ == Part::data ? put_data(rest, body) : put_line(rest);
  }
  return used;
}

size_t ChunkDecoder::put_data(std::string_view bytes, std::string& body) {
  const size_t count = std::min<uint64_t>(chunk_left_, bytes.size());
  body.append(bytes.substr(0, count));
  chunk_left_ -= count;
  if (chunk_left_ == 0) part_ = Part::data_end;
  return count;
}

size_t ChunkDecoder::put_line(std::string_view bytes) {
  const size_t line_feed = bytes.find('\n');
  const size_t count = line_feed == std::string_view::npos ? bytes.size() : line_feed + 1;
  const size_t room = kMaxLine - trailer_bytes_ - line_.size();
  line_.append(bytes.substr(0, std::min(count, room)));
  if (part_ == Part::data_end && !kLineEnd.starts_with(line_)) {
    refuse("a chunk is longer than its size");
  } else if (count > room) {
    refuse("a chunk's header is too long");
  } else if (line_feed != std::string_view::npos) {
    take_line();
  }
  return count;
}

void ChunkDecoder::take_line() {
  if (!line_.ends_with(kLineEnd)) return refuse("a line of the chunked body ends without CR LF");
  line_.resize(line_.size() - kLineEnd.size());
  if (std::any_of(line_.begin(), line_.end(), is_control)) {
    return refuse("a line of the chunked body holds a control character");
  }
  switch (part_) {
    case Part::size:
      take_size();
      break;
    case Part::data_end:
      part_ = Part::size;
      break;
    case Part::trailer:
      trailer_bytes_ += line_.size() + kLineEnd.size();
      if (line_.empty()) status_ = Status::done;
      break;
    case Part::data:
      break;
  }
  line_.clear();
}

void ChunkDecoder::take_size() {
  const char* end = line_.data() + line_.size();
  const auto [rest, error] = std::from_chars(line_.data(), end, chunk_left_, 16);
  const bool is_size = error == std::errc() && (rest == end || *rest == ';');
  if (!is_size) return refuse("a chunk's size is not a hexadecimal number");
  if (chunk_left_ > left_) {
    status_ = Status::too_large;
    return;
  }
  left_ -= chunk_left_;
  part_ = chunk_left_ > 0 ? Part::data : Part::trailer;
}

void ChunkDecoder::refuse(std::string_view problem) {
  status_ = Status::malformed;
  problem_ = problem;
}

}  // namespace ferry
