#pragma once
// The body of a message with "Transfer-Encoding: chunked" (RFC 9112 section 7.1), decoded as it comes.
//
// What comes out does not depend on how the bytes are split. Where readers have been known to differ, and
// requests could be smuggled past one of them, it refuses: lines end in CR LF and hold no other CR or control
// character, sizes are plain hexadecimal digits. Extensions and trailers are read and dropped.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferry {

class ChunkDecoder {
 public:
  enum class Status {
    more,
    done,
    malformed,  // problem() says what; final
    too_large,  // the data is more than max_body; final
  };

  explicit ChunkDecoder(uint64_t max_body) : left_(max_body) {}

  // Appends the data among `bytes` to `body`. Returns how many bytes belong to the body: all of them, unless
  // it ends or fails there.
  size_t put(std::string_view bytes, std::string& body);
  Status status() const { return status_; }
  std::string_view problem() const { return problem_; }

 private:
  enum class Part { size, data, data_end, trailer };

  size_t put_data(std::string_view bytes, std::string& body);
  size_t put_line(std::string_view bytes);
  void take_line();
  void take_size();
  void refuse(std::string_view problem);

  uint64_t left_;  // of max_body
  Part part_ = Part::size;
  Status status_ = Status::more;
  uint64_t chunk_left_ = 0;
  size_t trailer_bytes_ = 0;
  std::string line_;  // as far as it has come, line end included
  std::string_view problem_;
};

}  // namespace ferry
