#pragma once
// What the tests of this room share: random weights of every DType, packed matrices, lists of tables.

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "infer/kernels/kernels.h"
#include "infer/tensor/blocks.h"
#include "infer/tensor/half.h"

namespace ferry::kernels {

inline const std::vector<DType> kAllDTypes = {DType::f32,  DType::f16,  DType::bf16, DType::q8_0,
                                              DType::q4_0, DType::q4_k, DType::q6_k};

inline const std::vector<Arithmetic> kArithmetics = {Arithmetic::f32, Arithmetic::bf16, Arithmetic::int8};

inline std::vector<const KernelTable*> supported_tables() {
  std::vector<const KernelTable*> tables;
  for (const KernelTable* table : all_tables()) {
    if (table->supported()) tables.push_back(table);
  }
  return tables;
}

// AMX's product in software; it has no other functions. In amx_emulation_test.cpp.
extern const KernelTable kEmulatedAmxTable;

inline std::vector<const KernelTable*> tables_with_products() {
  std::vector<const KernelTable*> tables = supported_tables();
  if (kEmulatedAmxTable.supported()) tables.push_back(&kEmulatedAmxTable);
  return tables;
}

inline std::vector<float> random_floats(size_t count, uint64_t seed, float scale = 1.0f) {
  Rng rng(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng.gaussian()) * scale;
  return values;
}

// A weight as a model file holds it, at an address that is aligned to nothing. Row n is row n - distinct_rows
// again, where that saves time.
class StoredWeight {
 public:
  StoredWeight(DType dtype, int64_t outputs, int64_t inputs, uint64_t seed, int64_t distinct_rows = 1 << 30)
      : view_{dtype, {outputs, inputs}, nullptr} {
    const int64_t row_bytes = view_.row_bytes();
    bytes_.resize(static_cast<size_t>(row_bytes * outputs) + 1);
    view_.data = row(0);
    for (int64_t n = 0; n < outputs; ++n) {
      if (n < distinct_rows) {
        fill_row(row(n), seed * 1000003 + static_cast<uint64_t>(n));
      } else {
        std::memcpy(row(n), row(n - distinct_rows), static_cast<size_t>(row_bytes));
      }
    }
  }
  StoredWeight(const StoredWeight&) = delete;
  StoredWeight& operator=(const StoredWeight&) = delete;

  const TensorView& view() const { return view_; }
  std::byte* row(int64_t n) { return bytes_.data() + 1 + n * view_.row_bytes(); }

  // As `packed` multiplies with them: [outputs, inputs].
  std::vector<float> values(const PackedMatrix& packed) {
    const bool in_blocks = dtype_info(view_.dtype).elements > 1;
    const bool codes = packed.table->exact_codes || packed.arithmetic == Arithmetic::int8;
    const bool round = rounds_to_bf16(packed.arithmetic) && !(in_blocks && codes);
    const int64_t inputs = view_.shape.back();
    std::vector<float> out(static_cast<size_t>(view_.shape.elements()));
    for (int64_t n = 0; n < view_.rows(); ++n)
      dequantize_row(view_.dtype, row(n), inputs, out.data() + n * inputs);
    if (round) {
      for (float& value : out) value = bf16_to_f32(f32_to_bf16(value));
    }
    return out;
  }

 private:
  // The K formats have no quantiser: random bits with scales of a sane size are as good.
  void fill_row(std::byte* out, uint64_t seed) {
    const int64_t inputs = view_.shape.back();
    if (can_quantize(view_.dtype)) {
      quantize_row(view_.dtype, random_floats(static_cast<size_t>(inputs), seed, 0.05f).data(), inputs, out);
      return;
    }
    Rng rng(seed);
    const DTypeInfo info = dtype_info(view_.dtype);
    for (int64_t b = 0; b < inputs / info.elements; ++b, out += info.bytes) {
      for (int64_t i = 0; i < info.bytes; ++i) out[i] = static_cast<std::byte>(rng.below(256));
      const bool q4 = view_.dtype == DType::q4_k;
      set_f16(out + (q4 ? 0 : info.bytes - 2), static_cast<float>(rng.gaussian()) * 1e-3f);
      if (q4) set_f16(out + 2, static_cast<float>(rng.gaussian()) * 1e-3f);
    }
  }
  static void set_f16(std::byte* at, float value) {
    const uint16_t bits = f32_to_f16(value);
    std::memcpy(at, &bits, sizeof bits);
  }

  TensorView view_;
  std::vector<std::byte> bytes_;
};

inline PackedMatrix must_pack(const KernelTable& table, const TensorView& view, Arithmetic arithmetic,
                              ThreadPool& pool) {
  auto packed = table.pack(view, arithmetic, pool);
  FERRY_CHECK(packed.has_value());
  return std::move(*packed);
}

inline std::vector<float> multiply(const PackedMatrix& w, const std::vector<float>& x, ThreadPool& pool) {
  const int64_t rows = static_cast<int64_t>(x.size()) / w.inputs;
  std::vector<float> out(static_cast<size_t>(rows * w.outputs), NAN);
  w.table->matmul(w, x.data(), rows, out.data(), pool);
  return out;
}

inline bool same_bits(const float* a, const float* b, size_t count) {
  return std::memcmp(a, b, count * sizeof(float)) == 0;
}

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && same_bits(a.data(), b.data(), a.size());
}

// Names parametrised tests after their table.
inline std::string table_name(const testing::TestParamInfo<const KernelTable*>& info) {
  return std::string(info.param->name);
}

}  // namespace ferry::kernels
