#include "app/cli/gateway_file.h"
#include "app/cli/own_models.h"
#include "app/cli/record_access.h"
#include "app/cli/text_table.h"
#include "app/cli/verbs.h"
#include "base/core/money.h"
#include "serve/traffic/report/savings.h"
#include "serve/traffic/report/traffic_report.h"

namespace ferry::cli {
namespace {

// A JSON array of what `write` makes of each row.
template <class Row, class Write>
void print_json_rows(const std::vector<Row>& rows, std::ostream& out, const Write& write) {
  std::string text;
  JsonWriter w(text);
  w.begin_array();
  for (const Row& row : rows) {
    w.begin_object();
    write(w, row);
    w.end_object();
  }
  w.end_array();
  out << text << '\n';
}

// What the reports over attempts share: a filter, groups, JSON.
class ReportCommand : public Command {
 public:
  Result<int> run(Console& console) final {
    FERRY_TRY(const AttemptFilter filter, flags_.read());
    FERRY_TRY(const GroupBy by, parse_group_by(by_));
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(const std::unique_ptr<TrafficStore> store, TrafficStore::open(folder));
    FERRY_TRY_VOID(report(*store, filter, by, console.out));
    return 0;
  }

 protected:
  Declaration declaration(std::string about, std::string examples, bool has_groups) {
    std::vector<Option> options;
    flags_.add_to(options);
    if (has_groups)
      options.push_back({"--by", &by_, "what is summed up: route (default), target, key, team, day"});
    options.push_back({"--json", &json_, "print a JSON array; money in billionths"});
    return {.about = std::move(about),
            .examples = std::move(examples),
            .options = std::move(options),
            .configuration = &configuration_,
            .flag_groups = {"Data"}};
  }

  virtual Result<void> report(TrafficStore& store, const AttemptFilter& filter, GroupBy by,
                              std::ostream& out) = 0;

  bool json() const { return json_; }

 private:
  FilterFlags flags_;
  std::string by_ = "route";
  bool json_ = false;
  Configuration configuration_;
};

std::string shown(const std::string& group) {
  return group.empty() ? "-" : group;
}

void write_traffic(JsonWriter& w, const TrafficRow& row) {
  w.member("group", row.group);
  w.member("attempts", row.attempts);
  w.member("failed", row.failed);
  w.member("refused", row.refused);
  w.member("unknown", row.unknown);
  w.member("prompt_tokens", row.prompt_tokens);
  w.member("completion_tokens", row.completion_tokens);
  w.member("cached_tokens", row.cached_tokens);
  w.member("cost", row.cost);
  w.member("reserved", row.reserved);
}

class ReportTrafficCommand final : public ReportCommand {
 public:
  Declaration declare() override {
    return declaration(
        "Sums up attempts, tokens and costs. An attempt whose outcome is not known (the process was killed, "
        "or it "
        "still runs) counts with its reservation, in brackets.",
        "ferry report traffic --from 30d --by key\nferry report traffic --by day --route support", true);
  }

 private:
  Result<void> report(TrafficStore& store, const AttemptFilter& filter, GroupBy by,
                      std::ostream& out) override {
    FERRY_TRY(const std::vector<TrafficRow> rows, traffic_report(store, filter, by));
    if (json()) {
      print_json_rows(rows, out, write_traffic);
      return {};
    }
    TextTable table;
    table.add({"GROUP", "ATTEMPTS", "FAILED", "REFUSED", "UNKNOWN", "PROMPT", "CACHED", "ANSWER", "COST"});
    for (const TrafficRow& row : rows) {
      table.add({shown(row.group), std::to_string(row.attempts), std::to_string(row.failed),
                 std::to_string(row.refused), std::to_string(row.unknown), std::to_string(row.prompt_tokens),
                 std::to_string(row.cached_tokens), std::to_string(row.completion_tokens),
                 row.unknown == 0 ? money_text(row.cost)
                                  : fmt::format("{} ({})", money_text(row.cost), money_text(row.reserved))});
    }
    table.print(out);
    return {};
  }
};

void write_quantiles(JsonWriter& w, std::string_view name, const Quantiles& quantiles) {
  w.key(name);
  w.begin_object();
  w.member("count", quantiles.count);
  if (quantiles.count > 0) {
    w.member("p50_us", quantiles.p50);
    w.member("p95_us", quantiles.p95);
    w.member("p99_us", quantiles.p99);
  }
  w.end_object();
}

std::string quantiles_text(const Quantiles& quantiles) {
  if (quantiles.count == 0) return "-";
  const auto ms = [](int64_t us) { return static_cast<double>(us) / 1000; };
  return fmt::format("{:.1f} / {:.1f} / {:.1f}", ms(quantiles.p50), ms(quantiles.p95), ms(quantiles.p99));
}

class ReportLatencyCommand final : public ReportCommand {
 public:
  Declaration declare() override {
    return declaration(
        "How long it took: the time to the first token, and to the end of what went well. Exact quantiles "
        "(50, 95 "
        "and 99 %), in milliseconds.",
        "ferry report latency --from 7d --by target", true);
  }

 private:
  Result<void> report(TrafficStore& store, const AttemptFilter& filter, GroupBy by,
                      std::ostream& out) override {
    FERRY_TRY(const std::vector<LatencyRow> rows, latency_report(store, filter, by));
    if (json()) {
      print_json_rows(rows, out, [](JsonWriter& w, const LatencyRow& row) {
        w.member("group", row.group);
        write_quantiles(w, "first_token", row.first_token);
        write_quantiles(w, "total", row.total);
      });
      return {};
    }
    TextTable table;
    table.add({"GROUP", "OK", "TOTAL p50 / p95 / p99", "FIRST TOKEN p50 / p95 / p99"});
    for (const LatencyRow& row : rows) {
      table.add({shown(row.group), std::to_string(row.total.count), quantiles_text(row.total),
                 quantiles_text(row.first_token)});
    }
    table.print(out);
    return {};
  }
};

class ReportSavingsCommand final : public ReportCommand {
 public:
  Declaration declare() override {
    return declaration(
        "What the same exchanges would have cost at the other targets of their routes, from the prices that "
        "were "
        "recorded with them, and what was saved, with a 95 % interval (a bootstrap over exchanges that moves "
        "the "
        "estimates by their errors).\n\nIt assumes that the other target would have answered at once, with "
        "as many "
        "tokens as was estimated; it says nothing about the quality of its answers.",
        "ferry report savings --from 30d\nferry report savings --route support --json", false);
  }

 private:
  Result<void> report(TrafficStore& store, const AttemptFilter& filter, GroupBy /*by*/,
                      std::ostream& out) override {
    constexpr uint64_t kSeed = 1;  // the same record gives the same interval
    FERRY_TRY(const std::vector<SavingsRow> rows, savings_report(store, filter, kSeed));
    if (json()) {
      print_json_rows(rows, out, [](JsonWriter& w, const SavingsRow& row) {
        w.member("route", row.route);
        w.member("other", row.other);
        w.member("exchanges", row.exchanges);
        w.member("estimated", row.estimated);
        w.member("shadowed", row.shadowed);
        w.member("ratio", row.ratio);
        w.member("actual", row.actual);
        w.member("counterfactual", row.counterfactual);
        w.member("saved", row.saved());
        w.member("saved_low", row.saved_low);
        w.member("saved_high", row.saved_high);
      });
      return {};
    }
    TextTable table;
    table.add({"ROUTE", "INSTEAD OF", "EXCHANGES", "ESTIMATED", "SHADOWED", "RATIO", "PAID", "THERE", "SAVED",
               "95 %"});
    for (const SavingsRow& row : rows) {
      table.add({shown(row.route), row.other, std::to_string(row.exchanges), std::to_string(row.estimated),
                 std::to_string(row.shadowed), fmt::format("{:.2f}", row.ratio), money_text(row.actual),
                 money_text(row.counterfactual), money_text(row.saved()),
                 fmt::format("{} to {}", money_text(row.saved_low), money_text(row.saved_high))});
    }
    table.print(out);
    return {};
  }
};

std::string money_or_none(const std::optional<int64_t>& money) {
  return money ? money_text(*money) : "-";
}

class ReportModelsCommand final : public Command {
 public:
  Declaration declare() override {
    Declaration declared{
        .about =
            "What a million tokens of one's own models came to: the cost of the hardware in the time, over "
            "the "
            "tokens that were served, and what it would have been at full load. Prices are those of the "
            "configuration (hardware_per_hour), from the newest of the time on.",
        .examples = "ferry report models --config ferry.yaml --from 30d",
        .options = {},
        .configuration = &configuration_,
        .flag_groups = {"Data"}};
    time_.add_to(declared.options);
    declared.options.push_back({"--json", &json_, "print a JSON array; money in billionths"});
    return declared;
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const TimeRange range, time_.range());
    FERRY_TRY(const GatewayFile file, good_gateway_file(configuration_.file()));
    FERRY_TRY(const std::filesystem::path folder, open_record(configuration_));
    FERRY_TRY(const std::unique_ptr<TrafficStore> store, TrafficStore::open(folder));
    FERRY_TRY(const std::vector<OwnModelRow> rows,
              own_model_report(*store, *file.reading.config, range, unix_now_us()));
    json_ ? print_rows(rows, console.out) : print_table(rows, console.out);
    return 0;
  }

 private:
  static void print_rows(const std::vector<OwnModelRow>& rows, std::ostream& out) {
    print_json_rows(rows, out, [](JsonWriter& w, const OwnModelRow& row) {
      w.member("target", row.target);
      w.member("from", time_text(row.period.from_us));
      w.member("to", time_text(row.period.to_us));
      w.member("tokens", row.tokens);
      w.member("hardware", row.hardware);
      if (row.served) w.member("per_million", *row.served);
      if (row.full_load) w.member("per_million_at_full_load", *row.full_load);
    });
  }
  static void print_table(const std::vector<OwnModelRow>& rows, std::ostream& out) {
    TextTable table;
    table.add({"MODEL", "SINCE", "HARDWARE", "TOKENS", "A MILLION", "AT FULL LOAD"});
    for (const OwnModelRow& row : rows) {
      table.add({row.target, time_text(row.period.from_us), money_text(row.hardware),
                 std::to_string(row.tokens), money_or_none(row.served), money_or_none(row.full_load)});
    }
    table.print(out);
  }

  TimeFlags time_;
  bool json_ = false;
  Configuration configuration_;
};

template <class T>
std::unique_ptr<Command> make() {
  return std::make_unique<T>();
}

constexpr Verb kReportVerbs[] = {
    {"traffic", "sum up attempts, tokens and costs", make<ReportTrafficCommand>},
    {"latency", "how long answers took", make<ReportLatencyCommand>},
    {"savings", "what the same would have cost elsewhere", make<ReportSavingsCommand>},
    {"models", "what a token of one's own models came to", make<ReportModelsCommand>},
};

}  // namespace

std::span<const Verb> report_verbs() {
  return kReportVerbs;
}

}  // namespace ferry::cli
