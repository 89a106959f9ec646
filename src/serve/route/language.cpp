#include "serve/route/language.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/core/utf8.h"

namespace ferry {
namespace {

constexpr size_t kLooked = 4096;  // bytes
constexpr size_t kLeastLetters = 8;
constexpr int kLeastHits = 2;

struct StopWords {
  std::string_view language;
  std::string_view words;  // lower case, separated by blanks
};

// The most frequent function words of each language; a word of several counts less for each of them.
constexpr StopWords kStopWords[] = {
    {"cs",
     "a že se na je v to s z do o ale jak tak jsem jsou byl bylo která který kde jako pro nebo už ne mi si"},
    {"da",
     "og i at det en den til er som på de med han af for ikke der var mig sig men et har om vi min havde nu "
     "da fra du "
     "hvad hvordan jeg kan skal"},
    {"de",
     "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus "
     "er hat "
     "dass sie nach wird bei einer um am sind noch wie einem über so zum kann ich mein bitte wenn oder aber "
     "wir"},
    {"en",
     "the of and to a in is that for it as was with be by on not he his but at are this have from or had an "
     "they "
     "which you were their what how can i my please if we do does would"},
    {"es",
     "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya este sí "
     "porque "
     "esta entre cuando muy sin sobre también me hasta hay donde cómo qué puedo mi"},
    {"fi",
     "ja on ei se että en hän oli mutta niin kun mitä minä sen tämä ovat joka myös kuin sitä voi olen miten "
     "nyt vain"},
    {"fr",
     "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la avec "
     "son "
     "mais comme ou si leur y dont je vous nous mon comment puis être cette"},
    {"hu",
     "a az és hogy nem is egy van ez azt mint csak de meg volt már ki még ha mi el vagy hogyan én kell "
     "lehet"},
    {"id",
     "yang dan di untuk dengan ini dari dalam tidak akan pada itu adalah saya ada juga ke karena bisa apa "
     "bagaimana "
     "oleh atau anda"},
    {"it",
     "di e il la che in un a per è una sono con non del si da come le dei più al i lo nel alla ma anche gli "
     "della "
     "ho mi ha o se posso mio questo"},
    {"nl",
     "de van een het en in is dat op te voor met die niet aan zijn er maar om ook als dan bij nog naar heeft "
     "hij ze "
     "uit over door ik mijn kan hoe wat je wij"},
    {"no",
     "og i det er på til en at som for med de av ikke den har jeg om et men han var vi så fra du seg hva "
     "hvordan kan "
     "skal min ble eller"},
    {"pl",
     "w i na z do się nie to że jest o jak a po co tak za od jego ale przez dla czy już jestem są może mnie "
     "który "
     "która oraz jego"},
    {"pt",
     "de a o que e do da em um para com não uma os no se na por mais as dos como mas foi ao ele das à seu "
     "sua ou "
     "ser quando muito nos já eu também meu posso está você"},
    {"ro",
     "și de la a în cu nu o pe să din că este un mai care ce pentru o fi sunt dar se cum eu am ai lui sau "
     "acest"},
    {"sv",
     "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan "
     "när hur "
     "vad ska min eller du"},
    {"tr",
     "ve bir bu da de için ile ne gibi çok daha o ben var mı mi nasıl kadar ama olarak olan her değil sonra "
     "ki şey"},
    {"vi", "và của là có không được cho các trong một người với những này đã tôi như khi để đến bạn thế nào"},
};

enum class Script {
  latin,
  cyrillic,
  greek,
  arabic,
  hebrew,
  devanagari,
  bengali,
  tamil,
  thai,
  hangul,
  kana,
  han,
  other
};
constexpr size_t kScripts = static_cast<size_t>(Script::other) + 1;

struct ScriptRange {
  char32_t first;
  char32_t last;
  Script script;
};

constexpr ScriptRange kRanges[] = {
    {U'A', U'Z', Script::latin},      {U'a', U'z', Script::latin},          {0x00C0, 0x024F, Script::latin},
    {0x0370, 0x03FF, Script::greek},  {0x0400, 0x052F, Script::cyrillic},   {0x0590, 0x05FF, Script::hebrew},
    {0x0600, 0x06FF, Script::arabic}, {0x0900, 0x097F, Script::devanagari}, {0x0980, 0x09FF, Script::bengali},
    {0x0B80, 0x0BFF, Script::tamil},  {0x0E00, 0x0E7F, Script::thai},       {0x1100, 0x11FF, Script::hangul},
    {0x1E00, 0x1EFF, Script::latin},  {0x3040, 0x30FF, Script::kana},       {0x3400, 0x4DBF, Script::han},
    {0x4E00, 0x9FFF, Script::han},    {0xAC00, 0xD7AF, Script::hangul},
};

Script script_of(char32_t c) {
  for (const ScriptRange& range : kRanges) {
    if (c >= range.first && c <= range.last) return range.script;
  }
  return Script::other;
}

// Letters that tell one language of a script from its relatives.
struct Mark {
  char32_t letter;
  std::string_view language;
};
constexpr Mark kCyrillicMarks[] = {{U'ы', "ru"}, {U'э', "ru"}, {U'ё', "ru"}, {U'і', "uk"}, {U'ї', "uk"},
                                   {U'є', "uk"}, {U'ґ', "uk"}, {U'ј', "sr"}, {U'љ', "sr"}, {U'њ', "sr"},
                                   {U'ђ', "sr"}, {U'ћ', "sr"}, {U'џ', "sr"}};
constexpr Mark kArabicMarks[] = {{U'پ', "fa"}, {U'چ', "fa"}, {U'ژ', "fa"}, {U'گ', "fa"}, {U'ی', "fa"},
                                 {U'ٹ', "ur"}, {U'ڈ', "ur"}, {U'ڑ', "ur"}, {U'ے', "ur"}, {U'ں', "ur"},
                                 {U'ة', "ar"}, {U'ي', "ar"}, {U'ى', "ar"}, {U'ك', "ar"}, {U'أ', "ar"}};

using Words = std::unordered_map<std::string, std::vector<size_t>>;  // word → places in kStopWords

const Words& stop_words() {
  static const Words words = [] {
    Words out;
    for (size_t i = 0; i < std::size(kStopWords); ++i) {
      std::string_view rest = kStopWords[i].words;
      while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        std::vector<size_t>& languages = out[std::string(word)];
        if (languages.empty() || languages.back() != i) languages.push_back(i);
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
      }
    }
    return out;
  }();
  return words;
}

char32_t lower(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c >= 0x00C0 && c <= 0x00DE && c != 0x00D7) return c + 32;
  if (c >= 0x0410 && c <= 0x042F) return c + 32;
  if (c >= 0x0400 && c <= 0x040F) return c + 80;
  if (c >= 0x0100 && c <= 0x017F && c != 0x0130) return c | 1;  // about: pairs of an even and an odd letter
  return c;
}

// What one pass over the text counts.
struct Survey {
  std::array<size_t, kScripts> letters{};
  std::array<double, std::size(kStopWords)> scores{};
  std::array<int, std::size(kStopWords)> hits{};
  size_t words = 0;
  std::unordered_map<std::string_view, int> marks;
};

void take_word(Survey& survey, const std::string& word) {
  if (word.empty()) return;
  ++survey.words;
  const auto found = stop_words().find(word);
  if (found == stop_words().end()) return;
  for (const size_t language : found->second) {
    survey.scores[language] += 1.0 / static_cast<double>(found->second.size());
    ++survey.hits[language];
  }
}

void take_mark(Survey& survey, char32_t letter) {
  const auto note = [&](const auto& marks) {
    for (const Mark& mark : marks) {
      if (mark.letter == letter) ++survey.marks[mark.language];
    }
  };
  note(kCyrillicMarks);
  note(kArabicMarks);
}

Survey survey_of(std::string_view text) {
  Survey survey;
  std::string word;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char decoded = decode_utf8(text, at);
    at += decoded.bytes;
    const char32_t letter = lower(decoded.code_point);
    const Script script = script_of(letter);
    if (script != Script::latin) {
      take_word(survey, word);
      word.clear();
    } else {
      append_utf8(word, letter);
    }
    if (script == Script::cyrillic || script == Script::arabic) take_mark(survey, letter);
    if (script != Script::other) ++survey.letters[static_cast<size_t>(script)];
  }
  take_word(survey, word);
  return survey;
}

std::string latin_language(const Survey& survey) {
  const auto best = static_cast<size_t>(std::max_element(survey.scores.begin(), survey.scores.end()) -
                                        survey.scores.begin());
  double second = 0;
  for (size_t i = 0; i < survey.scores.size(); ++i) {
    if (i != best) second = std::max(second, survey.scores[i]);
  }
  const bool is_frequent = survey.hits[best] * 8 >= static_cast<int>(survey.words);
  const bool is_clear = survey.scores[best] >= 1.25 * second + 0.25;
  if (survey.hits[best] < kLeastHits || !is_frequent || !is_clear) return {};
  return std::string(kStopWords[best].language);
}

// The language with the most marks; `plain` where there are none, unless texts without a mark are rare in it.
std::string marked_language(const Survey& survey, std::string_view plain) {
  std::string_view best = plain;
  int most = 0;
  for (const auto& [language, count] : survey.marks) {
    const bool is_more = count > most || (count == most && language < best);
    if (is_more) {
      best = language;
      most = count;
    }
  }
  return std::string(best);
}

std::string language_of(Script script, const Survey& survey) {
  switch (script) {
    case Script::latin:
      return latin_language(survey);
    case Script::cyrillic:
      // Bulgarian has none of the marks, and Russian texts of this length have some.
      return marked_language(survey, survey.letters[static_cast<size_t>(script)] >= 60 ? "bg" : "");
    case Script::arabic:
      return marked_language(survey, "ar");
    case Script::greek:
      return "el";
    case Script::hebrew:
      return "he";
    case Script::devanagari:
      return "hi";
    case Script::bengali:
      return "bn";
    case Script::tamil:
      return "ta";
    case Script::thai:
      return "th";
    case Script::hangul:
      return "ko";
    case Script::kana:
      return "ja";
    case Script::han:
      return "zh";
    case Script::other:
      return {};
  }
  return {};
}

}  // namespace

std::string detect_language(std::string_view text) {
  Survey survey = survey_of(text.substr(0, kLooked));
  auto& letters = survey.letters;
  const size_t kana = letters[static_cast<size_t>(Script::kana)];
  size_t& han = letters[static_cast<size_t>(Script::han)];
  // Japanese is written in both.
  if (kana * 10 >= han && kana > 0) {
    letters[static_cast<size_t>(Script::kana)] += han;
    han = 0;
  }
  size_t all = 0;
  for (const size_t count : letters) all += count;
  const auto most = static_cast<size_t>(std::max_element(letters.begin(), letters.end()) - letters.begin());
  const bool is_dense =
      most >= static_cast<size_t>(Script::hangul);  // a letter says more than one of an alphabet
  if (all < (is_dense ? kLeastLetters / 4 : kLeastLetters)) return {};
  // Latin words within another script are names and terms; the other way round too.
  if (letters[most] * (is_dense ? 3 : 2) <= all) return {};
  return language_of(static_cast<Script>(most), survey);
}

std::vector<std::string> known_languages() {
  std::vector<std::string> codes{"ar", "bg", "bn", "el", "fa", "he",      "hi", "ja", "ko",
                                 "ru", "sr", "ta", "th", "uk", "unknown", "ur", "zh"};
  for (const StopWords& words : kStopWords) codes.emplace_back(words.language);
  std::sort(codes.begin(), codes.end());
  return codes;
}

}  // namespace ferry
