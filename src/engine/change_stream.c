/*
 * change_stream.c: GET /_orderly/events, what changes, as it changes.
 *
 * text/event-stream.  An `open` event comes first; then
 *
 *     change  {"service", "arn", "account", "region", "operations": {"SendMessage": 12}, "state": {…}|null}
 *     traces  {"lastHop"}             there are new hops, up to this one; to administrators
 *     clock   {"nowMs", "offsetMs"}   the clock was moved
 *     reset   {"nowMs", "offsetMs"}   everything was forgotten
 *     lost    {"lost": N}             N events are missing: read everything anew
 *
 * A client gets the events of its own account.  With --auth strict a user or a role needs
 * orderly:ReadEvents on "*".
 */
#include "engine/changes.h"

#include "wire/server_sent_events.h"

enum { PIECE_BYTES = 64 * 1024 };

struct place {
    int64_t next;    /* the number of the next event */
    int64_t sent_ms; /* when the last piece was made */
};

static void keep(const struct call *call, int64_t next, int64_t sent_ms)
{
    struct place place = {next, sent_ms};

    stream_keep(call, (str){(const char *)&place, sizeof place});
}

/* In open mode a request without a good signature is the administrator's, as at other doors. */
static struct listener listener_of(const struct call *call)
{
    const struct engine_options *options = &call->engine->options;
    bool nobody = call->caller->kind == PRINCIPAL_ANONYMOUS;

    return (struct listener){
        .account = nobody ? options->default_account : call->caller->account,
        .administrator = !options->strict_auth || call->caller->kind == PRINCIPAL_ROOT,
    };
}

static bool may_listen(const struct call *call, struct http_reply *reply)
{
    if (!call->engine->options.strict_auth)
        return true;
    if (call->caller->kind != PRINCIPAL_ANONYMOUS)
        return door_permits(call, S("orderly:ReadEvents"), reply);
    door_refuse(call, reply, 403, S("With --auth strict this path needs a signature."));
    return false;
}

static enum outcome begin(const struct call *call, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct text piece = text_in(call->arena);

    if (!may_listen(call, reply))
        return DONE;
    stream_begin_events(call, reply);
    changes_write_clock(call, &writer);
    server_sent_event_write(&piece,
                            &(struct server_sent_event){.name = S("open"), .data = json_written(&writer)});
    keep(call, changes_listen(call->engine), call->now_ms);
    return stream_send(call, text_str(&piece));
}

static void write_lost(const struct call *call, int64_t count, struct text *piece)
{
    struct json_writer writer = json_writer_in(call->arena);

    if (count == 0)
        return;
    changes_write_lost(&writer, count);
    server_sent_event_write(piece,
                            &(struct server_sent_event){.name = S("lost"), .data = json_written(&writer)});
}

static enum outcome wait_for_changes(const struct call *call, int64_t sent_ms)
{
    int64_t until_ms = sent_ms + STREAM_HEARTBEAT_MS, tell_ms = changes_tell_ms(call->engine);

    return park(call, CHANGES_COME, tell_ms < until_ms ? tell_ms : until_ms);
}

enum outcome changes_stream(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct text piece = text_in(call->arena);
    struct listener listener = listener_of(call);
    struct place place;

    (void)visit;
    if (stream_left(call))
        return DONE;
    if (!stream_place_read(call, &place, sizeof place))
        return begin(call, reply);
    changes_listen(call->engine);
    changes_tell(call);
    write_lost(call, changes_lost(call->engine, place.next), &piece);
    int64_t next = changes_read(call->engine, &listener, place.next, &piece, PIECE_BYTES);
    if (piece.size == 0 && stream_is_silent(call, place.sent_ms))
        server_sent_comment_write(&piece);
    keep(call, next, piece.size > 0 ? call->now_ms : place.sent_ms);
    return piece.size > 0 ? stream_send(call, text_str(&piece)) : wait_for_changes(call, place.sent_ms);
}
