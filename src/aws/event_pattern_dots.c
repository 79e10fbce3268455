/*
 * event_pattern_dots.c: names with dots, which stand for names in names: {"a.b": 1} is {"a": {"b": 1}}.
 *
 * So it is in SNS's policies for bodies and in the bodies, in any mixture of both forms.  The pattern is
 * split when it is parsed, an event only if it has such a name: matching itself knows nothing of dots.
 */
#include "aws/event_pattern_internal.h"
#include "base/limits.h"
#include "base/list.h"

#include <stdlib.h>

static bool has_dot(str name)
{
    return str_index(name, '.') >= 0;
}

/* ---- patterns ---- */

static size_t parts_of(str name)
{
    size_t parts = 1;

    for (size_t i = 0; i < name.size; i++)
        parts += name.data[i] == '.';
    return parts;
}

static size_t split_depth(const struct event_node *node)
{
    size_t deepest = 0;

    for (size_t i = 0; i < node->fields.count; i++) {
        const struct event_field *field = &node->fields.items[i];
        size_t depth = parts_of(field->name) + (field->inner ? split_depth(field->inner) : 0);
        deepest = depth > deepest ? depth : deepest;
    }
    for (size_t i = 0; i < node->either.count; i++) {
        size_t depth = split_depth(&node->either.items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* The node inside the field of that name: keys of one object must match in the same element of an array. */
static struct event_node *inner_node(struct arena *arena, struct event_node *node, str name)
{
    for (size_t i = 0; i < node->fields.count; i++)
        if (node->fields.items[i].inner && str_equal(node->fields.items[i].name, name))
            return node->fields.items[i].inner;
    struct event_field *field = list_add(arena, &node->fields);
    field->name = name;
    field->inner = arena_new(arena, struct event_node);
    return field->inner;
}

static void put_field(struct arena *arena, struct event_node *node, const struct event_field *field)
{
    struct event_field last = *field;
    str head;

    while (has_dot(last.name)) {
        str_next(&last.name, '.', &head);
        node = inner_node(arena, node, head);
    }
    struct event_node *inner = field->inner ? inner_node(arena, node, last.name) : NULL;
    if (!inner || (inner->either.count > 0 && field->inner->either.count > 0)) {
        *list_add(arena, &node->fields) = last;
        return;
    }
    for (size_t i = 0; i < field->inner->fields.count; i++)
        put_field(arena, inner, &field->inner->fields.items[i]);
    if (field->inner->either.count > 0)
        inner->either = field->inner->either;
}

static void split_node(struct arena *arena, struct event_node *node)
{
    struct event_node whole = *node;

    node->fields.items = NULL;
    node->fields.count = 0;
    for (size_t i = 0; i < whole.fields.count; i++) {
        if (whole.fields.items[i].inner)
            split_node(arena, whole.fields.items[i].inner);
        put_field(arena, node, &whole.fields.items[i]);
    }
    for (size_t i = 0; i < whole.either.count; i++)
        split_node(arena, &whole.either.items[i]);
}

void event_pattern_split(struct arena *arena, struct event_node *root)
{
    if (split_depth(root) <= LIMIT_JSON_DEPTH)
        split_node(arena, root);
}

/* ---- events ---- */

static bool names_have_dots(const struct json *value)
{
    for (uint32_t i = 0; i < value->count && value->type == JSON_ARRAY; i++)
        if (names_have_dots(&value->items[i]))
            return true;
    for (uint32_t i = 0; i < value->count && value->type == JSON_OBJECT; i++)
        if (has_dot(value->members[i].name) || names_have_dots(&value->members[i].value))
            return true;
    return false;
}

/* A member on its way into the object that it belongs to. */
struct entry {
    str head, rest; /* of the name, at its first dot; `rest` is absent without a dot */
    const struct json *value;
    size_t order;
};
struct entries {
    struct entry *items;
    size_t count;
};
struct values {
    struct json *items;
    size_t count;
};

/* Too deep a name stays whole. */
static void add_entry(struct arena *arena, struct entries *entries, str name, const struct json *value,
                      size_t depth)
{
    struct entry *entry = list_add(arena, entries);

    *entry = (struct entry){.head = name, .value = value, .order = entries->count};
    if (!has_dot(name) || depth >= LIMIT_JSON_DEPTH)
        return;
    entry->rest = name;
    str_next(&entry->rest, '.', &entry->head);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int difference = str_compare(left->head, right->head);

    return difference != 0 ? difference : (left->order > right->order) - (left->order < right->order);
}

static struct json split_value(struct arena *arena, const struct json *value, size_t depth);

static struct json object_of(struct arena *arena, struct entries *entries, size_t depth);

/* The value of a name that these entries share: one, or an array of all that do not go together. */
static struct json value_of(struct arena *arena, const struct entry *entries, size_t count, size_t depth)
{
    struct entries inner = {0};
    struct values values = {0};
    bool is_object = false;

    for (size_t i = 0; i < count; i++) {
        const struct json *value = entries[i].value;
        bool nests = str_present(entries[i].rest), object = !nests && value->type == JSON_OBJECT;
        is_object = is_object || nests || object;
        if (nests)
            add_entry(arena, &inner, entries[i].rest, value, depth);
        for (uint32_t j = 0; object && j < value->count; j++)
            add_entry(arena, &inner, value->members[j].name, &value->members[j].value, depth);
        if (!nests && !object)
            *list_add(arena, &values) = split_value(arena, value, depth);
    }
    if (is_object)
        *list_add(arena, &values) = object_of(arena, &inner, depth);
    if (values.count == 1)
        return values.items[0];
    return (struct json){.type = JSON_ARRAY, .count = (uint32_t)values.count, .items = values.items};
}

static struct json object_of(struct arena *arena, struct entries *entries, size_t depth)
{
    struct json object = {.type = JSON_OBJECT};

    if (entries->count == 0)
        return object;
    object.members = arena_alloc(arena, entries->count * sizeof *object.members);
    qsort(entries->items, entries->count, sizeof *entries->items, compare_entries);
    for (size_t i = 0, next; i < entries->count; i = next) {
        for (next = i + 1; next < entries->count; next++)
            if (!str_equal(entries->items[next].head, entries->items[i].head))
                break;
        object.members[object.count++] = (struct json_member){
            .name = entries->items[i].head,
            .value = value_of(arena, &entries->items[i], next - i, depth + 1),
        };
    }
    return object;
}

static struct json split_value(struct arena *arena, const struct json *value, size_t depth)
{
    struct entries entries = {0};
    struct json array = *value;

    if (value->type == JSON_OBJECT) {
        for (uint32_t i = 0; i < value->count; i++)
            add_entry(arena, &entries, value->members[i].name, &value->members[i].value, depth);
        return object_of(arena, &entries, depth);
    }
    if (value->type != JSON_ARRAY || value->count == 0)
        return *value;
    array.items = arena_alloc(arena, value->count * sizeof *array.items);
    for (uint32_t i = 0; i < value->count; i++)
        array.items[i] = split_value(arena, &value->items[i], depth);
    return array;
}

const struct json *event_split(struct arena *arena, const struct json *event)
{
    struct json *split;

    if (!event || !names_have_dots(event))
        return event;
    split = arena_new(arena, struct json);
    *split = split_value(arena, event, 0);
    return split;
}
