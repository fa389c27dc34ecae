// AVX-512 with VNNI: 16 lanes are one vector, and four products a lane are one instruction.

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>

#include "index_kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,bmi,popcnt"))), \
                             apply_to = function)

#define VECTOR_LANES 16
#define TILE_QUERIES 8
// 16 of the 32 registers hold sums; fewer than 8 would not hide the latency of an addition.
#define TILE_BLOCKS 2
#define TILE_BLOCKS_ALONE 8
typedef __m512 vector;
typedef __m512i integers;

static inline vector zero(void) { return _mm512_setzero_ps(); }
static inline vector broadcast(float x) { return _mm512_set1_ps(x); }
static inline integers broadcast_integer(int32_t x) { return _mm512_set1_epi32(x); }
static inline vector load(const float *from) { return _mm512_loadu_ps(from); }
static inline void store(float *to, vector x) { _mm512_storeu_ps(to, x); }
static inline vector subtract(vector a, vector b) { return _mm512_sub_ps(a, b); }
static inline vector multiply(vector a, vector b) { return _mm512_mul_ps(a, b); }
static inline vector fused(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
static inline vector larger(vector a, vector b) { return _mm512_max_ps(a, b); }
static inline vector size(vector a) { return _mm512_abs_ps(a); }
static inline vector nearest(vector x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline unsigned is_infinite_or_nan(vector x) { return _mm512_fpclass_ps_mask(x, 0x99); }
static inline bool is_zero(vector x) { return _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NEQ_UQ) == 0; }
static inline float reduce_larger(vector x) { return _mm512_reduce_max_ps(x); }
static inline vector to_float(integers x) { return _mm512_cvtepi32_ps(x); }
static inline unsigned reaches(vector a, vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }

typedef __mmask16 reached;
static inline reached reached_none(void) { return 0; }
static inline reached reached_or(reached any, vector a, vector b) {
    return _kor_mask16(any, _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ));
}
static inline bool reached_any(reached any) { return any != 0; }

static inline vector scales_of(const uint32_t *bounds) {
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(bounds), _mm512_set1_epi32((int)0xffff0000)));
}
static inline vector errors_of(const uint32_t *bounds) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(bounds), 16));
}

static inline float reduce16(const vector *sums) {
    __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sums[0]), 1));
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sums[0]), high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline void store_codes(int8_t *to, const vector *codes) {
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(codes[0])));
}

/// Adds the products of four coordinates: 16 rows of each block, four codes each, and `tile_queries` times four weights.
static inline __attribute__((always_inline)) void accumulate(const uint8_t *codes, size_t block_bytes,
                                                             const uint32_t *weights, integers sums[TILE_QUERIES][8][1],
                                                             const int tile_queries, const int tile_blocks) {
    integers rows[8];
    _Pragma("clang loop unroll(full)") for (int b = 0; b < tile_blocks; b++)
        rows[b] = _mm512_loadu_si512(codes + (size_t)b * block_bytes);
    _Pragma("clang loop unroll(full)") for (int q = 0; q < tile_queries; q++) {
        integers weight = _mm512_set1_epi32((int)weights[q]);
        _Pragma("clang loop unroll(full)") for (int b = 0; b < tile_blocks; b++)
            sums[q][b][0] = _mm512_dpbusd_epi32(sums[q][b][0], rows[b], weight);
    }
}

/// Columns in place of rows.
static inline void transpose16(__m512 *rows) {
    __m512 pairs[16], fours[16];
    for (int i = 0; i < 8; i++) {
        pairs[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
    }
    // Lane L, of four numbers, of fours[4 g + i]: column 4 L + i of rows 4 g to 4 g + 3.
    for (int g = 0; g < 4; g++) {
        for (int i = 0; i < 2; i++) {
            __m512d low = _mm512_castps_pd(pairs[4 * g + i]);
            __m512d high = _mm512_castps_pd(pairs[4 * g + i + 2]);
            fours[4 * g + 2 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
            fours[4 * g + 2 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
        }
    }
    for (int i = 0; i < 4; i++) {
        __m512 even0 = _mm512_shuffle_f32x4(fours[i], fours[4 + i], 0x88);
        __m512 odd0 = _mm512_shuffle_f32x4(fours[i], fours[4 + i], 0xdd);
        __m512 even1 = _mm512_shuffle_f32x4(fours[8 + i], fours[12 + i], 0x88);
        __m512 odd1 = _mm512_shuffle_f32x4(fours[8 + i], fours[12 + i], 0xdd);
        rows[i] = _mm512_shuffle_f32x4(even0, even1, 0x88);
        rows[4 + i] = _mm512_shuffle_f32x4(odd0, odd1, 0x88);
        rows[8 + i] = _mm512_shuffle_f32x4(even0, even1, 0xdd);
        rows[12 + i] = _mm512_shuffle_f32x4(odd0, odd1, 0xdd);
    }
}

#define CHAINS 16

/// Sixteen rows, a lane each.
static inline void score_chains(const float *query, size_t n, const float *const *rows, float *sums) {
    __m512 lanes = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        __m512 columns[16];
        for (int row = 0; row < 16; row++) columns[row] = _mm512_loadu_ps(rows[row] + i);
        transpose16(columns);
        size_t width = n - i < 16 ? n - i : 16;
        if (width == 16) {
            for (size_t c = 0; c < 16; c++) lanes = _mm512_fmadd_ps(columns[c], _mm512_set1_ps(query[i + c]), lanes);
        } else {
            for (size_t c = 0; c < width; c++)
                lanes = _mm512_fmadd_ps(columns[c], _mm512_set1_ps(query[i + c]), lanes);
        }
    }
    _mm512_storeu_ps(sums, lanes);
}

#include "index_simd.h"

const mq_index_kernel_table mq_index_kernels_avx512 = {
    .variant = MQ_VARIANT_AVX512,
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
