#include "serve/mock/script.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/net/http_types.h"

namespace ferry::mock {
namespace {

constexpr size_t kHugeLine = 32 << 20;
constexpr size_t kLie = 100;  // bytes that are promised and do not come
constexpr Duration kDrip{10};
constexpr std::string_view kGarbage =
    "\x16\x03\x01\x02\x00\x01\x00\xfc\x03\x03 this is no HTTP \xff\xfe\r\n\r\n";

class Writer {
 public:
  Writer(const Answer& answer, Dialect dialect, const Behaviour& behaviour, std::optional<Fault> fault,
         const WireTerms& terms)
      : answer_(answer), dialect_(dialect), behaviour_(behaviour), fault_(fault), terms_(terms) {}

  Script write() {
    script_.delay = behaviour_.latency;
    if (!terms_.keep_alive) script_.end = Script::End::close;
    if (is(Fault::refuse)) return end_with(Script::End::reset);
    if (is(Fault::stall_head)) return end_with(Script::End::stall);
    if (is(Fault::garbage)) {
      script_.pieces.emplace_back(kGarbage);
      return end_with(Script::End::close);
    }
    answer_.is_stream ? write_stream() : write_whole();
    if (is(Fault::cut_head)) {
      script_.pieces = {script_.pieces.front().substr(0, 12)};
      return end_with(Script::End::close);
    }
    if (is(Fault::slow_drip)) drip();
    return std::move(script_);
  }

 private:
  bool is(Fault fault) const { return fault_ == fault; }

  Script end_with(Script::End end) {
    script_.end = end;
    return std::move(script_);
  }

  std::string head(std::string_view framing) const {
    std::string text = fmt::format(
        "HTTP/1.1 {} {}\r\ncontent-type: {}\r\nx-request-id: req_mock_{}\r\n", answer_.status,
        http_reason(answer_.status),
        answer_.is_stream ? "text/event-stream; charset=utf-8" : "application/json", terms_.number);
    if (answer_.status == 429 || answer_.status == 503) {
      fmt::format_to(std::back_inserter(text), "retry-after: {}\r\n", behaviour_.retry_after);
    }
    if (!terms_.keep_alive) text += "connection: close\r\n";
    if (terms_.keep_alive && terms_.is_http_1_0) text += "connection: keep-alive\r\n";
    return text.append(framing).append("\r\n");
  }

  void write_whole() {
    const bool lies = is(Fault::lying_length);
    std::string framing = fmt::format("content-length: {}\r\n", answer_.body.size() + (lies ? kLie : 0));
    if (is(Fault::huge_line)) framing += "x-huge: " + std::string(kHugeLine, 'x') + "\r\n";
    std::string text = head(framing);
    if (terms_.head_only) return script_.pieces.push_back(std::move(text));
    const bool half = is(Fault::cut_stream) || is(Fault::stall_stream);
    text.append(answer_.body, 0, half ? answer_.body.size() / 2 : std::string::npos);
    script_.pieces.push_back(std::move(text));
    if (lies || is(Fault::cut_stream)) script_.end = Script::End::close;
    if (is(Fault::stall_stream)) script_.end = Script::End::stall;
  }

  // What comes without a gap in between goes out in one piece.
  void put(std::string text, bool is_token) {
    const bool apart = is_token && script_.gap > Duration(0);
    if (script_.pieces.empty() || apart) {
      script_.pieces.push_back(std::move(text));
    } else {
      script_.pieces.back() += text;
    }
  }

  std::string framed(std::string_view data) const {
    if (terms_.is_http_1_0) return std::string(data);
    return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
  }

  void write_stream() {
    if (terms_.is_http_1_0) script_.end = Script::End::close;
    script_.gap = behaviour_.token_latency;
    put(head(terms_.is_http_1_0 ? "" : "transfer-encoding: chunked\r\n"), false);
    if (terms_.head_only) return;
    const size_t count = answer_.events.size();
    const bool breaks = is(Fault::cut_stream) || is(Fault::stall_stream) || is(Fault::error_event) ||
                        is(Fault::huge_line) || is(Fault::lying_length);
    const size_t most = breaks ? std::max<size_t>(1, count / 2) : count;
    for (size_t i = 0; i < most; ++i) put(framed(answer_.events[i]), i > answer_.first_token);
    if (is(Fault::cut_stream)) {
      script_.end = Script::End::close;
    } else if (is(Fault::stall_stream)) {
      script_.end = Script::End::stall;
    } else if (is(Fault::lying_length)) {
      const std::string& next = answer_.events[std::min(most, count - 1)];
      put(fmt::format("{:x}\r\n{}", next.size() + kLie, next), true);
      script_.end = Script::End::close;
    } else {
      if (is(Fault::error_event)) put(framed(error_event(dialect_)), true);
      if (is(Fault::huge_line)) put(framed("data: " + std::string(kHugeLine, 'x') + "\n\n"), true);
      if (!terms_.is_http_1_0) put("0\r\n\r\n", false);
    }
  }

  void drip() {
    std::string all;
    for (const std::string& piece : script_.pieces) all += piece;
    script_.pieces.clear();
    for (const char c : all) script_.pieces.emplace_back(1, c);
    script_.gap = std::max(behaviour_.token_latency, kDrip);
  }

  const Answer& answer_;
  const Dialect dialect_;
  const Behaviour& behaviour_;
  const std::optional<Fault> fault_;
  const WireTerms& terms_;
  Script script_;
};

}  // namespace

Script make_script(const Answer& answer, Dialect dialect, const Behaviour& behaviour,
                   std::optional<Fault> fault, const WireTerms& terms) {
  return Writer(answer, dialect, behaviour, fault, terms).write();
}

}  // namespace ferry::mock
