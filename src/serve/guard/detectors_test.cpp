#include "serve/guard/detectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/guard/test_texts.h"

namespace ferry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "rule text" of each finding of a text, literals left out.
std::vector<std::string> found(const Detectors& detectors, std::string_view text) {
  std::vector<std::string> out;
  for (const Finding& f : detectors.find(text)) {
    if (f.kind != FindingKind::literal)
      out.push_back(fmt::format("{} {}", f.rule, text.substr(f.begin, f.end - f.begin)));
  }
  return out;
}

std::vector<std::string> found(std::string_view text) {
  static const auto kDetectors = Detectors::compile({}).value();
  return found(*kDetectors, text);
}

std::vector<std::string> possible(std::string_view text) {
  static const auto kDetectors = Detectors::compile({.least = Confidence::possible}).value();
  return found(*kDetectors, text);
}

TEST(Detectors, AddressesEndWhereTheSentenceGoesOn) {
  EXPECT_THAT(found("Write to bob@example.com."), ElementsAre("email bob@example.com"));
  EXPECT_THAT(found("<bob@example.com>, 'amy@example.org'"),
              ElementsAre("email bob@example.com", "email amy@example.org"));
  EXPECT_THAT(found("mailto:bob@example.com?subject=x"), ElementsAre("email bob@example.com"));
  EXPECT_THAT(found("npm install left-pad@1.3.0 @types/node user@localhost"), IsEmpty());
}

TEST(Detectors, PhoneNumbers) {
  EXPECT_THAT(found("Call +49 (0)30 901820-12 now"), ElementsAre("international +49 (0)30 901820-12"));
  EXPECT_THAT(found("(212) 555-0142 or 212-555-0142"),
              ElementsAre("national (212) 555-0142", "national 212-555-0142"));
  EXPECT_THAT(found("Rufen Sie 030/901820 an, 0171 2345678"),
              ElementsAre("national 030/901820", "national 0171 2345678"));
  EXPECT_THAT(found("01 23 45 67 89"), ElementsAre("national 01 23 45 67 89"));
  EXPECT_THAT(found("tel. 5550142"), ElementsAre("national 5550142"));
}

TEST(Detectors, NumbersThatAreNothing) {
  for (const char* text :
       {"In 2024, 1500 of 23000 came.", "22.11.2024 10:30", "2024-11-22T10:30:00", "3.141592653589793238",
        "1,234,567.89 EUR", "order 5550142", "v1.2.3", "127.0.0.1 and 0.0.0.0", "version 4.3.2.1", "12:30:45",
        "std::vector<int> a::b", "0x4111111111111111", "sk-learn and gh_page", "page 12-34"}) {
    EXPECT_THAT(found(text), IsEmpty()) << text;
  }
}

TEST(Detectors, BankAccountsAndCards) {
  EXPECT_THAT(found("IBAN DE89 3704 0044 0532 0130 00."), ElementsAre("iban DE89 3704 0044 0532 0130 00"));
  EXPECT_THAT(found("de89370400440532013000"), ElementsAre("iban de89370400440532013000"));
  EXPECT_THAT(found("DE88 3704 0044 0532 0130 00"), IsEmpty());
  EXPECT_THAT(found("4111-1111-1111-1111 12/27"), ElementsAre("card 4111-1111-1111-1111"));
  EXPECT_THAT(found("3782 822463 10005"), ElementsAre("card 3782 822463 10005"));
  EXPECT_THAT(found("4111111111111112"), IsEmpty());
}

TEST(Detectors, NationalNumbersInTheirForms) {
  EXPECT_THAT(found("536-90-4399"), ElementsAre("us_ssn 536-90-4399"));
  EXPECT_THAT(found("ssn 536904399"), ElementsAre("us_ssn 536904399"));
  EXPECT_THAT(found("536904399"), IsEmpty());
  EXPECT_THAT(possible("536904399"), ElementsAre("us_ssn 536904399"));
  EXPECT_THAT(found("AB 12 34 56 C and AB123456C"),
              ElementsAre("uk_nino AB 12 34 56 C", "uk_nino AB123456C"));
  EXPECT_THAT(found("943 476 5919"), ElementsAre("uk_nhs 943 476 5919"));
  EXPECT_THAT(found("12345678-Z, X-1234567-L"), ElementsAre("es_dni 12345678-Z", "es_nie X-1234567-L"));
  EXPECT_THAT(found("CF: RSSMRA85T10A562S"), ElementsAre("it_codice_fiscale RSSMRA85T10A562S"));
  EXPECT_THAT(found("756.9217.0769.85"), ElementsAre("ch_ahv 756.9217.0769.85"));
}

TEST(Detectors, NetworkAddresses) {
  EXPECT_THAT(found("from 192.168.10.7:8080"), ElementsAre("ipv4 192.168.10.7"));
  EXPECT_THAT(found("[2001:db8::8a2e:370:7334]:443"), ElementsAre("ipv6 2001:db8::8a2e:370:7334"));
  EXPECT_THAT(found("fe80::1%eth0, ::ffff:10.1.2.3"), ElementsAre("ipv6 fe80::1", "ipv6 ::ffff:10.1.2.3"));
  EXPECT_THAT(found("300.1.1.1 1.2.3.4.5"), IsEmpty());
}

TEST(Detectors, Credentials) {
  EXPECT_THAT(found("key sk-ant-api03-abcdefghijklmnopqrst,"),
              ElementsAre("anthropic sk-ant-api03-abcdefghijklmnopqrst"));
  EXPECT_THAT(found("fk_0123456789abcdefghijABCDEFGHIJ0123456789abc."),
              ElementsAre("ferry fk_0123456789abcdefghijABCDEFGHIJ0123456789abc"));
  EXPECT_THAT(found("AKIAIOSFODNN7EXAMPLE"), ElementsAre("aws_access_key AKIAIOSFODNN7EXAMPLE"));
  EXPECT_THAT(found("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
              ElementsAre("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"));
  EXPECT_THAT(found("\"api_key\": \"abcdef123\""), ElementsAre("assigned_secret api_key\": \"abcdef123\""));
  const std::string key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----";
  EXPECT_THAT(found("x " + key + " y"), ElementsAre("private_key " + key));
  EXPECT_THAT(found("-----BEGIN PUBLIC KEY-----\nMHcC\n-----END PUBLIC KEY-----"), IsEmpty());
  EXPECT_EQ(found("redis://:p@ss@cache.example.com/0 x").front(),
            "url_password redis://:p@ss@cache.example.com/0");
}

TEST(Detectors, NamesInAnyCaseAndForm) {
  const Detectors& detectors = *test_detectors();
  EXPECT_THAT(found(detectors, "ANNA, Hanna, annas, (anna)"), ElementsAre("people ANNA", "people anna"));
  EXPECT_THAT(found(detectors, "Anna\n  Maria"), ElementsAre("people Anna\n  Maria"));
  EXPECT_THAT(found(detectors, "øystein A\u030Angström"), ElementsAre("people øystein A\u030Angström"));
  EXPECT_THAT(found(detectors, "O\u2019NEIL; strauss; STRAUß"),
              ElementsAre("people O\u2019NEIL", "people strauss", "people STRAUß"));
  EXPECT_THAT(found(detectors, "我叫李明。"), ElementsAre("people 李明"));
}

TEST(Detectors, ListsMayBeLong) {
  Rng rng(7);
  NameList list{"people", {}};
  for (int i = 0; i < 5000; ++i) {
    std::string name;
    for (int letter = 0; letter < 12; ++letter)
      name += letter == 5 ? ' ' : static_cast<char>('a' + rng.below(26));
    list.names.push_back(name);
  }
  const auto detectors = Detectors::compile({.lists = {list}}).value();
  EXPECT_THAT(found(*detectors, "(" + list.names[4321] + ")"), ElementsAre("people " + list.names[4321]));
}

TEST(Detectors, CustomExpressionsKeepToTheirBorders) {
  const Detectors& detectors = *test_detectors();
  EXPECT_THAT(found(detectors, "PRJ-10234, XPRJ-10234, PRJ-1023456"), ElementsAre("project PRJ-10234"));
  EXPECT_THAT(found(detectors, "unquickly"), ElementsAre("words quick"));
}

TEST(Detectors, WhatIsWrongInTheSettingsIsNamed) {
  const auto message = [](CustomRegex regex) {
    auto compiled = Detectors::compile({.regexes = {std::move(regex)}});
    return compiled ? std::string("compiled") : compiled.error().message;
  };
  EXPECT_EQ(message({"r", "a("}), "regular expression \"r\" has ( without ) at byte 2");
  EXPECT_THAT(message({"r", "\\bx"}), ::testing::HasSubstr("use whole_word"));
  EXPECT_THAT(message({"r", "(?=x)"}), ::testing::HasSubstr("look-around"));
  EXPECT_THAT(message({"r", "x", false, 100000}), ::testing::HasSubstr("max_bytes from 1 to 4096"));
  EXPECT_THAT(message({"r", "((a{1000}){1000}){1000}"}), ::testing::HasSubstr("too large"));
  EXPECT_THAT(message({"r", std::string(200, '(') + std::string(200, ')')}),
              ::testing::HasSubstr("nested too deep"));
  EXPECT_THAT(message({"r", ".]....+.]&*.....................`?..."}), ::testing::HasSubstr("too large"));
  EXPECT_FALSE(Detectors::compile({.lists = {{"l", {" "}}}}).has_value());
}

TEST(Detectors, KindsThatAreOffAreNotFound) {
  const auto only_cards =
      Detectors::compile({.kinds = 1U << static_cast<unsigned>(FindingKind::card)}).value();
  EXPECT_THAT(
      found(*only_cards, "bob@example.com 4111 1111 1111 1111 ghp_0123456789abcdefghijABCDEFGHIJ012345"),
      ElementsAre("card 4111 1111 1111 1111"));
}

TEST(Detectors, ListsWithoutNamesFindNothing) {
  const auto detectors = Detectors::compile({.lists = {{.name = "nobody", .names = {}}}});
  ASSERT_TRUE(detectors);
  EXPECT_TRUE((*detectors)->find("nobody is here").empty());
}

}  // namespace
}  // namespace ferry
