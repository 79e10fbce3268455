/*
 * cache.c: rows that every call reads, and that hardly ever change.
 *
 * A connection has a fixed number of slots; the hash of a key selects the only slot that may hold its row.  A
 * row is valid while its epoch equals the connection's, so incrementing the epoch drops all rows.
 */
#include "store/cache.h"

#include "store/store_internal.h"

#include <string.h>

static uint64_t hash_of(const struct cache_key *key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key->schema + key->statement;

    for (size_t i = 0; i < key->part_count; i++)
        hash = str_hash_quick(hash, key->parts[i]);
    return hash;
}

static struct cache_slot *slot_of(struct txn *txn, const struct cache_key *key)
{
    return &txn->cache.slots[hash_of(key) % STORE_CACHE_SLOTS];
}

static bool has_key(const struct cache_slot *slot, const struct cache_key *key)
{
    if (slot->key.schema != key->schema || slot->key.statement != key->statement)
        return false;
    for (size_t i = 0; i < key->part_count; i++)
        if (!str_equal(slot->key.parts[i], key->parts[i]))
            return false;
    return true;
}

void cache_drop(struct txn *txn)
{
    txn->cache.epoch++;
}

/*
 * Once per transaction: find out whether another connection has committed since the last one.  This starts
 * the read.
 */
static void look_for_changes(struct txn *txn)
{
    sqlite3_stmt *prepared = txn->controls[CONTROL_DATA_VERSION];
    int64_t version = -1;

    if (sqlite3_step(prepared) == SQLITE_ROW)
        version = sqlite3_column_int64(prepared, 0);
    else
        txn_note_trouble(txn);
    sqlite3_reset(prepared);
    if (version != txn->cache.data_version)
        cache_drop(txn);
    txn->cache.data_version = version;
    txn->cache.is_current = true;
}

const void *cache_find(struct txn *txn, const struct cache_key *key)
{
    if (txn->broken)
        return NULL;
    if (!txn->cache.is_current)
        look_for_changes(txn);
    const struct cache_slot *slot = slot_of(txn, key);
    return slot->epoch == txn->cache.epoch && has_key(slot, key) ? slot->row : NULL;
}

void *cache_put(struct txn *txn, const struct cache_key *key, const void *row, size_t size,
                struct arena **arena)
{
    struct cache_slot *slot = slot_of(txn, key);

    slot->key = (struct cache_key){0};
    arena_reset(&slot->arena);
    str *parts = arena_alloc(&slot->arena, key->part_count * sizeof *parts);
    for (size_t i = 0; i < key->part_count; i++)
        parts[i] = arena_copy(&slot->arena, key->parts[i]);
    slot->key = *key;
    slot->key.parts = parts;
    slot->row = memcpy(arena_alloc(&slot->arena, size), row, size);
    slot->epoch = txn->cache.epoch;
    *arena = &slot->arena;
    return slot->row;
}

void cache_free(struct txn *txn)
{
    for (size_t i = 0; i < STORE_CACHE_SLOTS; i++)
        arena_free(&txn->cache.slots[i].arena);
}

struct arena *cache_arena(struct txn *txn)
{
    return txn->arena;
}

const int64_t *cache_copy_integer(struct arena *arena, const int64_t *value)
{
    return value ? arena_i64(arena, *value) : NULL;
}

const double *cache_copy_real(struct arena *arena, const double *value)
{
    return value ? arena_double(arena, *value) : NULL;
}
