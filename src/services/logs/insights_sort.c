/*
 * insights_sort.c: keeps rows and sorts them.
 *
 * When only the first N rows are needed, it collects 2N, sorts them, and copies the first N into new memory:
 * each row costs some comparisons, and memory holds 2N rows.  At the end runs of rows are sorted and merged
 * in steps, so that a worker can turn to other work between them.
 */
#include "insights_sort.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256, RUN_ROWS = 2048, STEP_ROWS = 16384 };

static void keep_values(struct insights_sorter *sorter, struct insights_value *to,
                        const struct insights_value *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = logs_insights_keep_value(&sorter->memory, from[i]);
}

static void keep_row(struct insights_sorter *sorter, struct insights_kept_row *row,
                     const struct insights_event *event, const struct insights_value *slots,
                     const struct insights_value *keys)
{
    size_t key_count = sorter->command->keys.count;

    row->slots = logs_insights_keep(&sorter->memory, sorter->slot_count * sizeof *row->slots);
    row->keys = logs_insights_keep(&sorter->memory, key_count * sizeof *row->keys);
    keep_values(sorter, row->slots, slots, sorter->slot_count);
    keep_values(sorter, row->keys, keys, key_count);
    row->has_event = event != NULL;
    if (!event)
        return;
    row->event = *event;
    row->event.message = logs_insights_keep_text(&sorter->memory, event->message);
    row->event.stream = logs_insights_keep_text(&sorter->memory, event->stream);
    row->event.log = logs_insights_keep_text(&sorter->memory, event->log);
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct insights_sorter *sorter = context;
    const struct insights_kept_row *left = a, *right = b;
    const struct insights_sort_keys *keys = &sorter->command->keys;

    for (size_t i = 0; i < keys->count; i++) {
        struct arena_mark mark = arena_mark(sorter->memory.arena);
        int order = logs_insights_natural_order(sorter->memory.arena, &left->keys[i], &right->keys[i]);
        arena_rewind(sorter->memory.arena, mark);
        if (order != 0)
            return keys->items[i].descending ? -order : order;
    }
    return (left->order > right->order) - (left->order < right->order);
}

/* At most twice the rows that are needed. */
static void sort_now(struct insights_sorter *sorter)
{
    if (sorter->count > 0)
        qsort_r(sorter->items, sorter->count, sizeof *sorter->items, compare_rows, sorter);
    if (sorter->most > 0 && sorter->count > sorter->most)
        sorter->count = sorter->most;
}

/* ---- the end ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int compare_pointers(const void *a, const void *b, void *context)
{
    return compare_rows(*(struct insights_kept_row *const *)a, *(struct insights_kept_row *const *)b,
                        context);
}

static void merge_from(struct insights_sorter *sorter, size_t at)
{
    struct insights_merge *merge = &sorter->merge;

    merge->at = merge->left = at;
    merge->right = least(at + merge->width, sorter->count);
}

static void make_pointers(struct insights_sorter *sorter)
{
    size_t bytes = (sorter->count + 1) * sizeof *sorter->merge.from;

    sorter->merge.from = logs_insights_keep(&sorter->memory, bytes);
    sorter->merge.to = logs_insights_keep(&sorter->memory, bytes);
    for (size_t i = 0; i < sorter->count && !sorter->memory.full; i++)
        sorter->merge.from[i] = &sorter->items[i];
}

static void sort_run(struct insights_sorter *sorter)
{
    struct insights_merge *merge = &sorter->merge;
    size_t rows = least(RUN_ROWS, sorter->count - merge->at);

    if (rows > 0)
        qsort_r(merge->from + merge->at, rows, sizeof *merge->from, compare_pointers, sorter);
    merge->at += rows;
    if (merge->at < sorter->count)
        return;
    merge->width = RUN_ROWS;
    merge_from(sorter, 0);
}

static void merge_row(struct insights_sorter *sorter)
{
    struct insights_merge *merge = &sorter->merge;
    size_t middle = least(merge->at + merge->width, sorter->count);
    size_t end = least(merge->at + 2 * merge->width, sorter->count);
    size_t to = merge->left + merge->right - middle;
    bool is_left = merge->right == end ||
                   (merge->left < middle &&
                    compare_pointers(&merge->from[merge->left], &merge->from[merge->right], sorter) < 0);

    merge->to[to] = merge->from[is_left ? merge->left++ : merge->right++];
    if (merge->left == middle && merge->right == end)
        merge_from(sorter, end);
}

static void merge_step(struct insights_sorter *sorter)
{
    struct insights_merge *merge = &sorter->merge;
    struct insights_kept_row **merged = merge->to;

    for (size_t i = 0; i < STEP_ROWS && merge->at < sorter->count; i++)
        merge_row(sorter);
    if (merge->at < sorter->count)
        return;
    merge->to = merge->from;
    merge->from = merged;
    merge->width *= 2;
    merge_from(sorter, 0);
}

bool logs_insights_sorter_step(struct insights_sorter *sorter)
{
    struct insights_merge *merge = &sorter->merge;

    if (!merge->from) {
        if (sorter->most > 0)
            sort_now(sorter);
        make_pointers(sorter);
        return sorter->most == 0 && !sorter->memory.full;
    }
    if (merge->width == 0)
        sort_run(sorter);
    else
        merge_step(sorter);
    return merge->width < sorter->count;
}

const struct insights_kept_row *logs_insights_sorted(const struct insights_sorter *sorter, size_t index)
{
    return sorter->merge.from[index];
}

/* ---- taking rows ---- */

/* Copy the rows to new memory, in an array of that capacity, and release the memory before. */
static void move(struct insights_sorter *sorter, size_t capacity)
{
    struct insights_memory before = sorter->memory;
    struct insights_kept_row *items = sorter->items;

    sorter->memory = (struct insights_memory){.arena = before.arena, .most = before.most};
    sorter->items = logs_insights_keep(&sorter->memory, capacity * sizeof *items);
    sorter->capacity = capacity;
    for (size_t i = 0; i < sorter->count; i++) {
        keep_row(sorter, &sorter->items[i], items[i].has_event ? &items[i].event : NULL, items[i].slots,
                 items[i].keys);
        sorter->items[i].order = items[i].order;
    }
    logs_insights_release(&before);
}

static void make_room(struct insights_sorter *sorter)
{
    size_t larger = sorter->capacity ? 2 * sorter->capacity : FIRST_CAPACITY;

    if (sorter->most > 0 && sorter->count >= 2 * sorter->most) {
        sort_now(sorter);
        move(sorter, sorter->capacity);
        return;
    }
    struct insights_kept_row *items = logs_insights_keep(&sorter->memory, larger * sizeof *items);
    if (sorter->count > 0)
        memcpy(items, sorter->items, sorter->count * sizeof *items);
    sorter->items = items;
    sorter->capacity = larger;
}

void logs_insights_sorter_take(struct insights_sorter *sorter, struct insights_evaluation *evaluation)
{
    const struct insights_sort_keys *keys = &sorter->command->keys;
    struct insights_value *found = arena_alloc(evaluation->arena, keys->count * sizeof *found);

    if (sorter->count == sorter->capacity || (sorter->most > 0 && sorter->count >= 2 * sorter->most))
        make_room(sorter);
    for (size_t i = 0; i < keys->count; i++)
        found[i] = logs_insights_evaluate(evaluation, keys->items[i].node);
    struct insights_kept_row *row = &sorter->items[sorter->count++];
    keep_row(sorter, row, evaluation->row->event, evaluation->row->slots, found);
    row->order = sorter->arrived++;
}
