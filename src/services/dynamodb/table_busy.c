/*
 * table_busy.c: what a table refuses while a change of it is running, in AWS's sentences, which name both
 * changes.
 *
 * With --table-delay, a change lasts: of throughput or billing (AWS calls both IOPS), of the stream, of the
 * class, or the allocation of a new index.  dynamodb_table.changing names the first three.
 *
 * Recorded from AWS by ack-api-quirks, October 2026 (DDB-TABLE-002, 052, 119, 163, 175, 286, 369, 375, 444).
 * Not recorded, so in the words of their kind: the class while IOPS change, or while an index is made; IOPS
 * while the class changes; bounds while an index is made.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

static const str change_of_iops = STR_INIT("IOPS"), change_of_stream = STR_INIT("STREAM");

str dynamodb_change_text(enum table_change change, str table_class)
{
    return change == TABLE_IOPS ? change_of_iops : change == TABLE_STREAM ? change_of_stream : table_class;
}

/* A running change, as the ends of sentences tell it. */
struct running {
    enum table_change change;
    str of;     /* which one it is */
    str when;   /* the end of most sentences */
    str bounds; /* that of one about OnDemandThroughput */
};

static struct running running_stream(const struct call *call, const struct table *table,
                                     const struct dynamodb_settings_row *row)
{
    str of = arena_format(call->arena, "Table: %.*s Stream: %.*s Operation: %s", STR_ARGS(table->name),
                          STR_ARGS(row->stream_label), row->stream_id ? "ENABLE" : "DISABLE");

    return (struct running){
        .change = TABLE_STREAM,
        .of = of,
        .when = arena_join(call->arena, S("when stream status is being updated. "), of),
        .bounds = S("stream status update is in progress"),
    };
}

static struct running running_class(const struct call *call, const struct table *table, str becomes)
{
    str of = arena_join(call->arena, S("TableClassUpdateInProgress: "), becomes);

    return (struct running){
        .change = TABLE_CLASS,
        .of = of,
        .when = arena_concat(call->arena, S("when a table class update is in progress. Table: "), table->name,
                             S(" "), of),
        .bounds = arena_join(call->arena, S("TableClass update is in progress. "), of),
    };
}

static struct running running_iops(const struct call *call, const struct table *table)
{
    return (struct running){
        .change = TABLE_IOPS,
        .of = table->name,
        .when = arena_join(call->arena, S("while table IOPS are being updated. Table: "), table->name),
        .bounds = S("BillingMode update is in progress"),
    };
}

static struct running running_index(const struct call *call, const struct table *table,
                                    const struct index *index)
{
    return (struct running){
        .change = TABLE_INDEX,
        .of = index->name,
        .when = arena_format(call->arena, "when an index is being created. Table: %.*s Indexes: [%.*s]",
                             STR_ARGS(table->name), STR_ARGS(index->name)),
        .bounds =
            arena_concat(call->arena, S("index creation is in progress for indexes: ["), index->name, S("]")),
    };
}

static struct running running_of(const struct call *call, const struct table *table,
                                 const struct dynamodb_settings_row *row)
{
    const struct index *index = dynamodb_allocating_index(call, table);

    if (!dynamodb_table_is(row->status, DYNAMODB_TABLE_STATUS_UPDATING))
        return index ? running_index(call, table, index) : (struct running){0};
    if (str_equal(row->changing, change_of_stream))
        return running_stream(call, table, row);
    return !str_present(row->changing) || str_equal(row->changing, change_of_iops)
               ? running_iops(call, table)
               : running_class(call, table, row->changing);
}

static bool refuse_updating(const struct call *call, const struct table *table)
{
    return dynamodb_refuse_in_use(call, arena_concat(call->arena, S("Table: "), table->name,
                                                     S(" is in the process of being updated.")));
}

/* The beginning of a sentence about what is asked. */
static const char *asked_text(enum table_change asked, const struct running *running)
{
    bool beside_iops = running->change == TABLE_IOPS;

    switch (asked) {
    case TABLE_STREAM:
        return beside_iops ? "Can't enable or disable stream" : "Can't change stream status";
    case TABLE_CLASS:
        return "Can't update table class";
    case TABLE_INDEX:
        return beside_iops ? "Can't create or delete indexes" : "Can't create or delete an index";
    default:
        return "Can't change table IOPS";
    }
}

/* The sentence about a change that is asked for while another one is running. */
static str refusal_of(const struct call *call, enum table_change asked, const struct running *running)
{
    if (asked == TABLE_BOUNDS)
        return arena_join(call->arena, S("OnDemandThroughput cannot be updated while "), running->bounds);
    if (asked == TABLE_IOPS && running->change == TABLE_IOPS)
        return arena_join(call->arena, S("Table IOPS are currently being updated. Table: "), running->of);
    if (asked == TABLE_STREAM && running->change == TABLE_STREAM)
        return arena_join(call->arena, S("A stream status change is currently in progress. "), running->of);
    return arena_format(call->arena, "%s %.*s", asked_text(asked, running), STR_ARGS(running->when));
}

bool dynamodb_table_may_change(const struct call *call, const struct table *table,
                               const struct dynamodb_settings_row *row, enum table_change asked)
{
    struct running running = running_of(call, table, row);
    bool of_index = asked == TABLE_INDEX || asked == TABLE_INDEX_UPDATE;

    /* What a new index lets happen to indexes is checked with them. */
    if (running.change == TABLE_IDLE || (running.change == TABLE_INDEX && of_index))
        return true;
    if (asked == TABLE_INDEX_UPDATE)
        return refuse_updating(call, table);
    return dynamodb_refuse_in_use(call, refusal_of(call, asked, &running));
}

bool dynamodb_table_may_be_deleted(const struct call *call, const struct table *table,
                                   const struct dynamodb_settings_row *row)
{
    if (dynamodb_backfilling_index(table))
        return dynamodb_refuse_in_use(
            call, S("Cannot delete table while indexes are being created, updated, or deleted."));
    switch (running_of(call, table, row).change) {
    case TABLE_IDLE:
        return true;
    case TABLE_STREAM:
        return dynamodb_refuse_in_use(call, S("Cannot delete table while stream is being enabled/disabled."));
    default:
        return refuse_updating(call, table);
    }
}
