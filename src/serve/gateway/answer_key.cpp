#include <algorithm>
#include <array>
#include <cstring>

#include <boost/json/basic_parser_impl.hpp>

#include "serve/gateway/answer_cache.h"

namespace ferry {
namespace {

// Sorted.
constexpr auto kNoMatter = std::to_array<std::string_view>({
    "backend_sampling",
    "cache_prompt",
    "id_slot",
    "metadata",
    "n_cache_reuse",
    "priority",
    "prompt_cache_key",
    "prompt_cache_retention",
    "request_id",
    "safety_identifier",
    "service_tier",
    "session_id",
    "stream",
    "stream_interval",
    "stream_options",
    "user",
});
static_assert(std::is_sorted(kNoMatter.begin(), kNoMatter.end()));

constexpr size_t kMaxDepth = 64;
constexpr size_t kCountBytes = sizeof(uint64_t);

// A text after its length: no two lists of texts give the same bytes.
void append_counted(std::string& out, std::string_view text) {
  std::array<char, kCountBytes> count;
  const auto size = static_cast<uint64_t>(text.size());
  std::memcpy(count.data(), &size, kCountBytes);
  out.append(count.data(), kCountBytes);
  out.append(text);
}

// Told by the parser what it reads; writes the canonical form, in which every value says where it ends:
//   n t f   "<counted text>   #<counted number as it was spelt>   [<values>]   {<counted name><value>...}
class Canonical {
 public:
  // The parser's own limits; the body is in memory already.
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  using Code = boost::system::error_code;

  std::string take() { return std::move(out_); }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }

  bool on_object_begin(Code&) {
    out_ += '{';
    frames_.push_back({.begin = out_.size(), .is_object = true});
    return true;
  }
  bool on_object_end(size_t, Code& error) {
    if (!sort_members(frames_.back())) return refuse(error);
    frames_.pop_back();
    out_ += '}';
    return end_value();
  }
  // Only an object is a request.
  bool on_array_begin(Code& error) {
    if (frames_.empty()) return refuse(error);
    out_ += '[';
    frames_.push_back({.begin = out_.size()});
    return true;
  }
  bool on_array_end(size_t, Code&) {
    frames_.pop_back();
    out_ += ']';
    return end_value();
  }

  bool on_key_part(json::string_view text, size_t, Code&) { return add(text); }
  bool on_key(json::string_view text, size_t, Code&) {
    add(text);
    Member member{.begin = out_.size()};
    append_counted(out_, part_);
    member.value = out_.size();
    frames_.back().members.push_back(member);
    part_.clear();
    return true;
  }
  bool on_string_part(json::string_view text, size_t, Code&) { return add(text); }
  bool on_string(json::string_view text, size_t, Code& error) { return scalar('"', text, error); }
  bool on_number_part(json::string_view text, Code&) { return add(text); }
  bool on_int64(int64_t, json::string_view text, Code& error) { return scalar('#', text, error); }
  bool on_uint64(uint64_t, json::string_view text, Code& error) { return scalar('#', text, error); }
  bool on_double(double, json::string_view text, Code& error) { return scalar('#', text, error); }
  bool on_bool(bool value, Code& error) { return word(value ? 't' : 'f', error); }
  bool on_null(Code& error) { return word('n', error); }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }

 private:
  // Places in out_.
  struct Member {
    size_t begin = 0;
    size_t value = 0;
    size_t end = 0;
  };
  struct Frame {
    size_t begin = 0;  // behind its bracket
    bool is_object = false;
    std::vector<Member> members = {};
  };

  static bool refuse(Code& error) {
    error = json::error::syntax;
    return false;
  }

  bool add(json::string_view text) {
    part_.append(text.data(), text.size());
    return true;
  }
  bool scalar(char kind, json::string_view text, Code& error) {
    if (frames_.empty()) return refuse(error);
    add(text);
    out_ += kind;
    append_counted(out_, part_);
    part_.clear();
    return end_value();
  }
  bool word(char kind, Code& error) {
    if (frames_.empty()) return refuse(error);
    out_ += kind;
    return end_value();
  }

  std::string_view name(const Member& member) const {
    return std::string_view(out_).substr(member.begin + kCountBytes,
                                         member.value - member.begin - kCountBytes);
  }

  bool end_value() {
    if (frames_.empty() || !frames_.back().is_object) return true;
    frames_.back().members.back().end = out_.size();
    return true;
  }

  // Whether each name is there once. Of the outermost object, what does not matter goes.
  bool sort_members(Frame& frame) {
    std::vector<Member>& members = frame.members;
    const auto by_name = [&](const Member& a, const Member& b) { return name(a) < name(b); };
    const auto same = [&](const Member& a, const Member& b) { return name(a) == name(b); };
    const bool sorted = std::is_sorted(members.begin(), members.end(), by_name);
    if (!sorted) std::sort(members.begin(), members.end(), by_name);
    if (std::adjacent_find(members.begin(), members.end(), same) != members.end()) return false;
    const size_t all = members.size();
    if (frames_.size() == 1) {
      std::erase_if(members, [&](const Member& one) {
        return std::binary_search(kNoMatter.begin(), kNoMatter.end(), name(one));
      });
    }
    if (sorted && members.size() == all) return true;
    std::string content;
    content.reserve(out_.size() - frame.begin);
    for (const Member& one : members) content.append(out_, one.begin, one.end - one.begin);
    out_.replace(frame.begin, std::string::npos, content);
    return true;
  }

  std::string out_;
  std::string part_;  // of a text that comes in pieces
  std::vector<Frame> frames_;
};

// Nothing: see answer_key().
std::optional<std::string> canonical(std::string_view body) {
  struct Parser : json::basic_parser<Canonical> {
    using basic_parser::basic_parser;
    Canonical& canonical() { return handler(); }
  };
  json::parse_options options;
  options.max_depth = kMaxDepth;
  Parser parser(options);
  Canonical::Code error;
  const size_t consumed = parser.write_some(false, body.data(), body.size(), error);
  if (error || !parser.done() || consumed != body.size()) return std::nullopt;
  return parser.canonical().take();
}

}  // namespace

std::optional<AnswerKey> answer_key(const AnswerScope& scope, std::string_view body) {
  const std::optional<std::string> question = canonical(body);
  if (!question) return std::nullopt;
  std::vector<std::string> labels(scope.labels.begin(), scope.labels.end());
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  std::vector<std::pair<std::string, std::string>> headers(scope.headers.begin(), scope.headers.end());
  std::sort(headers.begin(), headers.end());
  std::string conditions;
  for (const std::string_view one : {scope.route, scope.tenant, scope.dialect})
    append_counted(conditions, one);
  std::string list;
  for (const std::string& label : labels) append_counted(list, label);
  append_counted(conditions, list);
  list.clear();
  for (const auto& [name, value] : headers) {
    append_counted(list, name);
    append_counted(list, value);
  }
  append_counted(conditions, list);
  return sha256({conditions, *question});
}

}  // namespace ferry
