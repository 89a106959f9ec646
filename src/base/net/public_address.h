#pragma once
// Which addresses belong to the public Internet. Includes Asio, so only this room's .cpp files include it.

#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/ip/address.hpp>

namespace ferry {

// Whether a request from inside an organisation to this address can only reach a public server: not this
// machine, its networks, a cloud's own services, or a translator's way around (IANA's special-purpose address
// registries; IPv4 addresses inside IPv6 ones are looked at as such). What is not known to be public is not.
bool is_public_address(const boost::asio::ip::address& address);

}  // namespace ferry
