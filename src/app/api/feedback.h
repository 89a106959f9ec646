#pragma once
// What people think of answers: POST /v1/feedback, into the record.

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "app/api/call.h"
#include "app/api/service.h"
#include "base/core/task_queue.h"
#include "serve/dialects/openai_error.h"
#include "serve/traffic/recorder.h"

namespace ferry::api {

// What one request says of one exchange.
struct FeedbackRequest {
  ExchangeId exchange = {};
  std::vector<Feedback> given = {};  // a rating (its text: the comment), an edit, a truth: each once at most,
                                     // in this order; at least one. Times and givers are not filled
};

// {"exchange": "019a…", "rating": 1, "comment": "…", "edit": "…", "truth": "…"}. Errors name the field: what
// is unknown too, for feedback that is silently half taken is worse than none.
ApiResult<FeedbackRequest> read_feedback(std::string_view body);

// Takes feedback on one thread of its own, for it waits for the database and the disk. Any thread may use it.
//
// Every call is recorded as it comes, in its order; of one giver, the last of each kind is what he thinks. So
// a request that is sent again changes nothing.
class FeedbackDesk {
 public:
  // `recorder` outlives it.
  explicit FeedbackDesk(Recorder& recorder) : recorder_(recorder) {}

  using Done = std::function<void(Result<void>)>;
  // `done` is called once, on the desk's thread, or right here: overloaded, where more than 1,000 wait.
  // not_found: there is no such exchange, or it was made by another key that is not of the giver's team
  // (which of the two, nobody is told; an administrator's key may speak about all).
  void give(FeedbackRequest request, std::shared_ptr<const Principal> giver, Done done);

 private:
  Result<void> take(const FeedbackRequest& request, const Principal& giver);
  Result<bool> may_judge(ExchangeId exchange, const Principal& giver);

  Recorder& recorder_;
  std::atomic<int> waiting_ = 0;
  TaskQueue queue_{1};  // the last: its tasks use what stands above
};

void feedback(const Service& service, Call call);

}  // namespace ferry::api
