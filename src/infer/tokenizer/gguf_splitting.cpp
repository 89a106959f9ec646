// How GGUF's tokenizer.ggml.pre names the splitting of byte-level BPE models. A name stands for the patterns
// of the model's own tokenizer.json, applied one after the other.

#include <string>

#include "infer/tokenizer/load.h"

namespace ferry {
namespace {

constexpr const char* kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
#define FERRY_CONTRACTIONS R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]))"
#define FERRY_SPACES R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define FERRY_TAIL R"(| ?[^\s\p{L}\p{N}]+[\r\n]*)" FERRY_SPACES
#define FERRY_CL100K(digits) FERRY_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?\p{L}+|)" digits FERRY_TAIL
#define FERRY_UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define FERRY_LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define FERRY_CASED(suffix)                                                                           \
  R"([^\r\n\p{L}\p{N}]?)" FERRY_UPPER "*" FERRY_LOWER "+" suffix R"(|[^\r\n\p{L}\p{N}]?)" FERRY_UPPER \
  "+" FERRY_LOWER "*" suffix

constexpr const char* kLlama3 = FERRY_CL100K(R"(\p{N}{1,3})");
constexpr const char* kQwen2 = FERRY_CL100K(R"(\p{N})");
constexpr const char* kTekken = FERRY_CASED("") R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" FERRY_SPACES;
constexpr const char* kGpt4o =
    FERRY_CASED(FERRY_CONTRACTIONS "?") R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" FERRY_SPACES;
constexpr const char* kDeepSeek3Words =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
    R"(| ?[\p{P}\p{S}]+[\r\n]*)" FERRY_SPACES;
constexpr const char* kIdeographs = R"([\x{4E00}-\x{9FA5}\x{0800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";
constexpr const char* kNotPunctuation =
    R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+)";

// Letters with case, as DeepSeek's first models list them.
constexpr const char* kCasedWords =
    R"(\s?[)"
    R"(\x{41}-\x{5A}\x{61}-\x{7A}\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF})"
    R"(\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386})"
    R"(\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F})"
    R"(\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA})"
    R"(\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15})"
    R"(\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D})"
    R"(\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4})"
    R"(\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4})"
    R"(\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126})"
    R"(\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E})"
    R"(\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3})"
    R"(\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E})"
    R"(\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A})"
    R"(\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2})"
    R"(\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943})"
    R"(]+)";

struct Splitting {
  std::vector<std::string_view> names;
  std::vector<const char*> patterns;
  bool ignore_merges = false;
  bool add_bos = false;
};

const std::vector<Splitting>& splittings() {
  static const std::vector<Splitting> table = {
      {{"default"}, {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"}},
      {{"gpt-2", "phi-2", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code",
        "mpt", "olmo", "roberta-bpe", "gigachat", "a.x-4.0", "mellum", "modern-bert"},
       {kGpt2}},
      {{"llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral", "midm-2.0", "lfm2"}, {kLlama3}, true, true},
      {{"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"}, {kLlama3}},
      {{"qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez"}, {kQwen2}},
      {{"deepseek-llm"},
       {R"([\r\n])", kCasedWords,
        R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)", R"(\s+$)",
        kIdeographs, R"(\p{N}+)"}},
      {{"deepseek-coder"}, {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kIdeographs, R"(\p{N})"}},
      {{"deepseek-v3", "deepseek3-llm", "hunyuan-dense"},
       {R"(\p{N}{1,3})", R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)", kDeepSeek3Words}},
      {{"falcon"}, {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2, "[0-9][0-9][0-9]"}},
      {{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b"},
       {R"(\p{N})", kGpt2}},
      {{"tekken"}, {kTekken}, true, true},
      {{"gpt-4o", "llama4"}, {kGpt4o}},
      {{"poro-chat", "bloom", "gpt3-finnish"}, {kNotPunctuation}},
      {{"viking"}, {kNotPunctuation, R"(\p{N})"}},
  };
  return table;
}

std::string known_names() {
  std::string names;
  for (const Splitting& splitting : splittings()) {
    for (const std::string_view name : splitting.names) {
      if (!names.empty()) names += ", ";
      names += name;
    }
  }
  return names;
}

}  // namespace

Result<GgufSplitting> gguf_splitting(std::string_view name) {
  for (const Splitting& known : splittings()) {
    if (std::find(known.names.begin(), known.names.end(), name) == known.names.end()) continue;
    GgufSplitting splitting{{}, known.ignore_merges, known.add_bos};
    for (const char* pattern : known.patterns) {
      FERRY_TRY(auto matcher, regex_matcher(pattern));
      splitting.steps.push_back(split_step(std::move(matcher), SplitBehavior::isolated, false));
    }
    return splitting;
  }
  return fail(ErrorCode::unsupported, "tokenizer.ggml.pre \"{}\" is not known; known are {}", name,
              known_names());
}

}  // namespace ferry
