// Dispatch by hand: a resolver of ifunc or target_clones would run before a sanitizer is ready.

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "variants.h"

static _Atomic(const mq_kernel_table *) active;

const mq_kernel_table *mq_kernels_of(mq_variant variant) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    switch (variant) {
    case MQ_VARIANT_PLAIN: return &mq_kernels_plain;
#if defined(__x86_64__)
    case MQ_VARIANT_AVX2: return avx2 ? &mq_kernels_avx2 : NULL;
    case MQ_VARIANT_AVX512: return avx2 && __builtin_cpu_supports("avx512f") ? &mq_kernels_avx512 : NULL;
#endif
    default: return NULL;
    }
}

static const mq_kernel_table *named_in_environment(void) {
    const char *name = getenv("MARQUEE_KERNELS");
    if (name == NULL) return NULL;
    if (strcmp(name, "plain") == 0) return mq_kernels_of(MQ_VARIANT_PLAIN);
    if (strcmp(name, "avx2") == 0) return mq_kernels_of(MQ_VARIANT_AVX2);
    if (strcmp(name, "avx512") == 0) return mq_kernels_of(MQ_VARIANT_AVX512);
    return NULL;
}

static const mq_kernel_table *fastest(void) {
    const mq_kernel_table *table = mq_kernels_of(MQ_VARIANT_AVX512);
    if (table == NULL) table = mq_kernels_of(MQ_VARIANT_AVX2);
    return table != NULL ? table : mq_kernels_of(MQ_VARIANT_PLAIN);
}

const mq_kernel_table *mq_kernels(void) {
    const mq_kernel_table *table = atomic_load_explicit(&active, memory_order_relaxed);
    if (__builtin_expect(table != NULL, 1)) return table;
    const mq_kernel_table *chosen = named_in_environment();
    if (chosen == NULL) chosen = fastest();
    // Threads that race here choose the same, unless one of them selects: then the selection stays.
    if (atomic_compare_exchange_strong(&active, &table, chosen)) return chosen;
    return table;
}

bool mq_kernels_select(mq_variant variant) {
    const mq_kernel_table *table = mq_kernels_of(variant);
    if (table == NULL) return false;
    atomic_store(&active, table);
    return true;
}

bool mq_all_finite(const float *values, size_t n) {
    // An exponent of all ones is infinity or NaN. Integer arithmetic, so that the compiler may use vectors.
    uint32_t all_ones = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        all_ones |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return all_ones == 0;
}
