#include "app/cli/record_access.h"
#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "base/core/money.h"
#include "serve/traffic/data_folder.h"
#include "serve/traffic/store/erasure.h"

namespace ferry::cli {
namespace {

class TrafficListCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about = "Lists what was sent where, the newest first: one line for each attempt of an exchange.",
        .examples = "ferry traffic list --from 1d --fate failed\nferry traffic list --route support --json",
        .options = options(),
        .configuration = &configuration_,
        .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(AttemptFilter filter, flags_.read());
    FERRY_TRY_VOID(read_fate(filter));
    if (limit_ && *limit_ < 0) return fail(ErrorCode::invalid_argument, "--limit must not be negative");
    filter.limit = static_cast<size_t>(limit_.value_or(50));
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(const std::unique_ptr<TrafficStore> store, TrafficStore::open(folder));
    FERRY_TRY(const std::vector<Attempt> attempts, store->attempts(filter));
    json_ ? print_json(attempts, console.out) : print_table(attempts, console.out);
    return 0;
  }

 private:
  std::vector<Option> options() {
    std::vector<Option> all;
    flags_.add_to(all);
    all.push_back(
        {"--fate", &fate_,
         "that ended so: ok, failed, cancelled, cut, refused, blocked, cached, escalated, unknown"});
    all.push_back({"--limit", &limit_, "at most so many (50)"});
    all.push_back({"--json", &json_, "print a JSON array, with everything that is recorded but texts"});
    return all;
  }

  Result<void> read_fate(AttemptFilter& filter) const {
    if (fate_.empty()) return {};
    filter.unknown_only = fate_ == "unknown";
    if (filter.unknown_only) return {};
    filter.fate = parse_fate(fate_);
    if (filter.fate) return {};
    return fail(ErrorCode::invalid_argument, "--fate: there is none called \"{}\"", fate_);
  }

  static void print_table(const std::vector<Attempt>& attempts, std::ostream& out) {
    TextTable table;
    table.add({"TIME", "EXCHANGE", "#", "ROUTE", "TARGET", "KEY", "FATE", "TOKENS", "COST", "MS"});
    for (const Attempt& attempt : attempts) {
      const Intent& intent = attempt.intent;
      std::vector<std::string> row = {time_text(intent.time_us),
                                      intent.exchange.to_string(),
                                      std::to_string(intent.attempt),
                                      intent.route,
                                      intent.target,
                                      intent.key_id,
                                      fate_text(attempt)};
      if (attempt.outcome) {
        const RecordedUsage& usage = attempt.outcome->usage;
        row.push_back(fmt::format("{}+{}", usage.prompt_tokens, usage.completion_tokens));
        row.push_back(money_text(attempt.outcome->cost));
        row.push_back(std::to_string(attempt.outcome->total_us / 1000));
      } else {
        row.insert(row.end(), {"", fmt::format("({})", money_text(intent.reserved)), ""});
      }
      table.add(std::move(row));
    }
    table.print(out);
  }

  static void print_json(const std::vector<Attempt>& attempts, std::ostream& out) {
    std::string text;
    JsonWriter w(text);
    w.begin_array();
    for (const Attempt& attempt : attempts) write_attempt(w, attempt);
    w.end_array();
    out << text << '\n';
  }

  FilterFlags flags_;
  std::string fate_;
  std::optional<int64_t> limit_;
  bool json_ = false;
  Configuration configuration_;
};

class TrafficShowCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Prints everything that is recorded of one exchange, as JSON: its attempts, the texts if its "
            "route "
            "keeps them, and feedback. Texts that are encrypted need their key (FERRY_CONTENT_KEY, or the "
            "setting content_key_file).",
        .examples = "ferry traffic show 019ab3c4-d5e6-7f01-8234-56789abcdef0",
        .options = {{"EXCHANGE", &id_, "the exchange's id", true}},
        .configuration = &configuration_,
        .flag_groups = {"Data", "Record"}};
  }

  Result<int> run(Console& console) override {
    const auto id = ExchangeId::parse(id_);
    if (!id) return fail(ErrorCode::invalid_argument, "\"{}\" is no exchange's id", id_);
    const RecorderSettings& record = configuration_.record;
    FERRY_TRY(const std::optional<Sealer> sealer,
              content_sealer(record.content_key, record.content_key_file));
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(const std::unique_ptr<TrafficStore> store, TrafficStore::open(folder));
    FERRY_TRY(const std::vector<Attempt> attempts, store->exchange(*id));
    FERRY_TRY(const std::vector<Content> contents, store->contents(*id, sealer ? &*sealer : nullptr));
    FERRY_TRY(const std::vector<Feedback> feedback, store->feedback(*id, sealer ? &*sealer : nullptr));
    if (attempts.empty()) return fail(ErrorCode::not_found, "there is no exchange {}", id_);
    print(attempts, contents, feedback, console.out);
    return 0;
  }

 private:
  static void write(JsonWriter& w, const Content& content) {
    w.begin_object();
    w.member("attempt", content.attempt);
    w.member("time", time_text(content.time_us));
    w.member("form", to_string(content.form));
    w.member("request", content.request);
    w.member("answer", content.answer);
    w.end_object();
  }

  static void write(JsonWriter& w, const Feedback& feedback) {
    w.begin_object();
    w.member("kind", to_string(feedback.kind));
    w.member("time", time_text(feedback.time_us));
    w.member("value", feedback.value);
    w.member("text", feedback.text);
    w.member("who", feedback.who);
    w.end_object();
  }

  static void print(const std::vector<Attempt>& attempts, const std::vector<Content>& contents,
                    const std::vector<Feedback>& feedback, std::ostream& out) {
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    w.key("attempts");
    w.begin_array();
    for (const Attempt& attempt : attempts) write_attempt(w, attempt);
    w.end_array();
    w.key("contents");
    w.begin_array();
    for (const Content& content : contents) write(w, content);
    w.end_array();
    w.key("feedback");
    w.begin_array();
    for (const Feedback& one : feedback) write(w, one);
    w.end_array();
    w.end_object();
    out << text << '\n';
  }

  std::string id_;
  Configuration configuration_;
};

class TrafficEraseCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Erases what is personal of all exchanges of one end user or key: texts, feedback, digests, and "
            "who "
            "it was, in whose place a pseudonym stands from then on. What was sent where, and what it cost, "
            "stays; the audit chain still verifies and says that something was erased. Exchanges that run "
            "meanwhile are not covered: revoke the key first, or erase again.",
        .examples = "ferry traffic erase --subject person-17\nferry traffic erase --key key_5f2c",
        .options = {{"--subject", &user_, "the end user, as the application named him (`user`)"},
                    {"--key", &key_, "the id of a key"},
                    {"--json", &json_, "print a JSON object"}},
        .configuration = &configuration_,
        .flag_groups = {"Data"}};
  }

  Result<int> run(Console& console) override {
    if (user_.empty() == key_.empty()) {
      return fail(ErrorCode::invalid_argument, "say whose: give --subject or --key");
    }
    const Subject subject =
        user_.empty() ? Subject{Subject::Kind::key, key_} : Subject{Subject::Kind::user, user_};
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(const ErasureReport report, erase_from_record(folder, subject));
    print(report, console.out);
    return 0;
  }

 private:
  void print(const ErasureReport& report, std::ostream& out) const {
    if (!json_) {
      out << fmt::format(
          "erased {} exchanges{}\n", report.exchanges,
          report.exchanges == 0 ? "" : fmt::format("; in the subject's place stands {}", report.pseudonym));
      return;
    }
    std::string text;
    JsonWriter w(text);
    w.begin_object();
    w.member("exchanges", report.exchanges);
    w.member("records", report.records);
    w.member("pseudonym", report.pseudonym);
    w.end_object();
    out << text << '\n';
  }

  std::string user_;
  std::string key_;
  bool json_ = false;
  Configuration configuration_;
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

constexpr Verb kTrafficVerbs[] = {
    {"list", "list what was sent where", make<TrafficListCommand>},
    {"show", "print what is recorded of one exchange", make<TrafficShowCommand>},
    {"erase", "erase what is personal of an end user or key", make<TrafficEraseCommand>},
};

}  // namespace

std::span<const Verb> traffic_verbs() {
  return kTrafficVerbs;
}

}  // namespace ferry::cli
