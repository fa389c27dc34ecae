// The plain twins: what every other variant must equal, bit for bit, and what runs where none of them does.

#include <math.h>

#include "kth_bound.h"
#include "variants.h"

#pragma clang fp contract(off) reassociate(off)

/// The tree by which lanes are added.
static float reduce(float *sums) {
    for (size_t half = MQ_LANES / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++) sums[lane] = sums[lane] + sums[lane + half];
    return sums[0];
}

static float dot16(const float *a, const float *b, size_t n) {
    float sums[MQ_LANES] = {0};
    for (size_t i = 0; i < n; i += MQ_LANES)
        for (size_t lane = 0; lane < MQ_LANES; lane++) sums[lane] = fmaf(a[i + lane], b[i + lane], sums[lane]);
    return reduce(sums);
}

static void axpy(float alpha, const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = fmaf(alpha, x[i], y[i]);
}

static void mf_step(float *user, float *movie, size_t n, float error, float eta, float reg) {
    for (size_t i = 0; i < n; i++) {
        float u = user[i];
        float m = movie[i];
        user[i] = fmaf(eta, fmaf(error, m, -reg * u), u);
        movie[i] = fmaf(eta, fmaf(error, u, -reg * m), m);
    }
}

static float covariance_times(const float *covariance, const float *other, size_t n, float *x) {
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t g = 0; g < n; g++) sum = fmaf(covariance[g * n + i], other[g], sum);
        x[i] = sum;
    }
    return dot16(x, other, n);
}

static void kalman_step(float *mean, float *covariance, const float *x, size_t n, float gain, float shrink,
                        const float *drift) {
    for (size_t i = 0; i < n; i++) mean[i] = fmaf(gain, x[i], mean[i]);
    for (size_t g = 0; g < n; g++) {
        float share = -(shrink * x[g]);
        for (size_t i = 0; i < n; i++) covariance[g * n + i] = fmaf(share, x[i], covariance[g * n + i]);
        covariance[g * n + g] += drift[g];
    }
}

static void diagonal_step(float *mean, float *variance, const float *other, size_t n, float gain, float shrink,
                          const float *drift) {
    for (size_t i = 0; i < n; i++) {
        float x = variance[i] * other[i];
        mean[i] = fmaf(gain, x, mean[i]);
        variance[i] = variance[i] / fmaf(shrink * x, other[i], 1) + drift[i];
    }
}

static void score(const mq_run *run, const float *queries, int query_count, float *scores, size_t stride) {
    for (size_t block = 0; block < run->block_count; block++) {
        const float *rows = run->blocks + block * (run->dimension + 1) * MQ_LANES;
        const float *offsets = rows + run->dimension * MQ_LANES;
        for (int query = 0; query < query_count; query++) {
            float sums[MQ_LANES] = {0};
            for (size_t d = 0; d < run->dimension; d++) {
                float weight = queries[d * (size_t)query_count + (size_t)query];
                for (size_t lane = 0; lane < MQ_LANES; lane++)
                    sums[lane] = fmaf(rows[d * MQ_LANES + lane], weight, sums[lane]);
            }
            float *out = scores + (size_t)query * stride + block * MQ_LANES;
            for (size_t lane = 0; lane < MQ_LANES; lane++) out[lane] = sums[lane] + offsets[lane];
        }
    }
}

static size_t count_at_least(const int32_t *keys, size_t n, int32_t least) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += keys[i] >= least;
    return count;
}

static float kth_bound(const float *scores, size_t n, size_t k) {
    int32_t keys[MQ_GROUPS_MAX];
    size_t groups = mq_group_count(k);
    for (size_t group = 0; group < groups; group++) {
        float largest = -INFINITY;
        for (size_t i = group; i < n; i += groups) largest = scores[i] > largest ? scores[i] : largest;
        keys[group] = mq_key_of_float(largest);
    }
    return mq_kth_of_keys(keys, groups, k, count_at_least);
}

static size_t collect(const float *scores, size_t n, float threshold, uint32_t *found) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (scores[i] >= threshold) found[count++] = (uint32_t)i;
    return count;
}

static ptrdiff_t find_u32(const uint32_t *values, size_t n, uint32_t needle) {
    for (size_t i = 0; i < n; i++)
        if (values[i] == needle) return (ptrdiff_t)i;
    return -1;
}

static size_t reverse_search(const float *movie, float offset, const float *users, size_t stride, size_t n,
                             const float *thresholds, size_t user_count, uint32_t *found) {
    size_t count = 0;
    for (size_t row = 0; row < user_count; row++) {
        if (thresholds[row] == INFINITY) continue;
        if (thresholds[row] == -INFINITY || dot16(movie, users + row * stride, n) + offset > thresholds[row])
            found[count++] = (uint32_t)row;
    }
    return count;
}

#include "ranking_plain.h"

const mq_kernel_table mq_kernels_plain = {
    .variant = MQ_VARIANT_PLAIN,
    .queries_per_call = MQ_QUERIES_MAX,
    .dot16 = dot16,
    .axpy = axpy,
    .mf_step = mf_step,
    .covariance_times = covariance_times,
    .kalman_step = kalman_step,
    .diagonal_step = diagonal_step,
    .score = score,
    .kth_bound = kth_bound,
    .collect = collect,
    .find_u32 = find_u32,
    .reverse_search = reverse_search,
    .softmax = softmax,
    .logarithms = logarithms,
    .gathered_scores = gathered_scores,
    .ranking_step = ranking_step,
    .adagrad_step = adagrad_step,
    .least_index = least_index,
};
