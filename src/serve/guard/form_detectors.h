#pragma once
// Detectors for what has a form: each is asked at one place and answers what stands there. They read forward
// no further than their bound (kMax…), and back no further than kLookBehind.

#include <optional>

#include "serve/guard/finding.h"
#include "serve/guard/number_run.h"

namespace ferry {

// At an '@'. The address before it (RFC 5321's 64 bytes at most, the practical characters of RFC 5322 and
// RFC 6531) and the domain after it (253 bytes; labels of letters, digits and hyphens, or of UTF-8; the last
// one begins with a letter).
std::optional<Finding> find_email(const Window& window, size_t at);
inline constexpr size_t kMaxEmailBytes = 64 + 1 + 254 + 1;

// At the first digit of an IBAN, behind its two letters (ISO 13616: lengths by country of the SWIFT registry,
// ISO 7064 MOD 97-10), together or in groups of four.
std::optional<Finding> find_iban(const Window& window, size_t digit);
inline constexpr size_t kMaxIbanBytes = 34 + 9;

// At the first digit: 13 to 19 of an issuer's range (ISO/IEC 7812) with a right check digit, together or
// grouped as printed on cards.
std::optional<Finding> find_card(const Window& window, const NumberRun& run);

// At the first digit. With + or 00 and a country's code (ITU-T E.164: 7 to 15 digits), or in a national form:
// North American 3-3-4 (NANP), or a leading 0 with 9 to 12 digits in groups; others beside a word such as
// "phone".
std::optional<Finding> find_phone(const Window& window, const NumberRun& run);

// At the first digit: four numbers of 0 to 255. Not loopback, any or broadcast, nor beside "version".
std::optional<Finding> find_ipv4(const Window& window, size_t digit);

// At the first colon (RFC 4291, 2.2). Not :: and ::1, and only with a digit in it.
std::optional<Finding> find_ipv6(const Window& window, size_t colon);
inline constexpr size_t kMaxIpv6Bytes = 46;

// At the colon of scheme://user:password@host…: the whole URL.
std::optional<Finding> find_password_url(const Window& window, size_t colon);
inline constexpr size_t kMaxUrlBytes = 24 + 512;

// At the J of "eyJ": three parts of base64url, the first two JSON objects (RFC 7519; unsigned ones too).
std::optional<Finding> find_jwt(const Window& window, size_t j);
inline constexpr size_t kMaxJwtBytes = 8192;

// At the first hyphen of "-----BEGIN … PRIVATE KEY-----" (RFC 7468; OpenSSH and PGP too), to the end of the
// block's last line, or to this bound where it has none.
std::optional<Finding> find_private_key(const Window& window, size_t hyphen);
inline constexpr size_t kMaxPrivateKeyBytes = 16384;

}  // namespace ferry
