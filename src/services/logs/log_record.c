/*
 * log_record.c: GetLogRecord, which returns the event of a @ptr, and GetLogGroupFields.
 *
 * A pointer names an event by its id and its time, sealed.
 */
#include "base/time.h"
#include "insights_table.h"
#include "query.h"
#include "wire/json.h"

#include <stdlib.h>

enum { AROUND_MS = 8 * 60 * 1000, LATEST_MS = 15 * 60 * 1000, MOST_EVENTS = 10000, MOST_PERCENT = 100 };

static const str pointer_purpose = STR_INIT("logs/ptr");

str logs_pointer_text(const struct call *call, const struct insights_event *event)
{
    return seal(call, pointer_purpose,
                arena_format(call->arena, "%lld/%lld", (long long)event->id, (long long)event->timestamp_ms));
}

/* False: the pointer was not made here, or its event is gone. */
static bool find_event(const struct call *call, str pointer, struct logs_event_row *event)
{
    struct logs_find_event_params key;
    int64_t timestamp_ms;
    str data, id;

    return unseal(call, pointer_purpose, pointer, &data) && str_next(&data, '/', &id) &&
           str_to_i64(id, &key.id) && str_to_i64(data, &timestamp_ms) &&
           logs_find_event(call->txn, &key, event) && event->timestamp_ms == timestamp_ms;
}

/* The group of the pointer's event, in this account and region. */
bool logs_locate_recorded_group(const struct call *call, const struct logs_get_log_record_request *in,
                                struct resource *found)
{
    struct logs_find_group_name_row group;
    struct logs_event_row event;

    if (find_event(call, in->log_record_pointer, &event) &&
        logs_find_group_name(call->txn, &(struct logs_find_group_name_params){.id = event.group_id},
                             &group) &&
        str_equal(group.account, call->account) && str_equal(group.region, call->region))
        return logs_locate_group(call, group.name, found);
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified logRecordPointer is invalid.");
    return false;
}

enum outcome logs_get_log_record(const struct call *call, const struct logs_get_log_record_request *in,
                                 struct logs_get_log_record_response *out)
{
    const struct group *group = logs_group_of(call);
    struct logs_find_stream_name_row stream = {0};
    struct logs_event_row row;

    if (!group)
        return FAILED;
    if (find_event(call, in->log_record_pointer, &row))
        logs_find_stream_name(
            call->txn, &(struct logs_find_stream_name_params){.id = row.stream_id, .group_id = group->row.id},
            &stream);
    if (!str_present(stream.name))
        return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log stream does not exist.");
    struct insights_event event = {.id = row.id,
                                   .timestamp_ms = row.timestamp_ms,
                                   .ingested_ms = row.ingested_ms,
                                   .message = row.message,
                                   .stream = stream.name,
                                   .log = arena_concat(call->arena, call->account, S(":"), group->row.name)};
    struct insights_field_list fields = logs_insights_fields(call->arena, &event);
    for (size_t i = 0; i < fields.count; i++)
        *list_add(call->arena, &out->log_record) =
            (struct str_map_entry){.key = fields.items[i].name, .value = fields.items[i].value};
    *list_add(call->arena, &out->log_record) =
        (struct str_map_entry){.key = S("@ptr"), .value = in->log_record_pointer};
    return DONE;
}

/* ---- GetLogGroupFields ---- */

bool logs_locate_fields_group(const struct call *call, const struct logs_get_log_group_fields_request *in,
                              struct resource *found)
{
    return logs_locate_one_group(call, in->log_group_name, in->log_group_identifier, found);
}

struct field_count {
    struct insights_memory memory;
    struct insights_table table;
    int64_t events;
};

static void count_fields(const struct call *call, struct field_count *counts,
                         const struct insights_event *event)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct insights_field_list fields = logs_insights_fields(call->arena, event);

    counts->events++;
    for (size_t i = 0; i < fields.count; i++) {
        bool is_new;
        struct insights_entry *entry =
            logs_insights_entry(&counts->memory, &counts->table, fields.items[i].name, &is_new);
        if (is_new)
            entry->value = logs_insights_keep(&counts->memory, sizeof(int64_t));
        (*(int64_t *)entry->value)++;
    }
    arena_rewind(call->arena, mark);
}

static int by_percent(const void *a, const void *b)
{
    const struct logs_log_group_field *left = a, *right = b;

    return *left->percent != *right->percent
               ? (*left->percent < *right->percent) - (*left->percent > *right->percent)
               : str_compare(left->name, right->name);
}

static void show_fields(const struct call *call, const struct field_count *counts,
                        struct logs_get_log_group_fields_response *out)
{
    list_make_empty(call->arena, &out->log_group_fields);
    for (size_t i = 0; i < counts->table.capacity; i++) {
        const struct insights_entry *entry = &counts->table.entries[i];
        if (!str_present(entry->key))
            continue;
        *list_add(call->arena, &out->log_group_fields) = (struct logs_log_group_field){
            .name = entry->key,
            .percent =
                arena_i64(call->arena, *(const int64_t *)entry->value * MOST_PERCENT / counts->events)};
    }
    qsort(out->log_group_fields.items, out->log_group_fields.count, sizeof *out->log_group_fields.items,
          by_percent);
}

/* Looks at the latest 10,000 events of the time, and for some milliseconds. */
enum outcome logs_get_log_group_fields(const struct call *call,
                                       const struct logs_get_log_group_fields_request *in,
                                       struct logs_get_log_group_fields_response *out)
{
    const struct group *group = logs_group_of(call);
    struct field_count counts = {.memory = {.arena = call->arena, .most = SIZE_MAX}};
    struct insights_event event;

    if (!group)
        return FAILED;
    str ids = arena_format(call->arena, "[%lld]", (long long)group->row.id);
    struct logs_query_row query = {.start_ms = call->now_ms - LATEST_MS, .end_ms = call->now_ms};
    if (in->time) {
        query.start_ms = *in->time * MS_PER_S - AROUND_MS;
        query.end_ms = *in->time * MS_PER_S + AROUND_MS;
    }
    struct query_scan *scan =
        logs_scan_begin(call, &query, json_parse(call->arena, ids, NULL), &(struct insights_terms){0});
    logs_scan_open(call, scan);
    while (counts.events < MOST_EVENTS && !(counts.events > 0 && time_is_up(call)) &&
           logs_scan_next(call, scan, &event) == SCAN_FOUND)
        count_fields(call, &counts, &event);
    logs_scan_close(scan);
    show_fields(call, &counts, out);
    return DONE;
}
