#include "base/schema/json_compare.h"

#include <algorithm>
#include <cmath>

namespace ferry {
namespace {

constexpr int kMaxDepth = 128;

// 64 bits of mantissa: holds all three kinds exactly.
static_assert(std::numeric_limits<long double>::digits >= 64);

long double wide(const json::value& number) {
  if (number.is_int64()) return static_cast<long double>(number.get_int64());
  if (number.is_uint64()) return static_cast<long double>(number.get_uint64());
  return number.get_double();
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// Numbers are one kind.
int rank(const json::value& value) {
  return value.is_number() ? static_cast<int>(json::kind::int64) : static_cast<int>(value.kind());
}

class Comparison {
 public:
  explicit Comparison(Work& work) : work_(work) {}

  int compare(const json::value& a, const json::value& b, int depth) {
    if (!work_.spend(1) || depth > kMaxDepth) return 0;
    if (const int kinds = order(rank(a), rank(b)); kinds != 0) return kinds;
    if (a.is_number()) return compare_numbers(a, b);
    if (a.is_string()) return texts(a.get_string(), b.get_string());
    if (a.is_bool()) return order(a.get_bool(), b.get_bool());
    if (a.is_array()) return arrays(a.get_array(), b.get_array(), depth);
    if (a.is_object()) return objects(a.get_object(), b.get_object(), depth);
    return 0;
  }

 private:
  int texts(std::string_view a, std::string_view b) {
    work_.spend(static_cast<int64_t>(std::min(a.size(), b.size()) / 64));
    return a.compare(b);
  }

  int arrays(const json::array& a, const json::array& b, int depth) {
    if (a.size() != b.size()) return order(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      if (const int found = compare(a[i], b[i], depth + 1); found != 0) return found;
    }
    return 0;
  }

  using Members = std::vector<const json::key_value_pair*>;

  Members by_name(const json::object& object) {
    Members members;
    if (!work_.spend(static_cast<int64_t>(object.size()))) return members;
    for (const auto& member : object) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* one, const auto* other) { return one->key() < other->key(); });
    return members;
  }

  int objects(const json::object& a, const json::object& b, int depth) {
    if (a.size() != b.size()) return order(a.size(), b.size());
    const Members first = by_name(a);
    const Members second = by_name(b);
    for (size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
      if (const int names = texts(first[i]->key(), second[i]->key()); names != 0) return names;
      if (const int values = compare(first[i]->value(), second[i]->value(), depth + 1); values != 0)
        return values;
    }
    return 0;
  }

  Work& work_;
};

bool is_whole(const json::value& value) {
  return value.is_int64() || value.is_uint64();
}

uint64_t magnitude(const json::value& whole) {
  if (whole.is_uint64()) return whole.get_uint64();
  const int64_t number = whole.get_int64();
  return number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
}

}  // namespace

int compare_json(const json::value& a, const json::value& b, Work& work) {
  return Comparison(work).compare(a, b, 0);
}

int compare_numbers(const json::value& a, const json::value& b) {
  return order(wide(a), wide(b));
}

bool is_integer(const json::value& value) {
  if (value.is_double())
    return std::isfinite(value.get_double()) && std::trunc(value.get_double()) == value.get_double();
  return is_whole(value);
}

bool is_multiple(const json::value& value, const json::value& factor) {
  if (is_whole(value) && is_whole(factor)) return magnitude(value) % magnitude(factor) == 0;
  constexpr long double kNear = 1e-9L;
  const auto is_near_whole = [](long double number) {
    return std::abs(number - std::round(number)) <= kNear * std::max(1.0L, std::abs(number) * 1e-6L);
  };
  // Beyond, the factor's last bit decides; but of 0.01 and the like every integer is a multiple.
  constexpr long double kMostTimes = 1e15L;
  const long double times = wide(value) / wide(factor);
  if (std::abs(times) < kMostTimes) return is_near_whole(times);
  const bool divides_one = wide(factor) <= 1 && is_near_whole(1 / wide(factor));
  return (is_integer(value) && divides_one) || std::fmod(wide(value), wide(factor)) == 0;
}

}  // namespace ferry
