#include "aws/tag_rules.h"

#include <stdlib.h>

bool tag_key_is_reserved(str key)
{
    return str_starts_with_nocase(key, S("aws:"));
}

static str lower_case(struct arena *arena, str text)
{
    char *copy = arena_alloc(arena, text.size + 1);

    for (size_t i = 0; i < text.size; i++)
        copy[i] = char_lower(text.data[i]);
    return (str){copy, text.size};
}

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

bool tag_keys_repeat(struct arena *arena, const str *first, size_t count, size_t stride, bool ignore_case)
{
    str *keys = arena_alloc(arena, (count + 1) * sizeof *keys);

    for (size_t i = 0; i < count; i++) {
        const str *key = (const void *)((const char *)first + i * stride);
        keys[i] = ignore_case ? lower_case(arena, *key) : *key;
    }
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 1; i < count; i++)
        if (str_equal(keys[i - 1], keys[i]))
            return true;
    return false;
}
