/*
 * context_keys.c: the condition keys that policies name, in conditions and in variables.
 */
#include "services/iam/policy_internal.h"

#include "base/list.h"

#include <stdlib.h>

/* A variable with a default needs no value, as `${aws:PrincipalTag/team, 'none'}`. */
static void add_variables(struct arena *arena, const struct wildcard *pattern, struct str_list *keys)
{
    str rest = pattern->text, piece, key;
    bool inside = false;

    for (; pattern->has_variables && str_next(&rest, WILD_VARIABLE, &piece); inside = !inside)
        if (inside && str_next(&piece, ',', &key) && !str_present(piece))
            *list_add(arena, keys) = str_trim(key);
}

static void add_condition(struct arena *arena, const struct condition *condition, struct str_list *keys)
{
    *list_add(arena, keys) = iam_context_key_name(arena, condition->key, condition->key_name);
    for (size_t i = 0; i < condition->values.count; i++)
        add_variables(arena, &condition->values.items[i].pattern, keys);
}

void iam_policy_context_keys(struct arena *arena, const struct policy *policy, struct str_list *keys)
{
    for (size_t i = 0; i < policy->statements.count; i++) {
        const struct statement *statement = &policy->statements.items[i];
        for (size_t j = 0; j < statement->resources.count; j++)
            add_variables(arena, &statement->resources.items[j], keys);
        for (size_t j = 0; j < statement->conditions.count; j++)
            add_condition(arena, &statement->conditions.items[j], keys);
    }
}

int iam_context_keys_compare(str one, str other)
{
    for (size_t i = 0; i < one.size && i < other.size; i++) {
        int difference = char_lower(one.data[i]) - char_lower(other.data[i]);
        if (difference != 0)
            return difference;
    }
    return (one.size > other.size) - (one.size < other.size);
}

static int by_key(const void *a, const void *b)
{
    return iam_context_keys_compare(*(const str *)a, *(const str *)b);
}

void iam_context_keys_sort(struct str_list *keys)
{
    size_t kept = 0;

    if (keys->count > 1)
        qsort(keys->items, keys->count, sizeof *keys->items, by_key);
    for (size_t i = 0; i < keys->count; i++)
        if (kept == 0 || !str_equal_nocase(keys->items[kept - 1], keys->items[i]))
            keys->items[kept++] = keys->items[i];
    keys->count = kept;
}
