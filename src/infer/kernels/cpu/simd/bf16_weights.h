// The formats of packed weights, read as pairs of bf16: what AVX512-BF16's dot product multiplies two inputs
// of 16 outputs with. Included by avx512bf16.cpp inside its target region.
//
// The codes of the block formats are whole numbers that bf16 holds exactly: products are made of them, and
// each step's sum of products is scaled, which rounds nothing but the sum. A format's Reader stands at one
// step (16 or 32 inputs) of one panel: pair(k) are the weights of inputs k and k + 1, scale() what the step's
// sum is multiplied with, offset() what is taken away for each one in the sum of the step's activations.
// Layouts: ../panels.h.

using Pairs = __m512i;  // [16 outputs][2 inputs] bf16

// Whole numbers up to 256 in size: their floats have nothing in the lower half.
FERRY_INLINE Pairs pairs_of(Vec even, Vec odd) {
  const __m512i upper_halves =
      _mm512_set_epi16(63, 31, 61, 29, 59, 27, 57, 25, 55, 23, 53, 21, 51, 19, 49, 17, 47, 15, 45, 13, 43, 11,
                       41, 9, 39, 7, 37, 5, 35, 3, 33, 1);
  return _mm512_permutex2var_epi16(_mm512_castps_si512(even.v), upper_halves, _mm512_castps_si512(odd.v));
}

// Of each byte's low and high four bits, the words of a pair; the bits above are anything.
FERRY_INLINE __m512i nibble_words(const std::byte* p) {
  const __m512i shifts = _mm512_set1_epi64(0x00'24'00'20'00'04'00'00);
  return _mm512_multishift_epi64_epi8(shifts, load_bytes(p));
}

// 32 whole numbers of at most eight bits in bf16: from `first` on, or 16 of them twice.
constexpr std::array<uint16_t, 32> bf16_numbers(int first, bool twice) {
  std::array<uint16_t, 32> numbers{};
  for (int i = 0; i < 32; ++i) {
    const auto number = static_cast<float>(first + (twice ? i % 16 : i));
    numbers[static_cast<size_t>(i)] = static_cast<uint16_t>(std::bit_cast<uint32_t>(number) >> 16);
  }
  return numbers;
}
alignas(64) constexpr auto kCodesOfQ4_0 = bf16_numbers(-8, true);
alignas(64) constexpr auto kCodesOfQ4K = bf16_numbers(0, true);
alignas(64) constexpr auto kNegativeCodesOfQ6K = bf16_numbers(-32, false);
alignas(64) constexpr auto kOtherCodesOfQ6K = bf16_numbers(0, false);

FERRY_INLINE __m512i load_numbers(const std::array<uint16_t, 32>& numbers) {
  return _mm512_load_si512(numbers.data());
}

template <DType kType, int kInputs>
struct PairFormat {
  static constexpr DType kStored = kType;
  static constexpr int kStepInputs = kInputs;
  static constexpr bool kScaled = kType != DType::bf16;
  static constexpr bool kOffset = kType == DType::q4_k;
};

struct PairsBf16 : PairFormat<DType::bf16, 32> {
  struct Reader {
    const std::byte* block;
    FERRY_INLINE Reader(const std::byte* at, int) : block(at) {}
    FERRY_INLINE Pairs pair(int k) const { return _mm512_loadu_si512(block + k * kLanes * 2); }
  };
};

struct PairsQ8_0 : PairFormat<DType::q8_0, 32> {
  struct Reader {
    const std::byte* block;
    FERRY_INLINE Reader(const std::byte* at, int) : block(at) {}
    FERRY_INLINE Pairs pair(int k) const {
      const std::byte* codes = block + 32 + k * kLanes;
      return pairs_of(load_i8(codes), load_i8(codes + kLanes));
    }
    FERRY_INLINE Vec scale() const { return load_f16(block); }
  };
};

struct PairsQ4_0 : PairFormat<DType::q4_0, 32> {
  struct Reader {
    const std::byte* block;
    FERRY_INLINE Reader(const std::byte* at, int) : block(at) {}
    FERRY_INLINE Pairs pair(int k) const {
      return _mm512_permutexvar_epi16(nibble_words(block + 32 + k / 2 * kLanes), load_numbers(kCodesOfQ4_0));
    }
    FERRY_INLINE Vec scale() const { return load_f16(block); }
  };
};

struct PairsQ4K : PairFormat<DType::q4_k, 32> {
  struct Reader {
    const std::byte* block;
    int step;
    FERRY_INLINE Reader(const std::byte* at, int i) : block(at), step(i) {}
    FERRY_INLINE Pairs pair(int k) const {
      const std::byte* codes = block + 64 + 256 + (step * 16 + k / 2) * kLanes;
      return _mm512_permutexvar_epi16(nibble_words(codes), load_numbers(kCodesOfQ4K));
    }
    FERRY_INLINE Vec scale() const { return mul(load_f16(block), load_u8(block + 64 + step * kLanes)); }
    FERRY_INLINE Vec offset() const {
      return mul(load_f16(block + 32), load_u8(block + 64 + (8 + step) * kLanes));
    }
  };
};

struct PairsQ6K : PairFormat<DType::q6_k, 16> {
  struct Reader {
    const std::byte* block;
    int step;
    FERRY_INLINE Reader(const std::byte* at, int i) : block(at), step(i) {}
    // Both high bits of each input, in bits 4 and 5 of its word.
    FERRY_INLINE static __m512i crumb_words(const std::byte* p, int k) {
      const __m512i first = _mm512_set1_epi64(0x00'1E'00'1C'00'3E'00'3C);
      const __m512i second = _mm512_set1_epi64(0x00'22'00'20'00'02'00'00);
      return _mm512_multishift_epi64_epi8(k % 4 == 0 ? first : second, load_bytes(p));
    }
    FERRY_INLINE Pairs pair(int k) const {
      const __m512i low = nibble_words(block + 32 + 256 + (step * 8 + k / 2) * kLanes);
      const __m512i high = crumb_words(block + 32 + 256 + 2048 + (step * 4 + k / 4) * kLanes, k);
      constexpr int kSelect = 0xCA;
      const __m512i code = _mm512_ternarylogic_epi32(_mm512_set1_epi16(0x0F), low, high, kSelect);
      return _mm512_permutex2var_epi16(load_numbers(kNegativeCodesOfQ6K), code,
                                       load_numbers(kOtherCodesOfQ6K));
    }
    FERRY_INLINE Vec scale() const { return mul(load_f16(block), load_i8(block + 32 + step * kLanes)); }
  };
};
