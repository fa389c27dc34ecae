// AVX2 with FMA: 16 lanes are two vectors of 8.

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>

#include "index_kernels.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,popcnt"))), apply_to = function)

#define VECTOR_LANES 8
#define TILE_QUERIES 2
// 8 of the 16 registers hold sums.
#define TILE_BLOCKS 2
#define TILE_BLOCKS_ALONE 2
typedef __m256 vector;
typedef __m256i integers;

static inline vector zero(void) { return _mm256_setzero_ps(); }
static inline vector broadcast(float x) { return _mm256_set1_ps(x); }
static inline integers broadcast_integer(int32_t x) { return _mm256_set1_epi32(x); }
static inline vector load(const float *from) { return _mm256_loadu_ps(from); }
static inline void store(float *to, vector x) { _mm256_storeu_ps(to, x); }
static inline vector subtract(vector a, vector b) { return _mm256_sub_ps(a, b); }
static inline vector multiply(vector a, vector b) { return _mm256_mul_ps(a, b); }
static inline vector fused(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
static inline vector larger(vector a, vector b) { return _mm256_max_ps(a, b); }
static inline vector size(vector a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline vector nearest(vector x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline unsigned is_infinite_or_nan(vector x) {
    __m256i exponent = _mm256_set1_epi32(0x7f800000);
    __m256i bits = _mm256_and_si256(_mm256_castps_si256(x), exponent);
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(bits, exponent)));
}
static inline bool is_zero(vector x) {
    return _mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_NEQ_UQ)) == 0;
}
static inline float reduce_larger(vector x) {
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
static inline vector to_float(integers x) { return _mm256_cvtepi32_ps(x); }
static inline unsigned reaches(vector a, vector b) {
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}

typedef __m256 reached;
static inline reached reached_none(void) { return _mm256_setzero_ps(); }
static inline reached reached_or(reached any, vector a, vector b) {
    return _mm256_or_ps(any, _mm256_cmp_ps(a, b, _CMP_GE_OQ));
}
static inline bool reached_any(reached any) { return _mm256_movemask_ps(any) != 0; }

static inline vector scales_of(const uint32_t *bounds) {
    __m256i both = _mm256_loadu_si256((const __m256i *)bounds);
    return _mm256_castsi256_ps(_mm256_and_si256(both, _mm256_set1_epi32((int)0xffff0000)));
}
static inline vector errors_of(const uint32_t *bounds) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)bounds), 16));
}

static inline float reduce16(const vector *sums) {
    __m256 eight = _mm256_add_ps(sums[0], sums[1]);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline void store_codes(int8_t *to, const vector *codes) {
    __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(codes[0]), _mm256_cvtps_epi32(codes[1]));
    words = _mm256_permute4x64_epi64(words, 0xd8);
    __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128((__m128i *)to, bytes);
}

/// Adds the products of four coordinates. Bytes are widened to 16 bits, the even and the odd of a lane apart, since the
/// instruction that multiplies bytes saturates.
static inline __attribute__((always_inline)) void accumulate(const uint8_t *codes, size_t block_bytes,
                                                             const uint32_t *weights, integers sums[TILE_QUERIES][8][2],
                                                             const int tile_queries, const int tile_blocks) {
    integers even_weights[TILE_QUERIES], odd_weights[TILE_QUERIES];
    _Pragma("clang loop unroll(full)") for (int q = 0; q < tile_queries; q++) {
        integers four = _mm256_set1_epi32((int)weights[q]);
        even_weights[q] = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8);
        odd_weights[q] = _mm256_srai_epi16(four, 8);
    }
    _Pragma("clang loop unroll(full)") for (int b = 0; b < tile_blocks; b++) {
        _Pragma("clang loop unroll(full)") for (int v = 0; v < 2; v++) {
            integers rows = _mm256_loadu_si256((const __m256i *)(codes + (size_t)b * block_bytes + v * 32));
            integers even = _mm256_and_si256(rows, _mm256_set1_epi16(0x00ff));
            integers odd = _mm256_srli_epi16(rows, 8);
            _Pragma("clang loop unroll(full)") for (int q = 0; q < tile_queries; q++) {
                integers products = _mm256_add_epi32(
                    _mm256_madd_epi16(even, even_weights[q]), _mm256_madd_epi16(odd, odd_weights[q]));
                sums[q][b][v] = _mm256_add_epi32(sums[q][b][v], products);
            }
        }
    }
}

#include "index_simd.h"

const mq_index_kernel_table mq_index_kernels_avx2 = {
    .variant = MQ_VARIANT_AVX2,
    .queries_per_call = 16,
    .overwrite = overwrite,
    .shadow_row = shadow_row,
    .shadow_query = shadow_query,
    .bounds_of_scores = bounds_of_scores,
    .rows_that_reach = rows_that_reach,
    .exact_scores = exact_scores,
    .largest = largest,
    .sum_of_products = sum_of_products,
};

#pragma clang attribute pop

#else
typedef int mq_not_this_processor;
#endif
