#pragma once

#include "vector_kernels.h"

extern const mq_kernel_table mq_kernels_plain;
#if defined(__x86_64__)
extern const mq_kernel_table mq_kernels_avx2;
extern const mq_kernel_table mq_kernels_avx512;
#endif
