/*
 * map.c: chained buckets, doubled when there are more entries than buckets.  The hash is seeded with a
 * secret.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 16 };

struct map_entry {
    struct map_entry *next;
    void *value;
    size_t key_size;
    char key[];
};

static str entry_key(const struct map_entry *entry)
{
    return (str){entry->key, entry->key_size};
}

static uint64_t basis;

static void draw_basis(void)
{
    random_bytes(&basis, sizeof basis);
}

/* The secret keeps a client who chooses the keys from filling one bucket. */
static uint64_t hash_of(str key)
{
    static pthread_once_t drawn = PTHREAD_ONCE_INIT;

    pthread_once(&drawn, draw_basis);
    return str_hash_quick(basis, key);
}

/* The link that points at the entry of `key`, or at the NULL where it would go. */
static struct map_entry **find(const struct map *map, str key)
{
    struct map_entry **link = &map->buckets[hash_of(key) & (map->bucket_count - 1)];

    while (*link && !str_equal(entry_key(*link), key))
        link = &(*link)->next;
    return link;
}

static void grow(struct map *map)
{
    struct map old = *map;

    map->bucket_count = old.bucket_count ? old.bucket_count * 2 : FIRST_BUCKETS;
    map->buckets = memory_take(map->bucket_count * sizeof(struct map_entry *));
    for (size_t i = 0; i < old.bucket_count; i++)
        for (struct map_entry *entry = old.buckets[i], *next; entry; entry = next) {
            next = entry->next;
            struct map_entry **link = find(map, entry_key(entry));
            entry->next = NULL;
            *link = entry;
        }
    free(old.buckets);
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->bucket_count; i++)
        for (struct map_entry *entry = map->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
    free(map->buckets);
    *map = (struct map){0};
}

void *map_get(const struct map *map, str key)
{
    struct map_entry *entry = map->bucket_count ? *find(map, key) : NULL;

    return entry ? entry->value : NULL;
}

void *map_put(struct map *map, str key, void *value)
{
    check(value != NULL);
    if (map->count >= map->bucket_count)
        grow(map);

    struct map_entry **link = find(map, key);
    if (*link) {
        void *before = (*link)->value;
        (*link)->value = value;
        return before;
    }
    struct map_entry *entry = memory_take(sizeof *entry + key.size + 1);
    entry->value = value;
    entry->key_size = key.size;
    if (key.size)
        memcpy(entry->key, key.data, key.size);
    *link = entry;
    map->count++;
    return NULL;
}

void *map_remove(struct map *map, str key)
{
    struct map_entry **link = map->bucket_count ? find(map, key) : NULL;

    if (!link || !*link)
        return NULL;
    struct map_entry *entry = *link;
    void *value = entry->value;
    *link = entry->next;
    free(entry);
    map->count--;
    return value;
}

void map_each(const struct map *map, void (*visit)(void *context, str key, void *value), void *context)
{
    for (size_t i = 0; i < map->bucket_count; i++)
        for (struct map_entry *entry = map->buckets[i]; entry; entry = entry->next)
            visit(context, entry_key(entry), entry->value);
}
