/*
 * read.c: GET /_orderly/traces, and one trace.
 *
 *     GET /_orderly/traces?message=&resource=&outcome=&text=&since=&until=&took=&limit=&next=
 *
 * The newest first.  `message` and `resource` are a message's id and an ARN, `text` is words of the message
 * (all of them must occur), `since` and `until` are milliseconds, and `took` those that a trace took at
 * least, from its first to its last hop.  `outcome` finds traces with a hop of that verdict, "any-failure"
 * those with a hop that failed in any way, and "ok" those that ended well.  A page is bounded in time, too:
 * it may have fewer traces than the limit, even none, and a `next`.
 *
 * The engine first indexes all hops; then a worker reads.  `lastHop` is the newest hop that the page covers:
 * GET /_orderly/traces/stream?after= continues from there.
 */
#include "engine/trace/search.h"
#include "engine_sql.h"

enum { LOOK_AGAIN_MS = 1 };

/* ---- finding traces ---- */

static bool is_sought(const struct search *search, const struct engine_trace_row *row)
{
    return row->last_ms >= search->since_ms && row->began_ms <= search->until_ms &&
           row->last_ms - row->began_ms >= search->took_ms &&
           (!search->ends_well || row->outcome == VERDICT_OK) && search_has_words(search, row->words);
}

static void write_names(struct json_writer *writer, str name, str names)
{
    str one;

    json_name(writer, name);
    json_open_array(writer);
    while (!str_empty(names) && str_next(&names, '\n', &one))
        json_string(writer, one);
    json_close_array(writer);
}

static void write_trace(struct json_writer *writer, const struct engine_trace_row *row)
{
    json_open_object(writer);
    json_field(writer, S("traceId"), row->trace_id);
    json_i64_field(writer, S("beganMs"), row->began_ms);
    json_i64_field(writer, S("lastMs"), row->last_ms);
    json_field(writer, S("outcome"), verdict_name((enum verdict)row->outcome));
    json_i64_field(writer, S("hops"), row->hops);
    write_names(writer, S("resources"), row->resources);
    write_names(writer, S("messageIds"), row->message_ids);
    json_close_object(writer);
}

/* Write the traces found.  Returns the id before which the next page begins; 0: this is the last page. */
static int64_t write_found(const struct call *call, const struct search *search, struct json_writer *writer)
{
    struct trace_walk walk = trace_walk_begin(call, search_first_words(search), search->before_id);
    struct engine_trace_row row;
    int64_t found = 0, last_id = 0, next = 0;

    while (trace_walk_next(&walk, &row)) {
        if (last_id && (found == search->limit || time_is_up(call))) {
            next = last_id;
            break;
        }
        last_id = row.id;
        if (is_sought(search, &row)) {
            write_trace(writer, &row);
            found++;
        }
    }
    trace_walk_end(&walk);
    return next;
}

/* A stream of the hops after this one misses none that the page lacks. */
static void write_last_hop(const struct call *call, struct json_writer *writer)
{
    struct engine_find_last_trace_run_row last = {0};

    engine_find_last_trace_run(call->txn, &last);
    json_field(writer, S("lastHop"), arena_format(call->arena, "%lld", (long long)last.id));
}

enum outcome trace_reply(struct http_reply *reply, const struct json_writer *writer)
{
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(writer)};
    return DONE;
}

enum outcome trace_index_first(const struct call *call, struct http_reply *reply)
{
    if (!may_move_to_worker(call))
        return door_refuse(call, reply, 503, S("The server is stopping."));
    if (trace_is_indexed(call->engine))
        return move_to_worker(call);
    if (!call->engine->batch->has_indexed)
        trace_index(call->engine);
    return park(call, S("engine/traces"), call->now_ms + LOOK_AGAIN_MS);
}

enum outcome traces_list(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct search search;

    if (!search_read(call, visit->request->query, SEARCH_PAGE, &search, reply))
        return DONE;
    if (!txn_reads_only(call->txn))
        return trace_index_first(call, reply);
    json_open_object(&writer);
    json_name(&writer, S("traces"));
    json_open_array(&writer);
    int64_t next = write_found(call, &search, &writer);
    json_close_array(&writer);
    write_last_hop(call, &writer);
    if (next)
        json_field(&writer, S("next"), arena_format(call->arena, "%lld", (long long)next));
    json_close_object(&writer);
    return trace_reply(reply, &writer);
}

/* ---- one trace ---- */

enum outcome traces_show(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct engine_trace_row row;

    if (!txn_reads_only(call->txn))
        return trace_index_first(call, reply);
    if (!engine_find_trace(call->txn, &(struct engine_find_trace_params){.trace_id = visit->rest}, &row))
        return door_refuse(call, reply, 404, S("There is no such trace."));
    struct stored_hops hops = trace_hops_of(call, row.id);
    json_open_object(&writer);
    json_field(&writer, S("traceId"), row.trace_id);
    json_name(&writer, S("hops"));
    json_open_array(&writer);
    for (size_t i = 0; i < hops.count; i++)
        trace_hop_write(call, &writer, &hops, i, (str){0});
    json_close_array(&writer);
    json_close_object(&writer);
    return trace_reply(reply, &writer);
}
