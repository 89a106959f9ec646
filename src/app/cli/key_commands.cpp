#include "app/cli/account_flags.h"
#include "app/cli/account_print.h"
#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kJsonHelp = "print JSON";

std::string named(const KeyRecord& key) {
  return fmt::format("the key \"{}\" ({})", key.terms.name, key.id);
}

// What is printed of one key; with its secret where it is new.
void print_json(Console& console, const KeyRecord& key, std::span<const TeamRecord> teams,
                const std::string* secret = nullptr) {
  std::string text;
  JsonWriter w(text);
  w.begin_object();
  write_key(w, key, teams, wall_now());
  if (secret != nullptr) w.member("secret", *secret);
  w.end_object();
  console.out << text << '\n';
}

// The secret alone on standard output, so that a script can keep it.
Result<int> print_new_key(Console& console, AccountStore& store, const NewKey& made, bool json) {
  FERRY_TRY(const std::vector<TeamRecord> teams, store.teams());
  if (json) {
    print_json(console, made.key, teams, &made.secret);
  } else {
    console.out << made.secret << '\n';
  }
  console.err << fmt::format("This is the secret of {}. Keep it now: it is not shown again.\n",
                             named(made.key));
  return 0;
}

class KeyCreateCommand final : public Command {
 public:
  Declaration declare() override {
    std::vector<Option> options;
    flags_.add_to(options, true);
    options.push_back(
        {"--team", &team_, "the team that it belongs to, whose limits and budgets hold for it too"});
    options.push_back({"--json", &json_, std::string(kJsonHelp)});
    return {.about =
                "Makes a key for an application and prints its secret, this once. The database keeps a hash.",
            .examples =
                "ferry key create --name helpdesk --team care --route support --budget 10/day --expires 90d\n"
                "FERRY_API_KEY=$(ferry key create --name nightly-report --rpm 60)",
            .options = std::move(options),
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    KeyTerms terms;
    terms.team_id = team_;
    FERRY_TRY_VOID(flags_.apply(terms, wall_now()));
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const NewKey made, store.create_key(terms, wall_now()));
    return print_new_key(console, store, made, json_);
  }

 private:
  KeyFlags flags_;
  std::string team_;
  bool json_ = false;
  Configuration configuration_;
};

class KeyListCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about = "Lists the keys that are not revoked, oldest first.",
            .examples = "ferry key list\nferry key list --all --json",
            .options = {{"--all", &all_, "revoked ones too"}, {"--json", &json_, "print a JSON array"}},
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(std::vector<KeyRecord> keys, store.keys());
    FERRY_TRY(const std::vector<TeamRecord> teams, store.teams());
    if (!all_) std::erase_if(keys, [](const KeyRecord& key) { return key.revoked.has_value(); });
    if (json_) {
      print_array(console, keys, teams);
    } else if (keys.empty()) {
      console.err << "There are no keys yet: `ferry key create --name NAME` makes one.\n";
    } else {
      print_keys(console.out, keys, teams, wall_now());
    }
    return 0;
  }

 private:
  static void print_array(Console& console, const std::vector<KeyRecord>& keys,
                          const std::vector<TeamRecord>& teams) {
    std::string text;
    JsonWriter w(text);
    w.begin_array();
    for (const KeyRecord& key : keys) {
      w.begin_object();
      write_key(w, key, teams, wall_now());
      w.end_object();
    }
    w.end_array();
    console.out << text << '\n';
  }

  bool all_ = false;
  bool json_ = false;
  Configuration configuration_;
};

// Verbs about one key that is there.
class KeyCommand : public Command {
 protected:
  Declaration declaration(std::string about, std::string examples, std::vector<Option> more = {}) {
    std::vector<Option> options = {{"KEY", &key_, "its name, its id, or a secret of it", true}};
    options.insert(options.end(), more.begin(), more.end());
    options.push_back({"--json", &json_, std::string(kJsonHelp)});
    return {.about = std::move(about),
            .examples = std::move(examples),
            .options = std::move(options),
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  Result<int> show(Console& console, AccountStore& store, const KeyRecord& key) const {
    FERRY_TRY(const std::vector<TeamRecord> teams, store.teams());
    if (json_) {
      print_json(console, key, teams);
    } else {
      print_key(console.out, key, teams, wall_now());
    }
    return 0;
  }

  std::string key_;
  bool json_ = false;
  Configuration configuration_;
};

class KeyShowCommand final : public KeyCommand {
 public:
  Declaration declare() override {
    return declaration("Tells what a key may do. Its secret is not known to Ferry.",
                       "ferry key show helpdesk");
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const KeyRecord key, store.find_key(key_));
    return show(console, store, key);
  }
};

class KeySetCommand final : public KeyCommand {
 public:
  Declaration declare() override {
    std::vector<Option> options;
    flags_.add_to(options, false);
    return declaration(
        "Changes what a key may do; what is not given stays as it is. A list (--route, --endpoint, --label) "
        "takes "
        "the place of the one before; none empties it. Servers that run take notice within a second.",
        "ferry key set helpdesk --budget 20/day --budget 300/month --rpm none", std::move(options));
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const KeyRecord key, store.find_key(key_));
    KeyTerms terms = key.terms;
    FERRY_TRY_VOID(flags_.apply(terms, wall_now()));
    FERRY_TRY(const KeyRecord changed, store.change_key(key.id, terms, wall_now()));
    return show(console, store, changed);
  }

 private:
  KeyFlags flags_;
};

class KeyRevokeCommand final : public KeyCommand {
 public:
  Declaration declare() override {
    return declaration("Ends a key for good. Servers that run refuse it within a second.",
                       "ferry key revoke helpdesk\nferry key revoke fk_...   # a secret that has leaked");
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const KeyRecord key, store.revoke_key(key_, wall_now()));
    if (json_) return show(console, store, key);
    console.out << fmt::format("Revoked {}.\n", named(key));
    return 0;
  }
};

class KeyRotateCommand final : public KeyCommand {
 public:
  Declaration declare() override {
    return declaration(
        "Gives a key a new secret and prints it, this once. The old one stays good for a while, so that "
        "applications can change over.",
        "ferry key rotate helpdesk --grace 1h",
        {{"--grace", &grace_, "how long the old secret stays good [24h]; 0 ends it at once"}});
  }

  Result<int> run(Console& console) override {
    const auto grace = parse_duration(grace_);
    if (!grace)
      return fail(ErrorCode::invalid_argument, "--grace {}, not \"{}\"", grace.error().message, grace_);
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    const WallTime now = wall_now();
    FERRY_TRY(const NewKey made, store.rotate_key(key_, *grace, now));
    FERRY_TRY(const int code, print_new_key(console, store, made, json_));
    console.err << fmt::format("The old one is good until {}.\n", time_text(now + *grace));
    return code;
  }

 private:
  std::string grace_ = "24h";
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

constexpr Verb kVerbs[] = {
    {"create", "make a key and print its secret, this once", make<KeyCreateCommand>},
    {"list", "list the keys", make<KeyListCommand>},
    {"show", "tell what a key may do", make<KeyShowCommand>},
    {"set", "change what a key may do", make<KeySetCommand>},
    {"rotate", "give a key a new secret", make<KeyRotateCommand>},
    {"revoke", "end a key for good", make<KeyRevokeCommand>},
};

}  // namespace

std::span<const Verb> key_verbs() {
  return kVerbs;
}

}  // namespace ferry::cli
