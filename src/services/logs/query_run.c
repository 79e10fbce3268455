/*
 * query_run.c: runs a query.
 *
 * RunQuery's preparation, on a worker, takes events for some milliseconds in a snapshot of its own; the
 * handler, on the engine, only notes the progress, and moves the call to a worker again: so queries take
 * turns with other long work, and a query that was stopped ends at the next turn.  What the query keeps
 * between is in the call's arena, and bounded.  A subquery may take 30 seconds, as on AWS.  At the end the
 * handler stores the rows, page by page, for the time of a slice.
 */
#include "lookup_tables.h"
#include "query.h"

#include "base/hash.h"
#include "wire/json.h"

#include <time.h>

enum {
    MOST_BYTES = 48 * 1024 * 1024,
    PAGE_OF_ROWS_BYTES = 64 * 1024,
    MOST_SUBQUERY_MS = 30 * 1000,
};

/*
 * A query runs in parts, each with a scan of its own: its subqueries, then the query itself, then the earlier
 * time that `diff` compares with.
 */
struct query_state {
    struct logs_query_row query;
    const struct insights_program *program;
    size_t loaded; /* lookup tables */
    size_t part;   /* subqueries.count: the query itself */
    int64_t part_began_ms;
    struct query_scan *scan;
    struct insights_run *run, *taking; /* the query's, and the one whose part it is */
    const struct call *call;           /* that runs now, for pointers */
    int64_t scanned, bytes;
    int64_t skipped, skipped_bytes; /* of the parts before this one */
    int64_t groups;                 /* of the query itself */
    bool ended, finished, failed;   /* ended: no more events; finished: all rows are made */
    size_t stored, stored_bytes;    /* rows, and bytes of the next one */
};

static bool is_over(const void *call)
{
    return time_is_up(call);
}

/* ---- diff ---- */

/* The same time of the month before, or of its last day. */
static int64_t month_before(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm at, before;

    gmtime_r(&seconds, &at);
    int month = (at.tm_mon + 11) % 12;
    at.tm_year -= at.tm_mon == 0;
    at.tm_mon = month;
    do {
        before = at;
        seconds = timegm(&before);
        at.tm_mday--;
    } while (before.tm_mon != month);
    return (int64_t)seconds * 1000 + ms % 1000;
}

static int64_t compared_start_ms(const struct logs_query_row *query, enum insights_comparison comparison)
{
    switch (comparison) {
    case COMPARES_DAY:
        return query->start_ms - DAY_MS;
    case COMPARES_WEEK:
        return query->start_ms - INT64_C(7) * DAY_MS;
    case COMPARES_MONTH:
        return month_before(query->start_ms);
    default:
        return query->start_ms - (query->end_ms - query->start_ms + 1);
    }
}

/* ---- parts ---- */

static bool is_subquery(const struct query_state *state)
{
    return state->part < state->program->subqueries.count;
}

/* The part of a query with `diff` that follows the query itself. */
static bool compares(const struct query_state *state)
{
    return state->part > state->program->subqueries.count;
}

static size_t part_count(const struct query_state *state)
{
    return state->program->subqueries.count + (state->program->comparison ? 2 : 1);
}

static const struct json *group_ids(const struct call *call, const struct query_state *state)
{
    if (!is_subquery(state))
        return json_parse(call->arena, state->query.group_ids, NULL);
    const struct json *all = json_parse(call->arena, state->query.subquery_group_ids, NULL);
    check(json_is(all, JSON_ARRAY) && state->part < all->count);
    return &all->items[state->part];
}

static void begin_part(const struct call *call, struct query_state *state, size_t part)
{
    struct logs_query_row query = state->query;

    state->part = part;
    state->part_began_ms = call->now_ms;
    if (compares(state)) {
        query.start_ms = compared_start_ms(&state->query, state->program->comparison);
        query.end_ms = query.start_ms + (state->query.end_ms - state->query.start_ms);
    }
    state->taking = is_subquery(state) ? logs_insights_begin_subquery(state->run, part) : state->run;
    const struct insights_program *program =
        is_subquery(state) ? state->program->subqueries.items[part]->program : state->program;
    state->scan = logs_scan_begin(call, &query, group_ids(call, state), &program->terms);
    state->ended = false;
    if (part == state->program->subqueries.count)
        state->groups = (int64_t)logs_scan_groups(state->scan);
}

/* The part has no more events: end it if it is a subquery, in steps, and begin the next one. */
static void end_part(const struct call *call, struct query_state *state)
{
    int64_t skipped_bytes, skipped = logs_scan_skipped(state->scan, &skipped_bytes);

    if (is_subquery(state) && !logs_insights_end(state->taking, is_over, call))
        return;
    state->failed = state->failed || logs_insights_has_failed(state->taking);
    if (state->failed || state->part + 1 == part_count(state))
        return;
    state->skipped += skipped;
    state->skipped_bytes += skipped_bytes;
    begin_part(call, state, state->part + 1);
}

/* ---- beginning ---- */

static str pointer(const void *context, struct arena *arena, const struct insights_event *event)
{
    const struct query_state *state = context;

    (void)arena;
    return logs_pointer_text(state->call, event);
}

/* NULL: the query is gone. */
static struct query_state *begin(const struct call *call, int64_t number)
{
    struct query_state *state = arena_new(call->arena, struct query_state);
    struct insights_problem problem;
    struct logs_query_row *query = &state->query;

    if (!logs_find_query_number(call->txn, &(struct logs_find_query_number_params){.id = number}, query))
        return NULL;
    const struct insights_program *program = logs_insights_parse(call->arena, query->query, &problem);
    if (!program)
        return NULL;
    struct insights_options options = {.now_ms = query->created_ms,
                                       .limit = (size_t)query->row_limit,
                                       .most_bytes = MOST_BYTES,
                                       .basis = random_u64(),
                                       .pointer = pointer,
                                       .pointer_context = state};
    state->run = logs_insights_begin(call->arena, program, &options);
    state->program = program;
    begin_part(call, state, 0);
    return state;
}

/* ---- running ---- */

/* Take events while there is time, at least one: one event may take milliseconds. */
static void scan(const struct call *call, struct query_state *state)
{
    struct insights_event event;

    logs_scan_open(call, state->scan);
    struct arena_mark mark = arena_mark(call->arena);
    do {
        enum scan_result result = logs_scan_next(call, state->scan, &event);
        state->ended = result == SCAN_ENDED;
        if (result != SCAN_FOUND)
            break;
        state->scanned++;
        state->bytes += (int64_t)event.message.size;
        state->failed = !(compares(state) ? logs_insights_take_previous(state->run, &event)
                                          : logs_insights_take(state->taking, &event));
        arena_rewind(call->arena, mark);
    } while (!state->failed && !time_is_up(call));
    logs_scan_close(state->scan);
}

/* One table in each turn. */
static void load_lookup(const struct call *call, struct query_state *state)
{
    str name = state->program->lookups.items[state->loaded].table;
    size_t size;
    char *csv = logs_lookup_table_read(call, name, &size);

    state->failed = !csv || !logs_insights_load(state->run, state->loaded++, csv, size);
}

static void go_on(const struct call *call, struct query_state *state)
{
    state->call = call;
    if (state->loaded < state->program->lookups.count) {
        load_lookup(call, state);
        return;
    }
    if (!state->ended)
        scan(call, state);
    if (state->ended && !state->failed)
        end_part(call, state);
    state->failed =
        state->failed || (is_subquery(state) && call->now_ms - state->part_began_ms > MOST_SUBQUERY_MS);
    if (!state->ended || state->failed)
        return;
    state->finished = !is_subquery(state) && logs_insights_end(state->run, is_over, call);
    state->failed = logs_insights_has_failed(state->run);
}

void logs_run_query_prepare(const struct call *call, const struct logs_run_query_request *in)
{
    struct query_state *state = prepared(call);

    if (!state)
        state = begin(call, in->number);
    if (state && !state->finished && !state->failed)
        go_on(call, state);
    leave_prepared(call, state);
}

static void store_progress(const struct call *call, const struct logs_query_row *query,
                           const struct query_state *state)
{
    int64_t skipped_bytes, skipped = logs_scan_skipped(state->scan, &skipped_bytes);

    logs_set_query_progress(call->txn, &(struct logs_set_query_progress_params){
                                           .id = query->id,
                                           .records_scanned = state->scanned,
                                           .records_matched = logs_insights_matched(state->run),
                                           .bytes_scanned = state->bytes,
                                           .groups_scanned = state->groups,
                                           .row_count = (int64_t)logs_insights_rows(state->run).count,
                                           .records_skipped = state->skipped + skipped,
                                           .bytes_skipped = state->skipped_bytes + skipped_bytes,
                                       });
}

static void add_page(const struct call *call, const struct logs_query_row *query, size_t first_row,
                     size_t row_count, str rows)
{
    logs_add_query_page(call->txn, &(struct logs_add_query_page_params){.query = query->id,
                                                                        .first_row = (int64_t)first_row,
                                                                        .row_count = (int64_t)row_count,
                                                                        .rows = rows});
}

/* A page of one row, which is longer than a page; all but its last one have no whole row. */
static void store_part_of_row(const struct call *call, const struct logs_query_row *query,
                              struct query_state *state, str row)
{
    str rest = str_from(row, state->stored_bytes), part = str_head_whole(rest, PAGE_OF_ROWS_BYTES);
    bool last = part.size == rest.size;

    add_page(call, query, state->stored, last, part);
    state->stored += last;
    state->stored_bytes = last ? 0 : state->stored_bytes + part.size;
}

/* A page of whole rows, with a line feed between them. */
static void store_whole_rows(const struct call *call, const struct logs_query_row *query,
                             struct query_state *state, const struct insights_texts *rows)
{
    struct text page = text_in(call->arena);
    size_t first = state->stored;

    while (state->stored < rows->count && page.size + rows->items[state->stored].size <= PAGE_OF_ROWS_BYTES) {
        if (page.size > 0)
            text_add_char(&page, '\n');
        text_add(&page, rows->items[state->stored++]);
    }
    add_page(call, query, first, state->stored - first, text_str(&page));
}

/* True when all rows are stored. */
static bool store_rows(const struct call *call, const struct logs_query_row *query, struct query_state *state)
{
    struct insights_texts rows = logs_insights_rows(state->run);

    while (state->stored < rows.count) {
        if (rows.items[state->stored].size > PAGE_OF_ROWS_BYTES)
            store_part_of_row(call, query, state, rows.items[state->stored]);
        else
            store_whole_rows(call, query, state, &rows);
        if (slice_is_over(call))
            break;
    }
    return state->stored == rows.count;
}

enum outcome logs_run_query(const struct call *call, const struct logs_run_query_request *in,
                            struct logs_run_query_output *out)
{
    struct query_state *state = prepared(call);
    struct logs_query_row query;

    (void)out;
    if (!logs_find_query_number(call->txn, &(struct logs_find_query_number_params){.id = in->number},
                                &query) ||
        logs_query_status_of(query.status) != LOGS_QUERY_STATUS_RUNNING || call->last_run)
        return DONE;
    if (!state && may_move_to_worker(call))
        return move_to_worker(call);
    if (!state || state->failed) {
        logs_query_end(call, &query, LOGS_QUERY_STATUS_FAILED);
        return DONE;
    }
    store_progress(call, &query, state);
    if (!state->finished)
        return may_move_to_worker(call) ? move_to_worker(call) : DONE;
    if (!store_rows(call, &query, state))
        return park(call, S("logs/query"), call->now_ms + 1);
    logs_query_end(call, &query, LOGS_QUERY_STATUS_COMPLETE);
    return DONE;
}
