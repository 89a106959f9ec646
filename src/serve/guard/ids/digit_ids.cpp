#include <array>
#include <string_view>

#include "serve/guard/characters.h"
#include "serve/guard/ids/checks.h"
#include "serve/guard/ids/national_id.h"

namespace ferry {
namespace {

struct Form {
  std::string_view rule;
  std::string_view form;  // match_form()
  bool (*check)(std::string_view);
  Confidence alone;        // with nothing said about it
  std::string_view words;  // beside one of them a step surer
};

constexpr std::string_view kSsn = "ssn|social sec|itin|tax id|taxpayer";
constexpr std::string_view kNhs = "nhs|patient|health";
constexpr std::string_view kSteuer = "steuer|idnr|identifikationsnummer|tin|tax|steuer-id";
constexpr std::string_view kNir = "nir|sécu|secu|insee|sécurité";
constexpr std::string_view kBsn = "bsn|burgerservice|sofi|citizen service";
constexpr std::string_view kAhv = "ahv|avs|oasi|sozialvers|navs";
constexpr std::string_view kPesel = "pesel";
constexpr std::string_view kPersonnummer = "personnummer|personnr|pnr|samordning|personal id|person number";
constexpr std::string_view kBelgian = "rijksregister|registre national|numéro national|niss|insz|national";

// A full date with its century before the serial; the check is over the short form.
bool is_long_personnummer(std::string_view digits) {
  const long long century = number_at(digits, 0, 2);
  return century >= 18 && century <= 20 && is_se_personnummer(digits.substr(2));
}

// The most certain first: where two fit, the first counts.
constexpr auto kForms = std::to_array<Form>({
    {"ch_ahv", "3.4.4.2", is_ch_ahv, Confidence::certain, kAhv},
    {"be_national", "2.2.2-3.2", is_be_national, Confidence::certain, kBelgian},
    {"fr_nir", "1 2 2 2 3 3 2", is_fr_nir, Confidence::certain, kNir},
    {"se_personnummer", "8-4", is_long_personnummer, Confidence::certain, kPersonnummer},
    {"fr_nir", "15", is_fr_nir, Confidence::likely, kNir},
    {"fr_nir", "13 2", is_fr_nir, Confidence::certain, kNir},
    {"ch_ahv", "13", is_ch_ahv, Confidence::likely, kAhv},
    {"us_ssn", "3-2-4", is_us_ssn, Confidence::likely, kSsn},
    {"us_itin", "3-2-4", is_us_itin, Confidence::likely, kSsn},
    {"se_personnummer", "6-4", is_se_personnummer, Confidence::likely, kPersonnummer},
    {"se_personnummer", "12", is_long_personnummer, Confidence::likely, kPersonnummer},
    {"de_steuer_id", "2 3 3 3", is_de_steuer_id, Confidence::likely, kSteuer},
    {"uk_nhs", "3 3 4", is_uk_nhs, Confidence::likely, kNhs},
    {"uk_nhs", "3-3-4", is_uk_nhs, Confidence::possible, kNhs},
    {"us_ssn", "3 2 4", is_us_ssn, Confidence::possible, kSsn},
    {"us_itin", "3 2 4", is_us_itin, Confidence::possible, kSsn},
    {"nl_bsn", "4.2.3", is_nl_bsn, Confidence::likely, kBsn},
    {"nl_bsn", "4 2 3", is_nl_bsn, Confidence::possible, kBsn},
    {"pl_pesel", "11", is_pl_pesel, Confidence::possible, kPesel},
    {"be_national", "11", is_be_national, Confidence::possible, kBelgian},
    {"de_steuer_id", "11", is_de_steuer_id, Confidence::possible, kSteuer},
    {"uk_nhs", "10", is_uk_nhs, Confidence::possible, kNhs},
    {"se_personnummer", "10", is_se_personnummer, Confidence::possible, kPersonnummer},
    {"nl_bsn", "9", is_nl_bsn, Confidence::possible, kBsn},
    {"us_ssn", "9", is_us_ssn, Confidence::possible, kSsn},
    {"us_itin", "9", is_us_itin, Confidence::possible, kSsn},
});

}  // namespace

std::optional<Finding> find_digit_id(const Window& window, const NumberRun& run) {
  std::optional<Finding> best;
  for (const Form& form : kForms) {
    const int groups = match_form(window, run, form.form);
    if (groups == 0 || !form.check(digits_of(run, groups))) continue;
    const size_t begin = run.groups[0].begin;
    Confidence confidence = form.alone;
    if (confidence != Confidence::certain && has_context(window, begin, form.words)) {
      confidence = static_cast<Confidence>(static_cast<int>(confidence) + 1);
    }
    if (best && best->confidence >= confidence) continue;
    best = Finding{begin, end_of(run, groups), FindingKind::national_id, confidence, form.rule};
  }
  return best;
}

}  // namespace ferry
