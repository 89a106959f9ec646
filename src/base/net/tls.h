#pragma once
// What both halves of TLS need: a server its certificate and key, a client the authorities that it trusts.
// Includes Asio, so only this room's .cpp files include it.

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

// TLS 1.2 and 1.3 for clients: the server must show a certificate that leads to an authority of `ca_file`
// (PEM), or where that is empty to one of the system's: SSL_CERT_FILE and SSL_CERT_DIR, or where
// distributions keep them. Whether it is for the right name is for each connection to say (HttpSocket).
// Errors: not_found, io, invalid_argument.
Result<std::shared_ptr<TlsContext>> load_client_tls(const std::string& ca_file);

// Before a client's handshake: names the server that is wanted (SNI), and has its certificate checked for
// that name or address among its alternative names; the subject's own name does not count (RFC 9525).
void expect_tls_peer(SSL* tls, const std::string& host);
// After it: "certificate has expired", "hostname mismatch"...; empty where the certificate was not the
// problem.
std::string tls_peer_problem(SSL* tls);

}  // namespace ferry
