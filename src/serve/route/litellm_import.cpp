#include "serve/route/litellm_import.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/core/json.h"
#include "base/core/money.h"
#include "base/settings/setting_types.h"
#include "base/settings/yaml.h"
#include "serve/route/decimal_shift.h"
#include "serve/route/gateway_config.h"

namespace ferry {
namespace {

constexpr std::string_view kEnvironment = "os.environ/";

// What stands before the slash of LiteLLM's `model`, and where it leads.
struct KnownPrefix {
  std::string_view prefix;
  std::string_view dialect;
  std::string_view url;       // empty: api_base says it
  std::string_view variable;  // of the key, where the file names none; empty: it needs none
};

constexpr KnownPrefix kPrefixes[] = {
    {"openai", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY"},
    {"anthropic", "anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY"},
    {"groq", "openai", "https://api.groq.com/openai/v1", "GROQ_API_KEY"},
    {"together_ai", "openai", "https://api.together.xyz/v1", "TOGETHERAI_API_KEY"},
    {"fireworks_ai", "openai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_AI_API_KEY"},
    {"mistral", "openai", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"},
    {"deepseek", "openai", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"},
    {"openrouter", "openai", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"},
    {"xai", "openai", "https://api.x.ai/v1", "XAI_API_KEY"},
    {"hosted_vllm", "openai", "", ""},
    {"openai_like", "openai", "", ""},
    {"custom_openai", "openai", "", ""},
    {"lm_studio", "openai", "", ""},
};

// A provider as it will be written.
struct ImportedProvider {
  std::string name;
  std::string dialect;
  std::string url;
  std::string key;  // "env:NAME"; empty: none
  bool allow_private = false;

  bool is_same(const ImportedProvider& other) const {
    return dialect == other.dialect && url == other.url && key == other.key;
  }
};

struct ImportedTarget {
  std::string name;
  double weight = 1;
};

struct ImportedPrice {
  std::string input;
  std::string output;
};

std::string yaml_text(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/' || c == '-' || c == '.' ||
           (c >= '0' && c <= '9');
  });
  const bool begins_well =
      is_plain && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  const bool is_word = std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
    return word.size() == text.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == (b | 0x20); });
  });
  return begins_well && !is_word ? std::string(text) : to_json(json::value(text));
}

std::string scalar_of(const YamlNode& map, std::string_view key) {
  const YamlNode* value = map.find(key);
  return value != nullptr && value->is_scalar() ? value->text : "";
}

class Importer {
 public:
  Result<LiteLlmImport> run(const YamlNode& root) {
    const YamlNode* models = root.find("model_list");
    if (models == nullptr || !models->is_list())
      return fail(ErrorCode::invalid_argument, "has no model_list: it is no configuration of LiteLLM");
    for (const YamlMember& member : root.members) read_section(member);
    for (size_t i = 0; i < models->items.size(); ++i)
      read_model(models->items[i], fmt::format("model_list[{}]", i));
    add_aliases();
    return LiteLlmImport{written(), std::move(notes_)};
  }

 private:
  // One line: names come from the file.
  void note(std::string_view where, std::string_view what) {
    std::string line = fmt::format("{}: {}", where, what);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
    notes_.push_back(std::move(line));
  }

  void not_imported(std::string_view where) { note(where, "not imported"); }

  void read_section(const YamlMember& member) {
    if (member.key == "model_list") return;
    if (member.key == "router_settings" || member.key == "litellm_settings") {
      for (const YamlMember& setting : member.value.members)
        read_setting(setting, member.key + "." + setting.key);
    } else if (member.key == "general_settings") {
      for (const YamlMember& setting : member.value.members)
        read_general(setting, "general_settings." + setting.key);
    } else {
      not_imported(member.key);
    }
  }

  void read_general(const YamlMember& setting, const std::string& where) {
    if (setting.key == "master_key") {
      note(where, "not copied: make keys with `ferry key create`, and give them to the applications");
    } else {
      not_imported(where);
    }
  }

  void read_setting(const YamlMember& setting, const std::string& where) {
    if (setting.key == "fallbacks") return read_fallbacks(setting.value, where);
    if (setting.key == "default_fallbacks") return read_names(setting.value, default_fallbacks_, where);
    if (setting.key == "model_group_alias") return read_aliases(setting.value, where);
    if (setting.key == "num_retries") return read_retries(setting.value, where);
    if (setting.key == "timeout" || setting.key == "request_timeout")
      return read_timeout(setting.value, where);
    if (setting.key == "drop_params") return read_drop(setting.value, where);
    if (setting.key == "routing_strategy") return read_strategy(setting.value, where);
    not_imported(where);
  }

  void read_names(const YamlNode& list, std::vector<std::string>& names, const std::string& where) {
    if (!list.is_list()) return not_imported(where);
    for (const YamlNode& item : list.items) {
      if (item.is_scalar()) {
        names.push_back(item.text);
      } else {
        not_imported(where);
      }
    }
  }

  // [{"group": ["other", …]}, …]
  void read_fallbacks(const YamlNode& list, const std::string& where) {
    if (!list.is_list()) return not_imported(where);
    for (const YamlNode& item : list.items) {
      if (!item.is_map()) not_imported(where);
      for (const YamlMember& member : item.members) read_names(member.value, fallbacks_[member.key], where);
    }
  }

  void read_aliases(const YamlNode& map, const std::string& where) {
    if (!map.is_map()) return not_imported(where);
    for (const YamlMember& member : map.members) {
      const std::string target =
          member.value.is_scalar() ? member.value.text : scalar_of(member.value, "model");
      if (target.empty()) {
        not_imported(where + "." + member.key);
      } else {
        aliases_[member.key] = target;
      }
      if (member.value.find("hidden") != nullptr) not_imported(where + "." + member.key + ".hidden");
    }
  }

  void read_retries(const YamlNode& value, const std::string& where) {
    const auto retries = parse_integer(value.text);
    if (!retries || *retries < 0) return not_imported(where);
    if (*retries > 10) note(where, "more than 10 tries are not made; 10 is written");
    retries_ = std::min<int64_t>(*retries, 10);
  }

  void read_timeout(const YamlNode& value, const std::string& where) {
    const auto seconds = parse_duration(value.text);
    if (!seconds || seconds->count() == 0) return not_imported(where);
    timeout_ = std::min<Duration>(*seconds, std::chrono::hours(24));
  }

  void read_drop(const YamlNode& value, const std::string& where) {
    const std::string& text = value.text;
    if (text == "true" || text == "True") {
      drops_ = true;
    } else if (text != "false" && text != "False") {
      not_imported(where);
    }
  }

  void read_strategy(const YamlNode& value, const std::string& where) {
    if (value.text != "simple-shuffle")
      note(where, fmt::format("\"{}\" is not there: targets are drawn by weight", value.text.substr(0, 80)));
  }

  void read_model(const YamlNode& entry, const std::string& where) {
    const std::string group = scalar_of(entry, "model_name");
    const YamlNode* parameters = entry.find("litellm_params");
    if (group.empty() || parameters == nullptr || !parameters->is_map())
      return note(where, "not imported: it has no model_name or no litellm_params");
    if (group.find('*') != std::string::npos)
      return note(
          where, fmt::format("not imported: \"{}\" stands for any name; routes are named one by one", group));
    for (const YamlMember& member : entry.members) {
      const bool is_read =
          member.key == "model_name" || member.key == "litellm_params" || member.key == "model_info";
      if (!is_read) not_imported(where + "." + member.key);
    }
    read_parameters(group, *parameters, entry.find("model_info"), where);
  }

  void read_parameters(const std::string& group, const YamlNode& parameters, const YamlNode* info,
                       const std::string& where) {
    const std::string inside = where + ".litellm_params";
    std::string model = scalar_of(parameters, "model");
    const auto provider = provider_of(parameters, model, inside);
    if (!provider) return;
    if (model.empty()) return note(inside + ".model", "not imported: it names no model");
    const std::string target = provider->name + "/" + model;
    add_target(groups_[group], target, weight_of(parameters, inside), inside);
    read_price(parameters, info, target, where);
    note_rest(parameters, info, where);
  }

  // The provider that LiteLLM would ask; `model` loses its prefix.
  std::optional<ImportedProvider> provider_of(const YamlNode& parameters, std::string& model,
                                              const std::string& where) {
    const size_t slash = model.find('/');
    std::string prefix = slash == std::string::npos ? "" : model.substr(0, slash);
    const std::string base = scalar_of(parameters, "api_base");
    const std::string named = scalar_of(parameters, "custom_llm_provider");
    if (!named.empty()) {
      prefix = named;
      if (model.starts_with(named + "/")) model.erase(0, named.size() + 1);
    } else if (prefix.empty()) {
      prefix = model.starts_with("claude") ? "anthropic" : "openai";
      if (!model.starts_with("claude") && !model.starts_with("gpt-") && base.empty())
        note(where + ".model", fmt::format("\"{}\" has no prefix: taken for one of OpenAI's", model));
    } else {
      model.erase(0, slash + 1);
    }
    const auto* known = std::find_if(std::begin(kPrefixes), std::end(kPrefixes),
                                     [&](const KnownPrefix& one) { return one.prefix == prefix; });
    if (known == std::end(kPrefixes)) {
      note(where + ".model", fmt::format("not imported: Ferry does not speak the API of \"{}\"", prefix));
      return std::nullopt;
    }
    return add_provider(*known, base, parameters, where);
  }

  std::optional<ImportedProvider> add_provider(const KnownPrefix& known, const std::string& base,
                                               const YamlNode& parameters, const std::string& where) {
    ImportedProvider provider{.name = std::string(known.prefix),
                              .dialect = std::string(known.dialect),
                              .url = base.empty() ? std::string(known.url) : base,
                              .key = {}};
    const auto url = parse_upstream_url(provider.url);
    if (!url) {
      note(where + ".api_base",
           fmt::format("not imported: it {}; write the provider yourself", url.error().message));
      return std::nullopt;
    }
    provider.url = url->text();
    provider.allow_private = !url->tls || is_private_host(url->host);
    provider.key = key_of(known, base, parameters, where);
    const auto same = std::find_if(providers_.begin(), providers_.end(), [&](const ImportedProvider& other) {
      return other.is_same(provider) && other.name.starts_with(known.prefix);
    });
    if (same != providers_.end()) return *same;
    const auto named =
        std::count_if(providers_.begin(), providers_.end(), [&](const ImportedProvider& other) {
          return other.name == known.prefix || other.name.starts_with(std::string(known.prefix) + "-");
        });
    if (named > 0) provider.name += fmt::format("-{}", named + 1);
    if (provider.allow_private)
      note("providers." + provider.name,
           "has `allow_private: true`: its host is not public, or spoken to without TLS");
    providers_.push_back(provider);
    return provider;
  }

  std::string key_of(const KnownPrefix& known, const std::string& base, const YamlNode& parameters,
                     const std::string& where) {
    const std::string written = scalar_of(parameters, "api_key");
    if (written.starts_with(kEnvironment)) return "env:" + written.substr(kEnvironment.size());
    if (!written.empty()) {
      // The same key gets the same variable; the key itself goes nowhere.
      const auto [variable, is_new] =
          variables_.try_emplace(written, fmt::format("IMPORTED_KEY_{}", variables_.size() + 1));
      if (is_new)
        note(where + ".api_key",
             fmt::format("not copied: put the key into the variable {}", variable->second));
      return "env:" + variable->second;
    }
    return base.empty() && !known.variable.empty() ? "env:" + std::string(known.variable) : "";
  }

  double weight_of(const YamlNode& parameters, const std::string& where) {
    for (const std::string_view name : {"weight", "rpm", "tpm"}) {
      const std::string written = scalar_of(parameters, name);
      const auto weight = parse_number(written);
      if (written.empty()) continue;
      if (!weight || *weight < 0 || *weight > 1e6) {
        note(fmt::format("{}.{}", where, name), "not imported: it is no weight from 0 to 1000000");
        continue;
      }
      if (name != "weight")
        note(fmt::format("{}.{}", where, name),
             "is the weight; the limit itself is not kept: limits belong to keys");
      return *weight;
    }
    return 1;
  }

  void add_target(std::vector<ImportedTarget>& targets, const std::string& name, double weight,
                  const std::string& where) {
    const auto same = std::find_if(targets.begin(), targets.end(),
                                   [&](const ImportedTarget& target) { return target.name == name; });
    if (same == targets.end()) {
      targets.push_back({name, weight});
      return;
    }
    same->weight = std::min(same->weight + weight, 1e6);
    note(where, fmt::format("is the same target as one before it ({}): their weights are added", name));
  }

  void read_price(const YamlNode& parameters, const YamlNode* info, const std::string& target,
                  const std::string& where) {
    const auto cost = [&](std::string_view key) {
      const std::string written = scalar_of(parameters, key);
      return written.empty() && info != nullptr ? scalar_of(*info, key) : written;
    };
    const std::string input = cost("input_cost_per_token");
    const std::string output = cost("output_cost_per_token");
    if (input.empty() && output.empty()) return;
    const auto per_million = [](const std::string& text) { return shift_decimal(text, 6); };
    const auto input_price = per_million(input);
    const auto output_price = per_million(output);
    if (!input_price || !output_price || !parse_money(*input_price) || !parse_money(*output_price)) {
      note(where, "its price is not imported: both costs must be decimal numbers with up to 15 places");
      return;
    }
    prices_[target] = {*input_price, *output_price};
  }

  void note_rest(const YamlNode& parameters, const YamlNode* info, const std::string& where) {
    static const std::set<std::string_view> kRead{"model",
                                                  "api_base",
                                                  "api_key",
                                                  "custom_llm_provider",
                                                  "weight",
                                                  "rpm",
                                                  "tpm",
                                                  "input_cost_per_token",
                                                  "output_cost_per_token"};
    const bool has_weight = parameters.find("weight") != nullptr;
    for (const YamlMember& member : parameters.members) {
      const bool is_unused_limit = (member.key == "rpm" && has_weight) ||
                                   (member.key == "tpm" && (has_weight || parameters.find("rpm") != nullptr));
      if (!kRead.contains(member.key) || is_unused_limit)
        not_imported(where + ".litellm_params." + member.key);
    }
    if (info == nullptr) return;
    for (const YamlMember& member : info->members) {
      if (!kRead.contains(member.key)) not_imported(where + ".model_info." + member.key);
    }
  }

  void add_aliases() {
    for (const auto& [alias, group] : aliases_) {
      const auto found = groups_.find(group);
      if (found == groups_.end()) {
        note("model_group_alias." + alias, fmt::format("not imported: there is no \"{}\"", group));
      } else if (!groups_.contains(alias)) {
        const std::vector<ImportedTarget> targets = found->second;
        groups_[alias] = targets;
        alias_of_[alias] = group;
      }
    }
    for (const auto& [group, names] : fallbacks_) {
      if (!groups_.contains(group)) note("fallbacks." + group, "not imported: there is no such model");
    }
  }

  // The targets of other groups, in their order; LiteLLM does not follow fallbacks of fallbacks either.
  std::vector<std::string> fallback_targets(const std::string& group) {
    const auto alias = alias_of_.find(group);
    auto written = fallbacks_.find(group);
    if (written == fallbacks_.end() && alias != alias_of_.end()) written = fallbacks_.find(alias->second);
    std::set<std::string> seen;
    for (const ImportedTarget& target : groups_[group]) seen.insert(target.name);
    std::vector<std::string> out;
    for (const std::string& name : written == fallbacks_.end() ? default_fallbacks_ : written->second) {
      const auto other = groups_.find(name);
      if (other == groups_.end()) {
        note("fallbacks." + group, fmt::format("there is no \"{}\"", name));
        continue;
      }
      for (const ImportedTarget& target : other->second) {
        if (seen.insert(target.name).second) out.push_back(target.name);
      }
    }
    return out;
  }

  std::string written() {
    std::string body = providers_text() + prices_text() + routes_text();
    std::string head = "# Made by `ferry config import`.\n";
    for (const std::string& one : notes_) head += "# " + one + "\n";
    return head + body;
  }

  static std::string timeouts_text(Duration total) {
    const ProviderTimeouts usual;
    return fmt::format("    timeouts: {{connect: {}, first_token: {}, idle: {}, total: {}}}\n",
                       to_string(std::min(usual.connect, total)), to_string(total),
                       to_string(std::min(usual.idle, total)), to_string(total));
  }

  std::string providers_text() const {
    std::string out = "providers:\n";
    for (const ImportedProvider& provider : providers_) {
      out += fmt::format("  {}:\n    dialect: {}\n    url: {}\n", yaml_text(provider.name), provider.dialect,
                         yaml_text(provider.url));
      if (!provider.key.empty()) out += fmt::format("    keys: {}\n", yaml_text(provider.key));
      if (provider.allow_private) out += "    allow_private: true\n";
      if (timeout_) out += timeouts_text(*timeout_);
    }
    return out;
  }

  std::string prices_text() const {
    std::string out = prices_.empty() ? "" : "prices:\n";
    for (const auto& [target, price] : prices_)
      out += fmt::format("  {}: {{input: {}, output: {}}}\n", yaml_text(target), price.input, price.output);
    return out;
  }

  std::string routes_text() {
    std::string out = "routes:\n";
    for (const auto& [group, targets] : groups_) {
      out += fmt::format("  {}:\n    targets:\n", yaml_text(group));
      for (const ImportedTarget& target : targets)
        out += fmt::format("      - {{target: {}, weight: {}}}\n", yaml_text(target.name), target.weight);
      const std::vector<std::string> fallbacks = fallback_targets(group);
      if (!fallbacks.empty()) out += "    fallbacks:\n";
      for (const std::string& name : fallbacks) out += fmt::format("      - {}\n", yaml_text(name));
      if (retries_) out += fmt::format("    retries: {}\n", *retries_);
      if (drops_) out += "    on_unsupported: drop\n";
    }
    return out;
  }

  std::vector<std::string> notes_;
  std::vector<ImportedProvider> providers_;
  std::map<std::string, std::vector<ImportedTarget>> groups_;
  std::map<std::string, ImportedPrice> prices_;
  std::map<std::string, std::vector<std::string>> fallbacks_;
  std::vector<std::string> default_fallbacks_;
  std::map<std::string, std::string> aliases_;
  std::map<std::string, std::string> alias_of_;   // of those that became routes
  std::map<std::string, std::string> variables_;  // by the key that they stand for
  std::optional<int64_t> retries_;
  std::optional<Duration> timeout_;
  bool drops_ = false;
};

}  // namespace

Result<LiteLlmImport> import_litellm(std::string_view yaml) {
  const auto root = parse_yaml(yaml);
  if (!root) return fail(ErrorCode::invalid_argument, "line {}: {}", root.error().line, root.error().message);
  return Importer().run(*root);
}

}  // namespace ferry
