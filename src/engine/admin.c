/*
 * admin.c: what is not AWS: health, the null request, the virtual clock, traces and the reset.
 *
 *     GET  /_orderly/health             also /_localstack/health
 *     GET  /_orderly/metrics            batches, slow calls, the pool
 *     POST /_orderly/null               an empty answer by the whole HTTP path, for measuring
 *     GET  /_orderly/clock              {"now_ms": …, "offset_ms": …}
 *     POST /_orderly/clock              {"advance_ms": …}
 *     GET  /_orderly/traces             the ways of messages and invocations, and
 *     GET  /_orderly/traces/ID          the hops of one, see trace_read.c
 *     POST /_localstack/state/reset     forget everything
 *
 * With strict authentication all but the health and the null request need the administrator's signature.
 *
 * What changes anything needs a request that a page in a browser could not have sent by itself, even if its
 * browser did not say where it comes from (door.c refuses those that do).  A page may send, unasked, what a
 * form can: so there must be a Content-Type that no form has (application/json), or the header
 * X-Orderly-Admin, or Authorization; a page gets none of them past a preflight.  LocalStack's tools post the
 * reset without body and type: that passes, too, without an Origin, for a form always says its type, and a
 * script in any browser always sends Origin with a POST to another origin.
 */
#include "engine/engine_internal.h"

#include "wire/json.h"

static const int64_t END_OF_TIME_MS = 253402300799999; /* a year has four digits */

static void reply_json(struct exchange *exchange, int status, str json)
{
    exchange->reply =
        (struct http_reply){.status = status, .content_type = S("application/json"), .body = json};
}

void reply_message(struct exchange *exchange, int status, str message)
{
    struct json_writer writer = json_writer_in(&exchange->arena);

    json_open_object(&writer);
    json_field(&writer, S("message"), message);
    json_close_object(&writer);
    reply_json(exchange, status, json_written(&writer));
}

static void health(struct exchange *exchange)
{
    struct json_writer writer = json_writer_in(&exchange->arena);

    json_open_object(&writer);
    json_name(&writer, S("services"));
    json_open_object(&writer);
    for (const struct module *const *module = exchange->call.engine->options.modules; *module; module++)
        json_field(&writer, str_of((*module)->service->name), S("running"));
    json_close_object(&writer);
    json_field(&writer, S("edition"), S("orderly"));
    json_field(&writer, S("version"), S(ORDERLY_VERSION));
    json_close_object(&writer);
    reply_json(exchange, 200, json_written(&writer));
    exchange->answered(exchange);
}

static void metrics(struct exchange *exchange)
{
    struct json_writer writer = json_writer_in(&exchange->arena);

    meter_write(exchange->call.engine, &writer);
    reply_json(exchange, 200, json_written(&writer));
    exchange->answered(exchange);
}

static void null_request(struct exchange *exchange)
{
    exchange->reply = (struct http_reply){.status = 200, .body = S("")};
    exchange->answered(exchange);
}

static void reply_clock(struct exchange *exchange)
{
    struct json_writer writer = json_writer_in(&exchange->arena);

    json_open_object(&writer);
    json_name(&writer, S("now_ms"));
    json_i64(&writer, engine_now_ms(exchange->call.engine));
    json_name(&writer, S("offset_ms"));
    json_i64(&writer, exchange->call.engine->clock_offset_ms);
    json_close_object(&writer);
    reply_json(exchange, 200, json_written(&writer));
}

static void show_clock(struct exchange *exchange)
{
    reply_clock(exchange);
    exchange->answered(exchange);
}

/* On the engine thread. */
static void advance_clock(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    const struct json *body = json_parse(call->arena, exchange->request->body, NULL);
    const struct json *advance = json_get(body, S("advance_ms"));
    int64_t by_ms;

    if (!json_is(advance, JSON_NUMBER) || !str_to_i64(advance->text, &by_ms) || by_ms < 0) {
        reply_message(exchange, 400, S("The body must be {\"advance_ms\": N} with a whole N of 0 or more."));
        return;
    }
    if (by_ms > END_OF_TIME_MS - engine_now_ms(call->engine)) {
        reply_message(exchange, 400, S("The clock ends with the year 9999."));
        return;
    }
    clock_advance(call->engine, call->txn, by_ms);
    reply_clock(exchange);
}

static void reset(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    struct engine *engine = call->engine;

    modules_run(call, false);
    sums_store(call); /* else they would be stored after everything else is gone */
    trace_store(engine);
    txn_delete_everything(call->txn);
    seal_key_store(engine, call->txn);
    engine->batch->reset = true;
    engine->clock_offset_ms = 0;
    engine->now_ms = call->now_ms = engine_now_ms(engine);
    engine->next_timer_ms = INT64_MAX;
    engine->clock_kept_ms = 0;
    trace_recount(engine);
    modules_run(call, true);
    reply_json(exchange, 200, S("{}"));
}

struct admin_path {
    str method, path;
    void (*answer)(struct exchange *exchange);
    bool on_engine; /* it reads or writes the store */
    bool open;      /* with strict authentication, too, and without a signature */
    bool changes;   /* something */
};

static const struct admin_path paths[] = {
    {STR_INIT("GET"), STR_INIT("/_orderly/health"), health, false, true, false},
    {STR_INIT("GET"), STR_INIT("/_localstack/health"), health, false, true, false},
    {STR_INIT("GET"), STR_INIT("/_orderly/metrics"), metrics, false, false, false},
    {STR_INIT("POST"), STR_INIT("/_orderly/null"), null_request, false, true, false},
    {STR_INIT("GET"), STR_INIT("/_orderly/clock"), show_clock, false, false, false},
    {STR_INIT("POST"), STR_INIT("/_orderly/clock"), advance_clock, true, false, true},
    {STR_INIT("GET"), STR_INIT("/_orderly/traces"), traces_begin, true, false, false},
    {STR_INIT("GET"), STR_INIT("/_orderly/traces/"), traces_begin, true, false, false},
    {STR_INIT("POST"), STR_INIT("/_localstack/state/reset"), reset, true, false, true},
};

/* A path that ends in '/' has something behind it. */
static bool is_path(str path, str asked)
{
    return str_ends_with(path, S("/")) ? str_starts_with(asked, path) && asked.size > path.size
                                       : str_equal(asked, path);
}

static const struct admin_path *find_path(const struct http_request *request)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (is_path(paths[i].path, request->path) && str_equal(request->method, paths[i].method))
            return &paths[i];
    return NULL;
}

/* A type that a form, or a script without a preflight, may give its body. */
static bool is_form_type(str content_type)
{
    static const str types[] = {STR_INIT("application/x-www-form-urlencoded"),
                                STR_INIT("multipart/form-data"), STR_INIT("text/plain")};
    str type;

    str_next(&content_type, ';', &type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal_nocase(str_trim(type), types[i]))
            return true;
    return false;
}

static bool could_be_a_form(const struct http_request *request)
{
    const struct http_headers *headers = &request->headers;
    str content_type = http_header(headers, S("Content-Type"));

    if (str_present(http_header(headers, S("X-Orderly-Admin"))) ||
        str_present(http_header(headers, S("Authorization"))))
        return false;
    if (!str_empty(content_type))
        return is_form_type(content_type);
    return !str_empty(request->body) || str_present(http_header(headers, S("Origin")));
}

/* False: refused. */
static bool admit(struct auth *auth, struct exchange *exchange, struct store_reader *reader,
                  const struct admin_path *path)
{
    if (exchange->request->body.size > LIMIT_LOOP_BODY_BYTES) { /* verified and read on the loop */
        reply_message(exchange, 413, S("That is more than any admin path takes."));
        return false;
    }
    if (!path->open && exchange->call.engine->options.strict_auth &&
        !auth_is_administrator(auth, exchange, reader)) {
        reply_message(exchange, 403,
                      S("With --auth strict this path needs a signature with the administrator's access key "
                        "(--root-access-key-id)."));
        return false;
    }
    if (path->changes && could_be_a_form(exchange->request)) {
        reply_message(exchange, 403,
                      S("A form of a web page could send this, too. Send it with Content-Type: "
                        "application/json (curl --json), or with the header X-Orderly-Admin."));
        return false;
    }
    return true;
}

bool admin_dispatch(struct auth *auth, struct exchange *exchange, struct store_reader *reader)
{
    if (str_present(exchange->sandbox) || (!str_starts_with(exchange->request->path, S("/_orderly/")) &&
                                           !str_starts_with(exchange->request->path, S("/_localstack/"))))
        return false;

    const struct admin_path *path = find_path(exchange->request);
    if (!path) {
        reply_message(exchange, 404, S("There is no such admin path."));
        exchange->answered(exchange);
    } else if (!admit(auth, exchange, reader, path)) {
        exchange->answered(exchange);
    } else if (path->on_engine) {
        exchange->admin = path->answer;
        exchange->decoded = arena_mark(&exchange->arena);
        engine_submit(exchange->call.engine, exchange);
    } else {
        path->answer(exchange);
    }
    return true;
}
