#pragma once

#include <stddef.h>

/// values[i] = tanh(values[i]), within 2 ulp of the exact value, for any `n`; NaN stays NaN.
///
/// Additions, multiplications and divisions of IEEE 754 in one written-out order, nothing of libm: the same bits on every
/// machine and with every kernel variant.
void mq_tanh(float *values, size_t n);
