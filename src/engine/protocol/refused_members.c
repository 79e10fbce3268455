/*
 * refused_members.c: does a request use a member that its model refuses?
 *
 * Null, false and empty texts, lists and maps do not count as use, and neither does a structure that contains
 * only these: clients send them for members that their user has left out.
 */
#include "engine/call.h"
#include "engine/protocol/protocol_internal.h"

static bool is_among(const char *const *values, str text)
{
    for (; *values; values++)
        if (str_equal(str_of(*values), text))
            return true;
    return false;
}

static bool asks_for_something(const struct shape *shape, const void *value)
{
    switch (shape->type) {
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return ((const str *)value)->size > 0;
    case SHAPE_BOOLEAN:
        return *(const bool *)value;
    case SHAPE_LIST:
    case SHAPE_MAP:
        return items_read(value).count > 0;
    case SHAPE_STRUCTURE:
        for (const struct member *member = shape->members; member < shape->members + shape->member_count;
             member++)
            if (!is_missing(member, value) && asks_for_something(member->shape, member_value(member, value)))
                return true;
        return false;
    default:
        return true;
    }
}

/* A refused member that is used, and its value. */
struct found {
    const struct member *member;
    const void *value;
};

static bool is_refused(const struct member *member, const void *value)
{
    const struct member_refusal *refusal = member->refusal;

    if (!refusal || !asks_for_something(member->shape, value))
        return false;
    return !refusal->except || !is_among(refusal->except, *(const str *)value);
}

static bool find_refused(const struct shape *shape, const void *value, struct found *found);

static bool find_in_items(const struct shape *shape, const void *value, struct found *found)
{
    struct items items = items_read(value);
    size_t offset = shape->type == SHAPE_MAP ? MAP_VALUE_OFFSET : 0;

    for (size_t i = 0; i < items.count; i++)
        if (find_refused(shape->element, items.data + i * item_size(shape) + offset, found))
            return true;
    return false;
}

static bool find_refused(const struct shape *shape, const void *value, struct found *found)
{
    if (!shape->refuses)
        return false;
    if (shape->type != SHAPE_STRUCTURE)
        return find_in_items(shape, value, found);
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        if (is_missing(member, value))
            continue;
        const void *inside = member_value(member, value);
        if (is_refused(member, inside)) {
            *found = (struct found){member, inside};
            return true;
        }
        if (find_refused(member->shape, inside, found))
            return true;
    }
    return false;
}

bool refused_check(const struct call *call, const struct shape *shape, const void *in)
{
    struct found found;

    if (!find_refused(shape, in, &found))
        return true;
    const struct member_refusal *refusal = found.member->refusal;
    if (refusal->sentence)
        fail(call, refusal->error, "%s", refusal->sentence);
    else if (refusal->except)
        fail(call, refusal->error, "Orderly does not support %.*s %.*s yet; see docs/compatibility.md.",
             STR_ARGS(found.member->name), STR_ARGS(*(const str *)found.value));
    else
        fail(call, refusal->error, "Orderly does not support %.*s yet; see docs/compatibility.md.",
             STR_ARGS(found.member->name));
    return false;
}
