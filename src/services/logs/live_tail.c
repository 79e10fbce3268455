/*
 * live_tail.c: StartLiveTail, a stream of the events that arrive in some groups.
 *
 * A session keeps the id of the last event that it has handled, and what it has sent within the current
 * second.  PutLogEvents wakes the sessions of its group.  A woken session runs on the engine, which only
 * compares ids; a worker reads and filters the events, and the next run sends them at once.  In each second
 * at most 500 events are sent; the others are left out, and the next update says that it is sampled.  A
 * second without events ends with an empty update.
 */
#include "logs_internal.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "wire/json.h"

enum {
    SESSION_MS = 3 * HOUR_MS,
    SECOND_MS = 1000,
    SECOND_EVENTS = 500,
    LOOK_AGAIN_MS = 1,
    WINDOW_EVENTS = 20000,     /* of all groups, that a worker looks through at once */
    PIECE_BYTES = 1024 * 1024, /* of the messages of one update */
};

static const str any_group = STR_INIT("logs/tail");

/* What a session keeps between two runs. */
struct place {
    int64_t last_id;  /* all events up to this one have been handled */
    int64_t began_ms; /* when the current second began */
    int64_t sent;     /* events sent in it */
    bool left_out;    /* events have been left out since the last update */
    bool is_new;      /* what is prepared has not been handled yet */
};

/* What has arrived behind a place. */
struct arrived {
    int64_t last_id;
    bool left_out;
    struct logs_live_tail_session_log_event_list events;
};

/* The session's groups that exist now. */
struct followed {
    str ids; /* a JSON array */
    size_t count;
    int64_t first;
};

static void keep(const struct call *call, const struct place *place)
{
    stream_keep(call, (str){(const char *)place, sizeof *place});
}

static int64_t last_event(const struct call *call)
{
    struct logs_find_last_event_row row = {0};

    logs_find_last_event(call->txn, &row);
    return row.id;
}

/* ---- who waits for what ---- */

static str name_of_group(const struct call *call, int64_t group_id)
{
    return arena_format(call->arena, "%.*s/%lld", STR_ARGS(any_group), (long long)group_id);
}

void logs_tails_wake(const struct call *call, int64_t group_id)
{
    wake_all(call, name_of_group(call, group_id));
    wake_all(call, any_group);
}

static const struct group *group_at(const struct call *call, size_t index)
{
    return call_resource(call, index)->row;
}

static struct followed followed(const struct call *call, size_t count)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct followed groups = {0};

    json_open_array(&writer);
    for (size_t i = 0; i < count; i++) {
        const struct group *group = group_at(call, i);
        if (!group)
            continue;
        json_i64(&writer, group->row.id);
        groups.first = groups.count++ == 0 ? group->row.id : groups.first;
    }
    json_close_array(&writer);
    groups.ids = json_written(&writer);
    return groups;
}

/* ---- the request ---- */

static bool is_group_arn(str identifier)
{
    struct arn arn = {0};

    return arn_parse(identifier, &arn) && str_starts_with(arn.resource, S("log-group:")) &&
           !str_ends_with(identifier, S("*"));
}

/* What is wrong with the request, or absent. */
static str request_problem(const struct call *call, const struct logs_start_live_tail_request *in)
{
    bool by_stream = in->log_stream_names.count > 0 || in->log_stream_name_prefixes.count > 0;
    struct pattern pattern;
    str problem = {0};

    for (size_t i = 0; i < in->log_group_identifiers.count; i++)
        if (!is_group_arn(in->log_group_identifiers.items[i]))
            return S(
                "Each log group identifier must be the ARN of a log group, without an asterisk at its end.");
    if (in->log_stream_names.count > 0 && in->log_stream_name_prefixes.count > 0)
        return S("logStreamNames and logStreamNamePrefixes cannot both be specified.");
    if (by_stream && in->log_group_identifiers.count > 1)
        return S(
            "logStreamNames and logStreamNamePrefixes can only be specified with exactly one log group.");
    logs_pattern_parse(call->arena, in->log_event_filter_pattern, &pattern, &problem);
    return problem;
}

static bool streams_exist(const struct call *call, const struct str_list *names)
{
    int64_t id;

    for (size_t i = 0; i < names->count; i++)
        if (!logs_stream_find(call, group_at(call, 0), names->items[i], &id))
            return false;
    return true;
}

/* False: fail() has been called. */
static bool request_check(const struct call *call, const struct logs_start_live_tail_request *in)
{
    str problem = request_problem(call, in);

    if (str_present(problem)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
        return false;
    }
    for (size_t i = 0; i < in->log_group_identifiers.count; i++)
        if (!group_at(call, i)) {
            fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
            return false;
        }
    return streams_exist(call, &in->log_stream_names);
}

static enum outcome begin(const struct call *call, const struct logs_start_live_tail_request *in,
                          struct logs_start_live_tail_response *out)
{
    struct place place = {.last_id = last_event(call), .began_ms = call->now_ms};
    struct logs_start_live_tail_response_stream *event =
        arena_new(call->arena, struct logs_start_live_tail_response_stream);
    struct logs_live_tail_session_start *start = arena_new(call->arena, struct logs_live_tail_session_start);

    if (!request_check(call, in))
        return FAILED;
    *start = (struct logs_live_tail_session_start){
        .request_id = call->request_id,
        .session_id = random_uuid(call->arena),
        .log_group_identifiers = in->log_group_identifiers,
        .log_stream_names = in->log_stream_names,
        .log_stream_name_prefixes = in->log_stream_name_prefixes,
        .log_event_filter_pattern = in->log_event_filter_pattern,
    };
    event->is = LOGS_START_LIVE_TAIL_RESPONSE_STREAM_SESSION_START;
    event->session_start = start;
    out->response_stream = event;
    keep(call, &place);
    return stream_event(call);
}

/* ---- what has arrived ---- */

/* The session's filter, and what it has found. */
struct search {
    const struct logs_start_live_tail_request *in;
    struct pattern pattern;
    struct arrived *arrived;
    size_t room, bytes;
    int64_t stream_id; /* of the last event, */
    str stream_name;   /* and its name; absent: the stream is deleted */
};

static bool names_stream(const struct logs_start_live_tail_request *in, str name)
{
    const struct str_list *names = &in->log_stream_names, *prefixes = &in->log_stream_name_prefixes;

    for (size_t i = 0; i < prefixes->count; i++)
        if (str_starts_with(name, prefixes->items[i]))
            return true;
    return names->count > 0 ? str_is_one_of(name, names->items, names->count) : prefixes->count == 0;
}

static bool wants(const struct call *call, struct search *search, const struct logs_event_row *row)
{
    struct logs_find_stream_name_params key = {.id = row->stream_id, .group_id = row->group_id};
    struct logs_find_stream_name_row found = {0};

    if (search->stream_id != row->stream_id) {
        logs_find_stream_name(call->txn, &key, &found);
        search->stream_id = row->stream_id;
        search->stream_name = found.name;
    }
    return str_present(search->stream_name) && names_stream(search->in, search->stream_name) &&
           logs_pattern_matches(&search->pattern, row->message);
}

/* "123456789012:my-group", as AWS shows a group here. */
static str identifier_of(const struct call *call, const struct search *search, int64_t group_id)
{
    for (size_t i = 0; i < search->in->log_group_identifiers.count; i++) {
        const struct group *group = group_at(call, i);
        if (group && group->row.id == group_id)
            return arena_concat(call->arena, call->account, S(":"), group->row.name);
    }
    return (str){0};
}

static void show(const struct call *call, struct search *search, const struct logs_event_row *row)
{
    *list_add(call->arena, &search->arrived->events) = (struct logs_live_tail_session_log_event){
        .log_stream_name = search->stream_name,
        .log_group_identifier = identifier_of(call, search, row->group_id),
        .message = row->message,
        .timestamp = arena_i64(call->arena, row->timestamp_ms),
        .ingestion_time = arena_i64(call->arena, row->ingested_ms),
    };
    search->bytes += row->message.size;
}

/* False when the events behind this one wait for the next piece, or are left out. */
static bool take(const struct call *call, struct search *search, const struct logs_event_row *row)
{
    struct arrived *arrived = search->arrived;

    if (arrived->events.count == search->room) {
        arrived->left_out = true;
        arrived->last_id = last_event(call);
        return false;
    }
    show(call, search, row);
    arrived->last_id = search->bytes >= PIECE_BYTES ? row->id : arrived->last_id;
    return search->bytes < PIECE_BYTES;
}

/* Read what has arrived in the groups behind the place. */
static struct arrived *read_arrived(const struct call *call, const struct logs_start_live_tail_request *in,
                                    const struct place *place)
{
    struct arrived *arrived = arena_new(call->arena, struct arrived);
    struct search search = {.in = in, .arrived = arrived, .room = (size_t)(SECOND_EVENTS - place->sent)};
    int64_t newest = last_event(call);
    struct logs_event_row row;
    str problem;

    logs_pattern_parse(call->arena, in->log_event_filter_pattern, &search.pattern, &problem);
    arrived->last_id = newest < place->last_id + WINDOW_EVENTS ? newest : place->last_id + WINDOW_EVENTS;
    struct logs_read_arrived_params params = {.after_id = place->last_id,
                                              .last_id = arrived->last_id,
                                              .group_ids =
                                                  followed(call, in->log_group_identifiers.count).ids};
    struct logs_read_arrived_cursor cursor = logs_read_arrived_open(call->txn, &params);
    while (logs_read_arrived_next(&cursor, &row))
        if (wants(call, &search, &row) && !take(call, &search, &row))
            break;
    logs_read_arrived_close(&cursor);
    return arrived;
}

/* A new second begins when the last one is over. */
static bool second_has_passed(const struct call *call, struct place *place)
{
    bool silent = place->sent == 0 || place->left_out;

    if (call->now_ms >= place->began_ms && call->now_ms < place->began_ms + SECOND_MS)
        return false;
    place->began_ms = call->now_ms;
    place->sent = 0;
    return silent;
}

void logs_start_live_tail_prepare(const struct call *call, const struct logs_start_live_tail_request *in)
{
    struct place place;

    if (!stream_place_read(call, &place, sizeof place))
        return;
    second_has_passed(call, &place);
    leave_prepared(call, read_arrived(call, in, &place));
}

/* ---- the session ---- */

static enum outcome send_update(const struct call *call, struct place *place, const struct arrived *arrived,
                                struct logs_start_live_tail_response *out)
{
    struct logs_start_live_tail_response_stream *event =
        arena_new(call->arena, struct logs_start_live_tail_response_stream);
    struct logs_live_tail_session_update *update =
        arena_new(call->arena, struct logs_live_tail_session_update);
    struct logs_live_tail_session_metadata *metadata =
        arena_new(call->arena, struct logs_live_tail_session_metadata);

    metadata->sampled = arena_bool(call->arena, place->left_out);
    update->session_metadata = metadata;
    list_make_empty(call->arena, &update->session_results);
    if (arrived)
        update->session_results = arrived->events;
    place->sent += (int64_t)update->session_results.count;
    place->left_out = false;
    event->is = LOGS_START_LIVE_TAIL_RESPONSE_STREAM_SESSION_UPDATE;
    event->session_update = update;
    out->response_stream = event;
    keep(call, place);
    return stream_event(call);
}

/*
 * Wait until a group receives events, or the second is over.  A worker cannot read events that are not
 * committed yet, so a session waits a moment for them.
 */
static enum outcome wait(const struct call *call, size_t groups, const struct place *place, bool a_moment)
{
    struct followed group = followed(call, groups);
    str name = group.count == 1 ? name_of_group(call, group.first) : any_group;
    int64_t until_ms = place->began_ms + SECOND_MS;

    keep(call, place);
    return park(call, name, a_moment ? call->now_ms + LOOK_AGAIN_MS : until_ms);
}

enum outcome logs_start_live_tail(const struct call *call, const struct logs_start_live_tail_request *in,
                                  struct logs_start_live_tail_response *out)
{
    int64_t newest = last_event(call);
    struct place place;

    if (stream_left(call))
        return DONE;
    if (!stream_place_read(call, &place, sizeof place))
        return begin(call, in, out);
    if (call->now_ms - call->arrived_ms >= SESSION_MS)
        return fail(call, &LOGS_SESSION_TIMEOUT_EXCEPTION, "The session has timed out.");

    const struct arrived *arrived = place.is_new ? prepared(call) : NULL;
    if (!arrived && newest > place.last_id && may_move_to_worker(call)) {
        place.is_new = true;
        keep(call, &place);
        return move_to_worker(call);
    }
    bool due = second_has_passed(call, &place);
    place.is_new = false;
    place.last_id = arrived ? arrived->last_id : newest < place.last_id ? newest : place.last_id;
    place.left_out |= arrived && arrived->left_out;
    if (due || (arrived && arrived->events.count > 0))
        return send_update(call, &place, arrived, out);
    return wait(call, in->log_group_identifiers.count, &place, newest > place.last_id);
}
