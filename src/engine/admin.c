/*
 * admin.c: doors to Orderly's own paths: health, the null request, the virtual clock, traces and the reset.
 *
 *     GET  /                            for a browser: leads to the console
 *     GET  /_orderly/console/           the web console, see console.c
 *     GET  /_orderly/console/session    what the console needs to sign requests, see session.c
 *     GET  /_orderly/health             also /_localstack/health
 *     GET  /_orderly/metrics            batches, slow calls, the pool
 *     POST /_orderly/null               an empty answer by the whole HTTP path, for measuring
 *     GET  /_orderly/clock              the time, and what comes next, see upcoming.c
 *     POST /_orderly/clock              {"advance_ms": …} or {"advance_to_next": true}
 *     GET  /_orderly/traces             the ways of messages and invocations, and
 *     GET  /_orderly/traces/ID          the hops of one, see trace/read.c
 *     GET  /_orderly/traces/stream      hops as they happen, see trace/stream.c
 *     GET  /_orderly/events             what changes, see change_stream.c
 *     GET  /_orderly/traces/reasons     what last went wrong with messages, see trace/reasons.c
 *     GET  /_orderly/map                which resource gave work to which, see trace/map.c
 *     POST /_orderly/reset              also /_localstack/state/reset: forget everything
 *
 * To add a path, write a handler and add a row to ADMIN_DOORS.
 */
#include "engine/engine_internal.h"
#include "engine/metrics/metrics_internal.h"
#include "engine/trace/trace_internal.h"

#include "wire/json.h"

static const int64_t END_OF_TIME_MS = 253402300799999; /* a year has four digits */

static const str json_type = STR_INIT("application/json");

static enum outcome reply_json(struct http_reply *reply, str json)
{
    *reply = (struct http_reply){.status = 200, .content_type = json_type, .body = json};
    return DONE;
}

static struct http_reply message_reply(struct arena *arena, int status, str message)
{
    struct json_writer writer = json_writer_in(arena);

    json_open_object(&writer);
    json_field(&writer, S("message"), message);
    json_close_object(&writer);
    return (struct http_reply){.status = status, .content_type = json_type, .body = json_written(&writer)};
}

void reply_message(struct exchange *exchange, int status, str message)
{
    exchange->reply = message_reply(&exchange->arena, status, message);
}

enum outcome door_refuse(const struct call *call, struct http_reply *reply, int status, str message)
{
    *reply = message_reply(call->arena, status, message);
    return DONE;
}

static enum outcome health(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);

    (void)visit;
    json_open_object(&writer);
    json_name(&writer, S("services"));
    json_open_object(&writer);
    for (const struct module *const *module = call->engine->options.modules; *module; module++)
        json_field(&writer, str_of((*module)->service->name), S("running"));
    json_close_object(&writer);
    json_field(&writer, S("edition"), S("orderly"));
    json_field(&writer, S("version"), S(ORDERLY_VERSION));
    json_close_object(&writer);
    return reply_json(reply, json_written(&writer));
}

static enum outcome metrics(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);

    (void)visit;
    meter_write(call->engine, &writer);
    return reply_json(reply, json_written(&writer));
}

static enum outcome null_request(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    (void)call, (void)visit;
    *reply = (struct http_reply){.status = 200, .body = S("")};
    return DONE;
}

static enum outcome show_clock(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);

    (void)visit;
    json_open_object(&writer);
    json_name(&writer, S("now_ms"));
    json_i64(&writer, engine_now_ms(call->engine));
    json_name(&writer, S("offset_ms"));
    json_i64(&writer, call->engine->clock_offset_ms);
    upcoming_write(call, &writer);
    json_close_object(&writer);
    return reply_json(reply, json_written(&writer));
}

static int64_t until_next_ms(const struct call *call)
{
    int64_t next_ms = upcoming_first_ms(call), now_ms = engine_now_ms(call->engine);

    return next_ms == INT64_MAX || next_ms < now_ms ? 0 : next_ms - now_ms;
}

/* False: the body is neither {"advance_ms": N} nor {"advance_to_next": true}. */
static bool read_advance(const struct call *call, const struct json *body, int64_t *by_ms)
{
    const struct json *advance = json_get(body, S("advance_ms")),
                      *to_next = json_get(body, S("advance_to_next"));

    if (!advance && json_is(to_next, JSON_TRUE)) {
        *by_ms = until_next_ms(call);
        return true;
    }
    return advance && !to_next && json_is(advance, JSON_NUMBER) && str_to_i64(advance->text, by_ms) &&
           *by_ms >= 0;
}

static enum outcome advance_clock(const struct call *call, const struct visit *visit,
                                  struct http_reply *reply)
{
    int64_t by_ms;

    if (!read_advance(call, json_parse(call->arena, visit->request->body, NULL), &by_ms))
        return door_refuse(call, reply, 400,
                           S("The body must be {\"advance_ms\": N} with a whole N of 0 or more, or "
                             "{\"advance_to_next\": true}."));
    if (by_ms > END_OF_TIME_MS - engine_now_ms(call->engine))
        return door_refuse(call, reply, 400, S("The clock ends with the year 9999."));
    clock_advance(call->engine, call->txn, by_ms);
    return show_clock(call, visit, reply);
}

struct name_list {
    const char **items;
    size_t count;
};

/* Large tables are emptied in slices, which the services' start hooks begin. */
static const char *const *spared_tables(const struct call *call)
{
    struct name_list names = {0};

    for (const struct module *const *module = call->engine->options.modules; *module; module++)
        if ((*module)->outlives_reset)
            *list_add(call->arena, &names) = (*module)->outlives_reset;
    *list_add(call->arena, &names) = NULL;
    return names.items;
}

static enum outcome reset(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct engine *engine = call->engine;
    struct call anew = *call;

    (void)visit;
    modules_run(call, false);
    sums_store(call); /* otherwise the sums would be stored after everything else is deleted */
    trace_store(engine);
    txn_delete_everything(call->txn, spared_tables(call));
    seal_key_store(engine, call->txn);
    engine->batch->reset = true;
    engine->clock_offset_ms = 0;
    engine->now_ms = anew.now_ms = engine_now_ms(engine);
    engine->next_timer_ms = INT64_MAX;
    deliveries_are_forgotten(engine);
    engine->clock_kept_ms = 0;
    accounts_forget(engine);
    trace_recount(engine);
    modules_run(&anew, true);
    return reply_json(reply, S("{}"));
}

static enum outcome nothing(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    (void)visit;
    return door_refuse(call, reply, 404, S("There is no such admin path."));
}

const struct door ADMIN_DOORS[] = {
    {NULL, "GET", "/", console_redirect, .flags = DOOR_OPEN | DOOR_TO_PAGE},
    {NULL, "GET", "/_orderly/console", console_redirect, .flags = DOOR_OPEN},
    {NULL, "GET", "/_orderly/console/*", console_show, .flags = DOOR_OPEN | DOOR_PAGES},
    {NULL, "GET", "/_orderly/console/session", session_show, .flags = DOOR_OPEN | DOOR_ON_WORKER},
    {NULL, "GET", "/_orderly/health", health, .flags = DOOR_OPEN},
    {NULL, "GET", "/_localstack/health", health, .flags = DOOR_OPEN},
    {NULL, "GET", "/_orderly/metrics", metrics, .flags = 0},
    {NULL, "POST", "/_orderly/null", null_request, .flags = DOOR_OPEN},
    {NULL, "GET", "/_orderly/clock", show_clock, .flags = DOOR_ON_ENGINE},
    {NULL, "POST", "/_orderly/clock", advance_clock, .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {NULL, "GET", "/_orderly/traces", traces_list, .flags = DOOR_ON_ENGINE | DOOR_ON_WORKER},
    {NULL, "GET", "/_orderly/traces/stream", traces_stream,
     .flags = DOOR_CALLER | DOOR_ON_ENGINE | DOOR_ON_WORKER | DOOR_STREAMS},
    {NULL, "GET", "/_orderly/traces/reasons", traces_reasons,
     .flags = DOOR_CALLER | DOOR_ON_ENGINE | DOOR_ON_WORKER},
    {NULL, "GET", "/_orderly/map", traces_map, .flags = DOOR_ON_ENGINE | DOOR_ON_WORKER},
    {NULL, "GET", "/_orderly/traces/*", traces_show, .flags = DOOR_CALLER | DOOR_ON_ENGINE | DOOR_ON_WORKER},
    {NULL, "GET", "/_orderly/events", changes_stream,
     .flags = DOOR_OPEN | DOOR_CALLER | DOOR_ON_ENGINE | DOOR_STREAMS},
    {NULL, "POST", "/_orderly/reset", reset, .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {NULL, "POST", "/_localstack/state/reset", reset, .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {NULL, NULL, "/_orderly/*", nothing, .flags = DOOR_OPEN},
    {NULL, NULL, "/_localstack/*", nothing, .flags = DOOR_OPEN},
    {0},
};
