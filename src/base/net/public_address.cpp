#include "base/net/public_address.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace ferry {
namespace {

namespace ip = boost::asio::ip;

struct NetworkV4 {
  uint32_t base;
  int bits;
};

constexpr uint32_t v4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr NetworkV4 kNotPublicV4[] = {
    {v4(0, 0, 0, 0), 8},         // this network
    {v4(10, 0, 0, 0), 8},        // private
    {v4(100, 64, 0, 0), 10},     // shared by a provider's customers
    {v4(127, 0, 0, 0), 8},       // this machine
    {v4(168, 63, 129, 16), 32},  // Azure's services for its machines: public in form only
    {v4(169, 254, 0, 0), 16},    // link-local; clouds' metadata
    {v4(172, 16, 0, 0), 12},     // private
    {v4(192, 0, 0, 0), 24},      // protocol assignments
    {v4(192, 0, 2, 0), 24},      // documentation
    {v4(192, 31, 196, 0), 24},   // AS112
    {v4(192, 52, 193, 0), 24},   // AMT
    {v4(192, 88, 99, 0), 24},    // relays from 6to4
    {v4(192, 168, 0, 0), 16},    // private
    {v4(192, 175, 48, 0), 24},   // AS112
    {v4(198, 18, 0, 0), 15},     // benchmarks
    {v4(198, 51, 100, 0), 24},   // documentation
    {v4(203, 0, 113, 0), 24},    // documentation
    {v4(224, 0, 0, 0), 3},       // multicast, reserved, broadcast
};

bool is_public_v4(uint32_t address) {
  return std::none_of(std::begin(kNotPublicV4), std::end(kNotPublicV4), [address](const NetworkV4& network) {
    return (address ^ network.base) >> (32 - network.bits) == 0;
  });
}

using Bytes = ip::address_v6::bytes_type;

bool begins_with(const Bytes& bytes, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

uint32_t v4_at(const Bytes& bytes, size_t at) {
  return v4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

bool is_public_v6(const Bytes& bytes) {
  if (begins_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return is_public_v4(v4_at(bytes, 12));
  if (begins_with(bytes, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return is_public_v4(v4_at(bytes, 12));  // NAT64
  }
  if ((bytes[0] & 0xe0) != 0x20) return false;  // 2000::/3 is all that is handed out
  if (begins_with(bytes, {0x20, 0x01}) && bytes[2] < 0x02)
    return false;                                                  // 2001::/23: Teredo, ORCHID, benchmarks
  if (begins_with(bytes, {0x20, 0x01, 0x0d, 0xb8})) return false;  // documentation
  if (begins_with(bytes, {0x20, 0x02})) return false;              // 6to4
  return !(begins_with(bytes, {0x3f, 0xff}) && bytes[2] < 0x10);   // 3fff::/20: documentation
}

}  // namespace

bool is_public_address(const ip::address& address) {
  return address.is_v4() ? is_public_v4(address.to_v4().to_uint()) : is_public_v6(address.to_v6().to_bytes());
}

}  // namespace ferry
