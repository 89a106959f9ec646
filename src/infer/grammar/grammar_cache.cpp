#include "infer/grammar/grammar_cache.h"

#include <utility>

#include <fmt/format.h>

namespace ferry {
namespace {

// Each part after its length, so that none can look like two.
void add_part(std::string& key, std::string_view part) {
  key += fmt::format("{}:", part.size());
  key += part;
}

struct KeyOf {
  std::string& key;

  void operator()(const JsonSchemaSource& source) const {
    key += fmt::format("schema {} {} {} ", source.closed_objects, source.in_order, source.compact);
    add_part(key, to_json(source.schema));
  }
  void operator()(const JsonObjectSource& source) const { key += fmt::format("object {}", source.compact); }
  void operator()(const RegexSource& source) const {
    key += "regex ";
    add_part(key, source.pattern);
  }
  void operator()(const ChoiceSource& source) const {
    key += "choice ";
    for (const std::string& choice : source.choices) add_part(key, choice);
  }
  void operator()(const GbnfSource& source) const {
    key += "gbnf ";
    add_part(key, source.text);
  }
  void operator()(const TreeSource& source) const {
    key += fmt::format("tree {} {} {} {} {} {} ", source.goes_on, source.closed_objects, source.in_order,
                       source.compact, source.triggers.size(), source.openings.size());
    for (const std::string& trigger : source.triggers) add_part(key, trigger);
    for (const std::string& text : source.openings) add_part(key, text);
    std::vector<const GrammarTree*> open{&source.opening, &source.tree};
    while (!open.empty()) {
      const GrammarTree& tree = *open.back();
      open.pop_back();
      key += fmt::format("{} {} ", static_cast<int>(tree.kind), tree.parts.size());
      add_part(key, tree.text);
      if (tree.kind == GrammarTree::Kind::schema) add_part(key, to_json(tree.schema));
      for (const GrammarTree& part : tree.parts) open.push_back(&part);
    }
  }
};

}  // namespace

std::string grammar_key(const GrammarSource& source) {
  std::string key;
  std::visit(KeyOf{key}, source);
  return key;
}

GrammarCache::GrammarCache(std::shared_ptr<const Tokenizer> tokenizer, std::span<const TokenId> end_tokens,
                           int32_t logits_size, GrammarLimits limits, size_t max_bytes)
    : tokenizer_(std::move(tokenizer)),
      end_tokens_(end_tokens.begin(), end_tokens.end()),
      logits_size_(logits_size),
      limits_(limits),
      max_bytes_(max_bytes) {}

Result<std::shared_ptr<const Grammar>> GrammarCache::get(const GrammarSource& source) {
  std::string key = grammar_key(source);
  if (auto known = find(key)) return known;
  // Outside the lock: two threads may compile the same, which costs time and nothing else.
  FERRY_TRY(auto grammar, compile_grammar(source, vocabulary(), limits_));
  keep(std::move(key), grammar);
  return grammar;
}

std::shared_ptr<const GrammarVocabulary> GrammarCache::vocabulary() {
  std::call_once(once_,
                 [this] { vocabulary_ = GrammarVocabulary::create(*tokenizer_, end_tokens_, logits_size_); });
  return vocabulary_;
}

std::shared_ptr<const Grammar> GrammarCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_source_.find(key);
  if (found == by_source_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().grammar;
}

void GrammarCache::keep(std::string key, std::shared_ptr<const Grammar> grammar) {
  const std::lock_guard lock(mutex_);
  if (by_source_.contains(key)) return;
  entries_.push_front({std::move(key), std::move(grammar)});
  by_source_.emplace(entries_.front().key, entries_.begin());
  size_t bytes = 0;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    bytes += entry->key.size() + entry->grammar->bytes();  // which grows while answers run
    if (bytes <= max_bytes_ || entry == entries_.begin()) continue;
    for (auto last = entry; last != entries_.end();) {
      by_source_.erase(last->key);
      last = entries_.erase(last);
    }
    return;
  }
}

}  // namespace ferry
