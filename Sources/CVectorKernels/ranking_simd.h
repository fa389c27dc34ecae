// The kernels of the ranking head over a processor's vectors; a file of one variant includes this behind `kernels_simd.h`
// and defines, besides what that asks for:
//   square_root(x), smaller(a, b): a < b ? a : b,
//   nearest(x): to whole numbers, ties to even,
//   times_power_of_two(x, n): adds the whole number n to the exponent of x,
//   exponent(x, &fraction): x = fraction * 2^exponent with the fraction in [sqrt(1/2), sqrt(2)), for normal x > 0,
//   equals(a, b): a bit a lane where a == b.

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
    float lanes[VECTOR_LANES];
    store(lanes, largest);
    float top = lanes[0];
    for (int lane = 1; lane < VECTOR_LANES; lane++) top = lanes[lane] > top ? lanes[lane] : top;
    vector shift = broadcast(-top);
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
    for (size_t r = 0; r < count; r++) {
        // The next rows lie anywhere.
        if (r + 4 < count)
            for (size_t i = 0; i < n; i += MQ_LANES) __builtin_prefetch(rows[r + 4] + i);
        scores[r] = dot16_inline(query, rows[r], n) + rows[r][n];
    }
}

static size_t least_index(const float *values, size_t n) {
    vector least = broadcast(INFINITY);
    for (size_t i = 0; i < n; i += VECTOR_LANES) least = smaller(load(values + i), least);
    float lanes[VECTOR_LANES];
    store(lanes, least);
    float value = lanes[0];
    for (int lane = 1; lane < VECTOR_LANES; lane++) value = lanes[lane] < value ? lanes[lane] : value;
    vector wanted = broadcast(value);
    for (size_t i = 0; i < n; i += VECTOR_LANES) {
        unsigned found = equals(load(values + i), wanted);
        if (found != 0) return i + (size_t)__builtin_ctz(found);
    }
    return 0;
}

static void ranking_step(float *const *rows, const float *gradients, size_t count, const float *query,
                         float *query_gradient, size_t n, float rate, float bias_rate, float reg) {
    float share = dot16_inline(query, query, n) / (float)n;
    vector decay = broadcast(-reg);
    for (size_t r = 0; r < count; r++) {
        float *row = rows[r];
        float g = gradients[r];
        float bias_gradient = __builtin_fmaf(-reg, row[n], g);
        row[n + 1] = __builtin_fmaf(bias_gradient, bias_gradient, row[n + 1]);
        row[n] = __builtin_fmaf(bias_rate, bias_gradient / __builtin_sqrtf(row[n + 1]), row[n]);
        row[n + 2] = __builtin_fmaf(g * g, share, row[n + 2]);
        vector step = broadcast(rate / __builtin_sqrtf(row[n + 2]));
        vector weight = broadcast(g);
        for (size_t i = 0; i < n; i += VECTOR_LANES) {
            vector q = load(row + i);
            store(query_gradient + i, fused(weight, q, load(query_gradient + i)));
            store(row + i, fused(step, fused(weight, load(query + i), multiply(decay, q)), q));
        }
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
