// The plain twins of the kernels of the ranking head; part of `kernels_plain.c`.

#include "elementary.h"

static float exp_plain(float x) {
    x = MQ_EXP_HIGH < x ? MQ_EXP_HIGH : x;
    x = MQ_EXP_LOW > x ? MQ_EXP_LOW : x;
    float n = rintf(x * MQ_LOG2_E);
    float r = fmaf(n, -MQ_LN2_HIGH, x);
    r = fmaf(n, -MQ_LN2_LOW, r);
    float p = mq_exp_coefficients[0];
    for (int i = 1; i < MQ_EXP_TERMS; i++) p = fmaf(p, r, mq_exp_coefficients[i]);
    p = fmaf(p, r * r, r + 1);
    uint32_t bits;
    memcpy(&bits, &p, sizeof bits);
    bits += (uint32_t)(int32_t)n << 23;
    memcpy(&p, &bits, sizeof bits);
    return p;
}

static float log_plain(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t exponent = (bits - MQ_SQRT_HALF_BITS) >> 23;
    bits -= (int32_t)((uint32_t)exponent << 23);
    float fraction;
    memcpy(&fraction, &bits, sizeof bits);
    float e = (float)exponent;
    float f = fraction + -1;
    float square = f * f;
    float p = mq_log_coefficients[0];
    for (int i = 1; i < MQ_LOG_TERMS; i++) p = fmaf(p, f, mq_log_coefficients[i]);
    float tail = p * f * square;
    tail = fmaf(e, MQ_LN2_LOW, tail);
    tail = fmaf(-0.5f, square, tail);
    return fmaf(e, MQ_LN2_HIGH, f + tail);
}

static float softmax(float *values, size_t n) {
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++) top = values[i] > top ? values[i] : top;
    float sums[MQ_LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        values[i] = exp_plain(values[i] + -top);
        sums[i % MQ_LANES] += values[i];
    }
    return reduce(sums);
}

static void logarithms(float *values, size_t n) {
    for (size_t i = 0; i < n; i++) values[i] = log_plain(values[i]);
}

static void gathered_scores(const float *query, const float *const *rows, size_t count, size_t n, float *scores) {
    for (size_t r = 0; r < count; r++) scores[r] = dot16(query, rows[r], n) + rows[r][n];
}

static size_t least_index(const float *values, size_t n) {
    size_t least = 0;
    for (size_t i = 1; i < n; i++) least = values[i] < values[least] ? i : least;
    return least;
}

static void ranking_step(float *const *rows, const float *gradients, size_t count, const float *query,
                         float *query_gradient, size_t n, float rate, float bias_rate, float reg) {
    float share = dot16(query, query, n) / (float)n;
    for (size_t r = 0; r < count; r++) {
        float *row = rows[r];
        float g = gradients[r];
        float bias_gradient = fmaf(-reg, row[n], g);
        row[n + 1] = fmaf(bias_gradient, bias_gradient, row[n + 1]);
        row[n] = fmaf(bias_rate, bias_gradient / sqrtf(row[n + 1]), row[n]);
        row[n + 2] = fmaf(g * g, share, row[n + 2]);
        float scale = rate / sqrtf(row[n + 2]);
        for (size_t i = 0; i < n; i++) {
            query_gradient[i] = fmaf(g, row[i], query_gradient[i]);
            row[i] = fmaf(scale, fmaf(g, query[i], -reg * row[i]), row[i]);
        }
    }
}

static void adagrad_step(float *row, float *squares, const float *gradient, size_t n, float rate, float reg) {
    for (size_t i = 0; i < n; i++) {
        float x = fmaf(-reg, row[i], gradient[i]);
        squares[i] = fmaf(x, x, squares[i]);
        row[i] = fmaf(rate, x / sqrtf(squares[i]), row[i]);
    }
}
