#pragma once

#include "index_kernels.h"

extern const mq_index_kernel_table mq_index_kernels_plain;
#if defined(__x86_64__)
extern const mq_index_kernel_table mq_index_kernels_avx2;
extern const mq_index_kernel_table mq_index_kernels_avx512;
#elif defined(__aarch64__)
extern const mq_index_kernel_table mq_index_kernels_neon;
#endif
