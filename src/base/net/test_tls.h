#pragma once
// For tests of TLS: certificates made on the spot, and a blocking client that trusts one of them.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>  // before Asio: see http_connection.h

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/core/file.h"

namespace ferry {

// A key and a certificate for localhost that it signed itself, as PEM.
struct TestCertificate {
  std::string certificate;
  std::string key;
  std::string encrypted_key;  // the same key, under a passphrase
};

inline std::string pem_of(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  EXPECT_EQ(write(bio.get()), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

// `name` is the subject's, `lifetime_s` may be negative, `alternatives` are "DNS:localhost,IP:127.0.0.1".
inline TestCertificate make_certificate(const std::string& name = "localhost", long lifetime_s = 3600,
                                        const std::string& alternatives = "") {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -7200);
  X509_gmtime_adj(X509_getm_notAfter(x), lifetime_s);
  X509_set_pubkey(x, key.get());
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, subject);
  if (!alternatives.empty()) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives.c_str());
    EXPECT_EQ(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
  }
  EXPECT_GT(X509_sign(x, key.get(), EVP_sha256()), 0);
  TestCertificate made;
  made.certificate = pem_of([&](BIO* out) { return PEM_write_bio_X509(out, x); });
  made.key = pem_of([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  made.encrypted_key = pem_of([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key.get(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
  });
  return made;
}

// A client that trusts `certificate` alone. Fails its test where the server does not show it.
class TlsClient {
 public:
  using ErrorCode = boost::system::error_code;

  TlsClient(uint16_t port, const std::string& certificate, int newest = TLS1_3_VERSION)
      : context_(client_context(certificate, newest)), stream_(io_, context_) {
    const boost::asio::ip::tcp::endpoint server(boost::asio::ip::address_v4::loopback(), port);
    stream_.next_layer().connect(server, error_);
    EXPECT_FALSE(error_) << error_.message();
    stream_.handshake(boost::asio::ssl::stream_base::client, error_);
  }

  const ErrorCode& error() const { return error_; }  // of the last operation
  int chain_length() { return sk_X509_num(SSL_get_peer_cert_chain(stream_.native_handle())); }
  std::string version() { return SSL_get_version(stream_.native_handle()); }

  void send(std::string_view text) { boost::asio::write(stream_, boost::asio::buffer(text), error_); }
  // Receives until `text` has come, or the end; what came in all.
  std::string read_until(std::string_view text) {
    while (received_.find(text) == std::string::npos && receive()) {
    }
    return received_;
  }
  // Up to the end, which error() tells: eof where the server said so.
  std::string read_all() {
    while (receive()) {
    }
    return received_;
  }
  // Goes away without a word.
  void drop() { stream_.next_layer().close(); }

 private:
  static boost::asio::ssl::context client_context(const std::string& certificate, int newest) {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
    context.add_certificate_authority(boost::asio::buffer(certificate));
    context.set_verify_mode(boost::asio::ssl::verify_peer);
    SSL_CTX_set_max_proto_version(context.native_handle(), newest);
    if (newest < TLS1_2_VERSION) {
      SSL_CTX_set_min_proto_version(context.native_handle(), newest);
      SSL_CTX_set_security_level(context.native_handle(), 0);  // which would refuse it on this side
    }
    return context;
  }
  bool receive() {
    char piece[65536];
    const size_t got = stream_.read_some(boost::asio::buffer(piece), error_);
    received_.append(piece, got);
    return !error_;
  }

  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  ErrorCode error_;
  std::string received_;
};

}  // namespace ferry
