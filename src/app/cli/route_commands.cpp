#include <ctime>
#include <iterator>

#include "app/cli/gateway_file.h"
#include "app/cli/verbs.h"
#include "base/core/rng.h"
#include "serve/dialects/openai_chat.h"
#include "serve/guard/exchange_walk.h"
#include "serve/route/facts.h"

namespace ferry::cli {
namespace {

constexpr size_t kMostRequestBytes = size_t{64} << 20;

Result<std::string> read_input(std::istream& in) {
  std::string text;
  char piece[16384];
  while (in.read(piece, sizeof(piece)) || in.gcount() > 0) {
    text.append(piece, static_cast<size_t>(in.gcount()));
    if (text.size() > kMostRequestBytes)
      return fail(ErrorCode::resource_exhausted, "the request has more than {} bytes", kMostRequestBytes);
  }
  if (text.empty()) return fail(ErrorCode::invalid_argument, "give a request on standard input");
  return text;
}

class RouteExplainCommand final : public Command {
 public:
  Declaration declare() override {
    return {
        .about =
            "Reads a chat completion's request and tells which targets it would go to, in which order and "
            "why, with "
            "the function that the gateway itself uses. Nothing is asked and nothing is loaded: every target "
            "counts as available, and none as lacking a feature but those that the file says it lacks.",
        .examples =
            "ferry route explain --config ferry.yaml < request.json\n"
            "ferry route explain --config ferry.yaml --label phi --team care --json < request.json",
        .options = {{"--config", &file_, "the configuration; the file of FERRY_CONFIG where it is not given"},
                    {"--key", &facts_.key, "the name of the API key"},
                    {"--team", &facts_.team, "its team"},
                    {"--label", &facts_.labels, "a label that the request carries; may be repeated"},
                    {"--tag", &tags_, "a tag, name=value; may be repeated"},
                    {"--session", &session_, "the value of the header that a sticky route goes by"},
                    {"--draw", &draw_, "the random number that decides among weights"},
                    {"--time", &time_, "when, in seconds since 1970"},
                    {"--json", &json_, "print a JSON object"}}};
  }

  Result<int> run(Console& console) override {
    FERRY_TRY(const GatewayFile file, good_gateway_file(file_));
    const GatewayConfig& config = *file.reading.config;
    FERRY_TRY(const std::string body, read_input(console.in));
    auto request = read_openai_chat(body);
    if (!request) return tl::unexpected(request.error().error);
    const RouteConfig* route = config.route(request->model);
    if (route == nullptr) return no_route(config, request->model);
    FERRY_TRY_VOID(gather_facts(config, *route, *request));
    const RoutePlan plan = choose_targets(*route, facts_, [](const TargetConfig&) { return TargetState(); });
    if (json_) {
      console.out << explain_json(plan) << '\n';
    } else {
      console.out << explain_text(plan);
    }
    return 0;
  }

 private:
  static tl::unexpected<Error> no_route(const GatewayConfig& config, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& [route, unused] : config.routes) names.push_back(route);
    return fail(ErrorCode::not_found, "there is no route \"{}\"; there are {}", name.substr(0, 128),
                names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }

  Result<void> gather_facts(const GatewayConfig& config, const RouteConfig& route,
                            GenerationRequest& request) {
    for (const std::string& tag : tags_) {
      const size_t equals = tag.find('=');
      if (equals == std::string::npos || equals == 0)
        return fail(ErrorCode::invalid_argument, "--tag must be name=value, not \"{}\"", tag);
      facts_.tags[tag.substr(0, equals)] = tag.substr(equals + 1);
    }
    describe_request(route, request, facts_);
    for (const FeatureUse& use : features_of(request)) facts_.uses = facts_.uses.with(use.feature);
    if (route.sticky.by == StickyConfig::By::header && !session_.empty())
      facts_.conversation = conversation_hash(session_);
    const Inspection inspection = inspect(*config.detectors, request);
    facts_.labels.insert(facts_.labels.end(), route.labels.begin(), route.labels.end());
    facts_.guard = decide(config.policy, facts_.labels, inspection);
    const std::set<std::string> found = labels_of(config.policy, inspection);
    facts_.labels.insert(facts_.labels.end(), found.begin(), found.end());
    facts_.unix_s = time_.value_or(std::time(nullptr));
    facts_.draw =
        draw_ ? static_cast<uint64_t>(*draw_) : Rng(static_cast<uint64_t>(std::time(nullptr))).next();
    return {};
  }

  std::string file_;
  RouteFacts facts_;
  std::vector<std::string> tags_;
  std::string session_;
  std::optional<int64_t> draw_;
  std::optional<int64_t> time_;
  bool json_ = false;
};

}  // namespace

std::span<const Verb> route_verbs() {
  static const Verb kVerbs[] = {
      {"explain", "tell where a request would go, and why",
       []() -> std::unique_ptr<Command> { return std::make_unique<RouteExplainCommand>(); }},
  };
  return kVerbs;
}

}  // namespace ferry::cli
