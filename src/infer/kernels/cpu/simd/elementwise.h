// Norms, rotations and what works on one element at a time.

inline void rms_norm(const float* x, const float* weight, float eps, int64_t rows, int64_t width,
                     float* out) {
  for (int64_t r = 0; r < rows; ++r, x += width, out += width) {
    Vec squares = zero();
    for (int64_t i = 0; i < width; i += kLanes) {
      const Vec v = load_some(x + i, static_cast<int>(std::min<int64_t>(kLanes, width - i)));
      squares = fma(v, v, squares);
    }
    const float mean = reduce_add(squares) / static_cast<float>(width);
    const Vec scale = broadcast(1.0f / std::sqrt(mean + eps));
    for (int64_t i = 0; i < width; i += kLanes) {
      const int n = static_cast<int>(std::min<int64_t>(kLanes, width - i));
      store_some(out + i, mul(mul(load_some(x + i, n), scale), load_some(weight + i, n)), n);
    }
  }
}

// The differences from the mean are written to `out` on the way: what lies beyond a row's end must not count.
inline void layer_norm(const float* x, const float* weight, const float* bias, float eps, int64_t rows,
                       int64_t width, float* out) {
  const auto count = [&](int64_t i) { return static_cast<int>(std::min<int64_t>(kLanes, width - i)); };
  for (int64_t r = 0; r < rows; ++r, x += width, out += width) {
    Vec sums = zero();
    for (int64_t i = 0; i < width; i += kLanes) sums = add(sums, load_some(x + i, count(i)));
    const Vec mean = broadcast(reduce_add(sums) / static_cast<float>(width));
    Vec squares = zero();
    for (int64_t i = 0; i < width; i += kLanes) {
      const int n = count(i);
      store_some(out + i, sub(load_some(x + i, n), mean), n);
      const Vec difference = load_some(out + i, n);
      squares = fma(difference, difference, squares);
    }
    const float variance = reduce_add(squares) / static_cast<float>(width);
    const Vec scale = broadcast(1.0f / std::sqrt(variance + eps));
    for (int64_t i = 0; i < width; i += kLanes) {
      const int n = count(i);
      const Vec normal = mul(load_some(out + i, n), scale);
      store_some(out + i, fma(normal, load_some(weight + i, n), load_some(bias + i, n)), n);
    }
  }
}

inline void rotate_halves(float* first, float* second, const float* cosines, const float* sines,
                          int32_t pairs) {
  for (int32_t i = 0; i < pairs; i += kLanes) {
    const int n = std::min(kLanes, pairs - i);
    const Vec x = load_some(first + i, n);
    const Vec y = load_some(second + i, n);
    const Vec cosine = load_some(cosines + i, n);
    const Vec sine = load_some(sines + i, n);
    store_some(first + i, fnma(y, sine, mul(x, cosine)), n);
    store_some(second + i, fma(x, sine, mul(y, cosine)), n);
  }
}

inline void rotate_neighbours(float* x, const float* cosines, const float* sines, int32_t pairs) {
  for (int32_t i = 0; i < pairs; ++i, x += 2) {
    const float a = x[0];
    const float b = x[1];
    x[0] = a * cosines[i] - b * sines[i];
    x[1] = b * cosines[i] + a * sines[i];
  }
}

inline void rope(const RopeArgs& args) {
  const int32_t pairs = args.rotary_dims / 2;
  for (int64_t i = 0; i < args.rows * args.heads; ++i) {
    float* head = args.x + i * args.head_dim;
    const float* cosines = args.cosines + i / args.heads * pairs;
    const float* sines = args.sines + i / args.heads * pairs;
    if (args.pairing == RopePairing::halves) {
      rotate_halves(head, head + pairs, cosines, sines, pairs);
    } else {
      rotate_neighbours(head, cosines, sines, pairs);
    }
  }
}

inline void swiglu(const float* gate, const float* up, int64_t count, float* out) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int n = static_cast<int>(std::min<int64_t>(kLanes, count - i));
    const Vec g = load_some(gate + i, n);
    const Vec silu = div(g, add(broadcast(1.0f), exp(sub(zero(), g))));
    store_some(out + i, mul(silu, load_some(up + i, n)), n);
  }
}

// Φ(-u) for u >= 0, to 8e-7 of it where it is normal, growing with the rounding of u² / 2 beyond: the factor
// that decays, exp(-u² / 2), times t · P(t) with t = 1 / (1 + 0.35 u), whose P was fitted to erfcx (Lawson's
// weighted least squares, relative error 3.2e-8 over 0 to 14), in the manner of Hastings' 1955
// approximations.
FERRY_INLINE Vec normal_tail(Vec u) {
  const Vec t = div(broadcast(1.0f), fma(u, broadcast(0.35f), broadcast(1.0f)));
  Vec p = broadcast(-2.914593456e-02f);
  p = fma(p, t, broadcast(1.439717176e-01f));
  p = fma(p, t, broadcast(-2.557142930e-01f));
  p = fma(p, t, broadcast(1.591742022e-01f));
  p = fma(p, t, broadcast(-2.310986253e-02f));
  p = fma(p, t, broadcast(1.055080151e-01f));
  p = fma(p, t, broadcast(1.198328649e-01f));
  p = fma(p, t, broadcast(1.398618700e-01f));
  p = fma(p, t, broadcast(1.396214043e-01f));
  const Vec decay = exp(mul(mul(u, u), broadcast(-0.5f)));
  return mul(mul(p, t), decay);
}

// x · Φ(x) is x less |x| · Φ(-|x|) above zero, and minus that below. Beyond 14 nothing is left of it.
inline void gelu(const float* x, int64_t count, float* out) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int n = static_cast<int>(std::min<int64_t>(kLanes, count - i));
    const Vec v = load_some(x + i, n);
    const Vec u = min(broadcast(14.0f), max(v, sub(zero(), v)));
    store_some(out + i, fnma(u, normal_tail(u), max(zero(), v)), n);
  }
}

inline void add(float* x, const float* y, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int n = static_cast<int>(std::min<int64_t>(kLanes, count - i));
    store_some(x + i, add(load_some(x + i, n), load_some(y + i, n)), n);
  }
}

inline void add_bias(float* x, const float* bias, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r) add(x + r * width, bias, width);
}
