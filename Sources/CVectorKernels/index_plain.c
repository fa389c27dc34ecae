// The plain twins of the index's kernels: what every other variant must equal, bit for bit.

#include "quantisation.h"
#include "index_variants.h"

#pragma clang fp contract(off) reassociate(off)

/// The tree by which lanes are added.
static float reduce(float *sums) {
    for (size_t half = MQ_LANES / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++) sums[lane] = sums[lane] + sums[lane + half];
    return sums[0];
}

static mq_row_change overwrite(float *row, const float *vector, size_t n) {
    if (!mq_all_finite(vector, n)) return (mq_row_change){.is_finite = false};
    float moved[MQ_LANES] = {0};
    float squares[MQ_LANES] = {0};
    bool is_equal = true;
    for (size_t i = 0; i < n; i++) {
        float difference = vector[i] - row[i];
        is_equal &= difference == 0;
        moved[i % MQ_LANES] = fmaf(difference, difference, moved[i % MQ_LANES]);
        squares[i % MQ_LANES] = fmaf(vector[i], vector[i], squares[i % MQ_LANES]);
        row[i] = vector[i];
    }
    return (mq_row_change){
        .is_finite = true,
        .distance = is_equal ? 0 : mq_norm_bound(reduce(moved)),
        .norm = mq_norm_bound(reduce(squares)),
    };
}

typedef struct {
    float scale;
    float error;
    float norm;
    int32_t sum;
} quantised;

/// Quantises x into the codes of a row or query, four of them at `codes + group * stride`.
static quantised quantise(const float *x, size_t n, uint8_t *codes, size_t stride, uint8_t flip) {
    float magnitude = 0;
    for (size_t i = 0; i < n; i++) magnitude = fabsf(x[i]) > magnitude ? fabsf(x[i]) : magnitude;
    quantised result = {.scale = mq_scale_of(magnitude)};
    float inverse = result.scale == 0 ? 0 : 1.0f / result.scale;
    float errors[MQ_LANES] = {0};
    float squares[MQ_LANES] = {0};
    for (size_t i = 0; i < (n + 3) / 4 * 4; i++) {
        float value = i < n ? x[i] : 0;
        float code = nearbyintf(value * inverse);
        float error = fmaf(-code, result.scale, value);
        errors[i % MQ_LANES] = fmaf(error, error, errors[i % MQ_LANES]);
        squares[i % MQ_LANES] = fmaf(value, value, squares[i % MQ_LANES]);
        result.sum += (int32_t)code;
        codes[i / 4 * stride + i % 4] = (uint8_t)(int8_t)code ^ flip;
    }
    result.error = magnitude > MQ_SHADOW_MAGNITUDE_MAX ? INFINITY : mq_norm_bound(reduce(errors));
    result.norm = magnitude > MQ_SHADOW_MAGNITUDE_MAX ? 1 : mq_norm_bound(reduce(squares));
    return result;
}

static uint32_t shadow_row(const float *row, size_t n, uint8_t *codes) {
    quantised made = quantise(row, n, codes, 4 * MQ_LANES, 0x80);
    return mq_row_bounds(made.scale, made.error);
}

static mq_query_shadow shadow_query(const float *query, size_t n, uint32_t *codes, size_t stride) {
    quantised made = quantise(query, n, (uint8_t *)codes, 4 * stride, 0);
    return (mq_query_shadow){
        .scale = made.scale, .bias = -128 * made.sum, .norm = made.norm, .error = made.error};
}

/// The bound of one row and query.
static float bound(const mq_shadow_run *run, const mq_shadow_queries *queries, size_t row, int query) {
    const uint8_t *codes = run->codes + row / MQ_LANES * run->groups * MQ_LANES * 4 + row % MQ_LANES * 4;
    int32_t sum = queries->biases[query];
    for (size_t group = 0; group < run->groups; group++) {
        const int8_t *weights = (const int8_t *)(queries->codes + group * (size_t)queries->count + (size_t)query);
        for (size_t i = 0; i < 4; i++) sum += codes[group * MQ_LANES * 4 + i] * weights[i];
    }
    float scale = mq_float_of(run->bounds[row] & 0xffff0000u);
    float error = mq_float_of(run->bounds[row] << 16);
    float score = fmaf((float)sum * scale, queries->scales[query], run->offsets[row]);
    return fmaf(error, queries->norms[query], score);
}

static void bounds_of_scores(const mq_shadow_run *run, const mq_shadow_queries *queries, float *scores,
                             size_t stride) {
    for (int query = 0; query < queries->count; query++)
        for (size_t row = 0; row < run->block_count * MQ_LANES; row++)
            scores[(size_t)query * stride + row] = bound(run, queries, row, query);
}

static void rows_that_reach(const mq_shadow_run *run, const mq_shadow_queries *queries, const float *thresholds,
                            uint32_t first, uint32_t *found, size_t stride, uint32_t *counts) {
    for (int query = 0; query < queries->count; query++)
        for (size_t row = 0; row < run->block_count * MQ_LANES; row++)
            if (bound(run, queries, row, query) >= thresholds[query])
                found[(size_t)query * stride + counts[query]++] = first + (uint32_t)row;
}

static void exact_scores(const float *query, size_t n, const float *const *rows, const float *offsets, size_t count,
                         float *scores) {
    for (size_t row = 0; row < count; row++) {
        float sum = 0;
        for (size_t i = 0; i < n; i++) sum = fmaf(rows[row][i], query[i], sum);
        scores[row] = sum + offsets[row];
    }
}

static float largest(const float *x, size_t n) {
    float most = x[0];
    for (size_t i = 0; i < n; i++) most = x[i] > most ? x[i] : most;
    return most;
}

static uint32_t sum_of_products(const uint8_t *codes, size_t block_count, const uint32_t *weights) {
    int8_t fours[MQ_QUERIES_MAX][4];
    memcpy(fours, weights, sizeof fours);
    uint32_t total = 0;
    for (size_t i = 0; i < block_count * MQ_LANES * 4; i++)
        for (int query = 0; query < MQ_QUERIES_MAX; query++) total += (uint32_t)(codes[i] * fours[query][i % 4]);
    return total;
}

const mq_index_kernel_table mq_index_kernels_plain = {
    .variant = MQ_VARIANT_PLAIN,
    .queries_per_call = MQ_SHADOW_QUERIES_MAX,
    .overwrite = overwrite,
    .shadow_row = shadow_row,
    .shadow_query = shadow_query,
    .bounds_of_scores = bounds_of_scores,
    .rows_that_reach = rows_that_reach,
    .exact_scores = exact_scores,
    .largest = largest,
    .sum_of_products = sum_of_products,
};
