#include "base/schema/pattern.h"

#include <array>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace ferry {
namespace {

// As ECMA 262 has it where the two differ. Callouts before every item count the steps.
constexpr uint32_t kOptions = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF |
                              PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
constexpr uint32_t kHeapKib = 16 << 10;
constexpr size_t kBytesOfUnit = 64;

template <class T, void (*Release)(T*)>
struct Released {
  void operator()(T* one) const { Release(one); }
};
using CompileContext =
    std::unique_ptr<pcre2_compile_context, Released<pcre2_compile_context, pcre2_compile_context_free>>;
using MatchContext =
    std::unique_ptr<pcre2_match_context, Released<pcre2_match_context, pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Released<pcre2_match_data, pcre2_match_data_free>>;

std::string message_of(int error) {
  std::array<unsigned char, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

int count_step(pcre2_callout_block* block, void* work) {
  const size_t ahead = block->subject_length - block->current_position;
  const auto units = static_cast<int64_t>(1 + ahead / kBytesOfUnit);
  return static_cast<Work*>(work)->spend(units) ? 0 : PCRE2_ERROR_CALLOUT;
}

tl::unexpected<Error> too_much() {
  return fail(ErrorCode::resource_exhausted, "the expression takes too long to search for in this text");
}

}  // namespace

void Pattern::Free::operator()(void* code) const {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

Result<Pattern> Pattern::compile(std::string_view expression) {
  const CompileContext context(pcre2_compile_context_create(nullptr));
  if (!context) return fail(ErrorCode::resource_exhausted, "no memory for a regular expression");
  pcre2_set_max_pattern_length(context.get(), kMaxBytes);
  pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALT_BSUX);
  int error = 0;
  size_t at = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<const unsigned char*>(expression.data()),
                                   expression.size(), kOptions, &error, &at, context.get());
  if (code == nullptr)
    return fail(ErrorCode::invalid_argument, "the regular expression is wrong at byte {}: {}", at,
                message_of(error));
  return Pattern(code);
}

size_t Pattern::bytes() const {
  size_t bytes = 0;
  pcre2_pattern_info(static_cast<pcre2_code*>(code_.get()), PCRE2_INFO_SIZE, &bytes);
  return bytes;
}

Result<bool> Pattern::search(std::string_view text, Work& work) const {
  auto* code = static_cast<pcre2_code*>(code_.get());
  const MatchContext context(pcre2_match_context_create(nullptr));
  const MatchData data(pcre2_match_data_create(1, nullptr));
  if (!context || !data) return fail(ErrorCode::resource_exhausted, "no memory to search for an expression");
  pcre2_set_callout(context.get(), count_step, &work);
  pcre2_set_heap_limit(context.get(), kHeapKib);
  if (!work.spend(static_cast<int64_t>(1 + text.size() / kBytesOfUnit))) return too_much();
  const int result = pcre2_match(code, reinterpret_cast<const unsigned char*>(text.data()), text.size(), 0, 0,
                                 data.get(), context.get());
  if (result >= 0) return true;
  if (result == PCRE2_ERROR_NOMATCH) return false;
  if (result == PCRE2_ERROR_CALLOUT || result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_HEAPLIMIT ||
      result == PCRE2_ERROR_DEPTHLIMIT)
    return too_much();
  return fail(ErrorCode::invalid_argument, "the expression cannot be searched for in this text: {}",
              message_of(result));
}

Result<bool> Pattern::search(std::string_view text) const {
  Work work;
  return search(text, work);
}

}  // namespace ferry
