#include "infer/grammar/string_formats.h"

#include <algorithm>
#include <array>
#include <string>

namespace ferry {
namespace {

struct Format {
  std::string_view name;
  std::string pattern;
};

// RFC 3339. Days exist in their month, the 29th of February in leap years.
const std::string kDate =
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
const std::string kTime =
    "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";

// RFC 3339, appendix A; one unit at least, in their order.
const std::string kTimes =
    "(?:[0-9]{1,9}H(?:[0-9]{1,9}M(?:[0-9]{1,9}S)?)?|[0-9]{1,9}M(?:[0-9]{1,9}S)?|[0-9]{1,9}S)";
const std::string kDays =
    "(?:[0-9]{1,9}Y(?:[0-9]{1,9}M(?:[0-9]{1,9}D)?)?|[0-9]{1,9}M(?:[0-9]{1,9}D)?|[0-9]{1,9}D)";
const std::string kDuration = "P(?:" + kDays + "(?:T" + kTimes + ")?|T" + kTimes + "|[0-9]{1,9}W)";

const std::string kByte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const std::string kIpv4 = kByte + "(?:\\." + kByte + "){3}";

// RFC 4291: eight groups, or fewer around one "::"; the last two may be an IPv4 address.
std::string ipv6() {
  const std::string h = "[0-9a-fA-F]{1,4}";
  const std::string last = "(?:" + h + ":" + h + "|" + kIpv4 + ")";
  std::string all = "(?:(?:" + h + ":){6}" + last;
  for (int before = 0; before <= 6; ++before) {
    const std::string head = before == 0   ? ""
                             : before == 1 ? h
                                           : "(?:" + h + ":){0," + std::to_string(before - 1) + "}" + h;
    const int after = 5 - before;  // full groups after the gap, then `last`
    const std::string opened = "(?:" + head + ")?::";
    if (after >= 0) {
      all += "|" + opened + (after == 0 ? "" : "(?:" + h + ":){" + std::to_string(after) + "}") + last;
    } else {
      all += "|" + opened + h;
    }
  }
  return all + "|(?:(?:" + h + ":){0,6}" + h + ")?::)";
}

// RFC 1123: labels of letters, digits and single inner hyphens, at most 63 characters, 253 in all.
// Repetitions of single characters are quick to follow, so there are at most two hyphens in a label.
std::string label(int first, int others) {
  const std::string chars = "[a-zA-Z0-9]";
  return chars + "{1," + std::to_string(first) + "}(?:-" + chars + "{1," + std::to_string(others) + "}){0,2}";
}
const std::string kHostname = label(30, 15) + "(?:\\." + label(30, 15) + "){0,3}";

// RFC 5321 without quoted local parts and address literals: 64 characters before the @, 254 in all.
const std::string kAtomChar = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]";
const std::string kEmail = kAtomChar + "{1,30}(?:\\." + kAtomChar + "{1,15}){0,2}@" + label(20, 10) +
                           "(?:\\." + label(20, 10) + "){0,3}";

// RFC 3986 without IP literals.
const std::string kEscape = "%[0-9a-fA-F]{2}";
const std::string kPathChar = "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|" + kEscape + ")";
const std::string kQuery = "(?:\\?(?:" + kPathChar + "|[/?])*)?(?:#(?:" + kPathChar + "|[/?])*)?";
const std::string kAuthority = "//(?:(?:[a-zA-Z0-9._~!$&'()*+,;=:-]|" + kEscape + ")*@)?" +
                               "(?:[a-zA-Z0-9._~!$&'()*+,;=-]|" + kEscape + ")*(?::[0-9]{0,5})?";
const std::string kPath = "(?:/" + kPathChar + "*)*";
const std::string kRooted = "/(?:" + kPathChar + "+(?:/" + kPathChar + "*)*)?";
const std::string kUri = "[a-zA-Z][a-zA-Z0-9+.-]*:(?:" + kAuthority + kPath + "|" + kRooted + "|" +
                         kPathChar + "+" + kPath + ")" + kQuery;
const std::string kSegmentNoColon = "(?:[a-zA-Z0-9._~!$&'()*+,;=@-]|" + kEscape + ")+";
const std::string kUriReference = "(?:" + kUri + "|(?:" + kAuthority + kPath + "|" + kRooted + "|" +
                                  kSegmentNoColon + kPath + ")?" + kQuery + ")";

const std::string kPointer = "(?:/(?:[^~/]|~[01])*)*";

const std::vector<Format>& formats() {
  static const std::vector<Format> list{
      {"date", kDate},
      {"time", kTime},
      {"date-time", kDate + "T" + kTime},
      {"duration", kDuration},
      {"email", kEmail},
      {"idn-email", kEmail},
      {"hostname", kHostname},
      {"idn-hostname", kHostname},
      {"ipv4", kIpv4},
      {"ipv6", ipv6()},
      {"uuid", "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"},
      {"uri", kUri},
      {"iri", kUri},
      {"uri-reference", kUriReference},
      {"iri-reference", kUriReference},
      {"json-pointer", kPointer},
      {"base64", "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"},
      {"relative-json-pointer", "(?:0|[1-9][0-9]{0,9})(?:#|" + kPointer + ")"},
  };
  return list;
}

}  // namespace

std::optional<std::string_view> format_pattern(std::string_view name) {
  for (const Format& format : formats()) {
    if (format.name == name) return format.pattern;
  }
  return std::nullopt;
}

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const Format& format : formats()) {
    if (format.name != "base64") names.push_back(format.name);
  }
  return names;
}

bool is_defined_format(std::string_view name) {
  const auto letters = [](std::string_view text) {
    std::string kept;
    for (const char c : text) {
      if (c != '-' && c != '_') kept += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return kept;
  };
  std::vector<std::string_view> defined = format_names();
  defined.insert(defined.end(), {"regex", "uri-template"});
  return std::any_of(defined.begin(), defined.end(),
                     [&](std::string_view one) { return letters(one) == letters(name); });
}

}  // namespace ferry
