/*
 * update_edit.c: many changes of one item, in one walk.
 *
 * In the order of their paths, the changes inside one map or list are neighbours.  So each map or list is
 * visited once, and copied once with room for additions, for any number of changes.
 */
#include "update_internal.h"

#include <stdlib.h>
#include <string.h>

/* The changes that lead through one value, and the depth of their paths so far. */
struct edit {
    struct lookups *lookups;
    struct change *changes;
    size_t count, depth;
};

static const struct step *next_step(const struct edit *edit)
{
    return &edit->changes[0].path->items[edit->depth];
}

/* Take the first changes with the same next step; *edit keeps the others. */
static struct edit take_step(struct edit *edit)
{
    const struct step *step = next_step(edit);
    struct edit taken = {edit->lookups, edit->changes, 1, edit->depth + 1};

    while (taken.count < edit->count &&
           dynamodb_step_compare(&edit->changes[taken.count].path->items[edit->depth], step) == 0)
        taken.count++;
    edit->changes += taken.count;
    edit->count -= taken.count;
    return taken;
}

/* A copy of the array with room for more: the old item shares the original. */
static void *copy_of(struct arena *arena, const void *items, size_t count, size_t more, size_t item_size)
{
    char *copy = arena_alloc(arena, (count + more) * item_size);

    if (count > 0)
        memcpy(copy, items, count * item_size);
    return copy;
}

static bool is_present(const struct dynamodb_attribute_value *value)
{
    return dynamodb_value_type(value) != VALUE_NONE;
}

static void edit_value(struct edit edit, struct dynamodb_attribute_value *value);

/* ---- maps ---- */

static int by_order(const void *a, const void *b)
{
    const struct change *first = *(struct change *const *)a, *second = *(struct change *const *)b;

    return (first->order > second->order) - (first->order < second->order);
}

static void add_attributes(struct dynamodb_attribute_map *map, struct change **added, size_t count)
{
    qsort(added, count, sizeof *added, by_order);
    for (size_t i = 0; i < count; i++) {
        const struct path *path = added[i]->path;
        map->items[map->count++] =
            (struct dynamodb_attribute_map_entry){path->items[path->count - 1].name, added[i]->value};
    }
}

static void close_gaps_of_map(struct dynamodb_attribute_map *map)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++)
        if (is_present(&map->items[i].value))
            map->items[kept++] = map->items[i];
    map->count = kept;
}

static void edit_map(struct edit edit, struct dynamodb_attribute_map *map)
{
    struct arena *arena = edit.lookups->arena;
    struct dynamodb_attribute_map edited = {
        copy_of(arena, map->items, map->count, edit.count, sizeof *map->items), map->count};
    struct change **added = arena_alloc(arena, edit.count * sizeof *added);
    size_t added_count = 0;

    while (edit.count > 0) {
        ptrdiff_t position = dynamodb_lookup_name(edit.lookups, map, next_step(&edit)->name);
        struct edit own = take_step(&edit);
        if (position >= 0)
            edit_value(own, &edited.items[position].value);
        else
            added[added_count++] = own.changes;
    }
    add_attributes(&edited, added, added_count);
    close_gaps_of_map(&edited);
    *map = edited;
}

/* ---- lists ---- */

static void close_gaps_of_list(struct dynamodb_attribute_value_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        if (is_present(&list->items[i]))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* Elements beyond the end are appended in the order of their indexes. */
static void edit_list(struct edit edit, struct dynamodb_attribute_value_list *list)
{
    struct dynamodb_attribute_value_list edited = {
        copy_of(edit.lookups->arena, list->items, list->count, edit.count, sizeof *list->items), list->count};

    while (edit.count > 0) {
        size_t index = next_step(&edit)->index;
        struct edit own = take_step(&edit);
        if (index < list->count)
            edit_value(own, &edited.items[index]);
        else
            edited.items[edited.count++] = own.changes->value;
    }
    close_gaps_of_list(&edited);
    *list = edited;
}

/* ---- any value ---- */

static void edit_value(struct edit edit, struct dynamodb_attribute_value *value)
{
    if (edit.changes[0].path->count == edit.depth)
        *value = edit.changes[0].value;
    else if (dynamodb_value_is(value, VALUE_M))
        edit_map(edit, &value->m);
    else
        edit_list(edit, &value->l);
}

static int by_path(const void *a, const void *b)
{
    return dynamodb_path_compare(((const struct change *)a)->path, ((const struct change *)b)->path);
}

void dynamodb_item_edit(struct lookups *lookups, struct change *changes, size_t count,
                        struct dynamodb_attribute_map *item)
{
    if (count == 0)
        return;
    qsort(changes, count, sizeof *changes, by_path);
    edit_map((struct edit){lookups, changes, count, 0}, item);
}
