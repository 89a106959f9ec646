#include "app/cli/answer_printer.h"

namespace ferry::cli {
namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

}  // namespace

void AnswerPrinter::print(const AnswerPiece& piece) {
  const bool terminal = console_.out_is_terminal;
  if (terminal && !piece.thought.empty()) {
    if (!std::exchange(dimmed_, true)) console_.out << kDim;
    console_.out << without_controls(piece.thought);
  }
  if (!piece.text.empty()) {
    if (dimmed_) console_.out << "\n\n";
    end_thought();
    console_.out << (terminal ? without_controls(piece.text) : piece.text);
  }
  console_.out << std::flush;
}

void AnswerPrinter::end() {
  end_thought();
  console_.out << std::flush;
}

void AnswerPrinter::end_thought() {
  if (std::exchange(dimmed_, false)) console_.out << kPlain;
}

}  // namespace ferry::cli
