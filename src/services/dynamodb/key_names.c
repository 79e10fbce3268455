/*
 * key_names.c: lists of attribute names as AWS's sentences show them.
 *
 * AWS collects the names in a Java hash table, so each name is shown once, in the order of the table's
 * buckets; names of one bucket keep the order in which they were added.
 */
#include "dynamodb_internal.h"
#include "indexes.h"

#include "base/text.h"
#include "base/utf8.h"

enum { DEFAULT_BUCKETS = 16, HASH_FACTOR = 31, HASH_SHIFT = 16 };

/* One UTF-16 unit after another, as String.hashCode(). */
static uint32_t add_unit(uint32_t hash, uint32_t unit)
{
    return hash * HASH_FACTOR + unit;
}

static uint32_t add_code_point(uint32_t hash, uint32_t point)
{
    if (point < 0x10000)
        return add_unit(hash, point);
    return add_unit(add_unit(hash, 0xd7c0 + (point >> 10)), 0xdc00 | (point & 0x3ff));
}

static uint32_t hash_of(str name)
{
    const char *end = name.data + name.size;
    uint32_t hash = 0;

    for (const char *at = name.data; at < end;) {
        size_t size = utf8_sequence(at, end);
        hash = add_code_point(hash, utf8_read(at, size));
        at += size;
    }
    return hash ^ hash >> HASH_SHIFT;
}

void dynamodb_name_add(struct arena *arena, struct str_list *names, str name)
{
    if (!str_is_one_of(name, names->items, names->count))
        *list_add(arena, names) = name;
}

/* The table doubles when it is more than three quarters full. */
static size_t buckets_for(size_t count, enum name_table table)
{
    size_t buckets = table == NAME_TABLE_OF_DEFAULT_SIZE ? DEFAULT_BUCKETS : 1;

    while (table == NAME_TABLE_OF_THEIR_NUMBER && buckets < count)
        buckets *= 2;
    while (count * 4 > buckets * 3)
        buckets *= 2;
    return buckets;
}

str dynamodb_names_text(struct arena *arena, const struct str_list *names, enum name_table table)
{
    struct text text = text_in(arena);
    size_t buckets = buckets_for(names->count, table);
    size_t *bucket_of = arena_alloc(arena, (names->count + 1) * sizeof *bucket_of);

    for (size_t i = 0; i < names->count; i++)
        bucket_of[i] = hash_of(names->items[i]) & (buckets - 1);
    for (size_t bucket = 0; bucket < buckets; bucket++)
        for (size_t i = 0; i < names->count; i++)
            if (bucket_of[i] == bucket)
                text_format(&text, "%s%.*s", text.size ? ", " : "", STR_ARGS(names->items[i]));
    return text_str(&text);
}
