/*
 * insights_sort.c: keeps rows and sorts them.
 *
 * When only the first N rows are needed, they are a heap with the last of them at its root: each row costs
 * some comparisons with it, and replaces it if it comes before.  The memory of replaced rows is freed once
 * there are N of them.  At the end runs of rows are sorted and merged in steps, so that a worker can turn to
 * other work between them.
 */
#include "insights_sort.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256, RUN_ROWS = 64, STEP_ROWS = 256 };

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

static int compare_keys(const struct insights_sorter *sorter, const struct insights_value *left,
                        const struct insights_value *right)
{
    const struct insights_sort_keys *keys = &sorter->command->keys;

    for (size_t i = 0; i < keys->count; i++) {
        struct arena_mark mark = arena_mark(sorter->memory.arena);
        int order = logs_insights_natural_order(sorter->memory.arena, &left[i], &right[i]);
        arena_rewind(sorter->memory.arena, mark);
        if (order != 0)
            return keys->items[i].descending ? -order : order;
    }
    return 0;
}

static int compare_rows(const struct insights_sorter *sorter, const struct insights_kept_row *left,
                        const struct insights_kept_row *right)
{
    int order = compare_keys(sorter, left->keys, right->keys);

    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

/* ---- the end ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int compare_pointers(const void *a, const void *b, void *context)
{
    return compare_rows(context, *(struct insights_kept_row *const *)a,
                        *(struct insights_kept_row *const *)b);
}

static void merge_from(struct insights_sorter *sorter, size_t at)
{
    struct insights_merge *merge = &sorter->merge;

    merge->at = merge->left = at;
    merge->right = least(at + merge->width, sorter->count);
}

static void begin_merge(struct insights_sorter *sorter)
{
    sorter->merge.to = logs_insights_keep(&sorter->memory, (sorter->count + 1) * sizeof *sorter->merge.to);
    sorter->merge.from = sorter->items;
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

    if (sorter->count == 0)
        return false;
    if (!merge->from)
        begin_merge(sorter);
    else if (merge->width == 0)
        sort_run(sorter);
    else
        merge_step(sorter);
    return merge->width < sorter->count && !sorter->memory.full;
}

const struct insights_kept_row *logs_insights_sorted(const struct insights_sorter *sorter, size_t index)
{
    return sorter->merge.from[index];
}

/* ---- taking rows ---- */

static struct insights_kept_row *new_row(struct insights_sorter *sorter, const struct insights_event *event,
                                         const struct insights_value *slots,
                                         const struct insights_value *keys)
{
    struct insights_kept_row *row = logs_insights_keep(&sorter->memory, sizeof *row);

    keep_row(sorter, row, event, slots, keys);
    return row;
}

static void make_room(struct insights_sorter *sorter)
{
    size_t larger = sorter->capacity ? 2 * sorter->capacity : FIRST_CAPACITY;
    struct insights_kept_row **items = logs_insights_keep(&sorter->memory, larger * sizeof *items);

    if (sorter->count > 0)
        memcpy(items, sorter->items, sorter->count * sizeof *items);
    sorter->items = items;
    sorter->capacity = larger;
}

/* Copy the rows to new memory, and release that of the rows that were replaced. */
static void compact(struct insights_sorter *sorter)
{
    struct insights_memory before = sorter->memory;
    struct insights_kept_row **items = sorter->items;

    sorter->memory = (struct insights_memory){.arena = before.arena, .most = before.most};
    sorter->items = logs_insights_keep(&sorter->memory, sorter->capacity * sizeof *items);
    for (size_t i = 0; i < sorter->count; i++) {
        sorter->items[i] =
            new_row(sorter, items[i]->has_event ? &items[i]->event : NULL, items[i]->slots, items[i]->keys);
        sorter->items[i]->order = items[i]->order;
    }
    logs_insights_release(&before);
    sorter->replaced = 0;
}

/* ---- the heap of the first rows ---- */

static bool is_before(const struct insights_sorter *sorter, size_t a, size_t b)
{
    return compare_rows(sorter, sorter->items[a], sorter->items[b]) < 0;
}

static void exchange(struct insights_sorter *sorter, size_t a, size_t b)
{
    struct insights_kept_row *row = sorter->items[a];

    sorter->items[a] = sorter->items[b];
    sorter->items[b] = row;
}

static void move_up(struct insights_sorter *sorter, size_t at)
{
    for (; at > 0 && is_before(sorter, (at - 1) / 2, at); at = (at - 1) / 2)
        exchange(sorter, at, (at - 1) / 2);
}

static void move_down(struct insights_sorter *sorter, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < sorter->count; at = child) {
        if (child + 1 < sorter->count && is_before(sorter, child, child + 1))
            child++;
        if (is_before(sorter, child, at))
            return;
        exchange(sorter, at, child);
    }
}

/* Of as many rows as are needed: the new one replaces the last one, unless it comes after it. */
static void replace_last(struct insights_sorter *sorter, const struct insights_evaluation *evaluation,
                         const struct insights_value *keys)
{
    if (compare_keys(sorter, keys, sorter->items[0]->keys) >= 0)
        return;
    sorter->items[0] = new_row(sorter, evaluation->row->event, evaluation->row->slots, keys);
    sorter->items[0]->order = sorter->arrived;
    move_down(sorter, 0);
    if (++sorter->replaced >= sorter->count)
        compact(sorter);
}

void logs_insights_sorter_take(struct insights_sorter *sorter, struct insights_evaluation *evaluation)
{
    const struct insights_sort_keys *keys = &sorter->command->keys;
    struct insights_value *found = arena_alloc(evaluation->arena, keys->count * sizeof *found);

    for (size_t i = 0; i < keys->count; i++)
        found[i] = logs_insights_evaluate(evaluation, keys->items[i].node);
    sorter->arrived++;
    if (sorter->most > 0 && sorter->count == sorter->most) {
        replace_last(sorter, evaluation, found);
        return;
    }
    if (sorter->count == sorter->capacity)
        make_room(sorter);
    struct insights_kept_row *row = new_row(sorter, evaluation->row->event, evaluation->row->slots, found);
    row->order = sorter->arrived;
    sorter->items[sorter->count++] = row;
    if (sorter->most > 0)
        move_up(sorter, sorter->count - 1);
}
