#pragma once
// A local model that looks at an answer before it goes out, or after, where it only flags.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serve/gateway/answer_checks.h"
#include "serve/gateway/exchange_context.h"

namespace ferry {

// Used on the exchange's thread.
class Moderator : public std::enable_shared_from_this<Moderator> {
 public:
  using Done = std::function<void(std::optional<std::string> finding)>;

  // REQUIRES: checks->classifier().
  Moderator(std::shared_ptr<ExchangeContext> exchange, std::shared_ptr<const AnswerChecks> checks, Done done);

  // Asks about one choice after the other, up to the first finding. A model that cannot be asked, or fails,
  // is a finding: what nobody looked at does not go out. `done` is called later, once, unless it is
  // cancelled.
  void start(const GenerationResult& answer);
  void cancel();

 private:
  void ask_next();
  void on_thread(std::function<void(Moderator&)> task);
  void finish(std::optional<std::string> finding);

  const std::shared_ptr<ExchangeContext> exchange_;
  const std::shared_ptr<const AnswerChecks> checks_;
  Done done_;  // null: over
  std::vector<GenerationRequest> questions_;
  size_t next_ = 0;
  GenerationResult reply_;
  std::shared_ptr<RunningExchange> running_;
};

}  // namespace ferry
