#pragma once

/*
 * batch_ids.h: the ids of a batch's entries: one to ten of 1 to 80 letters, digits, hyphens and underscores,
 * all different.
 */
#include "base/str.h"

enum batch_ids {
    BATCH_IDS_FINE,
    BATCH_IDS_NONE,
    BATCH_IDS_TOO_MANY,
    BATCH_IDS_MALFORMED,
    BATCH_IDS_REPEATED,
};

/* The first problem; *index is the position of the id that has it, when a single id has it. */
enum batch_ids batch_ids_check(const str *ids, size_t count, size_t *index);
