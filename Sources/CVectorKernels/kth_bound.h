#pragma once

#include <string.h>

#include "vector_kernels.h"

enum { MQ_GROUPS_MAX = 4 * MQ_KTH_MAX };

/// Into how many groups (score i goes to group i mod this) `kth_bound` divides the scores. With four groups for each
/// of the k largest, few of them share one, and so about k + k * k / (2 * groups) scores reach the bound.
static inline size_t mq_group_count(size_t k) { return (4 * k + MQ_LANES - 1) / MQ_LANES * MQ_LANES; }

/// A whole number that orders as the float does (-0 before +0).
static inline int32_t mq_key_of_float(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (int32_t)((uint32_t)(bits >> 31) >> 1);
}

static inline float mq_float_of_key(int32_t key) {
    int32_t bits = key ^ (int32_t)((uint32_t)(key >> 31) >> 1);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// Halves the interval of keys until exactly k of them reach its lower end, or it is one key: ten steps or so, none
/// of which depends on how the keys are ordered.
static inline __attribute__((always_inline)) float mq_kth_of_keys(const int32_t *keys, size_t n, size_t k,
                                                                  size_t (*count_at_least)(const int32_t *, size_t,
                                                                                           int32_t)) {
    int64_t low = INT32_MAX;
    int64_t high = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        low = keys[i] < low ? keys[i] : low;
        high = keys[i] > high ? keys[i] : high;
    }
    // At least k keys reach `low`; fewer than k reach `high`.
    high += 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        size_t count = count_at_least(keys, n, (int32_t)middle);
        if (count >= k) low = middle;
        if (count == k) break;
        if (count < k) high = middle;
    }
    return mq_float_of_key((int32_t)low);
}
