#include "base/net/http_dialer.h"

#include <algorithm>
#include <chrono>

namespace ferry {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kNextAfter{250};

// The families in turn, beginning with the first address's: where one of them leads nowhere, the other is
// near.
std::vector<asio::ip::address> interleaved(std::vector<asio::ip::address> addresses) {
  const bool first_is_v6 = addresses.front().is_v6();
  const auto second =
      std::stable_partition(addresses.begin(), addresses.end(),
                            [first_is_v6](const auto& address) { return address.is_v6() == first_is_v6; });
  std::vector<asio::ip::address> mixed;
  auto a = addresses.begin();
  auto b = second;
  while (a != second || b != addresses.end()) {
    if (a != second) mixed.push_back(*a++);
    if (b != addresses.end()) mixed.push_back(*b++);
  }
  return mixed;
}

}  // namespace

HttpDialer::HttpDialer(asio::io_context& io, std::vector<asio::ip::address> addresses, uint16_t port)
    : io_(io), addresses_(interleaved(std::move(addresses))), port_(port), timer_(io) {
  attempts_.reserve(addresses_.size());
}

void HttpDialer::start(Done done) {
  done_ = std::move(done);
  try_next();
}

void HttpDialer::try_next() {
  const size_t attempt = attempts_.size();
  Tcp& socket = attempts_.emplace_back(io_);
  ++pending_;
  socket.async_connect({addresses_[attempt], port_},
                       [self = shared_from_this(), attempt](const ErrorCode& error) {
                         if (self->done_) self->on_connect(attempt, error);
                       });
  if (attempts_.size() == addresses_.size()) return;
  timer_.expires_after(kNextAfter);
  timer_.async_wait([self = shared_from_this(), attempt](const ErrorCode& error) {
    if (!error && self->done_ && self->attempts_.size() == attempt + 1) self->try_next();
  });
}

void HttpDialer::on_connect(size_t attempt, const ErrorCode& error) {
  --pending_;
  if (!error) {
    ErrorCode ignored;
    // A request must not wait for the acknowledgement of the one before.
    attempts_[attempt].set_option(asio::ip::tcp::no_delay(true), ignored);
    return finish(error, std::move(attempts_[attempt]));
  }
  const bool is_latest = attempt + 1 == attempts_.size();
  if (is_latest && attempts_.size() < addresses_.size()) return try_next();
  if (pending_ == 0 && attempts_.size() == addresses_.size()) finish(error, Tcp(io_));
}

void HttpDialer::finish(const ErrorCode& error, Tcp socket) {
  const Done done = std::exchange(done_, nullptr);
  cancel();
  done(error, std::move(socket));
}

void HttpDialer::cancel() {
  done_ = nullptr;
  timer_.cancel();
  ErrorCode ignored;
  for (Tcp& socket : attempts_) socket.close(ignored);
}

}  // namespace ferry
