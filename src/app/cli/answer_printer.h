#pragma once

#include "app/cli/answer.h"
#include "app/cli/console.h"

namespace ferry::cli {

// Writes an answer as it comes. A thought is dimmed, and for people only: where the output is no terminal,
// whoever reads it gets the answer alone.
class AnswerPrinter {
 public:
  explicit AnswerPrinter(Console& console) : console_(console) {}

  void print(const AnswerPiece& piece);
  // After the last piece; the line is not ended.
  void end();

 private:
  void end_thought();

  Console& console_;
  bool dimmed_ = false;
};

}  // namespace ferry::cli
