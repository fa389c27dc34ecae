#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vector_kernels.h"

// Kernels of the index: float rows, and an int8 shadow of them by which a search finds the few rows that it scores.
//
// A row x is shadowed by s * c: whole numbers c of -127...127 and a scale s, and so is a query. The integer product of the
// codes is exact; what it can be off by is bounded by Cauchy and Schwarz from ‖x - s c‖, which stands beside the codes.
// All variants give identical bits, so that a search looks at the same rows everywhere.

/// Most queries of one call of the scans.
enum { MQ_SHADOW_QUERIES_MAX = 16 };

/// Vectors with coordinates beyond are not quantised: their products might overflow. Their codes are 0 and their error is
/// infinite, so every search scores them.
#define MQ_SHADOW_MAGNITUDE_MAX 0x1p50f

/// More than the rounding of any sum of 4,096 squares, relative to it, and of its root.
#define MQ_NORM_SLACK (1.0f + 0x1p-10f)
/// More than the root of what 4,096 squares lose when they are too small for a float.
#define MQ_NORM_UNDERFLOW 0x1p-68f

/// A bound of a norm, from its computed sum of squares.
static inline float mq_norm_bound(float squares) { return fmaf(sqrtf(squares), MQ_NORM_SLACK, MQ_NORM_UNDERFLOW); }

/// Asks for the memory of `n` floats that are about to be read.
static inline void mq_prefetch(const float *row, size_t n) {
    for (size_t i = 0; i < n; i += 16) __builtin_prefetch(row + i);
}

/// Asks for the memory of a row of `n` coordinates and of its codes, which are about to be written.
static inline void mq_prefetch_row(const float *row, size_t n, const uint8_t *codes) {
    for (size_t i = 0; i < n; i += 16) __builtin_prefetch(row + i, 1);
    for (size_t i = 0; i < n; i += 4) __builtin_prefetch(codes + i * MQ_LANES, 1);
}

/// Consecutive blocks of 16 shadows.
typedef struct {
    /// `[block_count][groups][16][4]`: of each row four consecutive codes, plus 128.
    const uint8_t *codes;
    /// A number a row: the upper half of the scale's bits, and below it the upper half of those of a bound of ‖x - s c‖.
    const uint32_t *bounds;
    /// Added to the scores; NaN where no row is.
    const float *offsets;
    /// A quarter of the dimension, rounded up.
    size_t groups;
    size_t block_count;
} mq_shadow_run;

/// Up to MQ_SHADOW_QUERIES_MAX quantised queries.
typedef struct {
    /// `[groups][count]`: four consecutive codes of each query.
    const uint32_t *codes;
    /// For each query -128 * the sum of its codes, which takes back what is added to the rows' codes.
    const int32_t *biases;
    const float *scales;
    /// Bounds of ‖q‖.
    const float *norms;
    int count;
} mq_shadow_queries;

/// A query's shadow, without the codes.
typedef struct {
    float scale;
    int32_t bias;
    /// A bound of ‖q‖, above 0.
    float norm;
    /// A bound of ‖q - s c‖; infinite if the query is not quantised.
    float error;
} mq_query_shadow;

/// What overwriting a row did.
typedef struct {
    /// False, and nothing was written, if a coordinate is infinite or NaN.
    bool is_finite;
    /// A bound of ‖new - old‖, and 0 if they are equal.
    float distance;
    /// A bound of ‖new‖.
    float norm;
} mq_row_change;

/// Rows are float [n rounded up to a multiple of 16], zero behind the n coordinates. Where a sum's bits matter its order is
/// that of dot16.
typedef struct {
    mq_variant variant;
    /// The number of queries (at most MQ_SHADOW_QUERIES_MAX) with which a scan is fastest.
    int queries_per_call;

    /// Copies a vector of `n` coordinates over a row.
    mq_row_change (*overwrite)(float *row, const float *vector, size_t n);

    /// Quantises a row: writes its codes, the first at `codes` and the next four always 64 bytes further, and returns its
    /// number for `bounds`.
    uint32_t (*shadow_row)(const float *row, size_t n, uint8_t *codes);

    /// Quantises a query of `n` coordinates: its codes go to codes[g * stride].
    mq_query_shadow (*shadow_query)(const float *query, size_t n, uint32_t *codes, size_t stride);

    /// Upper bounds of scores, but for what the query's own error and rounding make: query q and row r give
    ///   scores[q * stride + r] = fma(error_r, norm_q, fma(float(codes_r · codes_q) * scale_r, scale_q, offset_r)).
    void (*bounds_of_scores)(const mq_shadow_run *run, const mq_shadow_queries *queries, float *scores, size_t stride);

    /// Appends to `found[q * stride + counts[q]...]` the ascending positions of rows whose bound as above is at least
    /// thresholds[q], plus `first`.
    void (*rows_that_reach)(const mq_shadow_run *run, const mq_shadow_queries *queries, const float *thresholds,
                            uint32_t first, uint32_t *found, size_t stride, uint32_t *counts);

    /// scores[r], of rows with zeros behind their coordinates as above: fma over the `n` coordinates of row r in ascending order, from +0, in one accumulator, then + offsets[r].
    void (*exact_scores)(const float *query, size_t n, const float *const *rows, const float *offsets, size_t count,
                         float *scores);

    /// For measuring how fast memory is read: the largest of `n` finite floats, a multiple of 128 and not 0.
    float (*largest)(const float *x, size_t n);

    /// For measuring how fast bytes are multiplied: the sum, modulo 2^32, of the products of all codes (plus 128, 64 in a block:
    /// four of each row) with the four weights of each of MQ_QUERIES_MAX queries. An even number of blocks.
    uint32_t (*sum_of_products)(const uint8_t *codes, size_t block_count, const uint32_t *weights);
} mq_index_kernel_table;

/// The kernels that go with `mq_kernels()`: of the same variant, or the next slower one that runs here.
const mq_index_kernel_table *mq_index_kernels(void);

/// The kernels of a variant, or NULL if this build or processor does not run it.
const mq_index_kernel_table *mq_index_kernels_of(mq_variant variant);
