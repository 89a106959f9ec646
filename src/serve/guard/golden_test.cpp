// What reference implementations say (tests/golden/guard).

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/json.h"
#include "serve/guard/detectors.h"
#include "serve/guard/ids/checks.h"

namespace ferry {
namespace {

std::vector<json::object> golden(const std::string& name) {
  std::istringstream text(read_file(std::string(FERRY_SOURCE_DIR) + "/tests/golden/guard/" + name).value());
  std::vector<json::object> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(parse_json(line, name).value().as_object());
  return lines;
}

std::string text_of(const json::object& line, std::string_view key) {
  return std::string(line.at(key).as_string());
}

const Detectors& detectors(Confidence least) {
  static const auto kAll = Detectors::compile({.least = Confidence::possible}).value();
  static const auto kUsual = Detectors::compile({}).value();
  return least == Confidence::possible ? *kAll : *kUsual;
}

// Whether exactly `value` is found in a sentence, as that kind.
bool finds(std::string_view before, const std::string& value, FindingKind kind, Confidence least) {
  const std::string text = std::string(before) + value + " was written.";
  for (const Finding& found : detectors(least).find(text)) {
    if (found.kind == kind && found.begin == before.size() && found.end == before.size() + value.size())
      return true;
  }
  return false;
}

bool is_iban(std::string_view number) {
  return finds("Account ", std::string(number), FindingKind::iban, Confidence::certain);
}

TEST(Golden, CheckDigitsAgreeWithPythonStdnum) {
  const std::map<std::string, std::function<bool(std::string_view)>> checks{
      {"us_ssn", is_us_ssn},
      {"us_itin", is_us_itin},
      {"uk_nhs", is_uk_nhs},
      {"de_steuer_id", is_de_steuer_id},
      {"fr_nir", is_fr_nir},
      {"es_dni", is_es_dni},
      {"es_nie", is_es_nie},
      {"it_codice_fiscale", is_it_codice_fiscale},
      {"nl_bsn", is_nl_bsn},
      {"ch_ahv", is_ch_ahv},
      {"pl_pesel", is_pl_pesel},
      {"se_personnummer", is_se_personnummer},
      {"be_national", is_be_national},
      {"luhn", has_luhn},
      {"iban", is_iban}};
  std::map<std::string, int> seen;
  for (const json::object& line : golden("numbers.jsonl")) {
    const std::string rule = text_of(line, "rule");
    const std::string number = text_of(line, "number");
    // Groups 50 to 65 have been given since 2013, which python-stdnum does not know yet.
    if (rule == "us_itin" && number[0] == '9' && number.substr(3, 2) >= "50" && number.substr(3, 2) <= "65")
      continue;
    EXPECT_EQ(checks.at(rule)(number), line.at("valid").as_bool()) << rule << " " << number;
    ++seen[rule];
  }
  EXPECT_EQ(seen.size(), checks.size());
}

TEST(Golden, ValidNumbersAreFoundInText) {
  for (const json::object& line : golden("numbers.jsonl")) {
    const std::string rule = text_of(line, "rule");
    if (rule == "luhn" || rule == "iban" || !line.at("valid").as_bool()) continue;
    EXPECT_TRUE(finds("No. ", text_of(line, "number"), FindingKind::national_id, Confidence::possible))
        << rule << " " << text_of(line, "number");
  }
}

TEST(Golden, InternationalPhoneNumbersAreFound) {
  for (const json::object& line : golden("phones.jsonl")) {
    const std::string text = text_of(line, "text");
    // Numbers of fewer than eight digits are some islands' own.
    const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (line.at("form").as_string() == "national" || digits < 8) continue;
    EXPECT_TRUE(finds("Ring ", text, FindingKind::phone, Confidence::likely))
        << text_of(line, "region") << " " << text;
  }
}

TEST(Golden, NationalPhoneNumbersAreFoundBesideAWord) {
  int found = 0;
  int all = 0;
  for (const json::object& line : golden("phones.jsonl")) {
    if (line.at("form").as_string() != "national") continue;
    ++all;
    found += finds("Phone: ", text_of(line, "text"), FindingKind::phone, Confidence::likely) ? 1 : 0;
  }
  // Some countries' numbers have five or six digits, which the docs say are left alone.
  EXPECT_GT(found, all * 88 / 100) << found << " of " << all;
}

TEST(Golden, AddressesAgreeWithEmailValidator) {
  for (const json::object& line : golden("emails.jsonl")) {
    const std::string address = text_of(line, "address");
    EXPECT_EQ(finds("Write: ", address, FindingKind::email, Confidence::likely), line.at("valid").as_bool())
        << address;
  }
}

}  // namespace
}  // namespace ferry
