#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Vector kernels in variants for different processors that give identical bits.
//
// Every sum has one written-out order: each kernel says which. So the variant in use changes speed and nothing
// else, and what is learnt on one machine can be replayed on another. Inputs are finite; a result that overflows to
// NaN is NaN in every variant, with unspecified sign and payload.

/// Rows in a block of the index, and the number of fixed accumulators of the row kernels.
enum { MQ_LANES = 16 };
/// Most queries of one call of `score`.
enum { MQ_QUERIES_MAX = 8 };
/// Most rows that `kth_bound` may be asked for.
enum { MQ_KTH_MAX = 256 };

/// Of NEON there are only the index's kernels.
typedef enum { MQ_VARIANT_PLAIN = 0, MQ_VARIANT_AVX2 = 1, MQ_VARIANT_AVX512 = 2, MQ_VARIANT_NEON = 3 } mq_variant;

/// Consecutive blocks of 16 rows.
typedef struct {
    /// Each block is float [dimension + 1][16]: coordinate-major, and the offsets of its rows last. The offset of a
    /// slot without a row is NaN, so that its score never reaches a threshold.
    const float *blocks;
    size_t dimension;
    size_t block_count;
} mq_run;

/// The kernels of one variant. Lengths `n` of row kernels are multiples of 16; rows need no alignment.
typedef struct {
    mq_variant variant;
    /// The number of queries (at most MQ_QUERIES_MAX) with which `score` is fastest.
    int queries_per_call;

    /// Inner product. Lane l sums the products of the indices i with i mod 16 = l in ascending order, each by fma,
    /// from +0; then lanes l and l + 8 are added, l and l + 4, l and l + 2, and the last two.
    float (*dot16)(const float *a, const float *b, size_t n);

    /// y[i] = fma(alpha, x[i], y[i]).
    void (*axpy)(float alpha, const float *x, float *y, size_t n);

    /// One step of stochastic gradient descent on the squared error of a matrix factorisation with L2 penalty
    /// (Koren, Bell and Volinsky, "Matrix factorization techniques for recommender systems", 2009): both rows move,
    /// each by the other's old value.
    ///   u'[i] = fma(eta, fma(error, m[i], (-reg) * u[i]), u[i])
    ///   m'[i] = fma(eta, fma(error, u[i], (-reg) * m[i]), m[i])
    /// The rows must not overlap.
    void (*mf_step)(float *user, float *movie, size_t n, float error, float eta, float reg);

    /// x = covariance · other, and returns other · x: how uncertain other · mean is. `covariance` is a symmetric [n][n];
    /// x[i] is fma over its rows g in ascending order of covariance[g][i] * other[g], from +0; the sum is that of dot16.
    float (*covariance_times)(const float *covariance, const float *other, size_t n, float *x);

    /// A Kalman step on a mean and its covariance by an observation of other · mean (Kalman, "A new approach to linear
    /// filtering and prediction problems", 1960), where x = covariance · other, `shrink` is 1 / the observation's
    /// variance, and `gain` its error times that. Then `drift` is added to the diagonal.
    ///   mean'[i] = fma(gain, x[i], mean[i])
    ///   covariance'[g][i] = fma(-(shrink * x[g]), x[i], covariance[g][i])
    void (*kalman_step)(float *mean, float *covariance, const float *x, size_t n, float gain, float shrink,
                        const float *drift);

    /// A step where the coordinates are independent: `variance` holds the diagonal. `shrink` is 1 over the variance of the
    /// error without that of this vector, which is small beside it; so each coordinate takes the information of the rating as
    /// if it were alone. What is 0 of it stays as it is, mean and variance, while its drift is 0; what is positive stays so.
    ///   x = variance[i] * other[i];  mean'[i] = fma(gain, x, mean[i])
    ///   variance'[i] = variance[i] / fma(shrink * x, other[i], 1) + drift[i]
    void (*diagonal_step)(float *mean, float *variance, const float *other, size_t n, float gain, float shrink,
                          const float *drift);

    /// Scores every row of a run against 1...MQ_QUERIES_MAX queries. `queries` is [dimension][query_count]; row r of
    /// query q goes to scores[q * stride + r]. A score is fma over the coordinates in ascending order, from +0, in one
    /// accumulator, and then + offset; so it does not depend on the queries beside it.
    void (*score)(const mq_run *run, const float *queries, int query_count, float *scores, size_t stride);

    /// A lower bound, tight for most data, of the k-th largest of `n` scores (a multiple of 16; NaN counts as none):
    /// at least k of them reach it, or it is -infinity. It is the k-th largest, or a little less, of the maxima of
    /// disjoint groups of scores, found without sorting. k is 1...MQ_KTH_MAX.
    float (*kth_bound)(const float *scores, size_t n, size_t k);

    /// Writes to `found`, which has room for `n` numbers, the ascending positions of the scores that are at least
    /// `threshold`, and returns how many. `n` is a multiple of 16.
    size_t (*collect)(const float *scores, size_t n, float threshold, uint32_t *found);

    /// The first index at which `values` holds `needle`, or -1.
    ptrdiff_t (*find_u32)(const uint32_t *values, size_t n, uint32_t needle);

    /// Which users a movie would reach: writes to `found` the ascending row numbers r with
    /// dot16(movie, users + r * stride, n) + offset > thresholds[r], and returns how many. A threshold of -infinity
    /// is always passed, one of +infinity never. `found` has room for `user_count` numbers. The score may differ
    /// from that of `score` in its last bits: the order of the sum is another.
    size_t (*reverse_search)(const float *movie, float offset, const float *users, size_t stride, size_t n,
                             const float *thresholds, size_t user_count, uint32_t *found);

    // Of the ranking head and the blend.

    /// values[i] = exp(values[i] - the largest of them), and returns their sum: lane l sums i mod 16 = l, then the tree of
    /// dot16. `n` is a multiple of 16; the exponential is the polynomial of elementary.h, and never less than exp(-87).
    float (*softmax)(float *values, size_t n);

    /// values[i] = ln values[i], of normal numbers above 0, by the polynomial of elementary.h. `n` is a multiple of 16.
    void (*logarithms)(float *values, size_t n);

    /// scores[r] = dot16(query, rows[r], n) + rows[r][n]: the row's offset stands behind its vector.
    void (*gathered_scores)(const float *query, const float *const *rows, size_t count, size_t n, float *scores);

    /// An ascent along the gradients g of `count` scores, each query · row + offset, with L2 penalty (Duchi, Hazan and
    /// Singer, "Adaptive subgradient methods", 2011, with one sum of squares for a row's vector). Behind a row's vector
    /// stand its offset, the offset's sum of squares, and the vector's mean sum of squares, both above 0. Rows are taken
    /// in order, and the same one may come twice; none overlaps the query or its gradient, which is added to.
    ///   b = row[n];  h = fma(-reg, b, g);  s = fma(h, h, row[n + 1]);  b' = fma(bias_rate, h / sqrt(s), b)
    ///   v = fma(g * g, dot16(query, query, n) / n, row[n + 2])
    ///   query_gradient'[i] = fma(g, row[i], query_gradient[i])
    ///   row'[i] = fma(rate / sqrt(v), fma(g, query[i], (-reg) * row[i]), row[i])
    void (*ranking_step)(float *const *rows, const float *gradients, size_t count, const float *query,
                         float *query_gradient, size_t n, float rate, float bias_rate, float reg);

    /// An ascent of one row along its gradient, with a sum of squares a coordinate, above 0.
    ///   x = fma(-reg, row[i], gradient[i]);  s = fma(x, x, squares[i]);  row'[i] = fma(rate, x / sqrt(s), row[i])
    void (*adagrad_step)(float *row, float *squares, const float *gradient, size_t n, float rate, float reg);

    /// The first index of the least of `n` values, a multiple of 16; none is NaN.
    size_t (*least_index)(const float *values, size_t n);
} mq_kernel_table;

/// The variant in use: the fastest that this processor runs, unless the environment names one in MARQUEE_KERNELS
/// (plain, avx2 or avx512; ignored if unknown or not runnable), read at the first call, or `mq_kernels_select` chose.
const mq_kernel_table *mq_kernels(void);

/// The kernels of a variant, or NULL if this build or processor does not run it.
const mq_kernel_table *mq_kernels_of(mq_variant variant);

/// Sets what `mq_kernels` returns from now on, for tests; false, and nothing changes, if the variant cannot run.
bool mq_kernels_select(mq_variant variant);

/// Whether none of the values is infinite or NaN.
bool mq_all_finite(const float *values, size_t n);

// The kernels of the variant in use.

static inline float mq_dot16(const float *a, const float *b, size_t n) { return mq_kernels()->dot16(a, b, n); }

static inline void mq_axpy(float alpha, const float *x, float *y, size_t n) { mq_kernels()->axpy(alpha, x, y, n); }

static inline void mq_mf_step(float *user, float *movie, size_t n, float error, float eta, float reg) {
    mq_kernels()->mf_step(user, movie, n, error, eta, reg);
}

static inline ptrdiff_t mq_find_u32(const uint32_t *values, size_t n, uint32_t needle) {
    return mq_kernels()->find_u32(values, n, needle);
}

static inline size_t mq_reverse_search(const float *movie, float offset, const float *users, size_t stride, size_t n,
                                       const float *thresholds, size_t user_count, uint32_t *found) {
    return mq_kernels()->reverse_search(movie, offset, users, stride, n, thresholds, user_count, found);
}
