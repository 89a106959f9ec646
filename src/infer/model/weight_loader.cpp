#include "infer/model/weight_loader.h"

#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "infer/formats/quoted.h"
#include "infer/tensor/blocks.h"

namespace ferry {
namespace {

int64_t bytes_of(const TensorView& view) {
  return view.rows() * view.row_bytes();
}

// The packed copy is what will be read from now on: gives the mapped file's pages back, so that loading needs
// no more memory than the packed weights and one tensor. Only for memory that is mapped from a file.
void drop_mapped_pages(const TensorView& view) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(view.data);
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t last = (begin + static_cast<uintptr_t>(bytes_of(view))) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace

void WeightLoader::finished(const TensorView& view) {
  bytes_done_ += bytes_of(view);
  drop_mapped_pages(view);
  if (options_.progress) {
    options_.progress(static_cast<double>(bytes_done_) / static_cast<double>(files_.source.total_bytes()));
  }
}

Result<kernels::PackedMatrix> WeightLoader::matrix(std::string name, int64_t outputs, int64_t inputs) {
  FERRY_TRY(const TensorView view, files_.source.require(name, {outputs, inputs}));
  auto packed = cache_.find(name, view.dtype, outputs, inputs);
  if (!packed) {
    auto fresh = options_.table->pack(view, options_.arithmetic, pool_);
    if (!fresh) {
      const std::string where = fmt::format("{}: tensor {}", files_.source.name(), quoted_name(name));
      return tl::unexpected(std::move(fresh).error().within(where));
    }
    cache_.add(name, *fresh);
    packed = *std::move(fresh);
  }
  finished(view);
  taken_.insert(std::move(name));
  return *std::move(packed);
}

Result<std::vector<float>> WeightLoader::floats(std::string name, const Shape& shape) {
  FERRY_TRY(const TensorView view, files_.source.require(name, shape));
  std::vector<float> out(static_cast<size_t>(view.shape.elements()));
  dequantize_row(view.dtype, view.data, view.shape.elements(), out.data());
  finished(view);
  taken_.insert(std::move(name));
  return out;
}

Result<std::vector<float>> WeightLoader::vector(std::string name, int64_t length, bool wanted) {
  if (!wanted) return std::vector<float>();
  return floats(std::move(name), {length});
}

Result<std::vector<float>> WeightLoader::rows(std::string name, int64_t rows) {
  if (rows == 0) return std::vector<float>();
  return floats(std::move(name), {rows, spec_.hidden});
}

Result<NormWeights> WeightLoader::norm(const std::string& name, bool wanted) {
  NormWeights norm;
  if (!wanted) return norm;
  FERRY_TRY(norm.weight, vector(name + ".weight", spec_.hidden));
  FERRY_TRY(norm.bias, vector(name + ".bias", spec_.hidden, spec_.norm == NormKind::layer));
  return norm;
}

Result<void> WeightLoader::load_attention(const std::string& prefix, LayerWeights& w) {
  const TensorNames& names = *files_.names;
  const auto weight = [&](std::string_view name) { return fmt::format("{}{}.weight", prefix, name); };
  const auto bias = [&](std::string_view name) { return fmt::format("{}{}.bias", prefix, name); };
  const int64_t hidden = spec_.hidden;
  const int64_t q_width = spec_.q_width();
  const int64_t kv_width = spec_.kv_width();

  FERRY_TRY(w.attention_norm, norm(prefix + std::string(names.attention_norm)));
  FERRY_TRY(w.q, matrix(weight(names.q), q_width, hidden));
  FERRY_TRY(w.k, matrix(weight(names.k), kv_width, hidden));
  FERRY_TRY(w.v, matrix(weight(names.v), kv_width, hidden));
  FERRY_TRY(w.q_bias, vector(bias(names.q), q_width, spec_.qkv_bias));
  FERRY_TRY(w.k_bias, vector(bias(names.k), kv_width, spec_.qkv_bias));
  FERRY_TRY(w.v_bias, vector(bias(names.v), kv_width, spec_.qkv_bias));
  FERRY_TRY(w.q_norm, vector(weight(names.q_norm), spec_.head_dim, spec_.qk_norm));
  FERRY_TRY(w.k_norm, vector(weight(names.k_norm), spec_.head_dim, spec_.qk_norm));
  FERRY_TRY(w.attention_out, matrix(weight(names.attention_out), hidden, q_width));
  FERRY_TRY(w.attention_out_bias, vector(bias(names.attention_out), hidden, spec_.output_bias));
  return {};
}

Result<void> WeightLoader::load_feed_forward(const std::string& prefix, LayerWeights& w) {
  const TensorNames& names = *files_.names;
  const auto weight = [&](std::string_view name) { return fmt::format("{}{}.weight", prefix, name); };
  const auto bias = [&](std::string_view name) { return fmt::format("{}{}.bias", prefix, name); };
  const bool gated = spec_.feed_forward == FeedForwardKind::swiglu;
  FERRY_TRY(w.feed_forward_norm, norm(prefix + std::string(names.feed_forward_norm)));
  if (gated) {
    FERRY_TRY(w.gate, matrix(weight(names.gate), spec_.intermediate, spec_.hidden));
  }
  FERRY_TRY(w.up, matrix(weight(names.up), spec_.intermediate, spec_.hidden));
  FERRY_TRY(w.up_bias, vector(bias(names.up), spec_.intermediate, !gated));
  FERRY_TRY(w.down, matrix(weight(names.down), spec_.hidden, spec_.intermediate));
  FERRY_TRY(w.down_bias, vector(bias(names.down), spec_.hidden, !gated));
  return {};
}

Result<LayerWeights> WeightLoader::load_layer(size_t index) {
  LayerWeights w;
  const std::string prefix = fmt::format("{}{}{}.", files_.base, files_.names->layer, index);
  FERRY_TRY_VOID(load_attention(prefix, w));
  FERRY_TRY_VOID(load_feed_forward(prefix, w));
  return w;
}

Result<void> WeightLoader::load_embeddings(Model::Weights& weights) {
  const TensorNames& names = *files_.names;
  const auto whole = [&](std::string_view name) { return files_.base + std::string(name); };
  const bool learned = spec_.positions == PositionKind::learned;
  FERRY_TRY(weights.embedding, matrix(whole(names.embedding), spec_.vocab, spec_.hidden));
  FERRY_TRY(weights.positions,
            rows(whole(names.positions), learned ? spec_.position_offset + spec_.max_positions : 0));
  FERRY_TRY(weights.token_types, rows(whole(names.token_types), spec_.token_types));
  FERRY_TRY(weights.embedding_norm, norm(whole(names.embedding_norm), spec_.embedding_norm));
  return {};
}

Result<void> WeightLoader::load_head(Model::Weights& weights) {
  if (spec_.classifier) {
    FERRY_TRY(weights.classifier, load_classifier());
  }
  if (spec_.norm_place == NormPlace::before) {
    FERRY_TRY(weights.final_norm, norm(files_.base + std::string(files_.names->final_norm)));
  }
  if (!spec_.makes_text()) return {};
  if (spec_.tied_embeddings) return check_tied_head();
  FERRY_TRY(weights.head, matrix(std::string(files_.names->head), spec_.vocab, spec_.hidden));
  return {};
}

Result<ClassifierWeights> WeightLoader::load_classifier() {
  ClassifierWeights w;
  const std::string dense(files_.names->classifier_dense);
  const std::string out(files_.names->classifier_out);
  FERRY_TRY(w.dense, matrix(dense + ".weight", spec_.hidden, spec_.hidden));
  FERRY_TRY(w.dense_bias, vector(dense + ".bias", spec_.hidden));
  FERRY_TRY(w.out, matrix(out + ".weight", spec_.classifier->labels, spec_.hidden));
  FERRY_TRY(w.out_bias, vector(out + ".bias", spec_.classifier->labels));
  return w;
}

Result<std::unique_ptr<Model::Weights>> WeightLoader::load() {
  auto weights = std::make_unique<Model::Weights>();
  FERRY_TRY_VOID(load_embeddings(*weights));
  for (size_t i = 0; i < spec_.layers.size(); ++i) {
    FERRY_TRY(LayerWeights layer, load_layer(i));
    weights->layers.push_back(std::move(layer));
  }
  FERRY_TRY_VOID(load_head(*weights));
  FERRY_TRY_VOID(check_unknown());
  return weights;
}

// Some files store the head although it is tied; that is fine as long as it is the embedding again.
Result<void> WeightLoader::check_tied_head() {
  const std::string_view name = files_.names->head;
  const TensorView* head = files_.source.find(name);
  if (head == nullptr) return {};
  const TensorView* embedding = files_.source.find(files_.base + std::string(files_.names->embedding));
  const bool same = head->dtype == embedding->dtype && head->shape == embedding->shape &&
                    std::memcmp(head->data, embedding->data, static_cast<size_t>(bytes_of(*head))) == 0;
  if (!same) {
    return fail(ErrorCode::corrupt,
                "{}: the configuration ties the head to the embedding, but tensor {} differs from it",
                files_.source.name(), quoted_name(name));
  }
  finished(*head);
  taken_.emplace(name);
  return {};
}

Result<void> WeightLoader::check_unknown() const {
  for (const std::string_view name : files_.source.names()) {
    if (files_.names->is_harmless(name) || taken_.contains(name)) continue;
    return fail(
        ErrorCode::unsupported,
        "{}: tensor {} is not part of a {} model of {} layers as its configuration describes it; Ferry "
        "would have to ignore it",
        files_.source.name(), quoted_name(name), spec_.family, spec_.layers.size());
  }
  return {};
}

}  // namespace ferry
