#pragma once

/*
 * size.h: how much disk the store takes.
 */
#include "store/store.h"

/* The sizes of the database's file and of its log; both 0 in memory mode. */
struct store_size {
    int64_t database_bytes, log_bytes;
};
/* Any thread. */
struct store_size store_size(const struct store *store);
