#pragma once

/*
 * insights_table.h: a hash table of texts in a query's memory.
 */
#include "insights_value.h"

struct insights_entry {
    uint64_t hash;
    str key; /* absent: free */
    void *value;
};

struct insights_table {
    struct insights_entry *entries;
    size_t capacity, count;
    uint64_t basis; /* of the hash, secret: clients choose the texts */
};

/* The entry of that key; a new one has a kept copy of the key, and no value yet. */
struct insights_entry *logs_insights_entry(struct insights_memory *memory, struct insights_table *table,
                                           str key, bool *is_new);
/* The entry of that key, or NULL. */
const struct insights_entry *logs_insights_look_up(const struct insights_table *table, str key);
