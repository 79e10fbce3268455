/*
 * query_run.c: runs a query.
 *
 * RunQuery's preparation, on a worker, takes events for some milliseconds in a snapshot of its own; the
 * handler, on the engine, only notes the progress, and moves the call to a worker again: so queries take
 * turns with other long work, and a query that was stopped ends at the next turn.  What the query keeps
 * between is in the call's arena, and bounded.  At the end the handler stores the rows, a few pages at a
 * time.
 */
#include "query.h"

#include "base/hash.h"

enum {
    MOST_BYTES = 48 * 1024 * 1024,
    PAGE_OF_ROWS_BYTES = 256 * 1024,
    STORED_PER_RUN_BYTES = 1024 * 1024,
};

struct query_state {
    struct query_scan *scan;
    struct insights_run *run;
    const struct call *call; /* that runs now, for pointers */
    int64_t scanned, bytes;
    bool ended, failed;
    size_t stored; /* rows */
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
    struct logs_query_row query;

    if (!logs_find_query_number(call->txn, &(struct logs_find_query_number_params){.id = number}, &query))
        return NULL;
    const struct insights_program *program = logs_insights_parse(call->arena, query.query, &problem);
    if (!program)
        return NULL;
    struct insights_options options = {.now_ms = query.created_ms,
                                       .limit = (size_t)query.row_limit,
                                       .most_bytes = MOST_BYTES,
                                       .basis = random_u64(),
                                       .pointer = pointer,
                                       .pointer_context = state};
    state->run = logs_insights_begin(call->arena, program, &options);
    state->scan = logs_scan_begin(call, &query);
    return state;
}

/* Take events while there is time, at least one: one event may take milliseconds. */
static void go_on(const struct call *call, struct query_state *state)
{
    struct insights_event event;
    bool is_over = false;

    state->call = call;
    logs_scan_open(call, state->scan);
    struct arena_mark mark = arena_mark(call->arena);
    while (!is_over && !state->failed && !state->ended) {
        state->ended = !logs_scan_next(call, state->scan, &event);
        if (state->ended)
            break;
        state->scanned++;
        state->bytes += (int64_t)event.message.size;
        state->failed = !logs_insights_take(state->run, &event);
        arena_rewind(call->arena, mark);
        is_over = time_is_up(call);
    }
    logs_scan_close(state->scan);
    if (state->ended)
        state->failed = !logs_insights_end(state->run);
}

void logs_run_query_prepare(const struct call *call, const struct logs_run_query_request *in)
{
    struct query_state *state = prepared(call);

    if (!state)
        state = begin(call, in->number);
    if (state && !state->ended && !state->failed)
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
    if (!state->ended)
        return may_move_to_worker(call) ? move_to_worker(call) : DONE;
    if (!store_rows(call, &query, state))
        return park(call, S("logs/query"), call->now_ms + 1);
    logs_query_end(call, &query, LOGS_QUERY_STATUS_COMPLETE);
    return DONE;
}
