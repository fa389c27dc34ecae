// The kernels of the ranking head over a processor's vectors; a file of one variant includes this behind `kernels_simd.h`
// and defines, besides what that asks for:
//   square_root(x), smaller(a, b): a < b ? a : b,
//   nearest(x): to whole numbers, ties to even,
//   times_power_of_two(x, n): adds the whole number n to the exponent of x,
//   exponent(x, &fraction): x = fraction * 2^exponent with the fraction in [sqrt(1/2), sqrt(2)), for normal x > 0,
//   equals(a, b): a bit a lane where a == b,
//   largest_lane(x), smallest_lane(x), where none is NaN.

#include "elementary.h"

INLINE vector exp_inline(vector x) {
    x = larger(broadcast(MQ_EXP_LOW), smaller(broadcast(MQ_EXP_HIGH), x));
    vector n = nearest(multiply(x, broadcast(MQ_LOG2_E)));
    vector r = fused(n, broadcast(-MQ_LN2_HIGH), x);
    r = fused(n, broadcast(-MQ_LN2_LOW), r);
    vector p = broadcast(mq_exp_coefficients[0]);
    UNROLL for (int i = 1; i < MQ_EXP_TERMS; i++) p = fused(p, r, broadcast(mq_exp_coefficients[i]));
    p = fused(p, multiply(r, r), add(r, broadcast(1)));
    return times_power_of_two(p, n);
}

INLINE vector log_inline(vector x) {
    vector fraction;
    vector e = exponent(x, &fraction);
    vector f = add(fraction, broadcast(-1));
    vector square = multiply(f, f);
    vector p = broadcast(mq_log_coefficients[0]);
    UNROLL for (int i = 1; i < MQ_LOG_TERMS; i++) p = fused(p, f, broadcast(mq_log_coefficients[i]));
    vector tail = multiply(multiply(p, f), square);
    tail = fused(e, broadcast(MQ_LN2_LOW), tail);
    tail = fused(broadcast(-0.5f), square, tail);
    return fused(e, broadcast(MQ_LN2_HIGH), add(f, tail));
}

static float softmax(float *values, size_t n) {
    vector largest = broadcast(-INFINITY);
    for (size_t i = 0; i < n; i += VECTOR_LANES) largest = larger(load(values + i), largest);
    vector shift = broadcast(-largest_lane(largest));
    vector sums[VECTORS];
    UNROLL for (int v = 0; v < VECTORS; v++) sums[v] = zero();
    for (size_t i = 0; i < n; i += MQ_LANES) {
        UNROLL for (int v = 0; v < VECTORS; v++) {
            vector power = exp_inline(add(load(values + i + v * VECTOR_LANES), shift));
            store(values + i + v * VECTOR_LANES, power);
            sums[v] = add(sums[v], power);
        }
    }
    return reduce16(sums);
}

static void logarithms(float *values, size_t n) {
    for (size_t i = 0; i < n; i += VECTOR_LANES) store(values + i, log_inline(load(values + i)));
}

static void gathered_scores(const float *query, const float *const *rows, size_t count, size_t n, float *scores) {
    size_t r = 0;
    for (; r + 4 <= count; r += 4) {
        // The next rows lie anywhere.
        for (size_t next = r + 4; next < r + 8 && next < count; next++)
            for (size_t i = 0; i <= n; i += MQ_LANES) __builtin_prefetch(rows[next] + i);
        vector sums[4][VECTORS];
        UNROLL for (int q = 0; q < 4; q++) UNROLL for (int v = 0; v < VECTORS; v++) sums[q][v] = zero();
        for (size_t i = 0; i < n; i += MQ_LANES) {
            UNROLL for (int v = 0; v < VECTORS; v++) {
                vector part = load(query + i + v * VECTOR_LANES);
                UNROLL for (int q = 0; q < 4; q++)
                    sums[q][v] = fused(part, load(rows[r + q] + i + v * VECTOR_LANES), sums[q][v]);
            }
        }
        reduce16_of_four(sums, scores + r);
        UNROLL for (int q = 0; q < 4; q++) scores[r + q] += rows[r + q][n];
    }
    for (; r < count; r++) scores[r] = dot16_inline(query, rows[r], n) + rows[r][n];
}

static size_t least_index(const float *values, size_t n) {
    vector least = broadcast(INFINITY);
    for (size_t i = 0; i < n; i += VECTOR_LANES) least = smaller(load(values + i), least);
    vector wanted = broadcast(smallest_lane(least));
    // From the end, so that the first one stays, and without a branch: where it stands is not predictable.
    size_t index = 0;
    for (size_t i = n; i > 0;) {
        i -= VECTOR_LANES;
        unsigned found = equals(load(values + i), wanted);
        index = found != 0 ? i + (size_t)__builtin_ctz(found) : index;
    }
    return index;
}

enum { RANKING_ROWS = 64 };
typedef float four __attribute__((vector_size(16)));

/// The columns from `from` on, `width` vectors of them, of up to RANKING_ROWS rows; the gradient of the query stays in
/// registers. `steps` has what the rows' own sums of squares make of the rate.
INLINE void ranking_columns(float *const *rows, const float *gradients, const float *steps, size_t count,
                            const float *query, float *query_gradient, size_t from, int width, float reg) {
    vector decay = broadcast(-reg);
    vector own[4], sums[4];
    UNROLL for (int v = 0; v < width; v++) {
        own[v] = load(query + from + v * VECTOR_LANES);
        sums[v] = load(query_gradient + from + v * VECTOR_LANES);
    }
    for (size_t r = 0; r < count; r++) {
        float *row = rows[r] + from;
        vector step = broadcast(steps[r]);
        vector weight = broadcast(gradients[r]);
        UNROLL for (int v = 0; v < width; v++) {
            vector q = load(row + v * VECTOR_LANES);
            sums[v] = fused(weight, q, sums[v]);
            store(row + v * VECTOR_LANES, fused(step, fused(weight, own[v], multiply(decay, q)), q));
        }
    }
    UNROLL for (int v = 0; v < width; v++) store(query_gradient + from + v * VECTOR_LANES, sums[v]);
}

static void ranking_step(float *const *rows, const float *gradients, size_t count, const float *query,
                         float *query_gradient, size_t n, float rate, float bias_rate, float reg) {
    float share = dot16_inline(query, query, n) / (float)n;
    float steps[RANKING_ROWS];
    for (size_t first = 0; first < count; first += RANKING_ROWS) {
        size_t rest = count - first < RANKING_ROWS ? count - first : RANKING_ROWS;
        for (size_t r = 0; r < rest; r++) {
            float *behind = rows[first + r] + n;
            float g = gradients[first + r];
            float bias_gradient = __builtin_fmaf(-reg, behind[0], g);
            behind[1] = __builtin_fmaf(bias_gradient, bias_gradient, behind[1]);
            behind[2] = __builtin_fmaf(g * g, share, behind[2]);
            // Roots and quotients take longest here: both at once.
            four quotients = (four){bias_gradient, rate, 1, 1} /
                             __builtin_elementwise_sqrt((four){behind[1], behind[2], 1, 1});
            behind[0] = __builtin_fmaf(bias_rate, quotients[0], behind[0]);
            steps[r] = quotients[1];
        }
        size_t i = 0;
        for (; i + 4 * VECTOR_LANES <= n; i += 4 * VECTOR_LANES)
            ranking_columns(rows + first, gradients + first, steps, rest, query, query_gradient, i, 4, reg);
        for (; i < n; i += VECTOR_LANES)
            ranking_columns(rows + first, gradients + first, steps, rest, query, query_gradient, i, 1, reg);
    }
}

static void adagrad_step(float *row, float *squares, const float *gradient, size_t n, float rate, float reg) {
    vector step = broadcast(rate);
    vector decay = broadcast(-reg);
    for (size_t i = 0; i < n; i += VECTOR_LANES) {
        vector old = load(row + i);
        vector x = fused(decay, old, load(gradient + i));
        vector square = fused(x, x, load(squares + i));
        store(squares + i, square);
        store(row + i, fused(step, divide(x, square_root(square)), old));
    }
}
