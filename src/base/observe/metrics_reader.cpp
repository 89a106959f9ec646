#include "base/observe/metrics_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace ferry {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

// One line of the page, from left to right.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size())); }
  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Empty: there is none.
  std::string_view name() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_name);
    return cut(static_cast<size_t>(end - rest_.begin()));
  }
  std::string_view word() { return cut(std::min(rest_.find_first_of(" \t\r"), rest_.size())); }

  // What stands between quotes; the first is taken already.
  Result<std::string> quoted() {
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      text.push_back(c == '\\' ? escaped() : c);
    }
    return fail(ErrorCode::corrupt, "a label's value has no end");
  }

 private:
  std::string_view cut(size_t size) {
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  // After a backslash; what escapes nothing stands for itself.
  char escaped() {
    if (rest_.empty()) return '\\';
    const char c = rest_.front();
    if (c != 'n' && c != '"' && c != '\\') return '\\';
    rest_.remove_prefix(1);
    return c == 'n' ? '\n' : c;
  }

  std::string_view rest_;
};

Result<void> read_labels(LineReader& line, MetricSample& sample) {
  for (;;) {
    line.skip_blanks();
    if (line.take('}')) return {};
    const std::string_view name = line.name();
    line.skip_blanks();
    if (name.empty() || !line.take('=')) {
      return fail(ErrorCode::corrupt, "labels must read name=\"value\"");
    }
    line.skip_blanks();
    if (!line.take('"')) return fail(ErrorCode::corrupt, "the value of label {} must be quoted", name);
    FERRY_TRY(std::string value, line.quoted());
    sample.labels.emplace_back(name, std::move(value));
    line.skip_blanks();
    if (line.take(',')) continue;
    if (line.take('}')) return {};
    return fail(ErrorCode::corrupt, "after label {} there must be a comma or a brace", name);
  }
}

// As Go's ParseFloat, which Prometheus reads with: a sign, "Inf" and "NaN" in any case. What is too large or
// too small for a double is none.
Result<double> read_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool signed_twice = digits.size() < text.size() && digits.starts_with('-');
  if (error == std::errc() && end == digits.data() + digits.size() && !signed_twice) return value;
  return fail(ErrorCode::corrupt, "\"{}\" is no number", text.substr(0, 40));
}

Result<MetricSample> read_sample(LineReader line) {
  MetricSample sample;
  sample.name = line.name();
  if (sample.name.empty()) return fail(ErrorCode::corrupt, "there must be a metric's name");
  line.skip_blanks();
  if (line.take('{')) FERRY_TRY_VOID(read_labels(line, sample));
  line.skip_blanks();
  FERRY_TRY(sample.value, read_number(line.word()));
  line.skip_blanks();
  if (!line.at_end()) FERRY_TRY_VOID(read_number(line.word()));  // a timestamp
  line.skip_blanks();
  if (!line.at_end()) return fail(ErrorCode::corrupt, "something follows the sample");
  return sample;
}

}  // namespace

std::string_view MetricSample::label(std::string_view label_name) const {
  for (const auto& label : labels) {
    if (label.first == label_name) return label.second;
  }
  return {};
}

Result<std::vector<MetricSample>> parse_metrics(std::string_view page) {
  std::vector<MetricSample> samples;
  for (size_t number = 1; !page.empty(); ++number) {
    const std::string_view text = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(text.size() + 1, page.size()));
    LineReader line(text);
    line.skip_blanks();
    if (line.at_end() || line.take('#')) continue;
    auto sample = read_sample(line);
    if (!sample) return tl::unexpected(std::move(sample).error().within(fmt::format("line {}", number)));
    samples.push_back(*std::move(sample));
  }
  return samples;
}

}  // namespace ferry
