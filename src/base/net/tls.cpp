#include "base/net/tls.h"

#include <cstdlib>
#include <filesystem>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/core/file.h"
#include "base/observe/log.h"

namespace ferry {
namespace {

constexpr uint64_t kMaxPem = 1 << 20;
constexpr uint64_t kMaxAuthorities = 16 << 20;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL's word for what went wrong last.
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text == nullptr ? "unknown error" : text;
}

// Instead of asking on the terminal.
int note_that_a_passphrase_is_asked_for(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<Key> read_key(const std::string& file) {
  FERRY_TRY(const std::string pem, read_file(file, kMaxPem));
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, note_that_a_passphrase_is_asked_for, &asked));
  if (key) return key;
  const std::string why = reason();
  if (asked) {
    return fail(ErrorCode::invalid_argument,
                "{}: the key is encrypted; write it without its passphrase: openssl pkey -in {} -out FILE",
                file, file);
  }
  return fail(ErrorCode::invalid_argument, "{}: no private key in PEM format ({})", file, why);
}

void warn_if_expired(const X509* certificate, const std::string& file) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0) return;
  log_warning("the certificate has expired", {{"file", file}});
}

Result<void> use_certificates(SSL_CTX* context, const std::string& file) {
  FERRY_TRY(const std::string pem, read_file(file, kMaxPem));
  const Bio bio = reader(pem);
  bool asked = false;
  const auto next = [&] {
    return Certificate(PEM_read_bio_X509(bio.get(), nullptr, note_that_a_passphrase_is_asked_for, &asked));
  };
  const Certificate own = next();
  if (!own) return fail(ErrorCode::invalid_argument, "{}: no certificate in PEM format ({})", file, reason());
  if (SSL_CTX_use_certificate(context, own.get()) != 1) {
    return fail(ErrorCode::invalid_argument, "{}: the certificate cannot be used: {}", file, reason());
  }
  warn_if_expired(own.get(), file);
  while (const Certificate issuer = next()) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) == 1) continue;
    return fail(ErrorCode::invalid_argument, "{}: a certificate of the chain cannot be used: {}", file,
                reason());
  }
  // The file's end is an error to OpenSSL, too.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = reason();
  if (at_end) return {};
  return fail(ErrorCode::invalid_argument, "{}: a certificate of the chain is damaged ({})", file, why);
}

// Where distributions keep the authorities that they trust, all in one file.
constexpr const char* kSystemAuthorities[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                   // older ones
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/etc/ssl/cert.pem",                                  // BSDs, macOS
};

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != 0;
}

Result<void> trust_system(SSL_CTX* context) {
  // Looks at the variables, and else at the places of the system that OpenSSL was built on.
  SSL_CTX_set_default_verify_paths(context);
  if (is_set("SSL_CERT_FILE") || is_set("SSL_CERT_DIR")) return {};
  for (const char* file : kSystemAuthorities) {
    if (std::filesystem::exists(file) && SSL_CTX_load_verify_file(context, file) == 1) return {};
  }
  return fail(
      ErrorCode::not_found,
      "this system has no certificate authorities to trust; install ca-certificates, or name a file of "
      "them in SSL_CERT_FILE");
}

Result<void> trust_file(SSL_CTX* context, const std::string& file) {
  // Read by our own means for errors that name the file.
  FERRY_TRY(const std::string pem, read_file(file, kMaxAuthorities));
  const Bio bio = reader(pem);
  int count = 0;
  while (const Certificate authority =
             Certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr))) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
    ++count;
  }
  const std::string why = reason();
  if (count > 0) return {};
  return fail(ErrorCode::invalid_argument, "{}: no certificate in PEM format ({})", file, why);
}

}  // namespace

Result<std::shared_ptr<TlsContext>> load_client_tls(const std::string& ca_file) {
  ERR_clear_error();
  auto context = std::make_shared<TlsContext>(TlsContext::tls_client);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(native, protocols, sizeof protocols);
  FERRY_TRY_VOID(ca_file.empty() ? trust_system(native) : trust_file(native, ca_file));
  ERR_clear_error();
  return context;
}

void expect_tls_peer(SSL* tls, const std::string& host) {
  X509_VERIFY_PARAM* wanted = SSL_get0_param(tls);
  X509_VERIFY_PARAM_set_hostflags(wanted,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return;  // an address has no SNI
  ERR_clear_error();
  FERRY_CHECK(X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) == 1);
  FERRY_CHECK(SSL_set_tlsext_host_name(tls, host.c_str()) == 1);
}

std::string tls_peer_problem(SSL* tls) {
  const long result = SSL_get_verify_result(tls);
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

Result<std::shared_ptr<TlsContext>> load_tls(const std::string& certificate_file,
                                             const std::string& key_file) {
  ERR_clear_error();
  auto context = std::make_shared<TlsContext>(TlsContext::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  FERRY_TRY_VOID(use_certificates(native, certificate_file));
  FERRY_TRY(const Key key, read_key(key_file));
  if (SSL_CTX_use_PrivateKey(native, key.get()) != 1) {
    return fail(ErrorCode::invalid_argument, "{}: the key does not belong to the certificate in {} ({})",
                key_file, certificate_file, reason());
  }
  return context;
}

}  // namespace ferry
