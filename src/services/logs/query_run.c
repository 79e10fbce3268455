/*
 * query_run.c: runs a query.
 *
 * RunQuery's preparation, on a worker, takes events for some milliseconds in a snapshot of its own; the
 * handler, on the engine, only notes the progress, and moves the call to a worker again: so queries take
 * turns with other long work, and a query that was stopped ends at the next turn.  What the query keeps
 * between is in the call's arena, and bounded.  With `diff` a second scan follows, over an earlier time.  At
 * the end the handler stores the rows, a few pages at a time.
 */
#include "query.h"

#include "base/hash.h"

#include <time.h>

enum {
    MOST_BYTES = 48 * 1024 * 1024,
    PAGE_OF_ROWS_BYTES = 256 * 1024,
    STORED_PER_RUN_BYTES = 1024 * 1024,
};

struct query_state {
    struct logs_query_row query;
    struct query_scan *scan;
    enum insights_comparison comparison; /* still to be done after this scan, */
    bool compares;                       /* or is being done */
    struct insights_run *run;
    const struct call *call; /* that runs now, for pointers */
    int64_t scanned, bytes;
    bool ended, finished, failed; /* ended: no more events; finished: all rows are made */
    size_t stored;                /* rows */
};

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
    state->scan = logs_scan_begin(call, query);
    state->comparison = program->comparison;
    return state;
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

/* The next events are those of the time that `diff` compares with. */
static void begin_comparison(const struct call *call, struct query_state *state)
{
    struct logs_query_row earlier = state->query;

    earlier.start_ms = compared_start_ms(&state->query, state->comparison);
    earlier.end_ms = earlier.start_ms + (state->query.end_ms - state->query.start_ms);
    state->scan = logs_scan_begin(call, &earlier);
    state->comparison = COMPARES_NOTHING;
    state->compares = true;
}

/* ---- running ---- */

static bool is_over(const void *call)
{
    return time_is_up(call);
}

/* Take events while there is time, at least one: one event may take milliseconds. */
static void scan(const struct call *call, struct query_state *state)
{
    struct insights_event event;

    logs_scan_open(call, state->scan);
    struct arena_mark mark = arena_mark(call->arena);
    do {
        state->ended = !logs_scan_next(call, state->scan, &event);
        if (state->ended)
            break;
        state->scanned++;
        state->bytes += (int64_t)event.message.size;
        state->failed = !(state->compares ? logs_insights_take_previous(state->run, &event)
                                          : logs_insights_take(state->run, &event));
        arena_rewind(call->arena, mark);
    } while (!state->failed && !time_is_up(call));
    logs_scan_close(state->scan);
}

static void go_on(const struct call *call, struct query_state *state)
{
    state->call = call;
    if (!state->ended)
        scan(call, state);
    if (state->ended && state->comparison) {
        begin_comparison(call, state);
        state->ended = false;
    }
    if (!state->ended || state->failed)
        return;
    state->finished = logs_insights_end(state->run, is_over, call);
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
    logs_set_query_progress(call->txn, &(struct logs_set_query_progress_params){
                                           .id = query->id,
                                           .records_scanned = state->scanned,
                                           .records_matched = logs_insights_matched(state->run),
                                           .bytes_scanned = state->bytes,
                                           .groups_scanned = (int64_t)logs_scan_groups(state->scan),
                                           .row_count = (int64_t)logs_insights_rows(state->run).count,
                                       });
}

/* The next page: rows with a line feed between them. */
static size_t store_page(const struct call *call, const struct logs_query_row *query,
                         struct query_state *state)
{
    struct insights_texts rows = logs_insights_rows(state->run);
    struct text page = text_in(call->arena);
    size_t first = state->stored;

    while (state->stored < rows.count && page.size < PAGE_OF_ROWS_BYTES) {
        if (page.size > 0)
            text_add_char(&page, '\n');
        text_add(&page, rows.items[state->stored++]);
    }
    logs_add_query_page(call->txn,
                        &(struct logs_add_query_page_params){.query = query->id,
                                                             .first_row = (int64_t)first,
                                                             .row_count = (int64_t)(state->stored - first),
                                                             .rows = text_str(&page)});
    return page.size;
}

/* True when all rows are stored. */
static bool store_rows(const struct call *call, const struct logs_query_row *query, struct query_state *state)
{
    size_t count = logs_insights_rows(state->run).count, bytes = 0;

    while (state->stored < count && bytes < STORED_PER_RUN_BYTES)
        bytes += store_page(call, query, state);
    return state->stored == count;
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
