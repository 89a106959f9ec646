#include "serve/guard/form_scanner.h"

#include <algorithm>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "serve/guard/characters.h"
#include "serve/guard/form_detectors.h"
#include "serve/guard/ids/national_id.h"
#include "serve/guard/placeholder.h"

namespace ferry {
namespace {

#ifdef __SSE2__
unsigned trigger_mask(const char* bytes) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  // Digits and ':' are 0x30 to 0x3A: what the subtraction leaves at 10 or below.
  const __m128i from_zero = _mm_sub_epi8(block, _mm_set1_epi8('0'));
  __m128i hit = _mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(10)), from_zero);
  for (const char sign : {'@', '-', 'J', '['})
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(block, _mm_set1_epi8(sign)));
  return static_cast<unsigned>(_mm_movemask_epi8(hit));
}
#endif

class Best {
 public:
  explicit Best(const FormChoice& choice) : choice_(choice) {}

  // The surest counts; of equals the first.
  void offer(const std::optional<Finding>& finding) {
    if (!finding || !choice_.takes(*finding)) return;
    if (!best_ || finding->confidence > best_->confidence) best_ = finding;
  }
  const std::optional<Finding>& get() const { return best_; }

 private:
  const FormChoice& choice_;
  std::optional<Finding> best_;
};

std::optional<Finding> find_number(const Window& window, size_t at, const FormChoice& choice) {
  const int before = window.at(static_cast<ptrdiff_t>(at) - 1);
  const int before_that = window.at(static_cast<ptrdiff_t>(at) - 2);
  Best best(choice);
  if (is(before, kLetter)) best.offer(find_iban(window, at));
  const NumberRun run = read_number_run(window, at);
  best.offer(find_letter_id(window, run));
  // Behind a letter, or a digit and a point, is the middle of something.
  if (is_alnum(before) || (before == '.' && is(before_that, kDigit))) return best.get();
  best.offer(find_card(window, run));
  if (before != '-' || !is(before_that, kDigit)) best.offer(find_digit_id(window, run));
  if (run.groups[0].separator == '.' && run.groups[0].digits <= 3) best.offer(find_ipv4(window, at));
  best.offer(find_phone(window, run));
  return best.get();
}

std::optional<Finding> find_at_colon(const Window& window, size_t at) {
  if (auto url = find_password_url(window, at)) return url;
  return find_ipv6(window, at);
}

std::optional<Finding> find_at(const Window& window, size_t at, const FormChoice& choice) {
  const int before = window.at(static_cast<ptrdiff_t>(at) - 1);
  switch (window.at(at)) {
    case '@':
      return find_email(window, at);
    case ':':
      return find_at_colon(window, at);
    case '-':
      return before == '-' ? std::nullopt : find_private_key(window, at);
    case 'J':
      return find_jwt(window, at);
    case '[':
      return find_literal(window, at);
    default:
      return is(before, kDigit) ? std::nullopt : find_number(window, at, choice);
  }
}

bool takes_digits(const Finding& finding) {
  return finding.kind != FindingKind::email && finding.rule != "url_password";
}

}  // namespace

size_t next_trigger(std::string_view text, size_t from) {
  size_t at = from;
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16) {
    const unsigned mask = trigger_mask(text.data() + at);
    if (mask != 0) return at + static_cast<size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && !is(static_cast<unsigned char>(text[at]), kTrigger)) ++at;
  return at;
}

void scan_forms(const Window& window, const FormChoice& choice, FormProgress& progress,
                std::vector<Finding>& out) {
  const size_t size = window.size();
  if (!window.whole() && size < progress.wait_for) return;
  while ((progress.next = next_trigger(window.text(), progress.next)) < size) {
    const size_t at = progress.next;
    if (at >= progress.digits) {
      window.ask_again();
      const std::optional<Finding> found = find_at(window, at, choice);
      if (window.fell_short()) {
        // What grows byte by byte is not read from its beginning each time.
        progress.wait_for = size + (size - at) / 8;
        return;
      }
      if (found && choice.takes(*found)) {
        out.push_back(*found);
        if (takes_digits(*found)) progress.digits = found->end;
      }
    }
    ++progress.next;
  }
}

size_t earliest_open(const Window& window, const FormProgress& progress) {
  constexpr size_t kMaxBack = 64;
  size_t open = progress.next;
  while (open > 0 && progress.next - open < kMaxBack &&
         (is(window.at(open - 1), kLocal) || window.at(open - 1) == '(')) {
    --open;
  }
  // The letters of a NINO may stand apart: "AB 12 34 56 C".
  const auto place = static_cast<ptrdiff_t>(open);
  const bool prefix =
      window.at(place - 1) == ' ' && is(window.at(place - 2), kLetter) && is(window.at(place - 3), kLetter);
  return prefix ? open - 3 : open;
}

}  // namespace ferry
