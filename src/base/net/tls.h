#pragma once
// The server's half of TLS: its certificate and key. Includes Asio, so only this room's .cpp files include
// it.

#include <memory>
#include <string>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/ssl/context.hpp>

#include "base/core/result.h"

namespace ferry {

using TlsContext = boost::asio::ssl::context;

// TLS 1.2 and 1.3 with the certificate chain (PEM, the server's own first) and the private key (PEM, without
// a passphrase) of these files. Errors name the file and say what to do: not_found, io, invalid_argument. A
// certificate that has expired is only warned about.
Result<std::shared_ptr<TlsContext>> load_tls(const std::string& certificate_file,
                                             const std::string& key_file);

}  // namespace ferry
