#pragma once
// A connection's socket, with TLS or without: the same calls for both, and for both ends. Includes Asio, so
// only what is internal to this room includes it. Used by one thread; at most one read and one write at a
// time.

#include <memory>
#include <optional>
#include <string>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "base/net/tls.h"

namespace ferry {

class HttpSocket {
 public:
  using ErrorCode = boost::system::error_code;
  using Tcp = boost::asio::ip::tcp::socket;

  // Plain where `tls` is null.
  HttpSocket(Tcp socket, std::shared_ptr<TlsContext> tls)
      : tcp_(std::move(socket)), context_(std::move(tls)) {
    if (context_) tls_.emplace(tcp_, *context_);
  }

  Tcp& tcp() { return tcp_; }

  // As the server. done(ErrorCode); it may be called at once.
  template <class Done>
  void handshake(Done done) {
    if (!tls_) return done(ErrorCode());
    tls_->async_handshake(TlsStream::server, std::move(done));
  }
  // As the client of a server that must prove to be `host`, a name or an address. With TLS only.
  // done(ErrorCode)
  template <class Done>
  void handshake_with(const std::string& host, Done done) {
    expect_tls_peer(tls_->native_handle(), host);
    tls_->async_handshake(TlsStream::client, std::move(done));
  }
  // After a handshake that failed: what is wrong with the server's certificate; empty where nothing is.
  std::string certificate_problem() { return tls_ ? tls_peer_problem(tls_->native_handle()) : std::string(); }

  // done(ErrorCode, size_t)
  template <class Done>
  void read_some(boost::asio::mutable_buffer buffer, Done done) {
    if (tls_) {
      tls_->async_read_some(buffer, std::move(done));
    } else {
      tcp_.async_read_some(buffer, std::move(done));
    }
  }
  template <class Done>
  void write_some(boost::asio::const_buffer buffer, Done done) {
    if (tls_) {
      tls_->async_write_some(buffer, std::move(done));
    } else {
      tcp_.async_write_some(buffer, std::move(done));
    }
  }

  // Tells the client that nothing follows; what it still sends can be read. done(ErrorCode); it may be called
  // at once.
  template <class Done>
  void end_sending(Done done) {
    if (tls_) return tls_->async_shutdown(std::move(done));
    ErrorCode error;
    tcp_.shutdown(Tcp::shutdown_send, error);
    done(error);
  }

  // After a handshake that failed because the client speaks no TLS: what is sent from now on is not
  // encrypted.
  void become_plain() { tls_.reset(); }

 private:
  using TlsStream = boost::asio::ssl::stream<Tcp&>;

  Tcp tcp_;
  std::shared_ptr<TlsContext> context_;
  std::optional<TlsStream> tls_;
};

}  // namespace ferry
