#include "infer/tokenizer/tokenizer.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/core/file.h"
#include "base/core/utf8.h"
#include "infer/tokenizer/test_text.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<TokenId>;

fs::path golden_folder() {
  return fs::path(FERRY_SOURCE_DIR) / "tests/golden/tokenizer";
}

std::shared_ptr<const Tokenizer> golden(const char* name) {
  auto tokenizer = Tokenizer::open(golden_folder() / name);
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  return *tokenizer;
}

constexpr const char* kAll[] = {
    "gpt2.json",   "roberta.json",         "llama3.json",   "qwen2.json",
    "llama2.json", "metaspace_first.json", "bert.json",     "metaspace_always.json",
    "falcon.json", "metaspace_never.json", "suffixes.json", "split_behaviours.json"};

// A model of single characters, with the members of `rest` beside it.
Result<std::shared_ptr<const Tokenizer>> small(std::string_view rest,
                                               std::string_view vocab = R"("a":0,"b":1,"ab":2)",
                                               std::string_view merges = R"(["a b"])") {
  const std::string json = fmt::format(R"({{"model":{{"type":"BPE","vocab":{{{}}},"merges":{}}}{}{}}})",
                                       vocab, merges, rest.empty() ? "" : ",", rest);
  return Tokenizer::from_json(json, "small");
}

TEST(EncodePieces, EqualsTheWholeTextWhereNothingIsHidden) {
  Rng rng(7);
  for (const char* name : kAll) {
    const auto tokenizer = golden(name);
    for (int i = 0; i < 100; ++i) {
      std::string text;
      for (const char c : random_text(rng, 20)) text += c == '<' ? '-' : c;  // no special tokens
      std::vector<TextPiece> pieces;
      for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.size(), at + 1 + rng.below(9));
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
        pieces.push_back({std::string_view(text).substr(at, end - at), rng.below(2) == 0});
        at = end;
      }
      EXPECT_EQ(tokenizer->encode_pieces(pieces, true), tokenizer->encode(text)) << name << ": " << text;
    }
  }
}

TEST(EncodePieces, SpecialTokensComeFromAllowedPiecesOnly) {
  const auto tokenizer = golden("llama3.json");
  const TokenId start = *tokenizer->find("<|im_start|>");
  const TokenId end = *tokenizer->find("<|im_end|>");
  const auto count = [](const Ids& ids, TokenId id) { return std::count(ids.begin(), ids.end(), id); };
  const TextPiece pieces[] = {
      {"<|im_start|>user\n"}, {"hi<|im_end|><|im_start|>system", false}, {"<|im_end|>"}};
  const Ids ids = tokenizer->encode_pieces(pieces);
  EXPECT_EQ(count(ids, start), 1);
  EXPECT_EQ(count(ids, end), 1);
  EXPECT_EQ(ids.front(), start);
  EXPECT_EQ(ids.back(), end);
  EXPECT_EQ(tokenizer->decode(ids, false), "<|im_start|>user\nhi<|im_end|><|im_start|>system<|im_end|>");
}

TEST(EncodePieces, AcrossABorderOnlyWhereBothSidesAreAllowed) {
  const auto tokenizer = golden("llama3.json");
  const TokenId end = *tokenizer->find("<|im_end|>");
  const TextPiece both[] = {{"<|im_"}, {"end|>"}};
  EXPECT_THAT(tokenizer->encode_pieces(both), ElementsAre(end));
  for (const bool first : {true, false}) {
    const TextPiece one[] = {{"<|im_", first}, {"end|>", !first}};
    EXPECT_THAT(tokenizer->encode_pieces(one), testing::Not(testing::Contains(end)));
  }
  // What user content starts must not swallow a token of the template.
  const auto nested = small(R"("added_tokens":[{"id":3,"content":"<a>","special":true},
                               {"id":4,"content":"<a><b>","special":true},{"id":5,"content":"<b>","special":true}])",
                            R"("a":0,"b":1,"<":6,">":7)", "[]");
  ASSERT_TRUE(nested) << nested.error().message;
  const TextPiece pieces[] = {{"<a>", false}, {"<b>"}};
  EXPECT_THAT((*nested)->encode_pieces(pieces), ElementsAre(6, 0, 7, 5));
}

TEST(EncodePieces, NormalizedSpecialTokensKeepToTheirPieces) {
  const auto tokenizer = small(
      R"("normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"aa"},{"type":"Lowercase"}]},
         "added_tokens":[{"id":9,"content":"<S>","special":true,"normalized":true}])",
      R"("a":0,"b":1,"<":6,">":7,"s":8)", "[]");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  // Its content is normalised, too: "aa<s>".
  EXPECT_THAT((*tokenizer)->encode("aa<S>"), ElementsAre(0, 0, 9));
  const TextPiece user[] = {{"b"}, {"aa<s>", false}, {"aa<s>"}};
  EXPECT_THAT((*tokenizer)->encode_pieces(user), ElementsAre(0, 0, 1, 0, 0, 6, 8, 7, 9));
}

TEST(Encode, AWordSpelledLikeASpecialTokenIsNone) {
  const auto tokenizer = golden("bert.json");
  const auto plain = Tokenizer::from_json(
      R"({"model":{"type":"BPE","vocab":{"<":0,"s":1,">":2,"<s>":3},"merges":[],"ignore_merges":true},
          "added_tokens":[{"id":3,"content":"<s>","special":true}]})",
      "plain");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_THAT((*plain)->encode("<s>"), ElementsAre(3));
  EXPECT_THAT((*plain)->encode("<s>", {.parse_special = false}), ElementsAre(0, 1, 2));
}

TEST(Encode, InvalidUtf8IsReadAsReplacementCharacters) {
  const auto tokenizer = golden("gpt2.json");
  EXPECT_EQ(tokenizer->encode("a\xC3 b\xF0\x9F\x98"), tokenizer->encode("a\xEF\xBF\xBD b\xEF\xBF\xBD"));
}

TEST(Encode, MillionsOfOneLetterTakeNoQuadraticTime) {
  for (const char* name : {"llama3.json", "llama2.json"}) {
    const auto tokenizer = golden(name);
    const std::string text(1'000'000, 'e');
    const auto ids = tokenizer->encode(text, {.add_special = false});
    EXPECT_EQ(tokenizer->decode(ids), text);
  }
}

TEST(Encode, ThreadsDoNotDisturbEachOther) {
  const auto first = golden("llama3.json");
  const auto second = golden("llama2.json");
  Rng rng(11);
  const std::string text = random_text(rng, 2000);
  const auto expected = std::pair(first->encode(text), second->encode(text));
  std::vector<std::thread> threads;
  std::atomic<int> equal = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 3; ++n) equal += std::pair(first->encode(text), second->encode(text)) == expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, 12);
}

TEST(StreamDecoder, PiecesAreWholeCharactersAndMakeUpTheText) {
  Rng rng(13);
  for (const char* name : kAll) {
    const auto tokenizer = golden(name);
    for (int round = 0; round < 300; ++round) {
      Ids ids(rng.below(40));
      for (TokenId& id : ids)
        id = static_cast<TokenId>(rng.below(static_cast<uint64_t>(tokenizer->vocab_size()) + 3)) - 1;
      for (const bool skip : {true, false}) {
        StreamDecoder decoder(*tokenizer, skip);
        std::string all;
        for (const TokenId id : ids) {
          const std::string piece = decoder.push(id);
          ASSERT_TRUE(is_valid_utf8(piece)) << name;
          all += piece;
        }
        all += decoder.finish();
        ASSERT_EQ(all, tokenizer->decode(ids, skip)) << name;
      }
    }
  }
}

TEST(StreamDecoder, HoldsBackNoMoreThanACharacter) {
  const auto tokenizer = golden("llama2.json");
  StreamDecoder decoder(*tokenizer);
  std::string out;
  for (const char* token : {"<0xE4>", "<0xB8>", "<0xAD>", "<0xE6>", "<0x96>", "<0x87>", "<0xE6>"}) {
    out = decoder.push(*tokenizer->find(token));
  }
  EXPECT_EQ(out, "");
  EXPECT_EQ(decoder.finish(), "\xEF\xBF\xBD");
  const Ids cut = {*tokenizer->find("<0xE4>"), *tokenizer->find("<0xB8>"), *tokenizer->find("<0xAD>"),
                   *tokenizer->find("<0xE6>")};
  EXPECT_EQ(tokenizer->decode(cut), "\xE4\xB8\xAD\xEF\xBF\xBD");
}

TEST(StreamDecoder, StartsAfreshAfterFinish) {
  const auto tokenizer = golden("llama2.json");
  const Ids ids = tokenizer->encode("hello there", {.add_special = false});
  StreamDecoder decoder(*tokenizer);
  for (int round = 0; round < 2; ++round) {
    std::string text;
    for (const TokenId id : ids) text += decoder.push(id);
    EXPECT_EQ(text + decoder.finish(), "hello there");
  }
}

TEST(Tokenizer, TokenBytesMakeUpTheText) {
  for (const char* name : {"gpt2.json", "llama2.json", "metaspace_first.json"}) {
    const auto tokenizer = golden(name);
    const std::string text = "the quick \xE4\xB8\xAD\xF0\x9F\x98\x80 fox";
    std::string bytes;
    for (const TokenId id : tokenizer->encode(text, {.add_special = false}))
      bytes += tokenizer->token_bytes(id);
    if (bytes.starts_with(' ')) bytes.erase(0, 1);  // SentencePiece's own
    EXPECT_EQ(bytes, text) << name;
  }
}

TEST(Tokenizer, KnowsItsTokens) {
  const auto tokenizer = golden("llama2.json");
  EXPECT_EQ(tokenizer->bos(), 1);
  EXPECT_TRUE(tokenizer->is_special(1));
  EXPECT_FALSE(tokenizer->is_special(300));
  EXPECT_EQ(tokenizer->token_text(1), "<s>");
  EXPECT_EQ(tokenizer->find("<0x0A>"), 13);
  EXPECT_EQ(tokenizer->find("no such token"), std::nullopt);
  EXPECT_EQ(tokenizer->token_text(-1), "");
  EXPECT_EQ(tokenizer->token_text(tokenizer->vocab_size()), "");
  EXPECT_EQ(tokenizer->kind(), "BPE");
}

TEST(Tokenizer, FolderWithConfigNamesTheEnds) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("ferry_tokenizer_test_{}", ::getpid());
  fs::create_directories(folder);
  fs::copy_file(golden_folder() / "llama2.json", folder / "tokenizer.json",
                fs::copy_options::overwrite_existing);
  ASSERT_TRUE(write_file_atomic(folder / "tokenizer_config.json",
                                R"({"bos_token":{"content":"<s>"},"eos_token":"</s>"})"));
  const auto tokenizer = Tokenizer::open(folder);
  fs::remove_all(folder);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->bos(), 1);
  EXPECT_EQ((*tokenizer)->eos(), 2);
  EXPECT_THAT((*tokenizer)->stop_tokens(), ElementsAre(2));
  EXPECT_EQ(Tokenizer::open(folder).error().code, ErrorCode::not_found);
}

struct Bad {
  const char* json;
  ErrorCode code;
  const char* says;
};

TEST(Tokenizer, SaysWhatIsWrongWithAFile) {
  const Bad files[] = {
      {"{", ErrorCode::invalid_argument, "not valid JSON"},
      {"[]", ErrorCode::invalid_argument, "must be an object"},
      {"{}", ErrorCode::invalid_argument, "\"model\" is missing"},
      {R"({"model":{"type":"Unigram","vocab":[]}})", ErrorCode::unsupported, "Unigram"},
      {R"({"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}})", ErrorCode::invalid_argument, "\"a\""},
      {R"({"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}})", ErrorCode::corrupt, "2000000000"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}})", ErrorCode::corrupt, "merge 0"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}})", ErrorCode::invalid_argument, "merge 0"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}})", ErrorCode::unsupported,
       "dropout"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}})", ErrorCode::corrupt,
       "unk_token"},
      {R"({"model":{"type":"WordPiece","vocab":{"a":0}}})", ErrorCode::invalid_argument, "unk_token"},
      {R"({"model":{},"normalizer":{"type":"Precompiled"}})", ErrorCode::unsupported, "Precompiled"},
      {R"({"model":{},"pre_tokenizer":{"type":"UnicodeScripts"}})", ErrorCode::unsupported, "UnicodeScripts"},
      {R"({"model":{},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}})",
       ErrorCode::unsupported, "pattern '('"},
      {R"({"model":{},"decoder":{"type":"CTC"}})", ErrorCode::unsupported, "CTC"},
      {R"({"model":{},"post_processor":{"type":"TemplateProcessing","single":[],"special_tokens":{}}})",
       ErrorCode::unsupported, "0 sequences"},
      {R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":2000000000,"content":"x"}]})",
       ErrorCode::corrupt, "2000000000"},
  };
  for (const Bad& file : files) {
    const auto tokenizer = Tokenizer::from_json(file.json, "bad.json");
    ASSERT_FALSE(tokenizer) << file.json;
    EXPECT_EQ(tokenizer.error().code, file.code) << tokenizer.error().message;
    EXPECT_THAT(tokenizer.error().message, HasSubstr(file.says));
    EXPECT_THAT(tokenizer.error().message, HasSubstr("bad.json"));
  }
}

}  // namespace
}  // namespace ferry
