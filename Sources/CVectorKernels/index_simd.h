// The index's kernels over a processor's vectors. A file of one variant defines, and then includes this:
//   `vector`, `integers`, VECTOR_LANES, zero(), broadcast(), load(), store(), add(), subtract(), multiply(),
//   fused(a, b, c) = a * b + c, larger(a, b), size(a) = |a|, nearest(a): to whole numbers, ties to even,
//   reaches(a, b): a bit a lane where a >= b, is_infinite_or_nan(a): the same,
//   reduce16(vector[VECTORS]): the tree of dot16,
//   store_codes(int8_t *, vector[VECTORS]): 16 whole numbers of -127...127,
//   scales_of(const uint32_t *), errors_of(const uint32_t *): the halves of `bounds` of VECTOR_LANES rows,
//   to_float(integers): exact or rounded once,
//   accumulate(): see there,
//   TILE_QUERIES, TILE_BLOCKS: queries and blocks whose sums are held in registers,
//   TILE_BLOCKS_ALONE: blocks if there is but one query,
//   CHAINS and score_chains(), if it has a faster way to score so many rows than side by side.

#include <string.h>

#include "index_variants.h"
#include "quantisation.h"

#pragma clang fp contract(off) reassociate(off)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { VECTORS = MQ_LANES / VECTOR_LANES, TILE_BLOCKS_MAX = 8 };

/// The 16 coordinates from x[i] on, of n; zeros behind the last.
INLINE const float *lanes_from(const float *x, size_t i, size_t n, float *padded) {
    if (__builtin_expect(i + MQ_LANES <= n, 1)) return x + i;
    memset(padded, 0, MQ_LANES * sizeof *padded);
    memcpy(padded, x + i, (n - i) * sizeof *padded);
    return padded;
}

static mq_row_change overwrite(float *row, const float *vector_, size_t n) {
    vector moved[VECTORS], squares[VECTORS];
    UNROLL for (int v = 0; v < VECTORS; v++) moved[v] = squares[v] = zero();
    float padded[MQ_LANES];
    unsigned not_finite = 0;
    vector largest = zero();
    for (size_t i = 0; i < n; i += MQ_LANES) {
        const float *from = lanes_from(vector_, i, n, padded);
        UNROLL for (int v = 0; v < VECTORS; v++) {
            vector x = load(from + v * VECTOR_LANES);
            vector difference = subtract(x, load(row + i + v * VECTOR_LANES));
            not_finite |= is_infinite_or_nan(x);
            largest = larger(size(difference), largest);
            moved[v] = fused(difference, difference, moved[v]);
            squares[v] = fused(x, x, squares[v]);
        }
    }
    if (__builtin_expect(not_finite != 0, 0)) return (mq_row_change){.is_finite = false};
    for (size_t i = 0; i < n; i += MQ_LANES) {
        const float *from = lanes_from(vector_, i, n, padded);
        UNROLL for (int v = 0; v < VECTORS; v++) store(row + i + v * VECTOR_LANES, load(from + v * VECTOR_LANES));
    }
    return (mq_row_change){
        .is_finite = true,
        .distance = is_zero(largest) ? 0 : mq_norm_bound(reduce16(moved)),
        .norm = mq_norm_bound(reduce16(squares)),
    };
}

typedef struct {
    float scale;
    float error;
    float norm;
} quantised;

/// Quantises x into `codes`, n rounded up to 16 of them.
INLINE quantised quantise(const float *x, size_t n, int8_t *codes) {
    float padded[MQ_LANES];
    vector largest = zero();
    for (size_t i = 0; i < n; i += MQ_LANES) {
        const float *from = lanes_from(x, i, n, padded);
        UNROLL for (int v = 0; v < VECTORS; v++) largest = larger(size(load(from + v * VECTOR_LANES)), largest);
    }
    float magnitude = reduce_larger(largest);
    float scale = mq_scale_of(magnitude);
    vector scales = broadcast(-scale);
    vector inverse = broadcast(scale == 0 ? 0 : 1.0f / scale);
    vector errors[VECTORS], squares[VECTORS];
    UNROLL for (int v = 0; v < VECTORS; v++) errors[v] = squares[v] = zero();
    for (size_t i = 0; i < n; i += MQ_LANES) {
        const float *from = lanes_from(x, i, n, padded);
        vector code[VECTORS];
        UNROLL for (int v = 0; v < VECTORS; v++) {
            vector value = load(from + v * VECTOR_LANES);
            code[v] = nearest(multiply(value, inverse));
            vector error = fused(code[v], scales, value);
            errors[v] = fused(error, error, errors[v]);
            squares[v] = fused(value, value, squares[v]);
        }
        store_codes(codes + i, code);
    }
    if (__builtin_expect(magnitude > MQ_SHADOW_MAGNITUDE_MAX, 0))
        return (quantised){.scale = scale, .error = INFINITY, .norm = 1};
    return (quantised){
        .scale = scale, .error = mq_norm_bound(reduce16(errors)), .norm = mq_norm_bound(reduce16(squares))};
}

enum { DIMENSION_MAX = 4096 };

static uint32_t shadow_row(const float *row, size_t n, uint8_t *codes) {
    int8_t made[DIMENSION_MAX];
    quantised result = quantise(row, n, made);
    for (size_t i = 0; i < n; i += 4) {
        uint32_t four;
        memcpy(&four, made + i, sizeof four);
        four ^= 0x80808080u;
        memcpy(codes + i * MQ_LANES, &four, sizeof four);
    }
    return mq_row_bounds(result.scale, result.error);
}

static mq_query_shadow shadow_query(const float *query, size_t n, uint32_t *codes, size_t stride) {
    int8_t made[DIMENSION_MAX];
    quantised result = quantise(query, n, made);
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += made[i];
    for (size_t i = 0; i < n; i += 4) memcpy(codes + i / 4 * stride, made + i, 4);
    return (mq_query_shadow){
        .scale = result.scale, .bias = -128 * sum, .norm = result.norm, .error = result.error};
}

/// Bounds of the scores of `tile_blocks` blocks and `tile_queries` queries from number `first` on, all in registers. The
/// counts are constants where this is inlined.
INLINE void tile_bounds(const mq_shadow_run *run, size_t block, const mq_shadow_queries *queries, int first,
                        vector bounds[TILE_QUERIES][TILE_BLOCKS_MAX][VECTORS], const int tile_queries,
                        const int tile_blocks) {
    integers sums[TILE_QUERIES][TILE_BLOCKS_MAX][VECTORS];
    UNROLL for (int q = 0; q < tile_queries; q++) {
        UNROLL for (int b = 0; b < tile_blocks; b++) {
            UNROLL for (int v = 0; v < VECTORS; v++) sums[q][b][v] = broadcast_integer(queries->biases[first + q]);
        }
    }
    size_t block_bytes = run->groups * MQ_LANES * 4;
    const uint8_t *codes = run->codes + block * block_bytes;
    const uint32_t *weights = queries->codes + first;
    size_t query_count = (size_t)queries->count;
    for (size_t group = 0; group < run->groups; group++)
        accumulate(codes + group * MQ_LANES * 4, block_bytes, weights + group * query_count, sums, tile_queries,
                   tile_blocks);
    UNROLL for (int b = 0; b < tile_blocks; b++) {
        UNROLL for (int v = 0; v < VECTORS; v++) {
            size_t row = (block + (size_t)b) * MQ_LANES + (size_t)v * VECTOR_LANES;
            vector scale = scales_of(run->bounds + row);
            vector error = errors_of(run->bounds + row);
            vector offset = load(run->offsets + row);
            UNROLL for (int q = 0; q < tile_queries; q++) {
                vector product = multiply(to_float(sums[q][b][v]), scale);
                vector score = fused(product, broadcast(queries->scales[first + q]), offset);
                bounds[q][b][v] = fused(error, broadcast(queries->norms[first + q]), score);
            }
        }
    }
}

/// Where the results of a scan go.
typedef struct {
    float *scores;
    const float *thresholds;
    uint32_t first;
    uint32_t *found;
    uint32_t *counts;
    size_t stride;
} destination;

static __attribute__((noinline)) void append(uint32_t rows, uint32_t first, uint32_t *found, uint32_t *count) {
    uint32_t at = *count;
    for (; rows != 0; rows &= rows - 1) found[at++] = first + (uint32_t)__builtin_ctz(rows);
    *count = at;
}

INLINE void scan_tile(const mq_shadow_run *run, size_t block, const mq_shadow_queries *queries, int first,
                      const destination *to, const bool stores, const int tile_queries, const int tile_blocks) {
    vector bounds[TILE_QUERIES][TILE_BLOCKS_MAX][VECTORS];
    tile_bounds(run, block, queries, first, bounds, tile_queries, tile_blocks);
    if (stores) {
        UNROLL for (int q = 0; q < tile_queries; q++) {
            float *scores = to->scores + (size_t)(first + q) * to->stride + block * MQ_LANES;
            UNROLL for (int b = 0; b < tile_blocks; b++) {
                UNROLL for (int v = 0; v < VECTORS; v++)
                    store(scores + b * MQ_LANES + v * VECTOR_LANES, bounds[q][b][v]);
            }
        }
        return;
    }
    // Few rows reach a threshold: one test of a tile, and only then which.
    reached any = reached_none();
    UNROLL for (int q = 0; q < tile_queries; q++) {
        vector least = broadcast(to->thresholds[first + q]);
        UNROLL for (int b = 0; b < tile_blocks; b++) {
            UNROLL for (int v = 0; v < VECTORS; v++) any = reached_or(any, bounds[q][b][v], least);
        }
    }
    if (__builtin_expect(!reached_any(any), 1)) return;
    UNROLL for (int b = 0; b < tile_blocks; b++) {
        UNROLL for (int q = 0; q < tile_queries; q++) {
            vector least = broadcast(to->thresholds[first + q]);
            uint32_t rows = 0;
            UNROLL for (int v = 0; v < VECTORS; v++) rows |= reaches(bounds[q][b][v], least) << (v * VECTOR_LANES);
            if (rows != 0)
                append(rows, to->first + (uint32_t)(block + (size_t)b) * MQ_LANES,
                       to->found + (size_t)(first + q) * to->stride, to->counts + first + q);
        }
    }
}

/// `tile_blocks` blocks from number `block` on, against all queries: the blocks' codes stay in the nearest cache.
INLINE void scan_blocks(const mq_shadow_run *run, size_t block, const mq_shadow_queries *queries,
                        const destination *to, const bool stores, const int tile_blocks) {
    int first = 0;
    for (; first + TILE_QUERIES <= queries->count; first += TILE_QUERIES)
        scan_tile(run, block, queries, first, to, stores, TILE_QUERIES, tile_blocks);
#if TILE_QUERIES > 2
    for (; first + 4 <= queries->count; first += 4) scan_tile(run, block, queries, first, to, stores, 4, tile_blocks);
    for (; first + 2 <= queries->count; first += 2) scan_tile(run, block, queries, first, to, stores, 2, tile_blocks);
#endif
    if (first < queries->count) scan_tile(run, block, queries, first, to, stores, 1, tile_blocks);
}

/// All blocks in tiles, the rest in smaller ones.
INLINE void scan(const mq_shadow_run *run, const mq_shadow_queries *queries, const destination *to, const bool stores) {
    size_t block = 0;
    if (queries->count == 1) {
        for (; block + TILE_BLOCKS_ALONE <= run->block_count; block += TILE_BLOCKS_ALONE)
            scan_tile(run, block, queries, 0, to, stores, 1, TILE_BLOCKS_ALONE);
#if TILE_BLOCKS_ALONE > 4
        // A short list is mostly what is left.
        for (; block + 4 <= run->block_count; block += 4) scan_tile(run, block, queries, 0, to, stores, 1, 4);
        for (; block + 2 <= run->block_count; block += 2) scan_tile(run, block, queries, 0, to, stores, 1, 2);
#endif
    } else {
        for (; block + TILE_BLOCKS <= run->block_count; block += TILE_BLOCKS)
            scan_blocks(run, block, queries, to, stores, TILE_BLOCKS);
    }
    for (; block < run->block_count; block++) scan_blocks(run, block, queries, to, stores, 1);
}

static void bounds_of_scores(const mq_shadow_run *run, const mq_shadow_queries *queries, float *scores,
                             size_t stride) {
    destination to = {.scores = scores, .stride = stride};
    scan(run, queries, &to, true);
}

static void rows_that_reach(const mq_shadow_run *run, const mq_shadow_queries *queries, const float *thresholds,
                            uint32_t first, uint32_t *found, size_t stride, uint32_t *counts) {
    destination to = {
        .thresholds = thresholds, .first = first, .found = found, .counts = counts, .stride = stride};
    scan(run, queries, &to, false);
}

// One row's sum is a chain of fma; several chains side by side hide their latency. A variant may bring its own.
#ifndef CHAINS
#define CHAINS 8

INLINE void score_chains(const float *query, size_t n, const float *const *rows, float *sums) {
    UNROLL for (size_t chain = 0; chain < CHAINS; chain++) sums[chain] = 0;
    for (size_t i = 0; i < n; i++) {
        float weight = query[i];
        UNROLL for (size_t chain = 0; chain < CHAINS; chain++)
            sums[chain] = __builtin_fmaf(rows[chain][i], weight, sums[chain]);
    }
}
#endif

static void exact_scores(const float *query, size_t n, const float *const *rows, const float *offsets, size_t count,
                         float *scores) {
    for (size_t first = 0; first < count; first += CHAINS) {
        size_t here = count - first < CHAINS ? count - first : CHAINS;
        // Where fewer are left, the last one is scored again.
        const float *these[CHAINS];
        for (size_t chain = 0; chain < CHAINS; chain++) these[chain] = rows[first + (chain < here ? chain : here - 1)];
        float sums[CHAINS];
        score_chains(query, n, these, sums);
        for (size_t chain = 0; chain < here; chain++) scores[first + chain] = sums[chain] + offsets[first + chain];
    }
}

static float largest(const float *x, size_t n) {
    vector most[8];
    UNROLL for (size_t a = 0; a < 8; a++) most[a] = load(x + a * VECTOR_LANES);
    for (size_t i = 0; i + 8 * VECTOR_LANES <= n; i += 8 * VECTOR_LANES) {
        UNROLL for (size_t a = 0; a < 8; a++) most[a] = larger(most[a], load(x + i + a * VECTOR_LANES));
    }
    UNROLL for (size_t a = 1; a < 8; a++) most[0] = larger(most[0], most[a]);
    return reduce_larger(most[0]);
}

static uint32_t sum_of_products(const uint8_t *codes, size_t block_count, const uint32_t *weights) {
    uint32_t total = 0;
    for (int first = 0; first < MQ_QUERIES_MAX; first += TILE_QUERIES) {
        integers sums[TILE_QUERIES][TILE_BLOCKS_MAX][VECTORS];
        UNROLL for (int q = 0; q < TILE_QUERIES; q++) {
            UNROLL for (int b = 0; b < TILE_BLOCKS; b++) {
                UNROLL for (int v = 0; v < VECTORS; v++) sums[q][b][v] = broadcast_integer(0);
            }
        }
        for (size_t block = 0; block + TILE_BLOCKS <= block_count; block += TILE_BLOCKS)
            accumulate(codes + block * MQ_LANES * 4, MQ_LANES * 4, weights + first, sums, TILE_QUERIES, TILE_BLOCKS);
        UNROLL for (int q = 0; q < TILE_QUERIES; q++) {
            UNROLL for (int b = 0; b < TILE_BLOCKS; b++) {
                uint32_t lanes[MQ_LANES];
                memcpy(lanes, sums[q][b], sizeof lanes);
                for (int lane = 0; lane < MQ_LANES; lane++) total += lanes[lane];
            }
        }
    }
    return total;
}
