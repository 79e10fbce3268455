/*
 * documents.c: whether two policies mean the same, in any spelling.
 */
#include "orders/cli/documents.h"

#include "wire/json.h"

static bool same(const struct json *a, const struct json *b);

static bool same_members(const struct json *a, const struct json *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct json *other = json_get(b, a->members[i].name);
        if (!other || !same(&a->members[i].value, other))
            return false;
    }
    return true;
}

static bool same_items(const struct json *a, const struct json *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!same(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static bool is_text(const struct json *value)
{
    return value->type == JSON_STRING || value->type == JSON_NUMBER;
}

static const struct json *only_item(const struct json *value)
{
    return value->type == JSON_ARRAY && value->count == 1 ? &value->items[0] : value;
}

static bool same(const struct json *a, const struct json *b)
{
    a = only_item(a);
    b = only_item(b);
    if (is_text(a) && is_text(b))
        return str_equal(a->text, b->text);
    if (a->type != b->type)
        return false;
    if (a->type == JSON_OBJECT)
        return same_members(a, b);
    return a->type != JSON_ARRAY || same_items(a, b);
}

bool documents_equal(struct arena *arena, str a, str b)
{
    const struct json *left = str_present(a) ? json_parse(arena, a, NULL) : NULL;
    const struct json *right = str_present(b) ? json_parse(arena, b, NULL) : NULL;

    return left && right && same(left, right);
}
