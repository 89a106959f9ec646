// Attention in which each row of a sequence sees all of them: a head's keys and values are laid out as pages
// in scratch memory, and the rest is attention.h's, with the same order of every sum.

// Of the scratch pages. Keys are computed a whole page at a time, so that short sequences want small ones.
inline int32_t page_tokens_for(int32_t tokens) {
  return tokens <= kLanes ? kLanes : 2 * kLanes;
}

// One head of one sequence.
class HeadAttention {
 public:
  HeadAttention(const BidirectionalArgs& args, const SequenceRows& sequence, int32_t head,
                std::span<const int32_t> page_numbers)
      : args_(args), sequence_(sequence), head_(head), page_numbers_(page_numbers) {
    layer_.type = KvType::f32;
    layer_.kv_heads = 1;
    layer_.head_dim = args.head_dim;
    layer_.page_tokens = page_tokens_for(sequence.rows);
    layer_.page_bytes = kv_page_bytes(layer_.type, 1, args.head_dim, layer_.page_tokens);
    const int64_t pages = ceil_div(sequence.rows, layer_.page_tokens);
    const size_t attend_bytes = attend_floats(args.head_dim) * sizeof(float);
    layer_.pages = thread_scratch(static_cast<size_t>(pages * layer_.page_bytes) + attend_bytes);
    scratch_ = reinterpret_cast<float*>(layer_.pages + pages * layer_.page_bytes);
  }

  void run() {
    const HeadPages<float> pages(layer_, page_numbers_, 0);
    for (int32_t t = 0; t < sequence_.rows; ++t) store(pages, t);
    AttentionArgs args;
    args.kv = layer_;
    args.heads = args_.heads;
    args.scale = args_.scale;
    for (int32_t first = 0; first < sequence_.rows; first += kTileQueries) {
      std::array<Query, kTileQueries> queries;
      const auto count = static_cast<size_t>(std::min(kTileQueries, sequence_.rows - first));
      for (size_t i = 0; i < count; ++i) {
        const int64_t at = offset(first + static_cast<int32_t>(i));
        queries[i] = {.q = args_.q + at, .out = args_.out + at, .positions = {0, sequence_.rows}};
      }
      attend(args, pages, std::span(queries.data(), count), scratch_);
    }
  }

 private:
  int64_t offset(int32_t row) const {
    return (int64_t{sequence_.first_row + row} * args_.heads + head_) * args_.head_dim;
  }
  void store(const HeadPages<float>& pages, int32_t t) const {
    const int32_t page_tokens = layer_.page_tokens;
    const float* k = args_.k + offset(t);
    float* keys = pages.keys(t / page_tokens) + t % page_tokens;
    for (int32_t d = 0; d < args_.head_dim; ++d) keys[int64_t{d} * page_tokens] = k[d];
    float* values = pages.values(t / page_tokens) + int64_t{t % page_tokens} * args_.head_dim;
    std::memcpy(values, args_.v + offset(t), static_cast<size_t>(args_.head_dim) * sizeof(float));
  }

  const BidirectionalArgs& args_;
  const SequenceRows& sequence_;
  int32_t head_;
  std::span<const int32_t> page_numbers_;
  KvLayer layer_;
  float* scratch_;
};

inline void bidirectional_attention(const BidirectionalArgs& args, ThreadPool& pool) {
  int32_t longest = 0;
  for (const SequenceRows& sequence : args.sequences) longest = std::max(longest, sequence.rows);
  std::vector<int32_t> page_numbers(static_cast<size_t>(ceil_div(longest, kLanes)));
  std::iota(page_numbers.begin(), page_numbers.end(), 0);
  pool.parallel_for(
      static_cast<int64_t>(args.sequences.size()) * args.heads, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const auto& sequence = args.sequences[static_cast<size_t>(i / args.heads)];
          HeadAttention(args, sequence, static_cast<int32_t>(i % args.heads), page_numbers).run();
        }
      });
}
