/*
 * missing.c: the name of the first missing required parameter of a request.
 *
 * For the dialects that check nothing else: null items of lists and null values of maps count as missing,
 * too, and are named by their number or key: "Tags.env", "TagKeys.2".  A member of a batch's entry is named
 * with the entry: "DeleteMessageBatchRequestEntry.1.Id".
 */
#include "engine/protocol/protocol_internal.h"

static str first_missing(struct arena *arena, const struct shape *shape, const void *value, str name);

static str first_missing_of_entry(struct arena *arena, const struct shape *entry, const void *value,
                                  size_t number)
{
    str missing = first_missing(arena, entry, value, (str){0});

    if (!str_present(missing) || entry->type != SHAPE_STRUCTURE)
        return missing;
    return arena_format(arena, "%s.%zu.%.*s", entry->name, number, STR_ARGS(missing));
}

static str first_missing_item(struct arena *arena, const struct shape *shape, const void *value, str name)
{
    struct items items = items_read(value);
    size_t size = item_size(shape);
    bool map = shape->type == SHAPE_MAP;
    str missing = {0};

    for (size_t i = 0; !str_present(missing) && i < items.count; i++) {
        char *item = items.data + i * size;
        const void *inside = map ? item + MAP_VALUE_OFFSET : item;
        if (!is_null_item(shape->element, inside))
            missing = map ? first_missing(arena, shape->element, inside, name)
                          : first_missing_of_entry(arena, shape->element, inside, i + 1);
        else if (map)
            missing = arena_concat(arena, name, S("."), *entry_key(item));
        else
            missing = arena_format(arena, "%.*s.%zu", STR_ARGS(name), i + 1);
    }
    return missing;
}

static str first_missing_member(struct arena *arena, const struct shape *shape, const void *structure)
{
    str missing = {0};

    for (const struct member *member = shape->members;
         !str_present(missing) && member < shape->members + shape->member_count; member++)
        if (!is_missing(member, structure))
            missing = first_missing(arena, member->shape, member_value(member, structure), member->name);
        else if (member->required)
            missing = member->name;
    return missing;
}

static str first_missing(struct arena *arena, const struct shape *shape, const void *value, str name)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return first_missing_member(arena, shape, value);
    case SHAPE_LIST:
    case SHAPE_MAP:
        return first_missing_item(arena, shape, value, name);
    default:
        return (str){0};
    }
}

str missing_parameter(struct arena *arena, const struct shape *shape, const void *in)
{
    return first_missing_member(arena, shape, in);
}
