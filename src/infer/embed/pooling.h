#pragma once
// From the hidden states of a text's tokens to one vector.

#include <cstdint>
#include <span>
#include <vector>

#include "infer/embed/sentence_files.h"

namespace ferry {

// Sums the rows that it is given, in their order, and keeps the first and the last.
class Pooler {
 public:
  Pooler(Pooling pooling, size_t width) : pooling_(pooling), vector_(width) {}

  // The text's next rows: [count, width].
  void add(std::span<const float> rows);
  // REQUIRES: at least one row was added.
  std::vector<float> take();

 private:
  Pooling pooling_;
  std::vector<float> vector_;
  int64_t rows_ = 0;
};

// To length 1; zeros stay. The squares are added in double.
void normalize(std::span<float> vector);

// Of two vectors of one length, -1 to 1; 0 where one is all zeros.
float cosine(std::span<const float> a, std::span<const float> b);

float sigmoid(float x);

}  // namespace ferry
