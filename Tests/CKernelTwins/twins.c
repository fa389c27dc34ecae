#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twins.h"

enum { ROWS = 96, QUERIES = 8, DIMENSION_MAX = MQ_TWINS_DIMENSION_MAX };

typedef struct {
    uint64_t random;
    float rows[2][ROWS][DIMENSION_MAX], vector[DIMENSION_MAX], scores[2][QUERIES * ROWS], offsets[ROWS];
    uint8_t codes[2][ROWS * DIMENSION_MAX];
    uint32_t bounds[2][ROWS], weights[2][QUERIES * DIMENSION_MAX], found[2][QUERIES * ROWS];
} workspace;

// SplitMix64 (Steele, Lea and Flood, 2014).
static uint64_t next(workspace *w) {
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static float uniform(workspace *w) { return (float)(next(w) >> 40) * 0x1p-23f - 1; }

static void fill(workspace *w, size_t n) {
    static const float scales[] = {1, 0.05f, 1e3f, 3e38f, 0x1p50f, 1e20f, 1e-20f, 0x1p-90f, 1e-30f, 1e-38f, 0, 7e-45f};
    float scale = scales[next(w) % (sizeof scales / sizeof *scales)];
    for (size_t i = 0; i < n; i++) w->vector[i] = uniform(w) * scale;
}

#define REQUIRE(holds, what) \
    if (!(holds)) return what

/// NaN has no bits of its own.
static bool are_equal(const float *a, const float *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i]))) return false;
    return true;
}

static const char *compare(const mq_index_kernel_table *tables[2], size_t d, workspace *w) {
    size_t groups = (d + 3) / 4, padded = (d + 15) / 16 * 16;
    for (size_t row = 0; row < ROWS; row++) {
        w->offsets[row] = row % 5 == 4 ? NAN : uniform(w);
        memset(w->rows[0][row], 0, sizeof w->rows[0][row]);
        memset(w->rows[1][row], 0, sizeof w->rows[1][row]);
        for (int times = 0; times < 3; times++) {
            fill(w, d);
            if (times == 2 && row % 7 == 0) w->vector[row % d] = INFINITY;
            mq_row_change changes[2];
            for (int t = 0; t < 2; t++) changes[t] = tables[t]->overwrite(w->rows[t][row], w->vector, d);
            REQUIRE(changes[0].is_finite == changes[1].is_finite, "overwrite");
            REQUIRE(are_equal(w->rows[0][row], w->rows[1][row], padded), "overwrite");
            if (!changes[0].is_finite) continue;
            REQUIRE(are_equal(&changes[0].distance, &changes[1].distance, 1), "the distance");
            REQUIRE(are_equal(&changes[0].norm, &changes[1].norm, 1), "the norm");
        }
        for (int t = 0; t < 2; t++)
            w->bounds[t][row] = tables[t]->shadow_row(w->rows[t][row], d, w->codes[t] + row / 16 * groups * 64 + row % 16 * 4);
    }
    REQUIRE(memcmp(w->codes[0], w->codes[1], ROWS * groups * 4) == 0, "a row's shadow");
    REQUIRE(memcmp(w->bounds[0], w->bounds[1], sizeof w->bounds[0]) == 0, "a row's bounds");
    uint32_t fours[MQ_QUERIES_MAX];
    for (int query = 0; query < MQ_QUERIES_MAX; query++) fours[query] = (uint32_t)next(w);
    size_t blocks = ROWS / 16 * groups / 2 * 2;
    REQUIRE(tables[0]->sum_of_products(w->codes[0], blocks, fours) == tables[1]->sum_of_products(w->codes[0], blocks, fours),
            "a sum of products");
    for (size_t i = 0; i < 256; i++) w->scores[0][i] = uniform(w);
    for (size_t n = 128; n <= 256; n += 128)
        REQUIRE(tables[0]->largest(w->scores[0], n) == tables[1]->largest(w->scores[0], n), "the largest number");
    for (int count = 1; count <= QUERIES; count++) {
        mq_query_shadow made[2][QUERIES];
        int32_t biases[QUERIES];
        float scales[QUERIES], norms[QUERIES], thresholds[QUERIES];
        for (int query = 0; query < count; query++) {
            fill(w, d);
            for (int t = 0; t < 2; t++) made[t][query] = tables[t]->shadow_query(w->vector, d, w->weights[t] + query, count);
            REQUIRE(memcmp(&made[0][query], &made[1][query], sizeof made[0][query]) == 0, "a query's shadow");
            biases[query] = made[0][query].bias;
            scales[query] = made[0][query].scale;
            norms[query] = made[0][query].norm;
        }
        REQUIRE(memcmp(w->weights[0], w->weights[1], groups * (size_t)count * 4) == 0, "a query's codes");
        mq_shadow_run run = {w->codes[0], w->bounds[0], w->offsets, groups, (size_t)(1 + next(w) % (ROWS / 16))};
        mq_shadow_queries queries = {w->weights[0], biases, scales, norms, count};
        for (int t = 0; t < 2; t++) {
            memset(w->scores[t], 0, sizeof w->scores[t]);
            tables[t]->bounds_of_scores(&run, &queries, w->scores[t], ROWS);
        }
        REQUIRE(are_equal(w->scores[0], w->scores[1], QUERIES * ROWS), "a bound");
        uint32_t counts[2][QUERIES] = {{0}};
        for (int query = 0; query < count; query++) thresholds[query] = w->scores[1][query * ROWS + next(w) % 4];
        for (int t = 0; t < 2; t++) {
            memset(w->found[t], 0, sizeof w->found[t]);
            tables[t]->rows_that_reach(&run, &queries, thresholds, 1000, w->found[t], ROWS, counts[t]);
        }
        REQUIRE(memcmp(counts[0], counts[1], sizeof counts[0]) == 0, "a count of rows that reach");
        REQUIRE(memcmp(w->found[0], w->found[1], sizeof w->found[0]) == 0, "rows that reach");
        const float *list[ROWS];
        for (size_t row = 0; row < ROWS; row++) list[row] = w->rows[0][next(w) % ROWS];
        for (int t = 0; t < 2; t++) tables[t]->exact_scores(w->vector, d, list, w->offsets, ROWS - count, w->scores[t]);
        REQUIRE(are_equal(w->scores[0], w->scores[1], ROWS - (size_t)count), "a score");
    }
    return NULL;
}

const char *mq_twins_differ(mq_variant variant, size_t dimension, uint64_t seed) {
    const mq_index_kernel_table *tables[2] = {mq_index_kernels_of(variant), mq_index_kernels_of(MQ_VARIANT_PLAIN)};
    workspace *w = calloc(1, sizeof *w);
    w->random = seed;
    const char *what = compare(tables, dimension, w);
    free(w);
    return what;
}
