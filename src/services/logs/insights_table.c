/*
 * insights_table.c: open addressing; the table doubles when it is half full.
 */
#include "insights_table.h"

enum { FIRST_CAPACITY = 16 };

static struct insights_entry *find(const struct insights_table *table, uint64_t hash, str key)
{
    for (size_t i = hash & (table->capacity - 1);; i = (i + 1) & (table->capacity - 1)) {
        struct insights_entry *entry = &table->entries[i];
        if (!str_present(entry->key) || (entry->hash == hash && str_equal(entry->key, key)))
            return entry;
    }
}

static void grow(struct insights_memory *memory, struct insights_table *table)
{
    struct insights_table larger = *table;

    larger.capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    larger.entries = logs_insights_keep(memory, larger.capacity * sizeof *larger.entries);
    for (size_t i = 0; i < table->capacity; i++)
        if (str_present(table->entries[i].key))
            *find(&larger, table->entries[i].hash, table->entries[i].key) = table->entries[i];
    *table = larger;
}

struct insights_entry *logs_insights_entry(struct insights_memory *memory, struct insights_table *table,
                                           str key, bool *is_new)
{
    uint64_t hash = str_hash_from(table->basis, key);

    if (2 * (table->count + 1) > table->capacity)
        grow(memory, table);
    struct insights_entry *entry = find(table, hash, key);
    *is_new = !str_present(entry->key);
    if (*is_new) {
        *entry = (struct insights_entry){.hash = hash, .key = logs_insights_keep_text(memory, key)};
        table->count++;
    }
    return entry;
}

const struct insights_entry *logs_insights_look_up(const struct insights_table *table, str key)
{
    if (table->capacity == 0)
        return NULL;
    const struct insights_entry *entry = find(table, str_hash_from(table->basis, key), key);
    return str_present(entry->key) ? entry : NULL;
}
