/*
 * stream.c: GET /_orderly/traces/stream, hops as they happen.
 *
 *     GET /_orderly/traces/stream?message=&resource=&text=&outcome=&after=
 *
 * text/event-stream: each hop is one event `hop`, whose id is the hop's and whose data is the hop as GET
 * /_orderly/traces/ID shows it, with its traceId.  `message`, `resource` and `text` are filters of the trace,
 * so that all steps of an order come, whichever step names the order; `outcome` is the hop's own verdict.
 * `after`, or Last-Event-ID in its place, is the id of the last hop that the client knows, as a page's
 * `lastHop`; without it the stream begins with the hops after its request.
 *
 * The engine waits for hops, which come when they are indexed; a worker reads them.  Between two pieces the
 * stream keeps only the last hop's id, so a slow client costs one piece, and finds later hops in the store if
 * they still exist.  When nothing has been sent for a while, a comment checks whether the client is still
 * there.
 */
#include "engine/trace/search.h"
#include "engine_sql.h"

#include "base/list.h"
#include "base/text.h"
#include "wire/server_sent_events.h"

#include <stdlib.h>

enum { LOOK_AGAIN_MS = 1, PIECE_BYTES = 64 * 1024 };

struct place {
    int64_t hop;     /* all hops up to this one have been handled */
    int64_t sent_ms; /* when the last piece was made */
};

static enum outcome send_piece(const struct call *call, int64_t hop, const struct text *piece)
{
    struct place place = {.hop = hop, .sent_ms = call->now_ms};

    stream_keep(call, (str){(const char *)&place, sizeof place});
    return stream_send(call, text_str(piece));
}

/* A comment keeps the connection alive, and finds out whether the client is still there. */
static enum outcome send_comment(const struct call *call, int64_t hop)
{
    struct text piece = text_in(call->arena);

    server_sent_comment_write(&piece);
    return send_piece(call, hop, &piece);
}

/* ---- on the engine ---- */

static enum outcome begin(const struct call *call, const struct search *search, struct http_reply *reply)
{
    struct engine_find_last_trace_run_row last = {0};

    if (!trace_is_indexed(call->engine))
        return trace_index_first(call, reply);
    if (search->after_hop < 0)
        engine_find_last_trace_run(call->txn, &last);
    stream_begin_events(call, reply);
    return send_comment(call, search->after_hop < 0 ? last.id : search->after_hop);
}

static enum outcome wait_for_hops(const struct call *call, const struct place *place)
{
    struct engine_find_trace_run_after_params after = {.id = place->hop};
    struct engine_find_trace_run_after_row found;

    if (engine_find_trace_run_after(call->txn, &after, &found)) {
        if (call->engine->batch->has_indexed) /* a snapshot does not show the new rows yet */
            return park(call, S("engine/traces"), call->now_ms + LOOK_AGAIN_MS);
        return may_move_to_worker(call) ? move_to_worker(call) : DONE;
    }
    if (stream_is_silent(call, place->sent_ms))
        return send_comment(call, place->hop);
    return park(call, TRACE_HOPS_COME, place->sent_ms + STREAM_HEARTBEAT_MS);
}

/* ---- on a worker ---- */

/* Hops that were indexed together are in as many runs as they have traces; they are sent in their order. */
struct indexed {
    int64_t last_hop;
    struct {
        struct indexed_hop {
            int64_t id, trace;
            str trace_id;
        } * items;
        size_t count;
    } sought;
};

static void add_run(const struct call *call, const struct engine_list_trace_runs_from_row *row,
                    struct indexed *indexed)
{
    struct stored_hops hops = {0};
    str trace_id = arena_copy(call->arena, row->trace_id);

    trace_run_read(call->arena, arena_copy(call->arena, row->hops), &hops);
    for (size_t i = 0; i < hops.count; i++)
        *list_add(call->arena, &indexed->sought) =
            (struct indexed_hop){.id = hops.items[i].id, .trace = row->trace, .trace_id = trace_id};
}

static int by_id(const void *a, const void *b)
{
    const struct indexed_hop *first = a, *second = b;

    return (first->id > second->id) - (first->id < second->id);
}

/* What was indexed together with the first hop after that one.  False: there is no such hop. */
static bool indexed_after(const struct call *call, const struct search *search, int64_t hop,
                          struct indexed *indexed)
{
    struct engine_find_trace_run_after_row after;
    struct engine_list_trace_runs_from_row row;

    *indexed = (struct indexed){.last_hop = hop};
    if (!engine_find_trace_run_after(call->txn, &(struct engine_find_trace_run_after_params){.id = hop},
                                     &after))
        return false;
    struct engine_list_trace_runs_from_cursor cursor = engine_list_trace_runs_from_open(
        call->txn, &(struct engine_list_trace_runs_from_params){.first_hop = after.first_hop});
    while (engine_list_trace_runs_from_next(&cursor, &row) && row.first_hop == after.first_hop) {
        if (search_has_words(search, row.words))
            add_run(call, &row, indexed);
        indexed->last_hop = row.id;
    }
    engine_list_trace_runs_from_close(&cursor);
    if (indexed->sought.count > 0)
        qsort(indexed->sought.items, indexed->sought.count, sizeof *indexed->sought.items, by_id);
    return true;
}

/* The trace of the last event's hop: usually the next event has the same trace. */
struct known_trace {
    int64_t id;
    struct stored_hops hops;
};

static const struct stored_hops *hops_of(const struct call *call, int64_t trace, struct known_trace *known)
{
    if (known->id != trace)
        *known = (struct known_trace){.id = trace, .hops = trace_hops_of(call, trace)};
    return &known->hops;
}

static void write_event(const struct call *call, struct text *piece, const struct stored_hops *hops,
                        size_t at, str trace_id)
{
    struct json_writer writer = json_writer_in(call->arena);

    trace_hop_write(call, &writer, hops, at, trace_id);
    server_sent_event_write(piece, &(struct server_sent_event){
                                       .name = S("hop"),
                                       .id = arena_format(call->arena, "%lld", (long long)hops->items[at].id),
                                       .data = json_written(&writer),
                                   });
}

static void write_if_sought(const struct call *call, const struct search *search,
                            const struct stored_hops *hops, const struct indexed_hop *hop, struct text *piece)
{
    for (size_t i = 0; i < hops->count; i++)
        if (hops->items[i].id == hop->id && search_wants_hop(search, &hops->items[i].hop))
            write_event(call, piece, hops, i, hop->trace_id);
}

/* A piece of the stream: events of the hops after *last, as many as there are, or as have room and time. */
static void write_piece(const struct call *call, const struct search *search, int64_t *last,
                        struct text *piece)
{
    struct known_trace known = {0};
    struct indexed indexed;

    while (indexed_after(call, search, *last, &indexed)) {
        for (size_t i = 0; i < indexed.sought.count; i++) {
            const struct indexed_hop *hop = &indexed.sought.items[i];
            if (hop->id <= *last)
                continue;
            write_if_sought(call, search, hops_of(call, hop->trace, &known), hop, piece);
            *last = hop->id;
            if (piece->size >= PIECE_BYTES || time_is_up(call))
                return;
        }
        *last = indexed.last_hop;
        if (time_is_up(call))
            return;
    }
}

static enum outcome send_hops(const struct call *call, const struct search *search, const struct place *place)
{
    struct text piece = text_in(call->arena);
    int64_t last = place->hop;

    write_piece(call, search, &last, &piece);
    return piece.size > 0 ? send_piece(call, last, &piece) : send_comment(call, last);
}

/* Read the last hop that the client knows. */
static bool read_last_event(const struct call *call, const struct visit *visit, struct search *search,
                            struct http_reply *reply)
{
    str id = http_header(&visit->request->headers, S("Last-Event-ID"));

    if (str_empty(id) || (str_to_i64(id, &search->after_hop) && search->after_hop >= 0))
        return true;
    door_refuse(call, reply, 400, S("Last-Event-ID takes the id of a hop."));
    return false;
}

enum outcome traces_stream(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct search search;
    struct place place;

    if (stream_left(call) || !search_read(call, visit->request->query, SEARCH_STREAM, &search, reply) ||
        !read_last_event(call, visit, &search, reply))
        return DONE;
    if (!stream_place_read(call, &place, sizeof place))
        return begin(call, &search, reply);
    return txn_reads_only(call->txn) ? send_hops(call, &search, &place) : wait_for_hops(call, &place);
}
