#pragma once
// What a pool has on one network thread: the connections to each origin, and the calls that run or wait
// there. Used on that thread only. Includes Asio, so only this room's .cpp files include it.

#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/net/http_call_state.h"
#include "base/net/http_pool.h"
#include "base/net/http_pool_connection.h"
#include "base/net/http_resolver.h"

namespace ferry {

class HttpPoolShard {
 public:
  using Call = std::shared_ptr<HttpCallState>;

  // `shards`: how many there are, among which an origin's limits are shared out.
  HttpPoolShard(boost::asio::io_context& io, HttpResolver& resolver, size_t shards);

  void start(const Call& call);
  void cancel(const Call& call);
  void resume(const Call& call);
  // Ends every call and closes every connection.
  void close_all();
  HttpPool::Load load() const;

  // For connections. One whose call is over and that may be used again: its next call, or nothing to do.
  void release(const std::shared_ptr<HttpPoolConnection>& connection);
  // One that has closed. `again`: a call to be sent once more, on a new one.
  void forget(const std::shared_ptr<HttpPoolConnection>& connection, const Call& again);
  // A call is over.
  void end(const Call& call);
  void end(const Call& call, const HttpCallFailure& failure);

 private:
  struct Place {
    std::shared_ptr<const HttpOrigin> origin;
    int open = 0;                                                // connections: kept, used, being made
    std::vector<std::shared_ptr<HttpPoolConnection>> idle = {};  // the one used last at the end
    std::deque<Call> line = {};
  };

  Place& place_of(const std::shared_ptr<const HttpOrigin>& origin);
  std::shared_ptr<HttpPoolConnection> take_idle(Place& place);
  void serve_line(Place& place);
  int most_open(const HttpOrigin& origin) const;
  size_t most_idle(const HttpOrigin& origin) const;
  void connect(Place& place, const Call& call);
  void on_connected(const Call& call, HttpConnector::Opened opened);
  void wait_in_line(Place& place, const Call& call);
  void on_impatience(const Call& call);
  void leave_line(const Call& call);
  void lose_connection(const HttpOrigin* origin);

  boost::asio::io_context& io_;
  HttpResolver& resolver_;
  const size_t shards_;
  std::unordered_map<const HttpOrigin*, Place> places_;
  std::unordered_set<Call> calls_;
  bool closing_ = false;
};

}  // namespace ferry
