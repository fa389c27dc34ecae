// NEON: 16 lanes are four vectors of 4.

#if defined(__aarch64__)

#include <arm_neon.h>
#include <stdbool.h>

#include "index_kernels.h"

#define VECTOR_LANES 4
#define TILE_QUERIES 2
// 16 of the 32 registers hold sums.
#define TILE_BLOCKS 2
#define TILE_BLOCKS_ALONE 2
typedef float32x4_t vector;
typedef int32x4_t integers;

static inline vector zero(void) { return vdupq_n_f32(0); }
static inline vector broadcast(float x) { return vdupq_n_f32(x); }
static inline integers broadcast_integer(int32_t x) { return vdupq_n_s32(x); }
static inline vector load(const float *from) { return vld1q_f32(from); }
static inline void store(float *to, vector x) { vst1q_f32(to, x); }
static inline vector subtract(vector a, vector b) { return vsubq_f32(a, b); }
static inline vector multiply(vector a, vector b) { return vmulq_f32(a, b); }
static inline vector fused(vector a, vector b, vector c) { return vfmaq_f32(c, a, b); }
static inline vector larger(vector a, vector b) { return vmaxq_f32(a, b); }
static inline vector size(vector a) { return vabsq_f32(a); }
static inline vector nearest(vector x) { return vrndnq_f32(x); }
static inline unsigned is_infinite_or_nan(vector x) {
    uint32x4_t exponent = vdupq_n_u32(0x7f800000);
    return vmaxvq_u32(vceqq_u32(vandq_u32(vreinterpretq_u32_f32(x), exponent), exponent));
}
static inline bool is_zero(vector x) { return vmaxvq_u32(vmvnq_u32(vceqzq_f32(x))) == 0; }
static inline float reduce_larger(vector x) { return vmaxvq_f32(x); }
static inline vector to_float(integers x) { return vcvtq_f32_s32(x); }
static inline unsigned reaches(vector a, vector b) {
    const uint32x4_t bits = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vcgeq_f32(a, b), bits));
}

typedef uint32x4_t reached;
static inline reached reached_none(void) { return vdupq_n_u32(0); }
static inline reached reached_or(reached any, vector a, vector b) { return vorrq_u32(any, vcgeq_f32(a, b)); }
static inline bool reached_any(reached any) { return vmaxvq_u32(any) != 0; }

static inline vector scales_of(const uint32_t *bounds) {
    return vreinterpretq_f32_u32(vandq_u32(vld1q_u32(bounds), vdupq_n_u32(0xffff0000)));
}
static inline vector errors_of(const uint32_t *bounds) {
    return vreinterpretq_f32_u32(vshlq_n_u32(vld1q_u32(bounds), 16));
}

static inline float reduce16(const vector *sums) {
    vector four = vaddq_f32(vaddq_f32(sums[0], sums[2]), vaddq_f32(sums[1], sums[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static inline void store_codes(int8_t *to, const vector *codes) {
    int16x8_t low = vcombine_s16(vmovn_s32(vcvtnq_s32_f32(codes[0])), vmovn_s32(vcvtnq_s32_f32(codes[1])));
    int16x8_t high = vcombine_s16(vmovn_s32(vcvtnq_s32_f32(codes[2])), vmovn_s32(vcvtnq_s32_f32(codes[3])));
    vst1q_s8(to, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
}

/// Adds the products of four coordinates. Bytes are widened to 16 bits, the even and the odd of a lane apart, so that no
/// optional instruction is needed.
static inline __attribute__((always_inline)) void accumulate(const uint8_t *codes, size_t block_bytes,
                                                             const uint32_t *weights, integers sums[TILE_QUERIES][8][4],
                                                             const int tile_queries, const int tile_blocks) {
    int16x8_t even_weights[TILE_QUERIES], odd_weights[TILE_QUERIES];
    _Pragma("clang loop unroll(full)") for (int q = 0; q < tile_queries; q++) {
        int16x8_t four = vreinterpretq_s16_u32(vdupq_n_u32(weights[q]));
        even_weights[q] = vshrq_n_s16(vshlq_n_s16(four, 8), 8);
        odd_weights[q] = vshrq_n_s16(four, 8);
    }
    _Pragma("clang loop unroll(full)") for (int b = 0; b < tile_blocks; b++) {
        _Pragma("clang loop unroll(full)") for (int v = 0; v < 4; v++) {
            uint16x8_t rows = vreinterpretq_u16_u8(vld1q_u8(codes + (size_t)b * block_bytes + v * 16));
            int16x8_t even = vreinterpretq_s16_u16(vandq_u16(rows, vdupq_n_u16(0x00ff)));
            int16x8_t odd = vreinterpretq_s16_u16(vshrq_n_u16(rows, 8));
            _Pragma("clang loop unroll(full)") for (int q = 0; q < tile_queries; q++) {
                int32x4_t low = vmull_s16(vget_low_s16(even), vget_low_s16(even_weights[q]));
                low = vmlal_s16(low, vget_low_s16(odd), vget_low_s16(odd_weights[q]));
                int32x4_t high = vmull_high_s16(even, even_weights[q]);
                high = vmlal_high_s16(high, odd, odd_weights[q]);
                sums[q][b][v] = vaddq_s32(sums[q][b][v], vpaddq_s32(low, high));
            }
        }
    }
}

#include "index_simd.h"

const mq_index_kernel_table mq_index_kernels_neon = {
    .variant = MQ_VARIANT_NEON,
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

#else
typedef int mq_not_this_processor;
#endif
