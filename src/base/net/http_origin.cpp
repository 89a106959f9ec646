#include "base/net/http_origin.h"

#include <openssl/evp.h>

namespace ferry {
namespace {

HttpRequestFrame frame_of(const HttpOriginSettings& settings, const HttpUrl& url) {
  HttpRequestFrame frame;
  frame.host = url.authority();
  if (settings.proxy.host.empty() || url.tls) return frame;
  frame.target_prefix = "http://" + url.authority();
  frame.proxy_headers = proxy_authorization(settings.proxy);
  return frame;
}

}  // namespace

std::string proxy_authorization(const HttpProxy& proxy) {
  if (proxy.credentials.empty()) return {};
  std::string encoded(4 * (proxy.credentials.size() / 3 + 1) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(proxy.credentials.data()),
                                   static_cast<int>(proxy.credentials.size()));
  encoded.resize(static_cast<size_t>(size));
  return "Proxy-Authorization: Basic " + encoded + "\r\n";
}

HttpOrigin::HttpOrigin(HttpOriginSettings origin_settings, HttpUrl origin_url,
                       std::shared_ptr<TlsContext> context)
    : settings(std::move(origin_settings)),
      url(std::move(origin_url)),
      tls(std::move(context)),
      has_proxy(!settings.proxy.host.empty()),
      has_tunnel(has_proxy && url.tls),
      host(has_proxy ? settings.proxy.host : url.host),
      port(has_proxy ? settings.proxy.port : url.port),
      name(host_and_port(url.host, url.port)),
      tunnel(has_tunnel ? tunnel_request(name, proxy_authorization(settings.proxy)) : std::string()),
      frame(frame_of(settings, url)) {}

}  // namespace ferry
