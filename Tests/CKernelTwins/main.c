// The comparison as a program, for processors on which no Swift test runs: see Deploy/test-neon.

#include <stdio.h>

#include "twins.h"

int main(void) {
    static const size_t dimensions[] = {1, 3, 4, 16, 17, 32, 50, 64, 200};
    static const char *names[] = {"plain", "AVX2", "AVX-512", "NEON"};
    for (int variant = MQ_VARIANT_AVX2; variant <= MQ_VARIANT_NEON; variant++) {
        if (mq_index_kernels_of((mq_variant)variant) == NULL) continue;
        for (uint64_t seed = 0; seed < 40; seed++) {
            for (size_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++) {
                const char *what = mq_twins_differ((mq_variant)variant, dimensions[d], seed);
                if (what == NULL) continue;
                printf("%s: %s differs from the plain twin's: dimension %zu, seed %llu\n", names[variant], what,
                       dimensions[d], (unsigned long long)seed);
                return 1;
            }
        }
        printf("%s equals the plain twin\n", names[variant]);
    }
    return 0;
}
