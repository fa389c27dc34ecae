#pragma once

#include "index_kernels.h"

/// Dimensions for which `mq_twins_differ` has room.
enum { MQ_TWINS_DIMENSION_MAX = 208 };

/// Compares a variant of the index's kernels that runs here with the plain one, bit by bit, on random vectors of many
/// sizes; what differs, or NULL.
const char *mq_twins_differ(mq_variant variant, size_t dimension, uint64_t seed);
