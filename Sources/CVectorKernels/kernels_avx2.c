// AVX2 with FMA: 16 lanes are two vectors of 8.

#if defined(__x86_64__)

#include <immintrin.h>

#include "elementary.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define VECTOR_LANES 8
// 8 to 12 of the 16 registers hold sums: enough to hide the latency of fma.
#define TILE_BLOCKS_MAX 4
typedef __m256 vector;

static inline vector zero(void) { return _mm256_setzero_ps(); }
static inline vector broadcast(float x) { return _mm256_set1_ps(x); }
static inline vector load(const float *from) { return _mm256_loadu_ps(from); }
static inline void store(float *to, vector x) { _mm256_storeu_ps(to, x); }
static inline vector add(vector a, vector b) { return _mm256_add_ps(a, b); }
static inline vector multiply(vector a, vector b) { return _mm256_mul_ps(a, b); }
static inline vector fused(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
static inline vector larger(vector a, vector b) { return _mm256_max_ps(a, b); }
static inline unsigned reaches(vector a, vector b) {
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}

static inline vector smaller(vector a, vector b) { return _mm256_min_ps(a, b); }
static inline vector divide(vector a, vector b) { return _mm256_div_ps(a, b); }
static inline vector square_root(vector x) { return _mm256_sqrt_ps(x); }
static inline vector nearest(vector x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vector times_power_of_two(vector x, vector n) {
    __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), power));
}
static inline vector exponent(vector x, vector *fraction) {
    __m256i bits = _mm256_castps_si256(x);
    __m256i power = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(MQ_SQRT_HALF_BITS)), 23);
    *fraction = _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(power, 23)));
    return _mm256_cvtepi32_ps(power);
}
static inline unsigned equals(vector a, vector b) {
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ));
}

static inline float largest_lane(vector x) {
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
static inline float smallest_lane(vector x) {
    __m128 four = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}

static inline float reduce16(const vector *sums) {
    __m256 eight = _mm256_add_ps(sums[0], sums[1]);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline unsigned equal16(const unsigned *values, unsigned needle) {
    __m256i wanted = _mm256_set1_epi32((int)needle);
    __m256i low = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)values), wanted);
    __m256i high = _mm256_cmpeq_epi32(_mm256_loadu_si256((const __m256i *)(values + 8)), wanted);
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(low)) |
           (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(high)) << 8;
}

static inline void keys16(const vector *x, int *keys) {
    for (int v = 0; v < 2; v++) {
        __m256i bits = _mm256_castps_si256(x[v]);
        __m256i flip = _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1);
        _mm256_storeu_si256((__m256i *)(keys + v * 8), _mm256_xor_si256(bits, flip));
    }
}

static inline unsigned long count_at_least(const int *keys, unsigned long n, int least) {
    __m256i limit = _mm256_set1_epi32(least);
    __m256i below = _mm256_setzero_si256();
    for (unsigned long i = 0; i < n; i += 8)
        below = _mm256_add_epi32(below, _mm256_cmpgt_epi32(limit, _mm256_loadu_si256((const __m256i *)(keys + i))));
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(below), _mm256_extracti128_si256(below, 1));
    __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    // A comparison that holds is -1 in its lane.
    return n - (unsigned)-(_mm_cvtsi128_si32(two) + _mm_extract_epi32(two, 1));
}

#include "kernels_simd.h"
#include "ranking_simd.h"

const mq_kernel_table mq_kernels_avx2 = {
    .variant = MQ_VARIANT_AVX2,
    .queries_per_call = 6,
    .dot16 = dot16,
    .axpy = axpy,
    .mf_step = mf_step,
    .covariance_times = covariance_times,
    .kalman_step = kalman_step,
    .diagonal_step = diagonal_step,
    .score = score,
    .kth_bound = kth_bound,
    .collect = collect,
    .find_u32 = find_u32,
    .reverse_search = reverse_search,
    .softmax = softmax,
    .logarithms = logarithms,
    .gathered_scores = gathered_scores,
    .ranking_step = ranking_step,
    .adagrad_step = adagrad_step,
    .least_index = least_index,
};

#pragma clang attribute pop

#else
typedef int mq_not_this_processor;
#endif
