/*
 * query_form.c: forms to typed structs and back, for the Query protocol.
 *
 *     Attribute.1.Name=Policy            a flattened map
 *     Attributes.entry.1.key=Policy      a map
 *     Entries.member.2.Id=a              a list of structures
 *
 * The fields are sorted by name once.  Everything below "Entries.member.2." is then one run of fields: each
 * value is decoded from a run, without building a tree.  Of fields with one name the first counts, as on AWS.
 */
#include "engine/protocol/query_form.h"

#include "base/hash.h"
#include "base/list.h"
#include "wire/form.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

/* Sorted fields whose names share their first `depth` bytes. */
struct run {
    struct form_field *items;
    size_t count;
    size_t depth;
};

struct decoder {
    struct arena *arena;
    struct form_mismatch *mismatch;
    int levels;
};

/* ---- runs ---- */

/* glibc's qsort() leaves fields with one name in their order. */
static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct form_field *)a)->name, ((const struct form_field *)b)->name);
}

/* The first field that is not less than `name`, comparing after the run's prefix. */
static size_t lower_bound(const struct run *run, str name)
{
    size_t low = 0, high = run->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(str_from(run->items[middle].name, run->depth), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The value of the field whose name ends with exactly `name`, or absent. */
static str run_value(const struct run *run, str name)
{
    size_t at = lower_bound(run, name);

    if (at < run->count && str_equal(str_from(run->items[at].name, run->depth), name))
        return run->items[at].value;
    return (str){0};
}

/* The fields of the run that begin with `prefix`. */
static struct run run_below(const struct run *run, str prefix)
{
    size_t first = lower_bound(run, prefix), last = first;

    while (last < run->count && str_starts_with(str_from(run->items[last].name, run->depth), prefix))
        last++;
    return (struct run){run->items + first, last - first, run->depth + prefix.size};
}

/* ---- numbered items ---- */

struct numbered {
    int64_t number;
    str value;        /* of "prefix.1" itself; or absent */
    struct run below; /* of "prefix.1." */
};

struct numbered_list {
    struct numbered *items;
    size_t count;
};

static int by_number(const void *a, const void *b)
{
    int64_t left = ((const struct numbered *)a)->number, right = ((const struct numbered *)b)->number;

    return (left > right) - (left < right);
}

/* Sorted by name, "10" comes before "2": collect the numbers, then sort by them. */
static struct numbered_list number_items(struct arena *arena, const struct run *run)
{
    struct numbered_list list = {0};

    for (size_t i = 0; i < run->count; i++) {
        str rest = str_from(run->items[i].name, run->depth), label;
        int64_t number;
        if (!str_next(&rest, '.', &label) || !str_to_i64(label, &number) || number < 0)
            continue;
        struct numbered *item = list.count ? &list.items[list.count - 1] : NULL;
        size_t depth = run->depth + label.size + 1; /* "01" is not the label "1" */
        if (!item || item->number != number || item->below.depth != depth) {
            item = list_add(arena, &list);
            *item = (struct numbered){number, {0}, {run->items + i, 0, depth}};
        }
        if (run->items[i].name.size >= depth) {
            if (item->below.count++ == 0)
                item->below.items = run->items + i;
        } else if (!str_present(item->value)) {
            item->value = run->items[i].value;
        }
    }
    if (list.count > 1)
        qsort(list.items, list.count, sizeof *list.items, by_number);
    return list;
}

/* ---- values ---- */

static bool refuse(const struct decoder *decoder, const struct shape *shape, str name, str value)
{
    *decoder->mismatch = (struct form_mismatch){shape, name, value};
    return false;
}

static bool decode_value(struct decoder *decoder, const struct member *member, const struct shape *shape,
                         str own, const struct run *below, void *value);

static struct run prefixed(struct arena *arena, const struct run *run, str name)
{
    return run_below(run, arena_join(arena, name, S(".")));
}

static bool decode_item(struct decoder *decoder, const struct shape *shape, const struct numbered *item,
                        void *value)
{
    return decode_value(decoder, NULL, shape, item->value, &item->below, value);
}

static bool decode_list(struct decoder *decoder, const struct shape *shape, const struct run *numbers,
                        void *value)
{
    struct numbered_list list = number_items(decoder->arena, numbers);
    size_t size = item_size(shape);
    struct items items = items_new(decoder->arena, shape, list.count);

    for (size_t i = 0; i < list.count; i++)
        if (!decode_item(decoder, shape->element, &list.items[i], items.data + i * size))
            return false;
    items_write(value, items);
    return true;
}

static str name_or(const char *name, str usual)
{
    return name ? str_of(name) : usual;
}

static bool decode_map(struct decoder *decoder, const struct shape *shape, const struct run *numbers,
                       void *value)
{
    struct numbered_list list = number_items(decoder->arena, numbers);
    str key_name = name_or(shape->key_name, S("key")), value_name = name_or(shape->value_name, S("value"));
    size_t size = item_size(shape);
    struct items items = items_new(decoder->arena, shape, list.count);

    for (size_t i = 0; i < list.count; i++) {
        char *entry = items.data + i * size;
        const struct run *run = &list.items[i].below;
        struct run below = prefixed(decoder->arena, run, value_name);
        str key = run_value(run, key_name);
        *entry_key(entry) = str_present(key) ? key : S("");
        if (!decode_value(decoder, NULL, shape->element, run_value(run, value_name), &below,
                          entry + MAP_VALUE_OFFSET))
            return false;
    }
    items_write(value, items);
    if (items.count > 1)
        map_drop_repeats(decoder->arena, shape, value);
    return true;
}

/* boto 2 writes a flattened list with one item as a plain field: AttributeName=All. */
static bool decode_plain_item(struct decoder *decoder, const struct shape *shape, str own, void *value)
{
    struct numbered item = {.value = own};
    struct items items = items_new(decoder->arena, shape, 1);

    items_write(value, items);
    return decode_item(decoder, shape->element, &item, items.data);
}

static bool decode_collection(struct decoder *decoder, const struct member *member, const struct shape *shape,
                              str own, const struct run *below, void *value)
{
    bool flattened = member && member->flattened;
    str usual = shape->type == SHAPE_LIST ? S("member") : S("entry");
    struct run numbers = *below;

    if (!flattened)
        numbers = prefixed(decoder->arena, below, name_or(shape->item_name, usual));
    if (flattened && shape->type == SHAPE_LIST && own.size > 0 && numbers.count == 0)
        return decode_plain_item(decoder, shape, own, value);
    return shape->type == SHAPE_LIST ? decode_list(decoder, shape, &numbers, value)
                                     : decode_map(decoder, shape, &numbers, value);
}

/*
 * A form cannot tell an empty list from an absent one: a required list is empty then, and the service refuses
 * it.
 */
static bool may_be_absent(const struct member *member)
{
    return !member->required || member->shape->type != SHAPE_LIST;
}

static bool decode_structure(struct decoder *decoder, const struct shape *shape, const struct run *run,
                             void *structure)
{
    mark_missing(shape, structure);
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        str own = run_value(run, member->query_name);
        struct run below = prefixed(decoder->arena, run, member->query_name);
        if (!str_present(own) && below.count == 0 && may_be_absent(member))
            continue;
        void *room = member_room(decoder->arena, member, structure);
        if (!decode_value(decoder, member, member->shape, own, &below, room))
            return false;
    }
    return true;
}

/* Does a request with this value use the member?  Empty values do not: see refused_members.c. */
static bool asks_for_something(str own, const struct run *below)
{
    for (size_t i = 0; i < below->count; i++)
        if (below->items[i].value.size > 0)
            return true;
    return own.size > 0;
}

/* `own` is the value of the field with the name so far, `below` are the fields with longer names. */
static bool decode_value(struct decoder *decoder, const struct member *member, const struct shape *shape,
                         str own, const struct run *below, void *value)
{
    enum timestamp_format format = member ? member->timestamp_format : TIMESTAMP_DEFAULT;
    bool decoded;

    if (++decoder->levels > DEEPEST)
        return refuse(decoder, shape, S(""), S(""));
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        decoded = decode_structure(decoder, shape, below, value);
        break;
    case SHAPE_OPAQUE:
        *(str *)value = asks_for_something(own, below) ? S("") : (str){0};
        decoded = true;
        break;
    case SHAPE_LIST:
    case SHAPE_MAP:
        decoded = decode_collection(decoder, member, shape, own, below, value);
        break;
    default:
        decoded = !str_present(own) || scalar_from_text(decoder->arena, shape, format, own, value) ||
                  refuse(decoder, shape, member ? member->query_name : S("member"), own);
    }
    decoder->levels--;
    return decoded;
}

bool form_to_structure(struct arena *arena, const struct shape *shape, struct form *form, void *structure,
                       struct form_mismatch *mismatch)
{
    struct decoder decoder = {arena, mismatch, 0};
    struct run all = {form->items, form->count, 0};

    if (form->count > 1)
        qsort(form->items, form->count, sizeof *form->items, by_name);
    return decode_structure(&decoder, shape, &all, structure);
}

/* ---- to a form ---- */

static void write_value(struct text *text, const struct member *member, const struct shape *shape, str name,
                        const void *value);

static void write_list(struct text *text, const struct shape *shape, str prefix, struct items items)
{
    size_t size = item_size(shape);

    for (size_t i = 0; i < items.count; i++)
        write_value(text, NULL, shape->element,
                    arena_format(text->arena, "%.*s.%zu", STR_ARGS(prefix), i + 1), items.data + i * size);
}

static void write_map(struct text *text, const struct shape *shape, str prefix, struct items items)
{
    str key_name = name_or(shape->key_name, S("key")), value_name = name_or(shape->value_name, S("value"));
    size_t size = item_size(shape);

    for (size_t i = 0; i < items.count; i++) {
        char *entry = items.data + i * size;
        str numbered = arena_format(text->arena, "%.*s.%zu.", STR_ARGS(prefix), i + 1);
        form_add(text, arena_join(text->arena, numbered, key_name), *entry_key(entry));
        write_value(text, NULL, shape->element, arena_join(text->arena, numbered, value_name),
                    entry + MAP_VALUE_OFFSET);
    }
}

static void write_collection(struct text *text, const struct member *member, const struct shape *shape,
                             str name, const void *value)
{
    struct items items = items_read(value);
    bool flattened = member && member->flattened;
    str usual = shape->type == SHAPE_LIST ? S("member") : S("entry");
    str prefix = name;

    if (!flattened)
        prefix = arena_format(text->arena, "%.*s.%.*s", STR_ARGS(name),
                              STR_ARGS(name_or(shape->item_name, usual)));
    if (items.count == 0 && shape->type == SHAPE_LIST)
        form_add(text, name, S(""));
    else if (shape->type == SHAPE_LIST)
        write_list(text, shape, prefix, items);
    else
        write_map(text, shape, prefix, items);
}

static void write_value(struct text *text, const struct member *member, const struct shape *shape, str name,
                        const void *value)
{
    enum timestamp_format format = member ? member->timestamp_format : TIMESTAMP_DEFAULT;

    switch (shape->type) {
    case SHAPE_STRUCTURE:
        structure_to_form(text, shape, arena_join(text->arena, name, S(".")), value);
        break;
    case SHAPE_LIST:
    case SHAPE_MAP:
        write_collection(text, member, shape, name, value);
        break;
    default:
        form_add(text, name, scalar_to_text(text->arena, shape, format, value));
    }
}

void structure_to_form(struct text *text, const struct shape *shape, str prefix, const void *structure)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        const void *value = member_value(member, structure);
        if (value)
            write_value(text, member, member->shape, arena_join(text->arena, prefix, member->query_name),
                        value);
    }
}
