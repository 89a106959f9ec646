#include "app/cli/account_flags.h"
#include "app/cli/account_print.h"
#include "app/cli/verbs.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kJsonHelp = "print JSON";

class TeamCommand : public Command {
 protected:
  Declaration declaration(std::string about, std::string examples, std::vector<Option> options) {
    options.push_back({"--json", &json_, std::string(kJsonHelp)});
    return {.about = std::move(about),
            .examples = std::move(examples),
            .options = std::move(options),
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  // `done` is told where no JSON is wanted: "Made".
  int tell(Console& console, const TeamRecord& team, std::string_view done) const {
    if (!json_) {
      console.out << fmt::format("{} the team \"{}\" ({}).\n", done, team.terms.name, team.id);
      return 0;
    }
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    write_team(w, team);
    w.end_object();
    console.out << text << '\n';
    return 0;
  }

  bool json_ = false;
  Configuration configuration_;
};

class TeamCreateCommand final : public TeamCommand {
 public:
  Declaration declare() override {
    std::vector<Option> options = {{"--name", &terms_.name, "what to call the team", true}};
    limits_.add_to(options);
    return declaration("Makes a team. Its limits and budgets hold for all its keys together.",
                       "ferry team create --name care --budget 500/month --rpm 600", std::move(options));
  }

  Result<int> run(Console& console) override {
    FERRY_TRY_VOID(limits_.apply(terms_.limits, terms_.budgets));
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const TeamRecord team, store.create_team(terms_, wall_now()));
    return tell(console, team, "Made");
  }

 private:
  GroupTerms terms_;
  LimitFlags limits_;
};

class TeamListCommand final : public TeamCommand {
 public:
  Declaration declare() override { return declaration("Lists the teams.", "ferry team list --json", {}); }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const std::vector<TeamRecord> teams, store.teams());
    if (json_) {
      print_array(console, teams);
    } else if (teams.empty()) {
      console.err << "There are no teams yet: `ferry team create --name NAME` makes one.\n";
    } else {
      print_teams(console.out, teams);
    }
    return 0;
  }

 private:
  static void print_array(Console& console, const std::vector<TeamRecord>& teams) {
    std::string text;
    JsonWriter w(text);
    w.begin_array();
    for (const TeamRecord& team : teams) {
      w.begin_object();
      write_team(w, team);
      w.end_object();
    }
    w.end_array();
    console.out << text << '\n';
  }
};

class TeamSetCommand final : public TeamCommand {
 public:
  Declaration declare() override {
    std::vector<Option> options = {{"TEAM", &team_, "its name or id", true},
                                   {"--name", &name_, "a new name"}};
    limits_.add_to(options);
    return declaration("Changes a team's name, limits and budgets; what is not given stays as it is.",
                       "ferry team set care --budget none/day --tpm 200000", std::move(options));
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(TeamRecord team, store.find_team(team_));
    if (!name_.empty()) team.terms.name = name_;
    FERRY_TRY_VOID(limits_.apply(team.terms.limits, team.terms.budgets));
    FERRY_TRY(const TeamRecord changed, store.change_team(team.id, team.terms));
    return tell(console, changed, "Changed");
  }

 private:
  std::string team_;
  std::string name_;
  LimitFlags limits_;
};

class TeamRemoveCommand final : public TeamCommand {
 public:
  Declaration declare() override {
    return declaration("Removes a team that has no keys any more. What it spent stays in the record.",
                       "ferry team remove care", {{"TEAM", &team_, "its name or id", true}});
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const TeamRecord team, store.remove_team(team_, wall_now()));
    return tell(console, team, "Removed");
  }

 private:
  std::string team_;
};

class OrganisationCommand : public Command {
 protected:
  Declaration declaration(std::string about, std::string examples, std::vector<Option> options) {
    options.push_back({"--json", &json_, std::string(kJsonHelp)});
    return {.about = std::move(about),
            .examples = std::move(examples),
            .options = std::move(options),
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  int show(Console& console, const GroupTerms& organisation) const {
    if (!json_) {
      print_organisation(console.out, organisation);
      return 0;
    }
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    write_organisation(w, organisation);
    w.end_object();
    console.out << text << '\n';
    return 0;
  }

  bool json_ = false;
  Configuration configuration_;
};

class OrganisationShowCommand final : public OrganisationCommand {
 public:
  Declaration declare() override {
    return declaration("Tells the limits and budgets that hold for all keys together.",
                       "ferry organisation show", {});
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(const GroupTerms organisation, store.organisation());
    return show(console, organisation);
  }
};

class OrganisationSetCommand final : public OrganisationCommand {
 public:
  Declaration declare() override {
    std::vector<Option> options = {{"--name", &name_, "what it is called"}};
    limits_.add_to(options);
    return declaration(
        "Changes the limits and budgets that hold for all keys together, and for requests without a key "
        "where "
        "none is needed; what is not given stays as it is.",
        "ferry organisation set --name \"Example AG\" --budget 2000/month", std::move(options));
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AccountStore store, open_accounts(configuration_));
    FERRY_TRY(GroupTerms organisation, store.organisation());
    if (!name_.empty()) organisation.name = name_;
    FERRY_TRY_VOID(limits_.apply(organisation.limits, organisation.budgets));
    FERRY_TRY(const GroupTerms changed, store.change_organisation(organisation));
    return show(console, changed);
  }

 private:
  std::string name_;
  LimitFlags limits_;
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

constexpr Verb kTeamVerbs[] = {
    {"create", "make a team", make<TeamCreateCommand>},
    {"list", "list the teams", make<TeamListCommand>},
    {"set", "change a team's limits and budgets", make<TeamSetCommand>},
    {"remove", "remove a team that has no keys any more", make<TeamRemoveCommand>},
};

constexpr Verb kOrganisationVerbs[] = {
    {"show", "tell the limits and budgets of all keys together", make<OrganisationShowCommand>},
    {"set", "change them", make<OrganisationSetCommand>},
};

}  // namespace

std::span<const Verb> team_verbs() {
  return kTeamVerbs;
}

std::span<const Verb> organisation_verbs() {
  return kOrganisationVerbs;
}

}  // namespace ferry::cli
