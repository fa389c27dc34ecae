// tanh in single precision, as in S. L. Moshier's Cephes (tanhf.c, expf.c): an odd polynomial near zero, elsewhere
// 1 - 2 / (exp(2|x|) + 1). Without fma, so that a processor that has none is as fast as its vectors allow and the
// variants below, one source compiled for several processors, cannot differ.

#include "tanh.h"

#include <stdint.h>
#include <string.h>

#include "vector_kernels.h"

#pragma clang fp contract(off) reassociate(off)

#define INLINE static inline __attribute__((always_inline))

INLINE float float_of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

INLINE uint32_t bits_of_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/// exp for 0 <= x <= 20: x = k ln 2 + r with |r| <= ln 2 / 2, and exp(r) by a polynomial.
INLINE float exp_of(float x) {
    // Adding and taking away 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
    float shifted = x * 1.44269504f + 12582912.0f;
    float k = shifted - 12582912.0f;
    // ln 2 in two parts, the first of which times k is exact.
    float r = x - k * 0.693359375f;
    r = r - k * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * (r * r) + r) + 1.0f;
    return float_of_bits(bits_of_float(p) + (bits_of_float(shifted) << 23));
}

INLINE float tanh_of(float x) {
    float size = float_of_bits(bits_of_float(x) & 0x7fffffffu);
    uint32_t sign = bits_of_float(x) & 0x80000000u;

    float square = x * x;
    float p = -5.70498872745e-3f;
    p = p * square + 2.06390887954e-2f;
    p = p * square + -5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square + -3.33332819422e-1f;
    float near = (p * square) * x + x;

    // From 9.1 on tanh rounds to 1. NaN compares false and is put back below.
    float bounded = size < 10.0f ? size : 10.0f;
    float far = 1.0f - 2.0f / (exp_of(bounded + bounded) + 1.0f);

    // Of near, too: for -0 the sum above is +0.
    float value = float_of_bits(bits_of_float(size < 0.625f ? near : far) | sign);
    return x == x ? value : x;
}

INLINE void tanh_all(float *values, size_t n) {
    for (size_t i = 0; i < n; i++) values[i] = tanh_of(values[i]);
}

static void tanh_plain(float *values, size_t n) { tanh_all(values, n); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void tanh_avx2(float *values, size_t n) { tanh_all(values, n); }

__attribute__((target("avx512f,avx512dq,avx512vl,prefer-256-bit"))) static void tanh_avx512(float *values, size_t n) {
    tanh_all(values, n);
}
#endif

void mq_tanh(float *values, size_t n) {
#if defined(__x86_64__)
    switch (mq_kernels()->variant) {
    case MQ_VARIANT_AVX512: tanh_avx512(values, n); return;
    case MQ_VARIANT_AVX2: tanh_avx2(values, n); return;
    default: break;
    }
#endif
    tanh_plain(values, n);
}
