#include <charconv>
#include <iterator>

#include "app/cli/verbs.h"
#include "base/core/json.h"
#include "infer/hub/hub.h"
#include "infer/tokenizer/tokenizer.h"

namespace ferry::cli {
namespace {

class TokenizeCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Reads text from standard input and prints its token IDs on one line, as the model's own "
            "tokenizer gives them. MODEL is a model's name or path; a tokenizer.json or a .gguf file "
            "with nothing but a vocabulary will do.",
        .examples =
            "echo -n 'Hello world' | ferry tokenize pilot\n"
            "echo -n 'Hello world' | ferry tokenize pilot --pieces\n"
            "echo -n 'Hello world' | ferry tokenize pilot | ferry tokenize pilot --decode",
        .options = {{"MODEL", &model_, "name or path", true},
                    {"--decode", &decode_, "read token IDs, print their text"},
                    {"--pieces", &pieces_, "print one token on each line: its ID and its text"},
                    {"--no-special", &no_special_,
                     "add no BOS or EOS, and read \"<|im_end|>\" and the like as plain text; with --decode, "
                     "leave special tokens out"}}};
  }

  Result<int> run(Console& console) override {
    if (decode_ && pieces_) {
      return fail(ErrorCode::invalid_argument, "--decode and --pieces exclude each other");
    }
    FERRY_TRY(const auto tokenizer, open());
    const std::string input(std::istreambuf_iterator<char>(console.in), {});
    if (decode_) {
      FERRY_TRY(const std::vector<TokenId> ids, parse_ids(input));
      console.out << tokenizer->decode(ids, no_special_);
      return 0;
    }
    const std::vector<TokenId> ids =
        tokenizer->encode(input, {.add_special = !no_special_, .parse_special = !no_special_});
    if (pieces_) {
      for (const TokenId id : ids) console.out << id << '\t' << quoted(tokenizer->token_bytes(id)) << '\n';
    } else {
      console.out << fmt::format("{}\n", fmt::join(ids, " "));
    }
    return 0;
  }

 private:
  Result<std::shared_ptr<const Tokenizer>> open() const {
    const std::filesystem::path path(model_);
    if (path.extension() == ".json") return Tokenizer::open(path);
    FERRY_TRY(const LocalModel model, resolve_model(model_, HubFolders::from_environment()));
    return Tokenizer::open(model.path);
  }

  static Result<std::vector<TokenId>> parse_ids(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n,";
    std::vector<TokenId> ids;
    for (size_t begin = text.find_first_not_of(kSpace); begin != std::string_view::npos;) {
      const std::string_view word = text.substr(begin, text.find_first_of(kSpace, begin) - begin);
      TokenId id = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
      if (error != std::errc() || end != word.data() + word.size()) {
        return fail(ErrorCode::invalid_argument, "\"{}\" is not a token ID", word.substr(0, 40));
      }
      ids.push_back(id);
      begin = text.find_first_not_of(kSpace, begin + word.size());
    }
    return ids;
  }

  // As a JSON string: invisible characters show, and parts of a character become U+FFFD.
  static std::string quoted(std::string_view bytes) {
    std::string text;
    JsonWriter(text).value(bytes);
    return text;
  }

  std::string model_;
  bool decode_ = false;
  bool pieces_ = false;
  bool no_special_ = false;
};

}  // namespace

std::unique_ptr<Command> make_tokenize_command() {
  return std::make_unique<TokenizeCommand>();
}

}  // namespace ferry::cli
