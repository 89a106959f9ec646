#include "infer/tokenizer/char_class.h"
#include "infer/tokenizer/json_access.h"
#include "infer/tokenizer/load.h"

namespace ferry {

Result<std::unique_ptr<Matcher>> matcher_from_json(const json::object& step, std::string_view where) {
  FERRY_TRY(const json::object* pattern, json_require<const json::object*>(step, "pattern", where));
  FERRY_TRY(const auto literal, json_optional<std::string>(*pattern, "String", where));
  if (literal) return literal_matcher(*literal);
  FERRY_TRY(const std::string_view regex, json_require<std::string_view>(*pattern, "Regex", where));
  auto matcher = regex_matcher(regex);
  if (!matcher) return tl::unexpected(std::move(matcher).error().within(where));
  return matcher;
}

Result<MetaspaceFields> metaspace_from_json(const json::object& step, std::string_view where) {
  MetaspaceFields fields;
  FERRY_TRY(fields.replacement, json_require<std::string>(step, "replacement", where));
  if (fields.replacement.empty())
    return fail(ErrorCode::invalid_argument, "{}: \"replacement\" is empty", where);
  FERRY_TRY(fields.split, json_or(step, "split", true, where));
  FERRY_TRY(const auto add_prefix_space, json_optional<bool>(step, "add_prefix_space", where));
  FERRY_TRY(const auto scheme, json_optional<std::string_view>(step, "prepend_scheme", where));
  if (add_prefix_space == false) fields.prepend = PrependScheme::never;
  if (!scheme) return fields;
  if (*scheme == "first") {
    fields.prepend = PrependScheme::first;
  } else if (*scheme == "never") {
    fields.prepend = PrependScheme::never;
  } else if (*scheme != "always") {
    return fail(ErrorCode::unsupported, "{}: prepend_scheme \"{}\" is not first, always or never", where,
                *scheme);
  }
  return fields;
}

namespace {

Result<std::string_view> type_of(const json::object& step, std::string_view where) {
  return json_require<std::string_view>(step, "type", where);
}

tl::unexpected<Error> unsupported(std::string_view what, std::string_view type, std::string_view where) {
  return fail(ErrorCode::unsupported, "{}: {} \"{}\" is not supported", where, what, type);
}

// Calls `read` for each element of the list `key` of a Sequence.
Result<void> each_of(const json::object& step, std::string_view key, std::string_view where,
                     FunctionRef<Result<void>(const json::value&)> read) {
  FERRY_TRY(const json::array* parts, json_require<const json::array*>(step, key, where));
  for (const json::value& part : *parts) FERRY_TRY_VOID(read(part));
  return {};
}

Result<void> read_bert_normalizer(const json::object& step, std::string_view where, Normalizer& out) {
  BertNormalizerOptions options;
  FERRY_TRY(options.clean_text, json_or(step, "clean_text", true, where));
  FERRY_TRY(options.handle_chinese_chars, json_or(step, "handle_chinese_chars", true, where));
  FERRY_TRY(options.lowercase, json_or(step, "lowercase", true, where));
  FERRY_TRY(options.strip_accents, json_or(step, "strip_accents", options.lowercase, where));
  append_bert_steps(out, options);
  return {};
}

Result<void> read_normalizer(const json::value& value, std::string_view where, Normalizer& out) {
  FERRY_TRY(const json::object* object, json_object_at(value, where));
  const json::object& step = *object;
  FERRY_TRY(const std::string_view type, type_of(step, where));
  if (type == "Sequence") {
    return each_of(step, "normalizers", where,
                   [&](const json::value& part) { return read_normalizer(part, where, out); });
  }
  if (type == "BertNormalizer") return read_bert_normalizer(step, where, out);
  if (type == "NFC") {
    out.push_back(unicode_step(UnicodeForm::nfc));
  } else if (type == "NFD") {
    out.push_back(unicode_step(UnicodeForm::nfd));
  } else if (type == "NFKC") {
    out.push_back(unicode_step(UnicodeForm::nfkc));
  } else if (type == "NFKD") {
    out.push_back(unicode_step(UnicodeForm::nfkd));
  } else if (type == "Lowercase") {
    out.push_back(lowercase_step());
  } else if (type == "StripAccents") {
    out.push_back(strip_accents_step());
  } else if (type == "Strip") {
    FERRY_TRY(const bool left, json_or(step, "strip_left", true, where));
    FERRY_TRY(const bool right, json_or(step, "strip_right", true, where));
    out.push_back(strip_step(left, right));
  } else if (type == "Prepend") {
    FERRY_TRY(std::string prefix, json_require<std::string>(step, "prepend", where));
    out.push_back(prepend_step(std::move(prefix)));
  } else if (type == "Replace") {
    FERRY_TRY(auto matcher, matcher_from_json(step, where));
    FERRY_TRY(std::string content, json_require<std::string>(step, "content", where));
    out.push_back(replace_step(std::move(matcher), std::move(content)));
  } else {
    return unsupported("normalizer", type, where);
  }
  return {};
}

Result<SplitBehavior> behavior_of(std::string_view name, std::string_view where) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  return fail(ErrorCode::unsupported, "{}: split behavior \"{}\" is not supported", where, name);
}

constexpr std::string_view kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class PreTokenizerReader {
 public:
  explicit PreTokenizerReader(std::string_view where) : where_(where) {}

  Result<void> read(const json::value& value) {
    FERRY_TRY(const json::object* step, json_object_at(value, where_));
    FERRY_TRY(const std::string_view type, type_of(*step, where_));
    if (type == "Sequence") {
      return each_of(*step, "pretokenizers", where_, [this](const json::value& part) { return read(part); });
    }
    if (type == "ByteLevel") return read_byte_level(*step);
    if (spec_.byte_level && !spelled_) {  // a step that sees the spelling of bytes, as Falcon's do
      spec_.steps.push_back(spell_bytes_step());
      spelled_ = true;
    }
    return read_step(*step, type);
  }

  PreTokenizerSpec take() {
    if (spelled_) spec_.steps.push_back(unspell_bytes_step());
    return std::move(spec_);
  }

 private:
  Result<void> read_byte_level(const json::object& step) {
    if (spec_.byte_level) return fail(ErrorCode::unsupported, "{}: ByteLevel twice is not supported", where_);
    FERRY_TRY(const bool prefix_space, json_or(step, "add_prefix_space", true, where_));
    FERRY_TRY(const bool use_regex, json_or(step, "use_regex", true, where_));
    if (prefix_space) spec_.steps.push_back(prefix_space_step());
    if (use_regex) {
      FERRY_TRY(auto matcher, regex_matcher(kByteLevelPattern));
      split(std::move(matcher), SplitBehavior::isolated);
    }
    spec_.byte_level = true;
    return {};
  }

  Result<void> read_step(const json::object& step, std::string_view type) {
    if (type == "Split") return read_split(step);
    if (type == "Metaspace") {
      if (spelled_)
        return fail(ErrorCode::unsupported, "{}: Metaspace after ByteLevel is not supported", where_);
      FERRY_TRY(MetaspaceFields fields, metaspace_from_json(step, where_));
      spec_.steps.push_back(metaspace_step(std::move(fields.replacement), fields.prepend, fields.split));
    } else if (type == "Digits") {
      FERRY_TRY(const bool individual, json_or(step, "individual_digits", false, where_));
      split(class_matcher(kNumber), individual ? SplitBehavior::isolated : SplitBehavior::contiguous);
    } else if (type == "Punctuation") {
      FERRY_TRY(const auto name, json_or<std::string_view>(step, "behavior", "Isolated", where_));
      FERRY_TRY(const SplitBehavior behavior, behavior_of(name, where_));
      split(class_matcher(kPunctuation), behavior);
    } else if (type == "WhitespaceSplit") {
      split(class_matcher(kSpace), SplitBehavior::removed);
    } else if (type == "BertPreTokenizer") {
      split(class_matcher(kSpace), SplitBehavior::removed);
      split(class_matcher(kPunctuation), SplitBehavior::isolated);
    } else if (type == "Whitespace") {
      // \w+|[^\w\s]+, where \w is not Oniguruma's.
      FERRY_TRY(auto matcher, regex_matcher(R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]+)"
                                            R"(|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}\s]+)"));
      split(std::move(matcher), SplitBehavior::removed, true);
    } else if (type == "CharDelimiterSplit") {
      FERRY_TRY(std::string delimiter, json_require<std::string>(step, "delimiter", where_));
      split(literal_matcher(std::move(delimiter)), SplitBehavior::removed);
    } else if (type == "FixedLength") {
      FERRY_TRY(const int64_t length, json_or<int64_t>(step, "length", 5, where_));
      if (length < 1) return fail(ErrorCode::invalid_argument, "{}: \"length\" must be at least 1", where_);
      spec_.steps.push_back(fixed_length_step(static_cast<size_t>(length)));
    } else {
      return unsupported("pre_tokenizer", type, where_);
    }
    return {};
  }

  Result<void> read_split(const json::object& step) {
    FERRY_TRY(auto matcher, matcher_from_json(step, where_));
    FERRY_TRY(const auto name, json_require<std::string_view>(step, "behavior", where_));
    FERRY_TRY(const SplitBehavior behavior, behavior_of(name, where_));
    FERRY_TRY(const bool invert, json_or(step, "invert", false, where_));
    split(std::move(matcher), behavior, invert);
    return {};
  }

  void split(std::unique_ptr<Matcher> matcher, SplitBehavior behavior, bool invert = false) {
    spec_.steps.push_back(split_step(std::move(matcher), behavior, invert));
  }

  std::string_view where_;
  PreTokenizerSpec spec_;
  bool spelled_ = false;
};

Result<DecoderStep> read_strip(const json::object& step, std::string_view where) {
  StripDecode strip;
  FERRY_TRY(strip.character, json_require<std::string>(step, "content", where));
  FERRY_TRY(const int64_t start, json_or<int64_t>(step, "start", 0, where));
  FERRY_TRY(const int64_t stop, json_or<int64_t>(step, "stop", 0, where));
  if (strip.character.empty() || start < 0 || stop < 0) {
    return fail(ErrorCode::invalid_argument, "{}: Strip needs a character and counts that are not negative",
                where);
  }
  strip.start = static_cast<size_t>(start);
  strip.stop = static_cast<size_t>(stop);
  return strip;
}

Result<DecoderStep> read_decoder_step(const json::object& step, std::string_view type,
                                      std::string_view where) {
  if (type == "ByteLevel") return ByteLevelDecode{};
  if (type == "ByteFallback") return ByteFallbackDecode{};
  if (type == "Fuse") return FuseDecode{};
  if (type == "Strip") return read_strip(step, where);
  if (type == "Metaspace") {
    FERRY_TRY(MetaspaceFields fields, metaspace_from_json(step, where));
    return MetaspaceDecode{std::move(fields.replacement), fields.prepend != PrependScheme::never};
  }
  if (type == "Replace") {
    FERRY_TRY(auto matcher, matcher_from_json(step, where));
    FERRY_TRY(std::string content, json_require<std::string>(step, "content", where));
    return ReplaceDecode{std::move(matcher), std::move(content)};
  }
  if (type == "WordPiece") {
    WordPieceDecode word_piece;
    FERRY_TRY(word_piece.prefix, json_or<std::string>(step, "prefix", "##", where));
    FERRY_TRY(word_piece.cleanup, json_or(step, "cleanup", true, where));
    return word_piece;
  }
  return unsupported("decoder", type, where);
}

Result<void> read_decoder(const json::value& value, std::string_view where, Decoder& out) {
  FERRY_TRY(const json::object* step, json_object_at(value, where));
  FERRY_TRY(const std::string_view type, type_of(*step, where));
  if (type == "Sequence") {
    return each_of(*step, "decoders", where,
                   [&](const json::value& part) { return read_decoder(part, where, out); });
  }
  FERRY_TRY(DecoderStep decoder_step, read_decoder_step(*step, type, where));
  out.steps.push_back(std::move(decoder_step));
  return {};
}

}  // namespace

Result<Normalizer> normalizer_from_json(const json::value& document, std::string_view where) {
  Normalizer steps;
  if (!document.is_null()) FERRY_TRY_VOID(read_normalizer(document, where, steps));
  return steps;
}

Result<PreTokenizerSpec> pre_tokenizer_from_json(const json::value& document, std::string_view where) {
  PreTokenizerReader reader(where);
  if (!document.is_null()) FERRY_TRY_VOID(reader.read(document));
  return reader.take();
}

Result<Decoder> decoder_from_json(const json::value& document, std::string_view where) {
  Decoder decoder;
  decoder.join_with_spaces = document.is_null();
  if (!document.is_null()) FERRY_TRY_VOID(read_decoder(document, where, decoder));
  return decoder;
}

}  // namespace ferry
