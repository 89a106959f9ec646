#include "base/net/http_pool_shard.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/net/http_origin.h"
#include "base/net/http_request_text.h"

namespace ferry {
namespace {

namespace asio = boost::asio;
using SystemError = boost::system::error_code;

size_t share(int limit, size_t shards) {
  return std::max<size_t>(1, (static_cast<size_t>(std::max(limit, 0)) + shards - 1) / shards);
}

}  // namespace

HttpPoolShard::HttpPoolShard(asio::io_context& io, HttpResolver& resolver, size_t shards)
    : io_(io), resolver_(resolver), shards_(shards) {}

int HttpPoolShard::most_open(const HttpOrigin& origin) const {
  return static_cast<int>(share(origin.settings.max_connections, shards_));
}

size_t HttpPoolShard::most_idle(const HttpOrigin& origin) const {
  return share(origin.settings.max_idle, shards_);
}

HttpPoolShard::Place& HttpPoolShard::place_of(const std::shared_ptr<const HttpOrigin>& origin) {
  Place& place = places_[origin.get()];
  if (!place.origin) place.origin = origin;
  return place;
}

void HttpPoolShard::start(const Call& call) {
  calls_.insert(call);
  Result<void> checked = check_call(call->call);
  if (!call->call.origin) checked = fail(ErrorCode::invalid_argument, "a call without an origin");
  if (!checked || closing_) {
    HttpCallFailure failure{HttpFailure::cancelled, "the connection pool ends"};
    if (!checked) failure = {HttpFailure::invalid, checked.error().message};
    return asio::post(io_, [this, call, failure] {
      if (!call->over) end(call, failure);
    });
  }
  // A connection that is closed may take its place with it.
  const auto connection = take_idle(place_of(call->call.origin));
  if (connection) return connection->take(call);
  Place& place = place_of(call->call.origin);
  if (place.open < most_open(*place.origin)) {
    connect(place, call);
  } else {
    wait_in_line(place, call);
  }
}

// The one that was used last and can still be used; null where there is none. The place may be gone
// afterwards.
std::shared_ptr<HttpPoolConnection> HttpPoolShard::take_idle(Place& place) {
  for (size_t left = place.idle.size(); left > 0; --left) {
    const auto connection = std::move(place.idle.back());
    place.idle.pop_back();
    if (connection->is_quiet()) return connection;
    connection->close();
  }
  return nullptr;
}

void HttpPoolShard::wait_in_line(Place& place, const Call& call) {
  place.line.push_back(call);
  call->patience.emplace(io_, std::min(call->connect_deadline, call->total_deadline));
  call->patience->async_wait([this, call](const SystemError& error) {
    if (!error && !call->over && call->patience) on_impatience(call);
  });
}

void HttpPoolShard::on_impatience(const Call& call) {
  leave_line(call);
  const HttpOrigin& origin = *call->call.origin;
  if (call->total_deadline < call->connect_deadline) {
    return end(call, {HttpFailure::timeout_total, fmt::format("{}: not done within {}", origin.name,
                                                              to_string(call->call.deadlines.total))});
  }
  end(call, {HttpFailure::busy,
             fmt::format("{}: all of its {} connections were in use for {}", origin.name,
                         origin.settings.max_connections, to_string(call->call.deadlines.connect))});
}

void HttpPoolShard::leave_line(const Call& call) {
  const auto found = places_.find(call->call.origin.get());
  if (found != places_.end()) std::erase(found->second.line, call);
}

void HttpPoolShard::serve_line(Place& place) {
  while (!closing_ && !place.line.empty() && place.open < most_open(*place.origin)) {
    const Call call = std::move(place.line.front());
    place.line.pop_front();
    connect(place, call);
  }
}

void HttpPoolShard::connect(Place& place, const Call& call) {
  ++place.open;
  call->patience.reset();
  call->connector = std::make_shared<HttpConnector>(io_, resolver_, *place.origin);
  const bool by_total = call->total_deadline < call->connect_deadline;
  call->connector->start(
      std::min(call->connect_deadline, call->total_deadline),
      by_total ? HttpFailure::timeout_total : HttpFailure::timeout_connect,
      [this, call](HttpConnector::Opened opened) { on_connected(call, std::move(opened)); });
}

void HttpPoolShard::on_connected(const Call& call, HttpConnector::Opened opened) {
  call->connector.reset();
  if (opened && !call->cancelled()) {
    auto connection = std::make_shared<HttpPoolConnection>(io_, *this, call->call.origin, std::move(*opened));
    return connection->take(call);
  }
  lose_connection(call->call.origin.get());
  end(call, opened ? HttpCallFailure{HttpFailure::cancelled, "cancelled"} : std::move(opened).error());
}

void HttpPoolShard::release(const std::shared_ptr<HttpPoolConnection>& connection) {
  Place& place = places_.at(connection->origin().get());
  if (!place.line.empty() && connection->is_quiet()) {
    const Call next = std::move(place.line.front());
    place.line.pop_front();
    next->patience.reset();
    connection->take(next);
  } else if (place.line.empty() && place.idle.size() < most_idle(*place.origin)) {
    place.idle.push_back(connection);
  } else {
    connection->close();
  }
}

void HttpPoolShard::forget(const std::shared_ptr<HttpPoolConnection>& connection, const Call& again) {
  const HttpOrigin* origin = connection->origin().get();
  Place& place = places_.at(origin);
  std::erase(place.idle, connection);
  if (!again) return lose_connection(origin);
  --place.open;
  again->resent = true;
  again->connect_deadline = HttpCallState::Clock::now() + again->call.deadlines.connect;
  connect(place, again);
}

void HttpPoolShard::lose_connection(const HttpOrigin* origin) {
  Place& place = places_.at(origin);
  --place.open;
  serve_line(place);
  if (place.open == 0 && place.line.empty()) places_.erase(origin);
}

void HttpPoolShard::end(const Call& call) {
  calls_.erase(call);
  call->end();
}

void HttpPoolShard::end(const Call& call, const HttpCallFailure& failure) {
  calls_.erase(call);
  call->end(failure);
}

void HttpPoolShard::cancel(const Call& call) {
  if (call->connection) return call->connection->fail(HttpFailure::cancelled, "cancelled");
  if (call->connector) {
    call->connector->cancel();
    lose_connection(call->call.origin.get());
  } else {
    leave_line(call);
  }
  end(call, {HttpFailure::cancelled, "cancelled"});
}

void HttpPoolShard::resume(const Call& call) {
  if (call->connection) call->connection->resume();
}

void HttpPoolShard::close_all() {
  closing_ = true;
  while (!calls_.empty()) cancel(Call(*calls_.begin()));
  std::vector<std::shared_ptr<HttpPoolConnection>> idle;
  for (const auto& [origin, place] : places_) idle.insert(idle.end(), place.idle.begin(), place.idle.end());
  for (const auto& connection : idle) connection->close();
}

HttpPool::Load HttpPoolShard::load() const {
  HttpPool::Load load;
  for (const auto& [origin, place] : places_) {
    load.open += place.open;
    load.idle += static_cast<int>(place.idle.size());
    load.waiting += static_cast<int>(place.line.size());
  }
  return load;
}

}  // namespace ferry
