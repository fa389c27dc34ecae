// AVX-512: 16 lanes are one vector.

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "elementary.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma,popcnt"))), apply_to = function)

#define VECTOR_LANES 16
// 8 to 16 of the 32 registers hold sums.
#define TILE_BLOCKS_MAX 8
typedef __m512 vector;

static inline vector zero(void) { return _mm512_setzero_ps(); }
static inline vector broadcast(float x) { return _mm512_set1_ps(x); }
static inline vector load(const float *from) { return _mm512_loadu_ps(from); }
static inline void store(float *to, vector x) { _mm512_storeu_ps(to, x); }
static inline vector add(vector a, vector b) { return _mm512_add_ps(a, b); }
static inline vector multiply(vector a, vector b) { return _mm512_mul_ps(a, b); }
static inline vector fused(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
static inline vector larger(vector a, vector b) { return _mm512_max_ps(a, b); }

static inline vector smaller(vector a, vector b) { return _mm512_min_ps(a, b); }
static inline vector divide(vector a, vector b) { return _mm512_div_ps(a, b); }
static inline vector square_root(vector x) { return _mm512_sqrt_ps(x); }
static inline vector nearest(vector x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vector times_power_of_two(vector x, vector n) {
    __m512i power = _mm512_slli_epi32(_mm512_cvtps_epi32(n), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), power));
}
static inline vector exponent(vector x, vector *fraction) {
    __m512i bits = _mm512_castps_si512(x);
    __m512i power = _mm512_srai_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(MQ_SQRT_HALF_BITS)), 23);
    *fraction = _mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32(power, 23)));
    return _mm512_cvtepi32_ps(power);
}
static inline unsigned equals(vector a, vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline float largest_lane(vector x) { return _mm512_reduce_max_ps(x); }
static inline float smallest_lane(vector x) { return _mm512_reduce_min_ps(x); }

static inline float reduce16(const vector *sums) {
    __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sums[0]), 1));
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sums[0]), high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#define OWN_REDUCE16_OF_FOUR

/// The four trees side by side.
static inline void reduce16_of_four(const vector sums[4][1], float *to) {
    __m512 a = sums[0][0], b = sums[1][0], c = sums[2][0], d = sums[3][0];
    __m512 eight_ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
    __m512 eight_cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
    __m512 four = _mm512_add_ps(_mm512_shuffle_f32x4(eight_ab, eight_cd, 0x88),
                                _mm512_shuffle_f32x4(eight_ab, eight_cd, 0xDD));
    __m512 two = _mm512_add_ps(four, _mm512_permute_ps(four, 0x4E));
    __m512 one = _mm512_add_ps(two, _mm512_permute_ps(two, 0xB1));
    _mm_storeu_ps(to, _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, one)));
}

static inline unsigned equal16(const unsigned *values, unsigned needle) {
    return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(values), _mm512_set1_epi32((int)needle));
}

static inline void keys16(const vector *x, int *keys) {
    __m512i bits = _mm512_castps_si512(x[0]);
    __m512i flip = _mm512_srli_epi32(_mm512_srai_epi32(bits, 31), 1);
    _mm512_storeu_si512(keys, _mm512_xor_si512(bits, flip));
}

static inline unsigned long count_at_least(const int *keys, unsigned long n, int least) {
    __m512i limit = _mm512_set1_epi32(least);
    unsigned long count = 0;
    for (unsigned long i = 0; i < n; i += 16)
        count += (unsigned)__builtin_popcount(_mm512_cmpge_epi32_mask(_mm512_loadu_si512(keys + i), limit));
    return count;
}

#define OWN_COLLECT

/// Without a branch that depends on the scores. What is stored behind the positions found is never behind `scores`' end:
/// there are at most as many as were looked at.
static size_t collect(const float *scores, size_t n, float threshold, uint32_t *found) {
    __m512 least = _mm512_set1_ps(threshold);
    __m512i positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t count = 0;
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 reached = _mm512_cmp_ps_mask(_mm512_loadu_ps(scores + i), least, _CMP_GE_OQ);
        _mm512_storeu_si512(found + count, _mm512_maskz_compress_epi32(reached, positions));
        count += (unsigned)__builtin_popcount(reached);
        positions = _mm512_add_epi32(positions, _mm512_set1_epi32(16));
    }
    return count;
}

#include "kernels_simd.h"
#include "ranking_simd.h"

const mq_kernel_table mq_kernels_avx512 = {
    .variant = MQ_VARIANT_AVX512,
    .queries_per_call = 8,
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
