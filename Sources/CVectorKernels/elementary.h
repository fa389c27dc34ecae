#pragma once

// Exponential and logarithm of floats as polynomials, evaluated in one order by every variant. Coefficients of Moshier's
// Cephes library (expf.c, logf.c; netlib.org/cephes); within two units of the last place.

/// Beyond these the result would not be a normal number.
#define MQ_EXP_LOW -87.0f
#define MQ_EXP_HIGH 88.0f
#define MQ_LOG2_E 1.44269504088896341f
/// ln 2 in two parts; the first has few bits, so its products with whole numbers are exact.
#define MQ_LN2_HIGH 0.693359375f
#define MQ_LN2_LOW -2.12194440e-4f

enum { MQ_EXP_TERMS = 6, MQ_LOG_TERMS = 9 };

/// e^r = 1 + r + r² p(r) for |r| <= ln 2 / 2.
static const float mq_exp_coefficients[MQ_EXP_TERMS] = {
    1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f,
};

/// ln(1 + f) = f - f² / 2 + f³ p(f) for 1 + f in [sqrt(1/2), sqrt(2)).
static const float mq_log_coefficients[MQ_LOG_TERMS] = {
    7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f,  -1.2420140846e-1f, 1.4249322787e-1f,
    -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f,
};

/// The bits of sqrt(1/2).
#define MQ_SQRT_HALF_BITS 0x3f3504f3
