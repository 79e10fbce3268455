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

void cache_change(struct txn *txn)
{
    cache_drop(txn);
    txn->cache.changed = true;
}

void cache_begin(struct txn *txn)
{
    struct cache *cache = &txn->cache;

    cache->is_current = cache->changed = false;
    if (cache->changes)
        cache->changes_before = atomic_load(cache->changes);
}

/*
 * Of a reader whose snapshot has begun since cache_begin(): are the kept rows, which were true after
 * `changes_kept` changes, true in the snapshot?  When the count has not moved meanwhile, the snapshot has all
 * changes up to it and no other.
 */
static bool rows_have_lasted(struct cache *cache)
{
    if (!cache->changes)
        return false;
    atomic_thread_fence(memory_order_acquire);
    uint64_t changes = atomic_load(cache->changes);
    bool known = changes == cache->changes_before && changes % 2 == 0;
    bool lasted = known && changes == cache->changes_kept;
    cache->changes_kept = known ? changes : CHANGES_UNKNOWN;
    return lasted;
}

/*
 * Once per transaction: find out whether other connections have committed since the last one what cached
 * statements read.  This starts the read.
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
    bool lasted = rows_have_lasted(&txn->cache);
    if (version != txn->cache.data_version && !lasted)
        cache_change(txn);
    txn->cache.data_version = version;
    txn->cache.is_current = true;
}

/* Were the kept rows true when the transaction began, whatever its snapshot will be? */
static bool needs_no_snapshot(const struct cache *cache)
{
    return cache->looks_up && cache->changes_before == cache->changes_kept;
}

static bool is_kept(const struct txn *txn, const struct cache_slot *slot, const struct cache_key *key)
{
    return slot->epoch == txn->cache.epoch && has_key(slot, key);
}

const void *cache_find(struct txn *txn, const struct cache_key *key)
{
    const struct cache_slot *slot = slot_of(txn, key);

    if (txn->broken)
        return NULL;
    if (!txn->cache.is_current && !(needs_no_snapshot(&txn->cache) && is_kept(txn, slot, key)))
        look_for_changes(txn);
    return is_kept(txn, slot, key) ? slot->row : NULL;
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
