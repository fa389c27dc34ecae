// The kernels over a processor's vectors. A file of one variant defines, and then includes this:
//   `vector`, VECTOR_LANES, zero(), broadcast(), load(), store(), add(), multiply(), divide(), fused(a, b, c) = a * b + c,
//   larger(a, b): a > b ? a : b, which is b when a is NaN,
//   reaches(a, b): a bit a lane where a >= b,
//   reduce16(vector[VECTORS]): the tree of `dot16`,
//   OWN_REDUCE16_OF_FOUR and reduce16_of_four(vector[4][VECTORS], float *), if it has a better one: the tree of each,
//   equal16(const uint32_t *, uint32_t): a bit a lane over 16 values,
//   keys16(vector[VECTORS], int32_t *): mq_key_of_float of 16 lanes,
//   count_at_least(const int32_t *, n, least): how many of n keys, a multiple of 16, are >= least.

#include <math.h>

#include "kth_bound.h"
#include "variants.h"

#pragma clang fp contract(off) reassociate(off)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { VECTORS = MQ_LANES / VECTOR_LANES };

#ifndef OWN_REDUCE16_OF_FOUR
INLINE void reduce16_of_four(const vector sums[4][VECTORS], float *to) {
    for (int q = 0; q < 4; q++) to[q] = reduce16(sums[q]);
}
#endif

INLINE float dot16_inline(const float *a, const float *b, size_t n) {
    vector sums[VECTORS];
    UNROLL for (int v = 0; v < VECTORS; v++) sums[v] = zero();
    for (size_t i = 0; i < n; i += MQ_LANES) {
        UNROLL for (int v = 0; v < VECTORS; v++)
            sums[v] = fused(load(a + i + v * VECTOR_LANES), load(b + i + v * VECTOR_LANES), sums[v]);
    }
    return reduce16(sums);
}

static float dot16(const float *a, const float *b, size_t n) { return dot16_inline(a, b, n); }

static void axpy(float alpha, const float *x, float *y, size_t n) {
    vector scale = broadcast(alpha);
    for (size_t i = 0; i < n; i += VECTOR_LANES) store(y + i, fused(scale, load(x + i), load(y + i)));
}

static void mf_step(float *user, float *movie, size_t n, float error, float eta, float reg) {
    vector e = broadcast(error);
    vector rate = broadcast(eta);
    vector decay = broadcast(-reg);
    for (size_t i = 0; i < n; i += VECTOR_LANES) {
        vector u = load(user + i);
        vector m = load(movie + i);
        store(user + i, fused(rate, fused(e, m, multiply(decay, u)), u));
        store(movie + i, fused(rate, fused(e, u, multiply(decay, m)), m));
    }
}

/// 16 columns at a time stay in registers; for n = 16 that is all of x.
static float covariance_times(const float *covariance, const float *other, size_t n, float *x) {
    for (size_t i = 0; i < n; i += MQ_LANES) {
        vector sums[VECTORS];
        UNROLL for (int v = 0; v < VECTORS; v++) sums[v] = zero();
        for (size_t g = 0; g < n; g++) {
            vector weight = broadcast(other[g]);
            UNROLL for (int v = 0; v < VECTORS; v++)
                sums[v] = fused(load(covariance + g * n + i + v * VECTOR_LANES), weight, sums[v]);
        }
        UNROLL for (int v = 0; v < VECTORS; v++) store(x + i + v * VECTOR_LANES, sums[v]);
    }
    return dot16_inline(x, other, n);
}

static void kalman_step(float *mean, float *covariance, const float *x, size_t n, float gain, float shrink,
                        const float *drift) {
    vector step = broadcast(gain);
    for (size_t i = 0; i < n; i += VECTOR_LANES) store(mean + i, fused(step, load(x + i), load(mean + i)));
    for (size_t g = 0; g < n; g++) {
        vector share = broadcast(-(shrink * x[g]));
        float *row = covariance + g * n;
        for (size_t i = 0; i < n; i += VECTOR_LANES) store(row + i, fused(share, load(x + i), load(row + i)));
        row[g] += drift[g];
    }
}

static void diagonal_step(float *mean, float *variance, const float *other, size_t n, float gain, float shrink,
                          const float *drift) {
    vector step = broadcast(gain);
    vector share = broadcast(shrink);
    for (size_t i = 0; i < n; i += VECTOR_LANES) {
        vector o = load(other + i);
        vector old = load(variance + i);
        vector x = multiply(old, o);
        store(mean + i, fused(step, x, load(mean + i)));
        store(variance + i, add(divide(old, fused(multiply(share, x), o, broadcast(1))), load(drift + i)));
    }
}

/// Scores `tile_blocks` blocks against `tile_queries` queries, all in registers. Both are constants where this is
/// inlined.
INLINE void score_tile(const mq_run *run, size_t first_block, const float *queries, float *scores, size_t stride,
                       const int tile_queries, const int tile_blocks) {
    vector sums[MQ_QUERIES_MAX][TILE_BLOCKS_MAX][VECTORS];
    size_t block_length = (run->dimension + 1) * MQ_LANES;
    const float *rows = run->blocks + first_block * block_length;
    UNROLL for (int q = 0; q < tile_queries; q++) {
        UNROLL for (int b = 0; b < tile_blocks; b++) {
            UNROLL for (int v = 0; v < VECTORS; v++) sums[q][b][v] = zero();
        }
    }
    for (size_t d = 0; d < run->dimension; d++) {
        vector row[TILE_BLOCKS_MAX][VECTORS];
        UNROLL for (int b = 0; b < tile_blocks; b++) {
            UNROLL for (int v = 0; v < VECTORS; v++)
                row[b][v] = load(rows + (size_t)b * block_length + d * MQ_LANES + v * VECTOR_LANES);
        }
        UNROLL for (int q = 0; q < tile_queries; q++) {
            vector weight = broadcast(queries[d * (size_t)tile_queries + (size_t)q]);
            UNROLL for (int b = 0; b < tile_blocks; b++) {
                UNROLL for (int v = 0; v < VECTORS; v++) sums[q][b][v] = fused(row[b][v], weight, sums[q][b][v]);
            }
        }
    }
    const float *offsets = rows + run->dimension * MQ_LANES;
    float *out = scores + first_block * MQ_LANES;
    UNROLL for (int q = 0; q < tile_queries; q++) {
        UNROLL for (int b = 0; b < tile_blocks; b++) {
            UNROLL for (int v = 0; v < VECTORS; v++) {
                vector offset = load(offsets + (size_t)b * block_length + v * VECTOR_LANES);
                store(out + (size_t)q * stride + b * MQ_LANES + v * VECTOR_LANES, add(sums[q][b][v], offset));
            }
        }
    }
}

/// All blocks in tiles of `tile_blocks`, the rest one by one.
INLINE void score_run(const mq_run *run, const float *queries, float *scores, size_t stride, const int tile_queries,
                      const int tile_blocks) {
    size_t block = 0;
    for (; block + (size_t)tile_blocks <= run->block_count; block += (size_t)tile_blocks)
        score_tile(run, block, queries, scores, stride, tile_queries, tile_blocks);
    for (; block < run->block_count; block++) score_tile(run, block, queries, scores, stride, tile_queries, 1);
}

// A tile of q queries and b blocks holds q * b * VECTORS sums in registers.
static void score(const mq_run *run, const float *queries, int query_count, float *scores, size_t stride) {
    switch (query_count) {
    case 1: score_run(run, queries, scores, stride, 1, TILE_BLOCKS_MAX); break;
    case 2: score_run(run, queries, scores, stride, 2, TILE_BLOCKS_MAX / 2); break;
    case 3: score_run(run, queries, scores, stride, 3, TILE_BLOCKS_MAX / 4); break;
    case 4: score_run(run, queries, scores, stride, 4, TILE_BLOCKS_MAX / 4); break;
    case 5: score_run(run, queries, scores, stride, 5, TILE_BLOCKS_MAX / 4); break;
    case 6: score_run(run, queries, scores, stride, 6, TILE_BLOCKS_MAX / 4); break;
    case 7: score_run(run, queries, scores, stride, 7, TILE_BLOCKS_MAX / 4); break;
    case 8: score_run(run, queries, scores, stride, 8, TILE_BLOCKS_MAX / 4); break;
    default: __builtin_unreachable();
    }
}

static float kth_bound(const float *scores, size_t n, size_t k) {
    int32_t keys[MQ_GROUPS_MAX];
    size_t groups = mq_group_count(k);
    for (size_t group = 0; group < groups; group += MQ_LANES) {
        vector largest[VECTORS];
        UNROLL for (int v = 0; v < VECTORS; v++) largest[v] = broadcast(-INFINITY);
        for (size_t i = group; i < n; i += groups) {
            UNROLL for (int v = 0; v < VECTORS; v++)
                largest[v] = larger(load(scores + i + v * VECTOR_LANES), largest[v]);
        }
        keys16(largest, keys + group);
    }
    return mq_kth_of_keys(keys, groups, k, count_at_least);
}

// A variant may bring its own.
#ifndef OWN_COLLECT
static size_t collect(const float *scores, size_t n, float threshold, uint32_t *found) {
    vector least = broadcast(threshold);
    size_t count = 0;
    size_t i = 0;
    // Few scores reach a threshold: one test of 64.
    for (; i + 64 <= n; i += 64) {
        uint64_t rows = 0;
        UNROLL for (int v = 0; v < 64 / VECTOR_LANES; v++)
            rows |= (uint64_t)reaches(load(scores + i + v * VECTOR_LANES), least) << (v * VECTOR_LANES);
        for (; rows != 0; rows &= rows - 1) found[count++] = (uint32_t)i + (uint32_t)__builtin_ctzll(rows);
    }
    for (; i < n; i += VECTOR_LANES) {
        uint32_t rows = reaches(load(scores + i), least);
        for (; rows != 0; rows &= rows - 1) found[count++] = (uint32_t)i + (uint32_t)__builtin_ctz(rows);
    }
    return count;
}

#endif

static ptrdiff_t find_u32(const uint32_t *values, size_t n, uint32_t needle) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        uint32_t equal = equal16(values + i, needle);
        if (equal != 0) return (ptrdiff_t)(i + (size_t)__builtin_ctz(equal));
    }
    for (; i < n; i++)
        if (values[i] == needle) return (ptrdiff_t)i;
    return -1;
}

static size_t reverse_search(const float *movie, float offset, const float *users, size_t stride, size_t n,
                             const float *thresholds, size_t user_count, uint32_t *found) {
    size_t count = 0;
    for (size_t row = 0; row < user_count; row++) {
        if (thresholds[row] == INFINITY) continue;
        // Written always and counted when it passes: which users pass is not predictable.
        found[count] = (uint32_t)row;
        float score = dot16_inline(movie, users + row * stride, n) + offset;
        count += (thresholds[row] == -INFINITY) | (score > thresholds[row]);
    }
    return count;
}
