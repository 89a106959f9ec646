#include "base/net/http_resolver.h"

#include <memory>

#include <boost/asio/post.hpp>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ferry {
namespace {

namespace ip = boost::asio::ip;

// A look-up may hang for seconds; others should not wait behind it.
constexpr int kThreads = 4;
constexpr size_t kMaxNames = 1024;

std::optional<ip::address> literal(const std::string& host) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(host, error);
  return error ? std::nullopt : std::optional(address);
}

ip::address address_of(const addrinfo& info) {
  if (info.ai_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    return ip::address_v4(ntohl(v4->sin_addr.s_addr));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
  ip::address_v6::bytes_type bytes;
  std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr), bytes.begin());
  return ip::address_v6(bytes, v6->sin6_scope_id);
}

Result<HttpResolver::Addresses> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found)) {
    return fail(ErrorCode::unavailable, "cannot find {}: {}", host, ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  HttpResolver::Addresses addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (info->ai_family == AF_INET || info->ai_family == AF_INET6) addresses.push_back(address_of(*info));
  }
  if (addresses.empty()) return fail(ErrorCode::unavailable, "cannot find {}: it has no address", host);
  return addresses;
}

Result<HttpResolver::Addresses> parse_all(const std::string& host, const std::vector<std::string>& texts) {
  HttpResolver::Addresses addresses;
  for (const std::string& text : texts) {
    const auto address = literal(text);
    if (!address) return fail(ErrorCode::corrupt, "{} resolves to {}, which is no address", host, text);
    addresses.push_back(*address);
  }
  if (addresses.empty()) return fail(ErrorCode::unavailable, "cannot find {}: it has no address", host);
  return addresses;
}

}  // namespace

HttpResolver::HttpResolver(HttpPoolSettings settings) : settings_(std::move(settings)), queue_(kThreads) {}

void HttpResolver::resolve(const std::string& host, boost::asio::io_context& io, Done done) {
  if (const auto address = literal(host)) return done(Addresses{*address});
  {
    std::unique_lock lock(mutex_);
    if (names_.size() > kMaxNames) forget_expired();
    Name& name = names_[host];
    if (Clock::now() < name.expiry) {
      const Addresses known = name.addresses;
      lock.unlock();
      return done(known);
    }
    name.waiters.push_back({&io, std::move(done)});
    if (name.waiters.size() > 1) return;
  }
  queue_.post([this, host] { look_up(host); });
}

void HttpResolver::look_up(const std::string& host) {
  if (stopping_) return;
  const Result<Addresses> found = ask(host);
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    Name& name = names_[host];
    waiters.swap(name.waiters);
    if (found) {
      name.addresses = *found;
      name.expiry = Clock::now() + settings_.dns_ttl;
    } else {
      names_.erase(host);
    }
  }
  for (Waiter& waiter : waiters) {
    boost::asio::post(*waiter.io, [done = std::move(waiter.done), found] { done(found); });
  }
}

Result<HttpResolver::Addresses> HttpResolver::ask(const std::string& host) const {
  if (!settings_.resolve) return ask_system(host);
  FERRY_TRY(const std::vector<std::string> texts, settings_.resolve(host));
  return parse_all(host, texts);
}

void HttpResolver::forget_expired() {
  const auto now = Clock::now();
  std::erase_if(names_, [now](const auto& entry) {
    return entry.second.waiters.empty() && entry.second.expiry <= now;
  });
}

}  // namespace ferry
