#pragma once
// For tests: texts with things to find in them, and cutting them anywhere.

#include <string>
#include <vector>

#include "base/core/rng.h"
#include "serve/guard/detectors.h"

namespace ferry {

// Every kind of finding, pieces of them, and plain words, in a random order.
inline std::string random_text(Rng& rng, size_t parts) {
  static const std::vector<std::string> kParts{
      "alice@example.com",
      "bob.o'neil+x@mail.example.co.uk",
      "+49 30 901820",
      "(212) 555-0142",
      "0171 2345678",
      "tel ",
      "DE89 3704 0044 0532 0130 00",
      "GB29NWBK60161331926819",
      "4111 1111 1111 1111",
      "378282246310005",
      "536-90-4399",
      "AB 12 34 56 C",
      "943 476 5919",
      "12345678Z",
      "X1234567L",
      "RSSMRA85T10A562S",
      "756.9217.0769.85",
      "1 85 05 2A 123 456",
      "192.168.10.7",
      "2001:db8::8a2e:370:7334",
      "fe80::1",
      "ghp_0123456789abcdefghijABCDEFGHIJ012345",
      "AKIAIOSFODNN7EXAMPLE",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
      "postgres://app:s3cret@db.example.com:5432/x",
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
      "-----BEGIN ",
      "password=hunter22",
      "[EMAIL_1]",
      "[PHONE_12]",
      "[LITERAL_1]",
      "[",
      "[EMAIL_",
      "Øystein  Ångström",
      "O\u2019Neil",
      "anna",
      "Anna Maria",
      "STRAUSS",
      "PRJ-10234",
      "PRJ-1",
      " ",
      " ",
      " ",
      "\n",
      ", ",
      ".",
      "@",
      "-",
      "::",
      "the quick brown fox ",
      "12",
      "1 2 3 4 5 ",
      "é",
      "日本",
      "\xF0\x9F\x9A\xA2",
      "\xE2\x80",
      "\x80",
      "https://",
      "a.b.c"};
  std::string text;
  for (; parts > 0; --parts) text += kParts[rng.below(kParts.size())];
  return text;
}

inline const DetectorSettings& test_settings() {
  static const DetectorSettings kSettings{
      .least = Confidence::possible,
      .lists = {{"people", {"Anna", "Anna Maria", "Øystein Ångström", "O'Neil", "Strauß", "李明"}}},
      .regexes = {{"project", "PRJ-[0-9]{4,6}", true, 64}, {"words", "(?:quick|brown) ?", false, 32}}};
  return kSettings;
}

inline std::shared_ptr<const Detectors> test_detectors() {
  static const std::shared_ptr<const Detectors> kDetectors = Detectors::compile(test_settings()).value();
  return kDetectors;
}

}  // namespace ferry
