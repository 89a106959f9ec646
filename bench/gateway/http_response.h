#pragma once
// Reads the answers on one HTTP/1.1 connection as their bytes come: enough to know when each ends, and
// whether it ended as its status and its stream's end mark promise. What it cannot read counts as broken.

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class HttpResponse {
 public:
  enum class State : uint8_t { head, body, whole, broken };

  // A stream is whole only when its last bytes contain this.
  explicit HttpResponse(std::string_view end_mark) : end_mark_(end_mark) {}

  void begin() {
    state_ = State::head;
    head_.clear();
    line_.clear();
    tail_.clear();
    status_ = 0;
    body_bytes_ = 0;
    left_ = 0;
    framing_ = Framing::until_close;
    chunk_ = Chunk::size;
    keep_alive_ = true;
  }

  // Takes what belongs to this answer. Nothing may follow it: the client sends one request at a time.
  State take(std::string_view bytes) {
    if (state_ == State::head) bytes = take_head(bytes);
    if (state_ == State::body) take_body(bytes);
    return state_;
  }

  // The server has closed the connection.
  State close() {
    const bool ended = state_ == State::body && framing_ == Framing::until_close;
    keep_alive_ = false;
    if (ended) finish();
    if (!ended) state_ = State::broken;
    return state_;
  }

  int status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  uint64_t body_bytes() const { return body_bytes_; }

 private:
  enum class Framing : uint8_t { length, chunked, until_close };
  enum class Chunk : uint8_t { size, data, data_end, trailer };
  static constexpr size_t kTailBytes = 64;

  std::string_view take_head(std::string_view bytes) {
    const size_t before = head_.size();
    head_ += bytes;
    const size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    bytes.remove_prefix(end + 4 - before);
    head_.resize(end + 2);
    if (!head_.starts_with("HTTP/1.1 ") || !number(std::string_view(head_).substr(9, 3), 10, status_)) {
      state_ = State::broken;
      return {};
    }
    state_ = State::body;
    read_fields();
    if (framing_ == Framing::length && left_ == 0) finish();
    return bytes;
  }

  void read_fields() {
    const std::string_view head = head_;
    for (size_t at = head.find("\r\n") + 2; at < head.size();) {
      const size_t end = head.find("\r\n", at);
      read_field(head.substr(at, end - at));
      at = end + 2;
    }
  }

  void read_field(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "content-length" && framing_ != Framing::chunked && number(value, 10, left_))
      framing_ = Framing::length;
    if (name == "transfer-encoding" && value == "chunked") framing_ = Framing::chunked;
    if (name == "connection" && value == "close") keep_alive_ = false;
  }

  void take_body(std::string_view bytes) {
    if (framing_ == Framing::chunked) return take_chunks(bytes);
    take_content(bytes);
    if (framing_ == Framing::until_close) return;
    if (bytes.size() > left_) {
      state_ = State::broken;
      return;
    }
    left_ -= bytes.size();
    if (left_ == 0) finish();
  }

  void take_chunks(std::string_view bytes) {
    while (!bytes.empty() && state_ == State::body) {
      if (chunk_ == Chunk::data) {
        const size_t n = std::min<uint64_t>(left_, bytes.size());
        take_content(bytes.substr(0, n));
        bytes.remove_prefix(n);
        left_ -= n;
        if (left_ == 0) chunk_ = Chunk::data_end;
        continue;
      }
      const char c = bytes.front();
      bytes.remove_prefix(1);
      if (c != '\n') {
        if (c != '\r') line_ += c;
        continue;
      }
      end_line();
    }
  }

  void end_line() {
    if (chunk_ == Chunk::size) {
      if (!number(std::string_view(line_).substr(0, line_.find(';')), 16, left_)) state_ = State::broken;
      chunk_ = left_ > 0 ? Chunk::data : Chunk::trailer;
    } else if (chunk_ == Chunk::data_end) {
      chunk_ = Chunk::size;
    } else if (line_.empty()) {
      finish();
    }
    line_.clear();
  }

  void take_content(std::string_view bytes) {
    body_bytes_ += bytes.size();
    if (end_mark_.empty()) return;
    tail_ += bytes.substr(bytes.size() - std::min(bytes.size(), kTailBytes));
    if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }

  void finish() {
    const bool good = status_ != 200 || tail_.find(end_mark_) != std::string::npos;
    state_ = good ? State::whole : State::broken;
  }

  template <typename T>
  static bool number(std::string_view text, int base, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end == text.data() + text.size();
  }

  std::string_view end_mark_;
  State state_ = State::head;
  Framing framing_ = Framing::until_close;
  Chunk chunk_ = Chunk::size;
  bool keep_alive_ = true;
  int status_ = 0;
  uint64_t body_bytes_ = 0;
  uint64_t left_ = 0;  // of the body or of the chunk
  std::string head_;
  std::string line_;  // of the chunks' framing
  std::string tail_;  // of the content
};

}  // namespace bench
