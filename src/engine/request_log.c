/*
 * request_log.c: a line for each request, as LocalStack writes it:
 *
 *     AWS sns.Publish => 200 (OK) account=000000000000 region=us-east-1 resource=arn:… us=850 request_id=…
 *
 * In JSON the operation, the status and the error have fields of their own besides.
 *
 * A line costs a system call, on a connection's loop.  Nobody reads more than some hundred lines in a second,
 * so no more are written: further requests cost only a look at the clock.  At debug every request has a line,
 * also those of doors and of functions' processes.
 */
#include "engine/engine_internal.h"

#include "base/log.h"
#include "base/time.h"

#include <stdatomic.h>

enum { LINES_PER_SECOND = 500, FIRST_ERROR = 400 };

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

/* "sns.Publish", or absent: the request was not for AWS. */
static str operation_of(const struct exchange *exchange, struct arena *arena)
{
    const struct operation *operation = exchange->operation;

    if (!operation)
        return exchange->asked_for;
    return arena_concat(arena, str_of(operation->service->name), S("."), str_of(operation->name));
}

static str subject_of(const struct exchange *exchange, struct arena *arena, str operation)
{
    if (str_present(operation))
        return arena_join(arena, S("AWS "), operation);
    return arena_concat(arena, exchange->request->method, S(" "), exchange->request->path);
}

/* "OK", the error's name, or "-" when the error is unknown. */
static const char *outcome_of(const struct exchange *exchange)
{
    const struct error *error = exchange->progress.failure.error;

    if (error)
        return error->name;
    return exchange->reply.status < FIRST_ERROR ? "OK" : "-";
}

static str unless_empty(str text)
{
    return str_empty(text) ? (str){0} : text;
}

static void write_line(const struct exchange *exchange)
{
    const struct call *call = &exchange->call;
    struct arena arena = {0};
    str operation = operation_of(exchange, &arena);
    str message = arena_concat(&arena, subject_of(exchange, &arena, operation), S(" => "),
                               arena_decimal(&arena, exchange->reply.status), S(" ("),
                               str_of(outcome_of(exchange)), S(")"));
    bool is_failed = exchange->progress.failure.error;
    const struct log_field fields[] = {
        log_said_field("operation", operation),
        log_said_field("method", exchange->request->method),
        log_said_field("path", exchange->request->path),
        log_said_field("status", exchange->reply.status),
        log_said_field("outcome", outcome_of(exchange)),
        log_field("account", call->caller ? unless_empty(call->account) : (str){0}),
        log_field("region", call->caller ? unless_empty(call->region) : (str){0}),
        log_field("resource", unless_empty(exchange->progress.asked_about)),
        log_field("us", monotonic_us() - exchange->began_us),
        log_field("request_id", unless_empty(call->request_id)),
        log_field("error", is_failed ? exchange->progress.failure.message : (str){0}),
        LOG_END,
    };

    log_write(is_of_aws(exchange) ? LOG_INFO : LOG_DEBUG, message, fields);
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
        log_info("more requests have no line: --log-level debug writes one for each",
                 log_field("requests", left_out));
    if (room)
        write_line(exchange);
}
