#pragma once
// The reference table's functions: plain loops, one file an op. They define what the other tables mean and
// are their oracle in tests; speed is not a goal. Contracts stand in ../kernels.h.
//
// Layouts: a packed matrix is the source's bytes; a page is keys [kv_heads, page_tokens, head_dim], then
// values of the same shape.

#include "infer/kernels/kernels.h"

namespace ferry::kernels::reference {

Result<PackedMatrix> pack(const TensorView& w, Arithmetic arithmetic, ThreadPool& pool);
int64_t packed_bytes(DType source, Arithmetic arithmetic, int64_t outputs, int64_t inputs);
void matmul(const PackedMatrix& w, const float* x, int64_t rows, float* out, ThreadPool& pool);
void gather(const PackedMatrix& w, std::span<const int32_t> ids, float* out);
void rms_norm(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* out);
void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows,
                int64_t width, float* out);
void rope(const RopeArgs& args);
void swiglu(const float* gate, const float* up, int64_t count, float* out);
void gelu(const float* x, int64_t count, float* out);
void add(float* x, const float* y, int64_t count);
void add_bias(float* x, const float* bias, int64_t rows, int64_t width);
void store_kv(const StoreKvArgs& args);
void attention(const AttentionArgs& args, ThreadPool& pool);
void bidirectional_attention(const BidirectionalArgs& args, ThreadPool& pool);

extern const KernelTable kTable;

}  // namespace ferry::kernels::reference
