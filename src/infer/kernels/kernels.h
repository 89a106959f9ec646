#pragma once
// The door of the kernels: one table of functions for each instruction set, all with the same meaning.
//
// The numeric contract (docs/adr/0002): within one table, the bits of an output row depend only on that
// row's inputs. They do not depend on how many rows a call has, on the thread count, or on how a prompt was
// cut into calls:
//   - matmul adds a row's products in one order over the inputs, whatever the number of rows;
//   - attention walks fixed spans of 256 positions counted from position 0, each with its own partial
//     softmax, merged left to right;
//   - threads split rows and columns of outputs, never a sum.
//
// Activations are f32 throughout. All functions are thread-safe for disjoint outputs; those that take a
// ThreadPool spread themselves over it and return when done. Arguments are trusted: checked by the caller.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/core/thread_pool.h"
#include "infer/tensor/kv_type.h"
#include "infer/tensor/tensor.h"

namespace ferry::kernels {

// What a loaded model multiplies with. Chosen once per model, never mixed.
//   f32:  weights are dequantised to f32; products and sums in f32.
//   bf16: activations and plain weights are each rounded to bf16 once; products and sums in f32. Weights in
//         blocks are dequantised and rounded, or, in tables with exact_codes, their codes are multiplied as
//         they are and each block's sum is scaled, which is more exact.
//   int8: where weights are in blocks, activations are rounded to eight bits (int8_activations.h) and
//         multiplied with the weights' codes; the products of up to 32 inputs with one scale are added
//         exactly, then scaled, and these sums added in f32. Faster and coarser. Plain weights: as bf16.
enum class Arithmetic : uint8_t { f32, bf16, int8 };

constexpr std::string_view arithmetic_name(Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::int8) return "int8";
  return arithmetic == Arithmetic::f32 ? "f32" : "bf16";
}

// Are such weights in blocks, multiplied as integers?
constexpr bool multiplies_integers(DType source, Arithmetic arithmetic) {
  const bool plain = source == DType::f32 || source == DType::f16 || source == DType::bf16;
  return arithmetic == Arithmetic::int8 && !plain;
}

// Are plain weights, and the activations that they are multiplied with, rounded to bf16?
constexpr bool rounds_to_bf16(Arithmetic arithmetic) {
  return arithmetic != Arithmetic::f32;
}

struct KernelTable;

// A weight matrix in the layout that one table's matmul reads. Made by KernelTable::pack, used with the
// same table only. Immutable.
struct PackedMatrix {
  const KernelTable* table = nullptr;
  Arithmetic arithmetic = Arithmetic::bf16;
  DType source = DType::f32;  // what it was packed from
  int64_t outputs = 0;        // rows of the weight as stored
  int64_t inputs = 0;         // columns
  SharedBytes data;
};

inline bool multiplies_integers(const PackedMatrix& w) {
  return multiplies_integers(w.source, w.arithmetic);
}

// How the keys and values of one layer lie in memory. A page holds page_tokens positions of all kv heads,
// keys and values; its inner layout belongs to the table. Page p begins at pages + p * page_bytes.
struct KvLayer {
  KvType type = KvType::bf16;
  int32_t kv_heads = 0;
  int32_t head_dim = 0;     // even
  int32_t page_tokens = 0;  // a divisor of kSpanTokens
  int64_t page_bytes = 0;   // kv_page_bytes(...)
  std::byte* pages = nullptr;
};

inline constexpr int32_t kSpanTokens = 256;

// Consecutive rows of a batch that belong to one sequence: row first_row + i is position first_position + i.
struct SequenceRows {
  std::span<const int32_t> pages;  // page numbers of positions 0, page_tokens, 2 * page_tokens, ...
  int32_t first_row = 0;
  int32_t rows = 0;
  int32_t first_position = 0;
};

enum class RopePairing : uint8_t {
  halves,      // (i, i + rotary_dims / 2): Hugging Face's rotate_half
  neighbours,  // (2i, 2i + 1): the original paper; GGUF files of the llama architecture
};

struct RopeArgs {
  float* x = nullptr;              // [rows, heads, head_dim], rotated in place
  const float* cosines = nullptr;  // [rows, rotary_dims / 2]
  const float* sines = nullptr;    // [rows, rotary_dims / 2]
  int64_t rows = 0;
  int32_t heads = 0;
  int32_t head_dim = 0;
  int32_t rotary_dims = 0;  // even, <= head_dim; dimensions beyond stay as they are
  RopePairing pairing = RopePairing::halves;
};

struct StoreKvArgs {
  const float* k = nullptr;  // [rows, kv_heads, head_dim]
  const float* v = nullptr;  // [rows, kv_heads, head_dim]
  std::span<const SequenceRows> sequences;
  KvLayer kv;
};

struct AttentionArgs {
  const float* q = nullptr;  // [rows, heads, head_dim]
  float* out = nullptr;      // [rows, heads, head_dim]
  std::span<const SequenceRows> sequences;
  KvLayer kv;
  int32_t heads = 0;   // a multiple of kv.kv_heads; query head h reads kv head h / (heads / kv_heads)
  float scale = 1.0f;  // multiplies q · k
  int32_t window = 0;  // 0: all earlier positions; w: only keys with position > query position - w
};

// Attention without a cache: each row sees all rows of its sequence, those after it too.
struct BidirectionalArgs {
  const float* q = nullptr;                 // [rows, heads, head_dim]
  const float* k = nullptr;                 // the same
  const float* v = nullptr;                 // the same
  float* out = nullptr;                     // the same; none of the three
  std::span<const SequenceRows> sequences;  // whole ones: first_position is 0, and there are no pages
  int32_t heads = 0;
  int32_t head_dim = 0;  // even
  float scale = 1.0f;    // multiplies q · k
};

// What a table's products run on, and a loop of nothing else: what the machine could do at most, to measure
// beside what is done.
struct MatrixUnit {
  std::string_view name;                   // "AVX-512 f32 multiply-add"
  double flops_per_round = 0;              // a product and a sum count as two
  float (*run)(int64_t rounds) = nullptr;  // on the calling thread; the result means nothing
};

struct KernelTable {
  std::string_view name;         // "reference", "sse2", "avx2", "avx512", "avx512bf16", "amx"
  std::string_view description;  // the instruction sets it needs, for people
  bool (*supported)();           // may this machine run it?
  bool exact_codes = false;      // under bf16 arithmetic; see Arithmetic
  MatrixUnit unit;
  MatrixUnit int8_unit;  // of int8 arithmetic's products of weights in blocks

  // w: [outputs, inputs] of any DType, e.g. straight from a mapped file (unaligned is fine).
  // Fails with resource_exhausted when memory is short.
  Result<PackedMatrix> (*pack)(const TensorView& w, Arithmetic arithmetic, ThreadPool& pool);
  // How many bytes pack() makes of such a matrix.
  int64_t (*packed_bytes)(DType source, Arithmetic arithmetic, int64_t outputs, int64_t inputs);
  // out[rows, outputs] = x[rows, inputs] · wᵀ
  void (*matmul)(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);
  // out[i, :] = row ids[i] of w, as f32, as matmul multiplies with it: rounded to bf16 under bf16 arithmetic
  // but for exact codes. Tied embeddings use this.
  void (*gather)(const PackedMatrix& w, std::span<const int32_t> ids, float* out);

  // out = x / sqrt(mean(x²) + eps) · weight, each of `rows` rows of `width`; out may be x.
  void (*rms_norm)(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* out);
  // out = (x - mean(x)) / sqrt(variance(x) + eps) · weight + bias, each of `rows` rows of `width`, with the
  // variance of the whole row (Ba, Kiros and Hinton, "Layer Normalization", 2016); out may be x.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, int64_t rows,
                     int64_t width, float* out);
  void (*rope)(const RopeArgs& args);
  // out = gate · sigmoid(gate) · up, elementwise; out may be gate.
  void (*swiglu)(const float* gate, const float* up, int64_t count, float* out);
  // out = x · Φ(x), elementwise, with the normal distribution's Φ(x) = (1 + erf(x / √2)) / 2 (Hendrycks and
  // Gimpel, "Gaussian Error Linear Units", 2016); out may be x.
  void (*gelu)(const float* x, int64_t count, float* out);
  // x += y, elementwise.
  void (*add)(float* x, const float* y, int64_t count);
  // x[r, :] += bias, for each row.
  void (*add_bias)(float* x, const float* bias, int64_t rows, int64_t width);
  // Writes the rows' keys and values into their pages.
  void (*store_kv)(const StoreKvArgs& args);
  // Causal attention of each row over positions 0 .. its own, which store_kv has written already.
  void (*attention)(const AttentionArgs& args, ThreadPool& pool);
  void (*bidirectional_attention)(const BidirectionalArgs& args, ThreadPool& pool);
};

// Every table that was built, best first; `reference` (plain loops, the oracle of the tests) is last.
std::span<const KernelTable* const> all_tables();

// The best table that this machine runs, or the one named (setting `kernels`); an unknown name or one that
// this machine cannot run is an error that lists what there is.
Result<const KernelTable*> choose_table(std::string_view name = "auto");

}  // namespace ferry::kernels
