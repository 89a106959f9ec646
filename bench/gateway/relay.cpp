// relay UPSTREAM_PORT: listens on a free port of this machine, prints it, and copies bytes between each
// client and a connection of its own to the upstream. It reads nothing of what it copies, so what it adds to
// a request is what any process in between adds on this machine: two more wake-ups and four more passes
// through the kernel.

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct End {
  int fd = -1;
  End* other = nullptr;
  std::string unsent = {};  // to this end
  bool waits = false;       // to be able to send it
  bool closed = false;      // freed when the events at hand are done
};

class Relay {
 public:
  explicit Relay(uint16_t upstream_port) : upstream_port_(upstream_port), epoll_(::epoll_create1(0)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 4096) != 0)
      std::abort();
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int n = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        auto* end = static_cast<End*>(event.data.ptr);
        if (end == nullptr) {
          accept();
        } else if (!end->closed) {
          if ((event.events & EPOLLOUT) != 0) flush(*end);
          if ((event.events & ~static_cast<uint32_t>(EPOLLOUT)) != 0 && !end->closed) copy(*end);
        }
      }
      for (End* end : closed_) delete end;
      closed_.clear();
    }
  }

 private:
  static sockaddr_in loopback(uint16_t port) {
    return {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  }

  void accept() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (client < 0) return;
      const int upstream = ::socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = loopback(upstream_port_);
      if (::connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        ::close(client);
        ::close(upstream);
        continue;
      }
      ::fcntl(upstream, F_SETFL, O_NONBLOCK);
      auto* a = new End{.fd = client};
      auto* b = new End{.fd = upstream, .other = a};
      a->other = b;
      for (End* end : {a, b}) {
        const int on = 1;
        ::setsockopt(end->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        epoll_event event{.events = EPOLLIN, .data = {.ptr = end}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, end->fd, &event);
      }
    }
  }

  void copy(End& from) {
    static std::array<char, 64 * 1024> buffer;
    const ssize_t n = ::recv(from.fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return close(from);
    from.other->unsent.append(buffer.data(), static_cast<size_t>(n));
    flush(*from.other);
  }

  void flush(End& to) {
    if (to.unsent.empty()) return;
    const ssize_t n = ::send(to.fd, to.unsent.data(), to.unsent.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return close(to);
    if (n > 0) to.unsent.erase(0, static_cast<size_t>(n));
    const bool waits = !to.unsent.empty();
    if (waits == to.waits) return;
    to.waits = waits;
    epoll_event event{.events = EPOLLIN | (waits ? static_cast<uint32_t>(EPOLLOUT) : 0U),
                      .data = {.ptr = &to}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, to.fd, &event);
  }

  void close(End& end) {
    for (End* one : {&end, end.other}) {
      ::close(one->fd);
      one->closed = true;
      closed_.push_back(one);
    }
  }

  uint16_t upstream_port_;
  int epoll_;
  int listener_ = -1;
  std::vector<End*> closed_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "relay UPSTREAM_PORT\n");
    return 2;
  }
  Relay(static_cast<uint16_t>(std::atoi(argv[1]))).run();
}
