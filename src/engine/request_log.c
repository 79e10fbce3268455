/*
 * request_log.c: a line for each request, as LocalStack writes it:
 *
 *     AWS sns.Publish => 200 (OK) account=000000000000 region=us-east-1 resource=arn:… us=850 request_id=…
 *
 * A line costs a system call, on a connection's loop.  Nobody reads more than some hundred lines in a second,
 * so no more are written: further requests cost only a look at the clock.  At debug every request has a line,
 * also those of doors and of functions' processes.
 */
#include "engine/engine_internal.h"

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/json.h"

#include <stdatomic.h>

enum { LINES_PER_SECOND = 500, MAX_ERROR_BYTES = 400, OK = 200, FIRST_ERROR = 400 };

/* May this second have another line?  *left_out is the number of lines that an earlier second left out. */
static bool has_room(unsigned *left_out)
{
    static _Atomic int64_t second;
    static _Atomic unsigned lines;
    int64_t now_s = monotonic_us() / (INT64_C(1000) * MS_PER_S);

    *left_out = 0;
    if (atomic_load(&second) != now_s && atomic_exchange(&second, now_s) != now_s) {
        unsigned before = atomic_exchange(&lines, 0);
        *left_out = before > LINES_PER_SECOND ? before - LINES_PER_SECOND : 0;
    }
    return atomic_fetch_add(&lines, 1) < LINES_PER_SECOND;
}

static bool is_of_aws(const struct exchange *exchange)
{
    return !exchange->door && !str_present(exchange->sandbox) &&
           (exchange->operation || str_present(exchange->asked_for));
}

/* "sns.Publish"; or the method and the path. */
static str subject(const struct exchange *exchange, struct arena *arena)
{
    if (exchange->operation)
        return arena_format(arena, "AWS %s.%s", exchange->operation->service->name,
                            exchange->operation->name);
    if (str_present(exchange->asked_for))
        return arena_join(arena, S("AWS "), exchange->asked_for);
    return arena_concat(arena, exchange->request->method, S(" "), exchange->request->path);
}

/* "OK", the error's name, or the status when the error is unknown. */
static const char *word(const struct exchange *exchange)
{
    const struct error *error = exchange->progress.failure.error;

    if (error)
        return error->name;
    return exchange->reply.status < FIRST_ERROR ? "OK" : "-";
}

static void add_field(struct text *text, const char *name, str value)
{
    if (str_present(value) && !str_empty(value))
        text_format(text, " %s=%.*s", name, STR_ARGS(value));
}

static void write_line(const struct exchange *exchange)
{
    const struct call *call = &exchange->call;
    struct arena arena = {0};
    struct text text = text_in(&arena);
    str message = exchange->progress.failure.message;

    text_format(&text, "%.*s => %d (%s)", STR_ARGS(subject(exchange, &arena)), exchange->reply.status,
                word(exchange));
    if (call->caller) {
        add_field(&text, "account", call->account);
        add_field(&text, "region", call->region);
    }
    add_field(&text, "resource", exchange->progress.asked_about);
    text_format(&text, " us=%lld", (long long)(monotonic_us() - exchange->began_us));
    add_field(&text, "request_id", call->request_id);
    if (exchange->progress.failure.error && str_present(message))
        add_field(
            &text, "error",
            json_quoted(&arena, str_head_whole(message, message.size < MAX_ERROR_BYTES ? message.size
                                                                                       : MAX_ERROR_BYTES)));
    log_write(is_of_aws(exchange) ? LOG_INFO : LOG_DEBUG, "%.*s", STR_ARGS(text_str(&text)));
    arena_free(&arena);
}

void log_request(const struct exchange *exchange)
{
    unsigned left_out;

    if (log_enabled(LOG_DEBUG)) {
        write_line(exchange);
        return;
    }
    if (!log_enabled(LOG_INFO) || !is_of_aws(exchange))
        return;
    bool room = has_room(&left_out);
    if (left_out > 0)
        log_info("%u more requests have no line: --log-level debug writes one for each", left_out);
    if (room)
        write_line(exchange);
}
