#include "aws/tag_rules.h"

#include <stdlib.h>

bool tag_key_is_reserved(str key)
{
    return str_starts_with_nocase(key, S("aws:"));
}

str tag_key_compared(struct arena *arena, str key, enum tag_case tag_case)
{
    return tag_case == TAG_CASE_MATTERS ? key : arena_lower_case(arena, key);
}

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

bool tag_keys_repeat(struct arena *arena, const str *first, size_t count, size_t stride,
                     enum tag_case tag_case)
{
    str *keys = arena_alloc(arena, (count + 1) * sizeof *keys);

    for (size_t i = 0; i < count; i++) {
        const str *key = (const void *)((const char *)first + i * stride);
        keys[i] = tag_key_compared(arena, *key, tag_case);
    }
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 1; i < count; i++)
        if (str_equal(keys[i - 1], keys[i]))
            return true;
    return false;
}
