#include "app/cli/record_access.h"
#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "serve/traffic/audit/proof.h"

namespace ferry::cli {
namespace {

constexpr int kExitBroken = 1;
constexpr int kExitForbidden = 3;

Result<std::optional<ChainHead>> read_kept_head(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto head = ChainHead::parse(text);
  if (head) return head;
  return fail(ErrorCode::invalid_argument, "--head: \"{}\" is no head; `ferry audit head` prints one", text);
}

void write_chain(JsonWriter& w, const AuditReport& report) {
  w.key("chain");
  w.begin_object();
  w.member("intact", report.is_intact());
  w.member("records", report.head.number);
  w.member("head", report.head.to_string());
  w.member("head_checked", report.head_was_checked);
  w.member("erased", report.erased);
  if (report.broken) {
    w.key("broken");
    w.begin_object();
    w.member("record", report.broken->record);
    w.member("table", report.broken->table);
    w.member("what", report.broken->what);
    w.end_object();
  }
  w.end_object();
}

std::string kinds_text(const AuditReport& report) {
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : report.records_by_kind) kinds.push_back(fmt::format("{} {}", kind, count));
  return fmt::format("{}", fmt::join(kinds, ", "));
}

void print_chain(const AuditReport& report, const std::filesystem::path& folder, std::ostream& out) {
  const std::filesystem::path file = folder / "traffic.db";
  if (report.broken) {
    out << fmt::format("BROKEN: {}, table {}, record {}: {}\n", file.string(), report.broken->table,
                       report.broken->record, report.broken->what);
    return;
  }
  TextTable table;
  table.add({"chain", "intact"});
  table.add({"records", fmt::format("{} ({})", report.head.number, kinds_text(report))});
  table.add({"erased", fmt::format("{} records without what was personal", report.erased)});
  table.add({"head", report.head.to_string()});
  table.add({"checked against",
             report.head_was_checked
                 ? "a head kept elsewhere"
                 : "nothing kept elsewhere: a cut end or a chain made anew would not show (--head)"});
  table.print(out);
}

class AuditVerifyCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Checks the record of exchanges: that no record was changed, removed, put in or moved since it "
            "was "
            "written, that what is missing was erased with a record of it, and that the tables for reports "
            "and "
            "balances say what the records say. Names the first record that is wrong, and exits with 1 then. "
            "Nothing but the data folder is needed; a gateway may run meanwhile.",
        .examples =
            "ferry audit verify\nferry audit verify --head \"$(cat /mnt/elsewhere/ferry-head)\" --json",
        .options = {{"--head", &head_, "a head that `ferry audit head` printed: shows a cut end as well"},
                    {"--json", &json_, "print a JSON object"}},
        .configuration = &configuration_,
        .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const std::optional<ChainHead> kept, read_kept_head(head_));
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(Database database, open_traffic_database(folder));
    FERRY_TRY(const Transaction moment, database.begin_read());
    FERRY_TRY(const AuditReport report, verify_store(database, kept));
    json_ ? print_json(report, console.out) : print_chain(report, folder, console.out);
    return report.is_intact() ? 0 : kExitBroken;
  }

 private:
  static void print_json(const AuditReport& report, std::ostream& out) {
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    write_chain(w, report);
    w.end_object();
    out << text << '\n';
  }

  std::string head_;
  bool json_ = false;
  Configuration configuration_;
};

class AuditHeadCommand final : public Command {
 public:
  Declaration declare() override {
    return {.about =
                "Prints where the audit chain stands. Keep it where nobody who can write the data folder can "
                "write: "
                "`ferry audit verify --head` then shows that nothing up to it was changed, not even by "
                "making the "
                "whole chain anew.",
            .examples = "ferry audit head >> /mnt/elsewhere/ferry-heads",
            .options = {},
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(Database database, open_traffic_database(folder));
    FERRY_TRY(const ChainHead head, read_head(database));
    console.out << head.to_string() << '\n';
    return 0;
  }

 private:
  Configuration configuration_;
};

void write_proved(JsonWriter& w, const ProvedAttempt& attempt) {
  const Intent& intent = attempt.intent;
  w.begin_object();
  w.member("record", attempt.record);
  w.member("exchange", intent.exchange.to_string());
  w.member("attempt", intent.attempt);
  w.member("time", time_text(intent.time_us));
  w.member("route", intent.route);
  w.member("target", intent.target);
  w.member("provider", intent.provider);
  w.member("region", intent.region);
  w.member("local", intent.is_local);
  w.member("sent", attempt.was_sent);
  w.member("verdict", intent.verdict);
  if (!attempt.violation.empty()) w.member("forbidden", attempt.violation);
  w.end_object();
}

class AuditProveCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Shows where every exchange went that carried a label, from the chained records themselves: each "
            "attempt with its target, provider and region. An exchange counts with all of its attempts if "
            "one of "
            "them carried the label.\n\nExits with 0 where the chain is intact and nothing went to a "
            "forbidden "
            "place, with 1 where the chain is broken, with 3 where something did.",
        .examples =
            "ferry audit prove --label phi --from 2026-01-01 --to 2026-04-01 --forbid non-local\n"
            "ferry audit prove --label pii --forbid region:us --forbid provider:openai --json",
        .options = options(),
        .configuration = &configuration_,
        .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const ProofRequest request, read_request());
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(Database database, open_traffic_database(folder));
    FERRY_TRY(const Transaction moment, database.begin_read());
    FERRY_TRY(const Proof proof,
              json_ ? print_json(database, request, console) : print(database, request, console));
    if (!json_) print_sums(proof, folder, console.out);
    if (!proof.chain.is_intact()) return kExitBroken;
    return proof.violations == 0 ? 0 : kExitForbidden;
  }

 private:
  std::vector<Option> options() {
    std::vector<Option> all = {{"--label", &label_, "the label", true}};
    time_.add_to(all);
    all.push_back({"--forbid", &forbidden_,
                   "where none may have gone: provider:NAME, region:NAME or non-local; may be given again"});
    all.push_back({"--head", &head_, "a head that `ferry audit head` printed"});
    all.push_back({"--json", &json_, "print a JSON object"});
    return all;
  }

  Result<ProofRequest> read_request() const {
    ProofRequest request{.label = label_, .time = {}};
    FERRY_TRY(request.time, time_.range());
    FERRY_TRY(request.kept_head, read_kept_head(head_));
    for (const std::string& place : forbidden_) {
      if (auto added = add_forbidden(place, request.forbidden); !added) {
        return tl::unexpected<Error>(std::move(added).error().within("--forbid"));
      }
    }
    return request;
  }

  static Result<Proof> print(Database& database, const ProofRequest& request, Console& console) {
    return prove(database, request, [&](const ProvedAttempt& attempt) -> Result<void> {
      const Intent& intent = attempt.intent;
      const std::string place =
          attempt.was_sent ? fmt::format("{} {}", intent.target, intent.region) : "nowhere";
      console.out << fmt::format(
          "{}  {}  {}  {}{}\n", time_text(intent.time_us), intent.exchange.to_string(), intent.attempt, place,
          attempt.violation.empty() ? "" : fmt::format("  FORBIDDEN: {}", attempt.violation));
      return {};
    });
  }

  static void print_sums(const Proof& proof, const std::filesystem::path& folder, std::ostream& out) {
    TextTable table;
    table.add({"exchanges", fmt::format("{}", proof.exchanges)});
    table.add({"attempts sent", fmt::format("{}", proof.attempts)});
    for (const auto& [place, count] : proof.places) table.add({"", fmt::format("{} to {}", count, place)});
    table.add({"never sent", fmt::format("{}", proof.unsent)});
    table.add({"forbidden", fmt::format("{}", proof.violations)});
    out << '\n';
    table.print(out);
    out << '\n';
    print_chain(proof.chain, folder, out);
  }

  static Result<Proof> print_json(Database& database, const ProofRequest& request, Console& console) {
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    w.member("label", request.label);
    w.key("attempts");
    w.begin_array();
    FERRY_TRY(const Proof proof, prove(database, request, [&](const ProvedAttempt& attempt) -> Result<void> {
                write_proved(w, attempt);
                return {};
              }));
    w.end_array();
    w.member("exchanges", proof.exchanges);
    w.member("sent", proof.attempts);
    w.member("never_sent", proof.unsent);
    w.member("forbidden", proof.violations);
    w.key("places");
    w.begin_object();
    for (const auto& [place, count] : proof.places) w.member(place, count);
    w.end_object();
    write_chain(w, proof.chain);
    w.end_object();
    console.out << text << '\n';
    return proof;
  }

  std::string label_;
  TimeFlags time_;
  std::vector<std::string> forbidden_;
  std::string head_;
  bool json_ = false;
  Configuration configuration_;
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

constexpr Verb kAuditVerbs[] = {
    {"verify", "check that the record is what it was", make<AuditVerifyCommand>},
    {"head", "print the end of the chain, for keeping elsewhere", make<AuditHeadCommand>},
    {"prove", "show where exchanges with a label went", make<AuditProveCommand>},
};

}  // namespace

std::span<const Verb> audit_verbs() {
  return kAuditVerbs;
}

}  // namespace ferry::cli
