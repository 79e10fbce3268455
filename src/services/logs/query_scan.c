/*
 * query_scan.c: merges the events of up to 50 groups, the latest first.
 *
 * A scan outlives the snapshots that it reads: it keeps the position of its last event, which is one for all
 * groups, and a copy of the next event of each group.  The events of a group or a stream that was deleted
 * meanwhile are left out.
 *
 * Where a field index decides terms of the query, a group is read by its index: only events that it admits
 * are read themselves, and the others are counted as skipped.
 */
#include "field_indexes.h"
#include "query.h"

#include "wire/json.h"

#include <string.h>

enum { NAMES = 64, LONGEST_NAME_BYTES = 4 * 512, SKIPPED_AT_ONCE = 16 };

struct group_scan {
    int64_t id;
    str log; /* "123456789012:my-group" */
    int64_t from_ms;
    bool is_open, has_next;
    struct logs_read_group_backward_params params;
    struct logs_read_group_backward_cursor cursor;
    const struct index_use *index; /* NULL: the cursor reads events, */
    struct logs_read_group_index_backward_params index_params;
    struct logs_read_group_index_backward_cursor index_cursor; /* else this one reads the index */
    struct position at;                                        /* of the last event taken or skipped */
    struct logs_event_row next;
    char *message; /* of the next event: loose memory */
    size_t capacity;
};

struct stream_name {
    int64_t id;
    size_t size; /* 0: the stream is deleted */
    char text[LONGEST_NAME_BYTES];
};

struct query_scan {
    struct group_scan *items;
    size_t count, groups;
    int64_t skipped, skipped_bytes;
    bool is_paused; /* a group's next event was not found in time */
    struct group_scan *last;
    struct stream_name names[NAMES];
};

static struct query_scan *scan_of(const struct call *call, const struct json *ids,
                                  const struct logs_query_row *query)
{
    struct query_scan *scan = arena_new(call->arena, struct query_scan);

    scan->items = arena_alloc(call->arena, (ids->count + 1) * sizeof *scan->items);
    for (uint32_t i = 0; i < ids->count; i++) {
        struct group_scan *group = &scan->items[scan->count++];
        str_to_i64(ids->items[i].text, &group->id);
        group->from_ms = query->start_ms;
        group->at = (struct position){.timestamp_ms = query->end_ms + 1};
    }
    return scan;
}

/* False: filterIndex leaves out the group. */
static bool use_index(const struct call *call, struct group_scan *group,
                      const struct logs_find_group_name_row *found, const struct insights_terms *terms)
{
    struct call there = call_in(call, found->account, found->region);
    bool is_standard = logs_log_group_class_of(found->class) == LOGS_LOG_GROUP_CLASS_STANDARD, excluded;

    group->index = logs_index_use(&there, group->id, found->name, is_standard, terms, &excluded);
    return !excluded;
}

struct query_scan *logs_scan_begin(const struct call *call, const struct logs_query_row *query,
                                   const struct json *ids, const struct insights_terms *terms)
{
    check(json_is(ids, JSON_ARRAY));
    struct query_scan *scan = scan_of(call, ids, query);
    for (size_t i = 0; i < scan->count; i++) {
        struct logs_find_group_name_row found;
        struct logs_find_group_name_params key = {.id = scan->items[i].id};
        if (!logs_find_group_name(call->txn, &key, &found) ||
            !use_index(call, &scan->items[i], &found, terms))
            continue;
        int64_t oldest_ms = logs_group_oldest_ms(call, found.retention_days);
        scan->items[i].log = arena_concat(call->arena, found.account, S(":"), found.name);
        scan->items[i].from_ms = oldest_ms > query->start_ms ? oldest_ms : query->start_ms;
        scan->groups++;
    }
    return scan;
}

size_t logs_scan_groups(const struct query_scan *scan)
{
    return scan->groups;
}

static bool still_exists(const struct call *call, const struct group_scan *group)
{
    struct logs_find_group_name_row found;
    struct logs_find_group_name_params key = {.id = group->id};

    return logs_find_group_name(call->txn, &key, &found) && !str_empty(found.account);
}

/* The next event that the index admits.  False: there are no more, or no time to look for it. */
static bool next_indexed(const struct call *call, struct query_scan *scan, struct group_scan *group)
{
    struct logs_read_group_index_backward_row row;

    for (size_t looked_at = 1; logs_read_group_index_backward_next(&group->index_cursor, &row); looked_at++) {
        if (logs_index_admits(group->index, row.id, row.policy_id, row.hashes))
            return logs_find_event(call->txn, &(struct logs_find_event_params){.id = row.id}, &group->next);
        group->at = (struct position){row.timestamp_ms, row.id};
        scan->skipped++;
        scan->skipped_bytes += row.size ? *row.size : 0;
        if (looked_at % SKIPPED_AT_ONCE == 0 && time_is_up(call)) {
            scan->is_paused = true;
            return false;
        }
    }
    return false;
}

/* Read the group's next event, and keep a copy of its message. */
static void advance(const struct call *call, struct query_scan *scan, struct group_scan *group)
{
    struct arena_mark mark = arena_mark(call->arena);

    group->has_next = group->index ? next_indexed(call, scan, group)
                                   : logs_read_group_backward_next(&group->cursor, &group->next);
    if (!group->has_next)
        return;
    str message = group->next.message;
    if (message.size >= group->capacity) {
        group->capacity = 2 * message.size + 1;
        group->message = arena_resize_loose(call->arena, group->message, group->capacity);
    }
    memcpy(group->message, message.data, message.size);
    group->next.message = (str){group->message, message.size};
    arena_rewind(call->arena, mark);
}

static void open_cursor(const struct call *call, struct group_scan *group)
{
    if (group->index) {
        group->index_params =
            (struct logs_read_group_index_backward_params){.group_id = group->id,
                                                           .before_ms = group->at.timestamp_ms,
                                                           .before_id = group->at.id,
                                                           .from_ms = group->from_ms};
        group->index_cursor = logs_read_group_index_backward_open(call->txn, &group->index_params);
        return;
    }
    group->params = (struct logs_read_group_backward_params){.group_id = group->id,
                                                             .before_ms = group->at.timestamp_ms,
                                                             .before_id = group->at.id,
                                                             .from_ms = group->from_ms};
    group->cursor = logs_read_group_backward_open(call->txn, &group->params);
}

void logs_scan_open(const struct call *call, struct query_scan *scan)
{
    scan->last = NULL;
    scan->is_paused = false;
    for (size_t i = 0; i < NAMES; i++)
        scan->names[i].id = 0;
    for (size_t i = 0; i < scan->count; i++) {
        struct group_scan *group = &scan->items[i];
        group->is_open = str_present(group->log) && still_exists(call, group);
        group->has_next = false;
        if (!group->is_open)
            continue;
        open_cursor(call, group);
        advance(call, scan, group);
    }
}

void logs_scan_close(struct query_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++) {
        struct group_scan *group = &scan->items[i];
        if (group->is_open && group->index)
            logs_read_group_index_backward_close(&group->index_cursor);
        else if (group->is_open)
            logs_read_group_backward_close(&group->cursor);
    }
}

int64_t logs_scan_skipped(const struct query_scan *scan, int64_t *bytes)
{
    *bytes = scan->skipped_bytes;
    return scan->skipped;
}

static str stream_name(const struct call *call, struct query_scan *scan, const struct group_scan *group)
{
    int64_t id = group->next.stream_id;
    struct stream_name *known = &scan->names[(uint64_t)id % NAMES];
    struct logs_find_stream_name_params key = {.id = id, .group_id = group->id};
    struct logs_find_stream_name_row found = {0};

    if (known->id != id) {
        struct arena_mark mark = arena_mark(call->arena);
        logs_find_stream_name(call->txn, &key, &found);
        check(found.name.size <= sizeof known->text);
        known->id = id;
        known->size = found.name.size;
        if (known->size > 0)
            memcpy(known->text, found.name.data, known->size);
        arena_rewind(call->arena, mark);
    }
    return (str){known->text, known->size};
}

/* The group with the latest event. */
static struct group_scan *latest(struct query_scan *scan)
{
    struct group_scan *best = NULL;

    for (size_t i = 0; i < scan->count; i++) {
        struct group_scan *group = &scan->items[i];
        if (group->has_next &&
            (!best || group->next.timestamp_ms > best->next.timestamp_ms ||
             (group->next.timestamp_ms == best->next.timestamp_ms && group->next.id > best->next.id)))
            best = group;
    }
    return best;
}

enum scan_result logs_scan_next(const struct call *call, struct query_scan *scan,
                                struct insights_event *event)
{
    for (;;) {
        if (scan->last)
            advance(call, scan, scan->last);
        if (scan->is_paused)
            return SCAN_PAUSED;
        scan->last = latest(scan);
        if (!scan->last)
            return SCAN_ENDED;
        const struct logs_event_row *row = &scan->last->next;
        scan->last->at = (struct position){row->timestamp_ms, row->id};
        str stream = stream_name(call, scan, scan->last);
        *event = (struct insights_event){.id = row->id,
                                         .timestamp_ms = row->timestamp_ms,
                                         .ingested_ms = row->ingested_ms,
                                         .message = row->message,
                                         .stream = stream,
                                         .log = scan->last->log};
        if (!str_empty(stream))
            return SCAN_FOUND;
    }
}
