// Bytes per second on one core: ordinary English, and texts made to be slow.

#include <string>

#include <benchmark/benchmark.h>

#include "base/core/rng.h"
#include "serve/guard/finding_stream.h"

namespace ferry {
namespace {

// Words in the frequencies of English, with sentences, and now and then a number or an address.
std::string english(size_t bytes) {
  static const char* const kWords[] = {
      "the",      "of",        "and",      "to",      "in",     "a",      "is",     "that",      "for",
      "it",       "as",        "was",      "with",    "be",     "by",     "on",     "not",       "he",
      "his",      "but",       "at",       "are",     "this",   "have",   "from",   "which",     "one",
      "had",      "or",        "customer", "invoice", "please", "should", "ticket", "yesterday", "Berlin",
      "shipment", "President", "question", "answer",  "because"};
  Rng rng(5);
  std::string text;
  while (text.size() < bytes) {
    const uint64_t dice = rng.below(400);
    if (dice < 3)
      text += std::to_string(rng.below(2100));
    else if (dice == 3)
      text += "someone@example.com";
    else
      text += kWords[rng.below(std::size(kWords))];
    text += rng.below(12) == 0 ? ". " : rng.below(14) == 0 ? ", " : " ";
  }
  return text;
}

DetectorSettings with_lists() {
  DetectorSettings settings;
  Rng rng(6);
  NameList names{"people", {}};
  static const char* const kFirst[] = {"Anna",  "Bruno", "Carla", "David", "Elena",
                                       "Frank", "Greta", "Hugo",  "Ida",   "Jan"};
  static const char* const kLast[] = {"Schmidt", "Rossi",    "Dubois",  "Novak",    "Garcia",
                                      "Jensen",  "Kowalski", "Müller",  "Silva",    "Ivanov",
                                      "Popescu", "Nagy",     "Larsson", "Virtanen", "Okafor",
                                      "Tanaka",  "Haddad",   "Kim",     "Lopez",    "O'Brien"};
  for (const char* first : kFirst) {
    for (const char* last : kLast) names.names.push_back(std::string(first) + " " + last);
  }
  settings.lists.push_back(std::move(names));
  const char* const patterns[] = {"PRJ-[0-9]{4,6}",
                                  "[A-Z]{3}[0-9]{5}",
                                  "INV/[0-9]{4}/[0-9]+",
                                  "CASE [0-9]{6}",
                                  "(?i)patient id:? ?[0-9]{6,8}",
                                  "[0-9]{2}[A-Z]{2}[0-9]{6}",
                                  "EMP-[A-Z][0-9]{5}",
                                  "\\$[0-9]{6,}",
                                  "(?i)project (?:falcon|osprey)",
                                  "SN[0-9A-F]{8}"};
  for (const char* pattern : patterns) settings.regexes.push_back({pattern, pattern, true, 64});
  return settings;
}

void run(benchmark::State& state, const DetectorSettings& settings, const std::string& text) {
  const auto detectors = Detectors::compile(settings).value();
  for (auto _ : state) benchmark::DoNotOptimize(detectors->find(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}

void BM_English(benchmark::State& state) {
  run(state, {}, english(state.range(0)));
}
BENCHMARK(BM_English)->Arg(1 << 10)->Arg(100 << 10)->Arg(1 << 20);

void BM_EnglishWithNamesAndExpressions(benchmark::State& state) {
  run(state, with_lists(), english(state.range(0)));
}
BENCHMARK(BM_EnglishWithNamesAndExpressions)->Arg(1 << 10)->Arg(100 << 10)->Arg(1 << 20);

void BM_Repeated(benchmark::State& state, const char* unit) {
  std::string text;
  while (text.size() < static_cast<size_t>(state.range(0))) text += unit;
  run(state, with_lists(), text);
}
BENCHMARK_CAPTURE(BM_Repeated, Digits, "1")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, At, "@")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, NoSpaces, "abcdefgh")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, LocalParts, "a@")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, DigitGroups, "1 ")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, PhoneLike, "5551234 ")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, KeyPrefixes, "sk-")->Arg(1 << 18)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Repeated, OpenBlocks, "-----BEGIN PRIVATE KEY-----")->Arg(1 << 18)->Arg(1 << 20);

void BM_Stream(benchmark::State& state) {
  const auto detectors = Detectors::compile({}).value();
  const std::string text = english(100 << 10);
  for (auto _ : state) {
    FindingStream stream(detectors);
    for (size_t at = 0; at < text.size(); at += state.range(0))
      benchmark::DoNotOptimize(stream.push(std::string_view(text).substr(at, state.range(0))));
    benchmark::DoNotOptimize(stream.finish());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_Stream)->Arg(4)->Arg(64);

}  // namespace
}  // namespace ferry
