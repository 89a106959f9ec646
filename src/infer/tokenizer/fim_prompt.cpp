#include "infer/tokenizer/fim_prompt.h"

#include <algorithm>

#include <fmt/format.h>

namespace ferry {
namespace {

using Tokens = std::vector<TokenId>;

// What llama.cpp's server calls the repository and the file with the gap: its requests do not say.
constexpr std::string_view kRepositoryName = "myproject";
constexpr std::string_view kFileName = "filename";

void append(Tokens& to, std::span<const TokenId> tokens) {
  to.insert(to.end(), tokens.begin(), tokens.end());
}

class Assembly {
 public:
  Assembly(const Tokenizer& tokenizer, const FimText& text, const FimOptions& options)
      : tokenizer_(tokenizer), fim_(tokenizer.fim()) {
    if (options.add_special) append(leading_, tokenizer.leading_tokens());
    prefix_ = prefix_of(text);
    // A SentencePiece tokenizer puts a space before texts; the suffix goes on in the middle of a line.
    suffix_ =
        tokenizer.encode(text.suffix, {.add_special = false, .parse_special = false, .continues = true});
    fit(text.files, options.most_tokens);
  }

  FimPrompt run() const {
    FimPrompt prompt;
    append(prompt.tokens, leading_);
    append(prompt.tokens, context_);
    if (fim_.suffix_first) append_suffix(prompt);
    prompt.tokens.push_back(*fim_.prefix);
    prompt.prefix_begin = prompt.tokens.size();
    append(prompt.tokens, prefix_);
    prompt.prefix_end = prompt.tokens.size();
    if (!fim_.suffix_first) append_suffix(prompt);
    if (fim_.middle && fim_.needs_middle) prompt.tokens.push_back(*fim_.middle);
    return prompt;
  }

 private:
  Tokens encode(const std::string& text) const {
    return tokenizer_.encode(text, {.add_special = false, .parse_special = false});
  }

  Tokens prefix_of(const FimText& text) const {
    const auto* tokens = std::get_if<Tokens>(&text.prefix);
    return tokens != nullptr ? *tokens : encode(std::get<std::string>(text.prefix));
  }

  void append_suffix(FimPrompt& prompt) const {
    prompt.tokens.push_back(*fim_.suffix);
    append(prompt.tokens, suffix_);
  }

  void fit(const std::vector<FimFile>& files, size_t most) {
    const size_t marks = leading_.size() + (fim_.needs_middle ? 3 : 2);
    const size_t room = most - std::min(most, marks);
    if (prefix_.size() + suffix_.size() <= room) {
      add_files(files, room - prefix_.size() - suffix_.size());
      return;
    }
    const size_t suffix_share = std::max(room / 4, room - std::min(room, prefix_.size()));
    suffix_.resize(std::min(suffix_.size(), suffix_share));
    const size_t prefix_share = std::min(prefix_.size(), room - suffix_.size());
    prefix_.erase(prefix_.begin(), prefix_.end() - static_cast<std::ptrdiff_t>(prefix_share));
  }

  // The last files that fit, with what tells them apart.
  void add_files(const std::vector<FimFile>& files, size_t room) {
    if (files.empty()) return;
    const Tokens head = repository_head();
    const Tokens tail = last_file_head();
    if (head.size() + tail.size() > room) return;
    room -= head.size() + tail.size();
    std::vector<Tokens> kept;
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
      Tokens tokens = file_tokens(*file);
      if (tokens.size() > room) break;
      room -= tokens.size();
      kept.push_back(std::move(tokens));
    }
    if (kept.empty()) return;
    append(context_, head);
    for (auto file = kept.rbegin(); file != kept.rend(); ++file) append(context_, *file);
    append(context_, tail);
  }

  Tokens repository_head() const {
    Tokens tokens;
    if (fim_.files == FimTokens::Files::plain || !fim_.repository) return tokens;
    tokens.push_back(*fim_.repository);
    std::string name(kRepositoryName);
    if (fim_.files == FimTokens::Files::separated) name += '\n';
    append(tokens, encode(name));
    return tokens;
  }

  Tokens file_tokens(const FimFile& file) const {
    if (fim_.files == FimTokens::Files::plain) {
      return encode(fmt::format("\n\n--- {} ---\n\n{}", file.name, file.text));
    }
    Tokens tokens{*fim_.file};
    append(tokens, encode(fmt::format("{}\n{}", file.name, file.text)));
    return tokens;
  }

  Tokens last_file_head() const {
    Tokens tokens;
    if (fim_.files == FimTokens::Files::plain) return tokens;
    tokens.push_back(*fim_.file);
    if (fim_.files == FimTokens::Files::separated) append(tokens, encode(fmt::format("{}\n", kFileName)));
    return tokens;
  }

  const Tokenizer& tokenizer_;
  const FimTokens& fim_;
  Tokens leading_;
  Tokens context_;  // the other files
  Tokens prefix_;
  Tokens suffix_;
};

}  // namespace

FimPrompt fim_prompt(const Tokenizer& tokenizer, const FimText& text, const FimOptions& options) {
  FERRY_CHECK(tokenizer.fim().usable());
  return Assembly(tokenizer, text, options).run();
}

}  // namespace ferry
