#include "app/cli/top_text.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/core/utf8.h"

namespace ferry::cli {
namespace {

constexpr size_t kLeastName = 12;  // columns
constexpr size_t kMostKeys = 5;    // the others are those who spend little

struct Column {
  std::string_view title;
  size_t width;  // with the blank before it
  std::string (*text)(const TopRow& row);
};

// Four digits are enough to see a change: "0.25", "12.3", "12346".
std::string rate_text(double rate) {
  if (rate >= 1e6) return fmt::format("{:.1f}M", rate / 1e6);
  const int decimals = rate == 0 || rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}", rate, decimals);
}

std::string money_rate(double amount) {
  return amount > 0 && amount < 0.0995 ? fmt::format("{:.4f}", amount) : fmt::format("{:.2f}", amount);
}

std::string percentile(const std::optional<Percentiles>& percentiles, double Percentiles::*which) {
  return percentiles ? seconds_text((*percentiles).*which) : "-";
}

std::string breaker_text(double breaker) {
  return breaker >= 2 ? "OPEN" : breaker >= 1 ? "half" : "ok";
}

constexpr Column kRequests{"REQ/S", 7, [](const TopRow& r) { return rate_text(r.requests_per_s); }};
constexpr Column kErrors{"ERR/S", 7, [](const TopRow& r) { return rate_text(r.errors_per_s); }};
constexpr Column kTokens{"TOK/S", 7, [](const TopRow& r) { return rate_text(r.tokens_per_s); }};
constexpr Column kFirst50{"FIRST", 7,
                          [](const TopRow& r) { return percentile(r.first_token, &Percentiles::p50); }};
constexpr Column kFirst99{"p99", 7,
                          [](const TopRow& r) { return percentile(r.first_token, &Percentiles::p99); }};
constexpr Column kTotal50{"TOTAL", 7, [](const TopRow& r) { return percentile(r.total, &Percentiles::p50); }};
constexpr Column kTotal99{"p99", 7, [](const TopRow& r) { return percentile(r.total, &Percentiles::p99); }};
constexpr Column kMoney{"COST/H", 8, [](const TopRow& r) { return money_rate(r.cost_per_h); }};
constexpr Column kRunning{"RUN", 5, [](const TopRow& r) { return fmt::format("{:.0f}", r.in_flight); }};
constexpr Column kState{"STATE", 6, [](const TopRow& r) { return breaker_text(r.breaker); }};
constexpr Column kSpent{"SPENT", 10, [](const TopRow& r) { return money_rate(r.cost); }};

constexpr std::array kRouteColumns{kRunning, kRequests, kErrors,  kTokens, kFirst50,
                                   kFirst99, kTotal50,  kTotal99, kMoney};
constexpr std::array kTargetColumns{kState,   kRequests, kErrors,  kTokens, kFirst50,
                                    kFirst99, kTotal50,  kTotal99, kMoney};
constexpr std::array kKeyColumns{kRequests, kTokens, kMoney, kSpent};

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

// In a column of its own width; counts code points, as fmt would count columns.
std::string left(std::string_view text, size_t width) {
  std::string out = plain_text(text, width);
  size_t size = 0;
  for (size_t at = 0; at < out.size(); ++size) at += decode_utf8(out, at).bytes;
  return out.append(width - size, ' ');
}

struct Table {
  std::string_view title;
  std::span<const Column> columns;
  std::span<const TopRow> rows;
};

std::string line_of(const Table& table, const TopRow* row, size_t columns) {
  size_t numbers = 0;
  for (const Column& column : table.columns) numbers += column.width;
  const size_t name = columns > numbers + kLeastName ? columns - numbers : kLeastName;
  std::string line = left(row == nullptr ? table.title : row->name, name);
  for (const Column& column : table.columns) {
    line +=
        fmt::format("{:>{}}", row == nullptr ? std::string(column.title) : column.text(*row), column.width);
  }
  return plain_text(line, columns);
}

void add_table(std::vector<std::string>& lines, const Table& table, size_t columns, size_t most) {
  if (table.rows.empty()) return;
  lines.emplace_back();
  lines.push_back(line_of(table, nullptr, columns));
  const size_t count = std::min(most, table.rows.size());
  for (const TopRow& row : table.rows.first(count)) lines.push_back(line_of(table, &row, columns));
  if (count < table.rows.size()) {
    lines.push_back(plain_text(fmt::format("and {} more", table.rows.size() - count), columns));
  }
}

// Rows that each table may have, so that all of them fit.
size_t rows_that_fit(std::span<const Table> tables, int lines) {
  constexpr size_t kAround = 3;  // an empty line, the titles, "and 3 more"
  const auto needed = [&](size_t most) {
    size_t sum = 1;
    for (const Table& table : tables) {
      if (!table.rows.empty()) sum += kAround + std::min(most, table.rows.size());
    }
    return sum;
  };
  size_t most = 1;
  while (needed(most) < needed(most + 1) && needed(most + 1) <= static_cast<size_t>(lines)) ++most;
  return most;
}

std::string headline(const TopFrame& frame, std::string_view server) {
  double requests = 0;
  double running = 0;
  double cost = 0;
  for (const TopRow& row : frame.routes) {
    requests += row.requests_per_s;
    running += row.in_flight;
    cost += row.cost_per_h;
  }
  return fmt::format("ferry top  {} req/s  {:.0f} running  {}/h  over {:.0f} s  {}", rate_text(requests),
                     running, money_rate(cost), frame.seconds, server);
}

}  // namespace

std::string plain_text(std::string_view text, size_t columns) {
  std::vector<char32_t> characters;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = decode_utf8(text, at);
    characters.push_back(is_control(c.code_point) ? U'?' : c.code_point);
    at += c.bytes;
  }
  if (characters.size() > columns) {
    characters.resize(columns);
    if (columns > 0) characters.back() = U'…';
  }
  std::string out;
  for (const char32_t c : characters) append_utf8(out, c);
  return out;
}

std::string seconds_text(double seconds) {
  if (seconds < 0.00995) return fmt::format("{:.1f}ms", seconds * 1e3);
  if (seconds < 0.9995) return fmt::format("{:.0f}ms", seconds * 1e3);
  const int decimals = seconds < 9.995 ? 2 : seconds < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}s", seconds, decimals);
}

std::vector<std::string> top_lines(const TopFrame& frame, std::string_view server, TopSize size) {
  const auto columns = static_cast<size_t>(std::max(size.columns, 1));
  const std::span<const TopRow> keys(frame.keys);
  const Table tables[] = {{"ROUTE", kRouteColumns, frame.routes},
                          {"TARGET", kTargetColumns, frame.targets},
                          {"KEY", kKeyColumns, keys.first(std::min(keys.size(), kMostKeys))}};
  const size_t most = size.lines > 0 ? rows_that_fit(tables, size.lines) : SIZE_MAX;
  std::vector<std::string> lines{plain_text(headline(frame, server), columns)};
  for (const Table& table : tables) add_table(lines, table, columns, most);
  if (size.lines > 0 && lines.size() > static_cast<size_t>(size.lines)) {
    lines.resize(static_cast<size_t>(size.lines));
  }
  return lines;
}

}  // namespace ferry::cli
