/*
 * changes.c: what committed calls have changed, as events for GET /_orderly/events.
 *
 * While somebody listens, each call that has written notes the resources that its model names; the notes of a
 * batch count when it is committed.  A few times a second all notes become events, one for each resource,
 * with the number of calls of each operation and the resource's new state.  The last events are kept in a
 * ring, which all listeners read: so a listener costs only its place in the ring, and one that is too slow
 * for it is told how many events it has lost.
 *
 * While nobody listens nothing is noted.  Everything here belongs to the engine thread.
 */
#include "engine/changes.h"
#include "engine_sql.h"

#include "aws/arn.h"
#include "base/memory.h"
#include "base/time.h"
#include "wire/server_sent_events.h"

#include <stdlib.h>
#include <string.h>

enum {
    EVENTS = 4096,       /* in the ring */
    MOST_PENDING = 4096, /* resources that changed since the last events */
    TELL_EVERY_MS = 250,
    LOOK_AGAIN_MS = 1,
    HEARD_FOR_S = 40, /* a stream runs more often, see STREAM_HEARTBEAT_MS */
};

/* A resource that has changed, and the calls that changed it. */
struct pending {
    str arn;
    struct {
        struct operation_count {
            const struct operation *operation;
            int64_t count;
        } * items;
        size_t count;
    } operations;
};

struct event {
    char *text;
    size_t size;
    char account[16];   /* empty: it concerns all accounts */
    bool administrator; /* only an administrator may read it */
};

struct changes {
    bool heard;
    int64_t heard_until_us; /* by the monotonic clock */

    struct arena arena; /* of what is pending */
    struct map by_arn;  /* -> struct pending */
    struct {
        struct pending **items;
        size_t count;
    } pending;
    size_t told; /* the first ones of `pending` are events already */
    int64_t lost;
    bool clock_moved, was_reset, has_hops;
    int64_t tell_ms; /* when to make the next events; INT64_MAX: nothing is pending */

    struct event ring[EVENTS];
    int64_t first, next; /* numbers of the oldest event and of the one that comes */
};

struct changes *changes_new(void)
{
    struct changes *changes = memory_take(sizeof *changes);

    changes->tell_ms = INT64_MAX;
    return changes;
}

/* Tests make engines that tell nothing. */
static bool is_heard(const struct engine *engine)
{
    return engine->changes && engine->changes->heard;
}

/* ---- what is pending ---- */

static void forget_pending(struct changes *changes)
{
    map_free(&changes->by_arn);
    changes->by_arn = (struct map){0};
    changes->pending.items = NULL;
    changes->pending.count = changes->told = 0;
    changes->lost = 0;
    changes->clock_moved = changes->was_reset = changes->has_hops = false;
    changes->tell_ms = INT64_MAX;
    arena_free(&changes->arena);
    changes->arena = (struct arena){0};
}

static void forget_event(struct changes *changes)
{
    struct event *event = &changes->ring[changes->first++ % EVENTS];

    free(event->text);
    *event = (struct event){0};
}

void changes_free(struct changes *changes)
{
    if (!changes)
        return;
    forget_pending(changes);
    while (changes->first < changes->next)
        forget_event(changes);
    free(changes);
}

/* Later listeners are told that events are missing. */
static void stop_listening(struct changes *changes)
{
    forget_pending(changes);
    while (changes->first < changes->next)
        forget_event(changes);
    changes->first = ++changes->next;
    changes->heard = false;
}

static struct pending *pending_of(struct changes *changes, str arn)
{
    struct pending *pending = map_get(&changes->by_arn, arn);

    if (pending)
        return pending;
    if (changes->pending.count >= MOST_PENDING) {
        changes->lost++;
        return NULL;
    }
    pending = arena_new(&changes->arena, struct pending);
    pending->arn = arena_copy(&changes->arena, arn);
    map_put(&changes->by_arn, arn, pending);
    *list_add(&changes->arena, &changes->pending) = pending;
    return pending;
}

static void add(struct changes *changes, const struct change *change)
{
    struct pending *pending = pending_of(changes, change->arn);

    if (!pending)
        return;
    for (size_t i = 0; i < pending->operations.count; i++)
        if (pending->operations.items[i].operation == change->operation) {
            pending->operations.items[i].count++;
            return;
        }
    *list_add(&changes->arena, &pending->operations) = (struct operation_count){change->operation, 1};
}

static void note(const struct call *call, str arn)
{
    struct batch *batch = call->engine->batch;

    if (batch->changes.count < MOST_PENDING)
        *list_add(&batch->arena, &batch->changes) =
            (struct change){call->operation, arena_copy(&batch->arena, arn)};
}

static bool is_arn_of(const struct service *service, const struct arn *arn)
{
    return str_equal(arn->service, str_of(service->signing_name)) ||
           str_equal(arn->service, str_of(service->name));
}

/* A request may also need resources of other services, as a role, which it does not change. */
static bool is_of_service(const struct call *call, str text)
{
    struct arn arn;

    return arn_parse(text, &arn) && is_arn_of(call->operation->service, &arn) &&
           str_index(arn.resource, '*') < 0;
}

struct written changes_before(const struct call *call)
{
    const struct batch *batch = call->engine->batch;

    if (!is_heard(call->engine))
        return (struct written){0};
    return (struct written){.rows = txn_changed_rows(call->txn),
                            .sums = batch->sum_changes.count,
                            .hops = batch->hops.records.size};
}

static bool has_written(const struct call *call, const struct written *before)
{
    struct written now = changes_before(call);

    return now.rows != before->rows || now.sums != before->sums || now.hops != before->hops;
}

void changes_note(const struct call *call, const struct written *before)
{
    const struct call_progress *progress = call->progress;

    if (!is_heard(call->engine) || !has_written(call, before))
        return;
    for (size_t i = 0; i < progress->resources.count; i++)
        if (is_of_service(call, progress->resources.items[i].arn))
            note(call, progress->resources.items[i].arn);
    if (progress->resources.count == 0 && is_of_service(call, progress->asked_about))
        note(call, progress->asked_about);
}

void resource_changed(const struct call *call, str arn)
{
    check_writes(call);
    if (is_heard(call->engine))
        note(call, arn);
}

void changes_committed(struct engine *engine)
{
    struct changes *changes = engine->changes;
    const struct batch *batch = engine->batch;

    if (!is_heard(engine))
        return;
    if (monotonic_us() > changes->heard_until_us) {
        stop_listening(changes);
        return;
    }
    if (batch->reset)
        forget_pending(changes);
    changes->was_reset |= batch->reset;
    changes->clock_moved |= batch->clock_offset_ms != engine->clock_offset_ms;
    changes->has_hops |= batch->has_indexed;
    for (size_t i = 0; i < batch->changes.count && !batch->reset; i++)
        add(changes, &batch->changes.items[i]);
    bool any = changes->pending.count > 0 || changes->was_reset || changes->clock_moved || changes->has_hops;
    if (any && changes->tell_ms == INT64_MAX) {
        changes->tell_ms = engine->now_ms + TELL_EVERY_MS;
        parking_alarm(&engine->parking, CHANGES_COME, changes->tell_ms);
    }
}

/* ---- events ---- */

struct telling {
    const struct call *call;
    str account; /* absent: all accounts */
    bool administrator;
};

static void tell(const struct telling *telling, str name, const struct json_writer *writer)
{
    struct changes *changes = telling->call->engine->changes;
    struct text text = text_in(telling->call->arena);

    server_sent_event_write(&text, &(struct server_sent_event){.name = name, .data = json_written(writer)});
    if (changes->next - changes->first == EVENTS)
        forget_event(changes);
    struct event *event = &changes->ring[changes->next++ % EVENTS];
    event->text = memory_take(text.size);
    event->size = text.size;
    memcpy(event->text, text_str(&text).data, text.size);
    str account = str_head(telling->account, sizeof event->account - 1);
    if (account.size > 0)
        memcpy(event->account, account.data, account.size);
    event->administrator = telling->administrator;
}

static void write_operations(struct json_writer *writer, const struct pending *pending)
{
    json_name(writer, S("operations"));
    json_open_object(writer);
    for (size_t i = 0; i < pending->operations.count; i++)
        json_i64_field(writer, str_of(pending->operations.items[i].operation->name),
                       pending->operations.items[i].count);
    json_close_object(writer);
}

static const struct module *module_of(const struct engine *engine, const struct arn *arn)
{
    for (const struct module *const *module = engine->options.modules; *module; module++)
        if ((*module)->describe && is_arn_of((*module)->service, arn))
            return *module;
    return NULL;
}

/* Null: the resource does not exist any more.  Left out: its service tells no state of it. */
static void write_state(const struct call *call, struct json_writer *writer, const struct arn *arn, str text)
{
    const struct module *module = module_of(call->engine, arn);
    struct call there = call_in(call, arn->account, arn->region);
    struct json_writer state = json_writer_in(call->arena);

    if (!module)
        return;
    module->describe(&there, text, &state);
    take_failure(&there);
    if (str_empty(json_written(&state)))
        return;
    json_name(writer, S("state"));
    json_raw(writer, json_written(&state));
}

static void tell_change(const struct call *call, const struct pending *pending)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct arn arn = {0};

    arn_parse(pending->arn, &arn);
    json_open_object(&writer);
    json_field(&writer, S("service"), arn.service);
    json_field(&writer, S("arn"), pending->arn);
    json_field(&writer, S("account"), arn.account);
    json_field(&writer, S("region"), arn.region);
    write_operations(&writer, pending);
    write_state(call, &writer, &arn, pending->arn);
    json_close_object(&writer);
    tell(&(struct telling){.call = call, .account = arn.account}, S("change"), &writer);
}

void changes_write_clock(const struct call *call, struct json_writer *writer)
{
    json_open_object(writer);
    json_i64_field(writer, S("nowMs"), engine_now_ms(call->engine));
    json_i64_field(writer, S("offsetMs"), call->engine->clock_offset_ms);
    json_close_object(writer);
}

static void tell_clock(const struct call *call, str name)
{
    struct json_writer writer = json_writer_in(call->arena);

    changes_write_clock(call, &writer);
    tell(&(struct telling){.call = call}, name, &writer);
}

static void tell_hops(const struct call *call)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct engine_find_last_trace_run_row last = {0};

    engine_find_last_trace_run(call->txn, &last);
    json_open_object(&writer);
    json_field(&writer, S("lastHop"), arena_format(call->arena, "%lld", (long long)last.id));
    json_close_object(&writer);
    tell(&(struct telling){.call = call, .administrator = true}, S("traces"), &writer);
}

static void tell_lost(const struct call *call, int64_t count)
{
    struct json_writer writer = json_writer_in(call->arena);

    changes_write_lost(&writer, count);
    tell(&(struct telling){.call = call}, S("lost"), &writer);
}

void changes_write_lost(struct json_writer *writer, int64_t count)
{
    json_open_object(writer);
    json_i64_field(writer, S("lost"), count);
    json_close_object(writer);
}

/* Also true when a reset has set the clock back. */
static bool is_time(const struct changes *changes, int64_t now_ms)
{
    return changes->tell_ms != INT64_MAX &&
           (now_ms >= changes->tell_ms || changes->tell_ms - now_ms > TELL_EVERY_MS);
}

static void tell_what_concerns_all(const struct call *call)
{
    struct changes *changes = call->engine->changes;

    if (changes->was_reset)
        tell_clock(call, S("reset"));
    else if (changes->clock_moved)
        tell_clock(call, S("clock"));
    if (changes->has_hops)
        tell_hops(call);
    changes->was_reset = changes->clock_moved = changes->has_hops = false;
}

void changes_tell(const struct call *call)
{
    struct changes *changes = call->engine->changes;

    if (!is_time(changes, call->now_ms))
        return;
    tell_what_concerns_all(call);
    do {
        if (changes->told < changes->pending.count)
            tell_change(call, changes->pending.items[changes->told++]);
    } while (changes->told < changes->pending.count && !slice_is_over(call));
    wake_all(call, CHANGES_COME);
    if (changes->told < changes->pending.count) {
        changes->tell_ms = call->now_ms + LOOK_AGAIN_MS;
        return;
    }
    if (changes->lost)
        tell_lost(call, changes->lost);
    forget_pending(changes);
}

/* ---- listeners ---- */

int64_t changes_listen(struct engine *engine)
{
    struct changes *changes = engine->changes;

    changes->heard = true;
    changes->heard_until_us = monotonic_us() + (int64_t)HEARD_FOR_S * 1000 * 1000;
    return changes->next;
}

int64_t changes_tell_ms(const struct engine *engine)
{
    return engine->changes->tell_ms;
}

static bool may_read(const struct listener *listener, const struct event *event)
{
    str account = str_of(event->account);

    return listener->administrator
               ? str_empty(account) || str_equal(account, listener->account)
               : !event->administrator && (str_empty(account) || str_equal(account, listener->account));
}

int64_t changes_read(const struct engine *engine, const struct listener *listener, int64_t from,
                     struct text *piece, size_t most_bytes)
{
    const struct changes *changes = engine->changes;
    int64_t at = from < changes->first ? changes->first : from;

    for (; at < changes->next && piece->size < most_bytes; at++) {
        const struct event *event = &changes->ring[at % EVENTS];
        if (may_read(listener, event))
            text_add(piece, (str){event->text, event->size});
    }
    return at;
}

int64_t changes_lost(const struct engine *engine, int64_t from)
{
    return from < engine->changes->first ? engine->changes->first - from : 0;
}
