#pragma once

#include <math.h>
#include <string.h>

#include "index_kernels.h"

/// Below this the reciprocal of a scale could overflow: such vectors are shadowed by zeros.
#define MQ_SHADOW_MAGNITUDE_MIN 0x1p-90f
static inline uint32_t mq_bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float mq_float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// The least number with a significand of 8 bits that is not below x, which is not negative.
static inline float mq_round_up(float x) { return mq_float_of((mq_bits_of(x) + 0xffffu) & 0xffff0000u); }

/// The scale of a vector whose largest coordinate has this size, or 0 if it is not quantised.
static inline float mq_scale_of(float magnitude) {
    if (!(magnitude >= MQ_SHADOW_MAGNITUDE_MIN && magnitude <= MQ_SHADOW_MAGNITUDE_MAX)) return 0;
    return mq_round_up(magnitude * (1.0f / 127));
}

/// The number that stands beside a row's codes.
static inline uint32_t mq_row_bounds(float scale, float error) {
    return mq_bits_of(scale) | mq_bits_of(mq_round_up(error)) >> 16;
}
