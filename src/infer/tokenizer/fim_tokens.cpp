#include "infer/tokenizer/fim_tokens.h"

#include <algorithm>
#include <array>
namespace ferry {
namespace {

struct Family {
  std::string_view prefix, suffix, middle;
  std::string_view repository = {}, file = {};
  FimTokens::Files files = FimTokens::Files::plain;
  bool suffix_first = false;
  bool needs_middle = true;
};

// A family is known by all its tokens being there; the first in this order is taken.
constexpr auto kFamilies = std::to_array<Family>({
    // Qwen2.5-Coder and later. https://arxiv.org/abs/2409.12186
    {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>",
     FimTokens::Files::separated},
    // CodeGemma, Granite 4. (No published form of CodeGemma's <|file_separator|> names the files.)
    {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},
    // StarCoder2. https://arxiv.org/abs/2402.19173
    {"<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<repo_name>", "<file_sep>",
     FimTokens::Files::bare_last},
    // StarCoder, Granite Code, StableCode.
    {"<fim_prefix>", "<fim_suffix>", "<fim_middle>"},
    // SantaCoder.
    {"<fim-prefix>", "<fim-suffix>", "<fim-middle>"},
    // DeepSeek-Coder, DeepSeek-V2 and V3.
    {"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"},
    // CodeLlama. https://arxiv.org/abs/2308.12950
    {"▁<PRE>", "▁<SUF>", "▁<MID>"},
    // GLM-4.5.
    {"<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"},
    // Falcon-H1-Tiny-Coder.
    {"<|prefix|>", "<|suffix|>", "<|middle|>"},
    // Seed-Coder.
    {.prefix = "<[fim-prefix]>",
     .suffix = "<[fim-suffix]>",
     .middle = "<[fim-middle]>",
     .suffix_first = true},
    // Codestral and its successors: as mistral-common encodes it.
    {.prefix = "[PREFIX]", .suffix = "[SUFFIX]", .middle = "", .suffix_first = true, .needs_middle = false},
});

// Beside the tokens of the families themselves.
constexpr auto kEnds = std::to_array<std::string_view>({
    "<|fim_pad|>",
    "<fim_pad>",
    "<fim-pad>",
    "<|file_separator|>",
    "<|filename|>",
    "<|reponame|>",
    "<filename>",
    "<reponame>",
    "▁<EOT>",
    "<|EOT|>",
    "<|endoftext|>",
    "[MIDDLE]",
    "<|file_sep|>",
    "<file_sep>",
    "<repo_name>",
    "<|repo_name|>",
});

using Find = FunctionRef<std::optional<TokenId>(std::string_view)>;

std::optional<TokenId> find_text(Find find, std::string_view text) {
  return text.empty() ? std::nullopt : find(text);
}

bool has_all(const Family& family, Find find) {
  for (const std::string_view text :
       {family.prefix, family.suffix, family.middle, family.repository, family.file}) {
    if (!text.empty() && !find(text)) return false;
  }
  return true;
}

FimTokens tokens_of(const Family& family, Find find) {
  FimTokens tokens;
  tokens.prefix = find_text(find, family.prefix);
  tokens.suffix = find_text(find, family.suffix);
  tokens.middle = find_text(find, family.middle);
  tokens.repository = find_text(find, family.repository);
  tokens.file = find_text(find, family.file);
  tokens.files = family.files;
  tokens.suffix_first = family.suffix_first;
  tokens.needs_middle = family.needs_middle;
  return tokens;
}

// Of a vocabulary that has no family as a whole: for what is missing.
FimTokens parts_found(Find find) {
  FimTokens tokens;
  for (const Family& family : kFamilies) {
    if (!family.needs_middle) continue;
    if (!tokens.prefix) tokens.prefix = find(family.prefix);
    if (!tokens.suffix) tokens.suffix = find(family.suffix);
    if (!tokens.middle) tokens.middle = find(family.middle);
  }
  return tokens;
}

void overrule(FimTokens& tokens, const FimKeys& keys) {
  if (keys.prefix) tokens.prefix = keys.prefix;
  if (keys.suffix) tokens.suffix = keys.suffix;
  if (keys.middle) tokens.middle = keys.middle;
  if (keys.repository) tokens.repository = keys.repository;
  if (keys.file) tokens.file = keys.file;
  if (tokens.file && tokens.files == FimTokens::Files::plain) tokens.files = FimTokens::Files::separated;
}

void add_end(FimTokens& tokens, std::optional<TokenId> id) {
  if (id && std::find(tokens.ends.begin(), tokens.ends.end(), *id) == tokens.ends.end())
    tokens.ends.push_back(*id);
}

}  // namespace

std::string FimTokens::missing() const {
  std::vector<std::string_view> roles;
  if (!prefix) roles.emplace_back("prefix");
  if (!suffix) roles.emplace_back("suffix");
  if (!middle && needs_middle) roles.emplace_back("middle");
  std::string text;
  for (size_t i = 0; i < roles.size(); ++i) {
    if (i > 0) text += i + 1 == roles.size() ? " and " : ", ";
    text += roles[i];
  }
  return text;
}

FimTokens find_fim_tokens(Find find, const FimKeys& keys) {
  const auto* family = std::find_if(kFamilies.begin(), kFamilies.end(),
                                    [&](const Family& candidate) { return has_all(candidate, find); });
  FimTokens tokens = family != kFamilies.end() ? tokens_of(*family, find) : parts_found(find);
  overrule(tokens, keys);
  if (!tokens.usable()) return tokens;
  for (const auto& id :
       {tokens.prefix, tokens.suffix, tokens.middle, tokens.repository, tokens.file, keys.pad}) {
    add_end(tokens, id);
  }
  for (const std::string_view text : kEnds) add_end(tokens, find(text));
  return tokens;
}

bool is_fim_text(std::string_view text) {
  if (!text.ends_with('>') && !text.ends_with(']')) return false;  // a quick answer for most
  return is_fim_marker(text) || std::find(kEnds.begin(), kEnds.end(), text) != kEnds.end();
}

bool is_fim_marker(std::string_view text) {
  if (!text.ends_with('>') && !text.ends_with(']')) return false;
  return std::any_of(kFamilies.begin(), kFamilies.end(), [&](const Family& family) {
    return text == family.prefix || text == family.suffix || text == family.middle;
  });
}

}  // namespace ferry
