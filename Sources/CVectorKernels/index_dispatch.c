#include "index_variants.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

const mq_index_kernel_table *mq_index_kernels_of(mq_variant variant) {
    switch (variant) {
    case MQ_VARIANT_PLAIN: return &mq_index_kernels_plain;
#if defined(__x86_64__)
    case MQ_VARIANT_AVX2: return mq_kernels_of(MQ_VARIANT_AVX2) != NULL ? &mq_index_kernels_avx2 : NULL;
    case MQ_VARIANT_AVX512: {
        bool runs = mq_kernels_of(MQ_VARIANT_AVX512) != NULL && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512vnni");
        return runs ? &mq_index_kernels_avx512 : NULL;
    }
#elif defined(__aarch64__)
    // Every processor of this architecture has these instructions.
    case MQ_VARIANT_NEON: return &mq_index_kernels_neon;
#endif
    default: return NULL;
    }
}

const mq_index_kernel_table *mq_index_kernels(void) {
    mq_variant variant = mq_kernels()->variant;
#if defined(__aarch64__)
    // The other kernels have no NEON variant of their own; there the plain one stands for it.
    variant = MQ_VARIANT_NEON;
#endif
    while (mq_index_kernels_of(variant) == NULL) variant = (mq_variant)(variant - 1);
    return mq_index_kernels_of(variant);
}
