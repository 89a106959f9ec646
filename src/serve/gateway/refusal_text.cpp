#include "serve/gateway/refusal_text.h"

#include "base/core/utf8.h"
#include "serve/guard/detectors.h"

namespace ferry {
namespace {

constexpr size_t kOpening = 400;

// In guard's syntax; spaces are single, for the text is made so.
constexpr std::string_view kPhrases[] = {
    // English.
    "(?i)i (?:can['’]?t|cannot|can not|could not|won['’]?t|will not) (?:really |actually |in good conscience "
    ")?"
    "(?:help|assist|comply|provide|fulfil|answer (?:that|this|your)|do "
    "(?:that|this)|create|generate|write|produce|"
    "share|discuss|engage|support|participate|give|continue|offer|be able to|fully|respond)",
    "(?i)i(?:['’]?m| am) (?:unable|not able|not going|not allowed|not permitted) to "
    "(?:help|assist|comply|provide|fulfil|answer|do "
    "(?:that|this)|create|generate|write|produce|share|discuss|"
    "engage|support|participate|give|continue|offer|respond)",
    "(?i)i (?:must|have to|need to|will have to) (?:respectfully |politely )?(?:decline|refuse)",
    "(?i)as an ai(?: language)?(?: model| assistant)?,? i(?: can['’]?t| cannot| can not| am unable|['’]m "
    "unable)",
    "(?i)(?:goes|is|be) against my (?:guidelines|programming|policies|policy|principles)",
    // German.
    "(?i)(?:ich kann|kann ich|ich darf|darf ich|ich werde) (?:[a-zäöüß,]+ ){0,5}nicht (?:[a-zäöüß]+ ){0,2}"
    "(?:helfen|weiterhelfen|behilflich|unterstützen|beantworten|nachkommen|erfüllen|entsprechen|"
    "bereitstellen|"
    "mitwirken|geben|erstellen|dienen)",
    "(?i)ich bin (?:leider )?nicht in der lage,? ",
    // French.
    "(?i)je ne (?:peux|puis|pourrai) (?:malheureusement |donc )?pas (?:vous |t['’]|te |y |en )?"
    "(?:aider|répondre|fournir|accéder|satisfaire|créer|générer|donner|participer|assister|vous)",
    "(?i)je ne suis (?:malheureusement )?pas en mesure (?:de|d['’])",
    // Spanish.
    "(?i)no (?:puedo|podré|me es posible|estoy en condiciones de) "
    "(?:ayudar|asistir|proporcionar|responder|cumplir|"
    "crear|generar|dar|ofrecer|participar|brindar|atender)",
    // Italian.
    "(?i)non (?:posso|sono in grado di) "
    "(?:aiutar|assister|fornir|risponder|soddisfar|crear|generar|dar|partecipar)",
    // Portuguese.
    "(?i)não (?:posso|consigo|poderei) (?:ajudar|te "
    "ajudar|auxiliar|fornecer|responder|atender|criar|gerar|participar|"
    "oferecer|dar)",
    // Dutch.
    "(?i)(?:ik kan|kan ik|ik mag) (?:[a-z,]+ ){0,5}niet (?:[a-z]+ "
    "){0,2}(?:helpen|assisteren|beantwoorden|voldoen|"
    "verstrekken|geven|ondersteunen)",
    // Polish.
    "(?i)nie mogę (?:[a-ząćęłńóśźż]+ ){0,3}(?:pomóc|udzielić|spełnić|odpowiedzieć|dostarczyć|stworzyć|podać)",
    // Russian.
    "(?i)не могу (?:[а-яё]+ ){0,3}(?:помочь|ответить|предоставить|выполнить|создать|дать|помогать)",
    // Chinese.
    "我(?:无法|不能|没办法|無法|沒辦法)[^。！\n]{0,12}(?:帮助|协助|提供|回答|满足|完成|生成|帮|幫助|協助|"
    "回應|滿足)",
    // Japanese.
    "(?:お手伝い|お答え|ご協力|対応|提供|お応え|回答)(?:することは|することが|は|が|する|を)?"
    "(?:いたしかねます|できません|できかねます|致しかねます)",
    // Korean.
    "(?:도와 ?드릴|도울|답변 ?드릴|답변해 ?드릴|제공해 ?드릴|답변할|제공할|응할) 수 없",
};

std::shared_ptr<const Detectors> compiled_phrases() {
  DetectorSettings settings{.kinds = 1U << static_cast<unsigned>(FindingKind::custom)};
  for (const std::string_view phrase : kPhrases)
    settings.regexes.push_back({.name = "refusal", .pattern = std::string(phrase)});
  auto compiled = Detectors::compile(settings);
  FERRY_CHECK(compiled.has_value());  // the phrases are ours
  return *std::move(compiled);
}

// The beginning, with single spaces.
std::string opening_of(std::string_view text) {
  text = text.substr(0, kOpening);
  text.remove_suffix(incomplete_utf8_tail(text));
  std::string opening;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!is_space) opening += c;
    if (is_space && !opening.empty() && opening.back() != ' ') opening += ' ';
  }
  return opening;
}

}  // namespace

bool reads_as_refusal(std::string_view text) {
  static const std::shared_ptr<const Detectors> phrases = compiled_phrases();
  for (const Finding& finding : phrases->find(opening_of(text))) {
    if (finding.kind == FindingKind::custom) return true;
  }
  return false;
}

}  // namespace ferry
