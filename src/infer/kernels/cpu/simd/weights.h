// The formats of packed weights, read as floats: what a panel's 16 outputs multiply an input with.
//
// A format's Reader stands at one step (16 or 32 inputs) of one panel and gives the weights of two inputs at
// a time. kRound: rounded to bf16. Layouts: ../panels.h.

// To bf16 for numbers of at most 23 significant bits between 2^-100 and 2^110 in size; a scale in f16 times a
// code is one. The sum with 2^16 times the number has no place for the bits to drop. That multiple is exact,
// and its last bit stands above the place of rounding, so ties go to even and the difference is exact. (A
// number of 24 bits just below a power of 2 would go wrong.) An infinity becomes NaN.
template <bool kRound>
FERRY_INLINE Vec short_rounded(Vec w) {
  if constexpr (kRound) return fnma(w, broadcast(0x1p16f), mul(w, broadcast(0x1p16f + 1)));
  return w;
}

template <bool kRound>
FERRY_INLINE Vec rounded(Vec w) {
  if constexpr (kRound) return round_to_bf16(w);
  return w;
}

struct WeightsF32 {
  static constexpr DType kStored = DType::f32;
  static constexpr int kStepInputs = 32;
  struct Reader {
    const float* numbers;
    FERRY_INLINE Reader(const std::byte* block, int) : numbers(reinterpret_cast<const float*>(block)) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      even = load(numbers + k * kLanes);
      odd = load(numbers + (k + 1) * kLanes);
    }
  };
};

struct WeightsF16 {
  static constexpr DType kStored = DType::f16;
  static constexpr int kStepInputs = 32;
  struct Reader {
    const std::byte* numbers;
    FERRY_INLINE Reader(const std::byte* block, int) : numbers(block) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      even = load_f16(numbers + k * kLanes * 2);
      odd = load_f16(numbers + (k + 1) * kLanes * 2);
    }
  };
};

struct WeightsBf16 {
  static constexpr DType kStored = DType::bf16;
  static constexpr int kStepInputs = 32;
  struct Reader {
    const std::byte* pairs;
    FERRY_INLINE Reader(const std::byte* block, int) : pairs(block) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      load_bf16_pairs(pairs + k * kLanes * 2, even, odd);
    }
  };
};

template <bool kRound>
struct WeightsQ8_0 {
  static constexpr DType kStored = DType::q8_0;
  static constexpr int kStepInputs = 32;
  struct Reader {
    Vec scale;
    const std::byte* codes;
    FERRY_INLINE Reader(const std::byte* block, int) : scale(load_f16(block)), codes(block + 32) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      even = short_rounded<kRound>(mul(load_i8(codes + k * kLanes), scale));
      odd = short_rounded<kRound>(mul(load_i8(codes + (k + 1) * kLanes), scale));
    }
  };
};

// (code - 8) * scale = code * scale - 8 * scale, exact in either order.
template <bool kRound>
struct WeightsQ4_0 {
  static constexpr DType kStored = DType::q4_0;
  static constexpr int kStepInputs = 32;
  struct Reader {
    Vec scale, offset;
    const std::byte* codes;
    FERRY_INLINE Reader(const std::byte* block, int)
        : scale(load_f16(block)), offset(mul(scale, broadcast(-8.0f))), codes(block + 32) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      Vec low, high;
      load_nibbles(codes + k / 2 * kLanes, low, high);
      even = short_rounded<kRound>(fma(low, scale, offset));
      odd = short_rounded<kRound>(fma(high, scale, offset));
    }
  };
};

// d * scale and its product with a code are exact in f32, so that fma rounds as the definition does.
template <bool kRound>
struct WeightsQ4K {
  static constexpr DType kStored = DType::q4_k;
  static constexpr int kStepInputs = 32;
  struct Reader {
    Vec scale, offset;
    const std::byte* codes;
    FERRY_INLINE Reader(const std::byte* block, int step)
        : scale(mul(load_f16(block), load_u8(block + 64 + step * kLanes))),
          offset(sub(zero(), mul(load_f16(block + 32), load_u8(block + 64 + (8 + step) * kLanes)))),
          codes(block + 64 + 256 + step * 16 * kLanes) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      Vec low, high;
      load_nibbles(codes + k / 2 * kLanes, low, high);
      even = rounded<kRound>(fma(low, scale, offset));
      odd = rounded<kRound>(fma(high, scale, offset));
    }
  };
};

// A code is low + 16 * high - 32, a small whole number: exact however it is put together.
template <bool kRound>
struct WeightsQ6K {
  static constexpr DType kStored = DType::q6_k;
  static constexpr int kStepInputs = 16;
  struct Reader {
    Vec scale;
    const std::byte* nibbles;
    const std::byte* crumbs;
    FERRY_INLINE Reader(const std::byte* block, int step)
        : scale(mul(load_f16(block), load_i8(block + 32 + step * kLanes))),
          nibbles(block + 32 + 256 + step * 8 * kLanes),
          crumbs(block + 32 + 256 + 2048 + step * 4 * kLanes) {}
    FERRY_INLINE void pair(int k, Vec& even, Vec& odd) const {
      Vec low_even, low_odd, high_even, high_odd;
      load_nibbles(nibbles + k / 2 * kLanes, low_even, low_odd);
      load_crumbs(crumbs + k / 4 * kLanes, k % 4 * 2, high_even, high_odd);
      even = short_rounded<kRound>(mul(weight_code(low_even, high_even), scale));
      odd = short_rounded<kRound>(mul(weight_code(low_odd, high_odd), scale));
    }
    FERRY_INLINE static Vec weight_code(Vec low, Vec high) {
      return fma(high, broadcast(16.0f), sub(low, broadcast(32.0f)));
    }
  };
};

// The reader of step `step` of panel `panel` of the group.
template <class Format>
FERRY_INLINE typename Format::Reader reader_at(const std::byte* group, int panel, int64_t step) {
  constexpr PanelFormat kFormat = panel_format(Format::kStored);
  constexpr int64_t kSteps = kFormat.block_inputs / Format::kStepInputs;
  const std::byte* block = group + (step / kSteps * kGroupPanels + panel) * kFormat.block_bytes;
  return typename Format::Reader(block, static_cast<int>(step % kSteps));
}

// A group's bytes are one ascending stream, and read faster than the processor foresees by itself when it is
// asked for what lies this far ahead of a step's share of the panels `c` to `c` + C.
constexpr int64_t kReadAhead = 6 << 10;
template <class Format, int C>
FERRY_INLINE void read_ahead(const std::byte* group, int c, int64_t step) {
  constexpr PanelFormat kFormat = panel_format(Format::kStored);
  constexpr int64_t kStepBytes = kFormat.block_bytes * Format::kStepInputs / kFormat.block_inputs;
  const std::byte* at = group + (step * kGroupPanels + c) * kStepBytes + kReadAhead;
  FERRY_UNROLL
  for (int64_t i = 0; i < C * kStepBytes; i += 64) _mm_prefetch(at + i, _MM_HINT_T0);
}

// Calls body(Format()) with the format of the matrix. round: block formats' weights are rounded to bf16.
template <class Body>
void with_format(const PackedMatrix& w, bool round, Body&& body) {
  switch (stored_dtype(w.source, w.arithmetic)) {
    case DType::f32:
      return body(WeightsF32());
    case DType::f16:
      return body(WeightsF16());
    case DType::bf16:
      return body(WeightsBf16());
    case DType::q8_0:
      return round ? body(WeightsQ8_0<true>()) : body(WeightsQ8_0<false>());
    case DType::q4_0:
      return round ? body(WeightsQ4_0<true>()) : body(WeightsQ4_0<false>());
    case DType::q4_k:
      return round ? body(WeightsQ4K<true>()) : body(WeightsQ4K<false>());
    case DType::q6_k:
      return round ? body(WeightsQ6K<true>()) : body(WeightsQ6K<false>());
  }
}
