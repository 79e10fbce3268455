/*
 * trace_stream.c: GET /_orderly/traces/stream, hops as they happen.
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
#include "engine/trace_search.h"
#include "engine_sql.h"

#include "base/text.h"
#include "wire/server_sent_events.h"

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
    struct engine_find_last_trace_hop_row last = {0};

    if (!trace_is_indexed(call->engine))
        return trace_index_first(call, reply);
    if (search->after_hop < 0)
        engine_find_last_trace_hop(call->txn, &last);
    stream_begin_events(call, reply);
    return send_comment(call, search->after_hop < 0 ? last.id : search->after_hop);
}

static enum outcome wait_for_hops(const struct call *call, const struct place *place)
{
    struct engine_find_trace_hop_after_params after = {.id = place->hop};
    struct engine_find_trace_hop_after_row found;

    if (engine_find_trace_hop_after(call->txn, &after, &found)) {
        if (call->engine->batch->has_indexed) /* a snapshot does not show the new rows yet */
            return park(call, S("engine/traces"), call->now_ms + LOOK_AGAIN_MS);
        return may_move_to_worker(call) ? move_to_worker(call) : DONE;
    }
    if (stream_is_silent(call, place->sent_ms))
        return send_comment(call, place->hop);
    return park(call, TRACE_HOPS_COME, place->sent_ms + STREAM_HEARTBEAT_MS);
}

/* ---- on a worker ---- */

/* The trace of the last event's hop: usually the next event has the same trace. */
struct known_trace {
    int64_t id;
    bool sought;
    struct stored_hops hops;
};

static void know_trace(const struct call *call, const struct search *search, int64_t id,
                       struct known_trace *known)
{
    if (known->id == id)
        return;
    *known = (struct known_trace){.id = id, .sought = search_has_words(call, search, id)};
    if (known->sought)
        known->hops = trace_hops_of(call, id);
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
                            const struct known_trace *known,
                            const struct engine_list_trace_hops_after_row *row, struct text *piece)
{
    const struct stored_hops *hops = &known->hops;

    for (size_t i = 0; known->sought && i < hops->count; i++)
        if (hops->items[i].id == row->id && search_wants_hop(search, &hops->items[i].hop))
            write_event(call, piece, hops, i, row->trace_id);
}

static enum outcome send_hops(const struct call *call, const struct search *search, const struct place *place)
{
    struct engine_list_trace_hops_after_params after = {.id = place->hop};
    struct engine_list_trace_hops_after_cursor cursor = engine_list_trace_hops_after_open(call->txn, &after);
    struct engine_list_trace_hops_after_row row;
    struct known_trace known = {0};
    struct text piece = text_in(call->arena);
    int64_t last = place->hop;

    while (piece.size < PIECE_BYTES && engine_list_trace_hops_after_next(&cursor, &row)) {
        know_trace(call, search, row.trace, &known);
        write_if_sought(call, search, &known, &row, &piece);
        last = row.id;
        if (time_is_up(call))
            break;
    }
    engine_list_trace_hops_after_close(&cursor);
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
