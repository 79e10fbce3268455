/*
 * platform_events.c: the log of a function whose LogFormat is JSON: the platform's events, and levels.
 *
 * An event below the function's level is absent text, and makes no line.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "sandboxes.h"

#include "wire/json.h"

enum { BYTES_PER_MB = 1024 * 1024 };

bool lambda_log_is_json(const struct function *function)
{
    return function->row.application_level != 0;
}

/* An event whose record is being written. */
struct event {
    const struct call *call;
    const struct function *function;
    struct json_writer writer;
};

static struct event begin(const struct call *call, const struct function *function, int64_t ms, str type)
{
    struct event event = {call, function, json_writer_in(call->arena)};

    json_open_object(&event.writer);
    json_field(&event.writer, S("time"), time_iso8601_ms(call->arena, ms));
    json_field(&event.writer, S("type"), type);
    json_name(&event.writer, S("record"));
    json_open_object(&event.writer);
    return event;
}

static str finish(struct event *event, enum lambda_system_log_level level)
{
    json_close_object(&event->writer);
    json_close_object(&event->writer);
    return (int64_t)level >= event->function->row.system_level ? json_written(&event->writer) : (str){0};
}

static void add_phase(struct event *event, const struct lambda_get_sandbox_row *sandbox)
{
    json_field(&event->writer, S("initializationType"),
               sandbox->provisioned ? S("provisioned-concurrency") : S("on-demand"));
    json_field(&event->writer, S("phase"), S("init"));
}

str lambda_event_init_start(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox, str runtime_version,
                            str runtime_version_arn)
{
    struct event event = begin(call, function, sandbox->started_ms, S("platform.initStart"));

    add_phase(&event, sandbox);
    json_field(&event.writer, S("runtimeVersion"), runtime_version);
    json_field(&event.writer, S("runtimeVersionArn"), runtime_version_arn);
    json_field(&event.writer, S("functionName"), function->row.name);
    json_field(&event.writer, S("functionVersion"), lambda_version_text(call->arena, function->row.number));
    json_field(&event.writer, S("instanceId"), sandbox->log_stream);
    json_i64_field(&event.writer, S("instanceMaxMemory"), function->row.memory_mb * BYTES_PER_MB);
    return finish(&event, LAMBDA_SYSTEM_LOG_LEVEL_INFO);
}

static void add_status(struct event *event, const struct result *result)
{
    bool failed = str_present(result->status);

    json_field(&event->writer, S("status"), failed ? result->status : S("success"));
    if (str_equal(result->status, S("error")))
        json_field(&event->writer, S("errorType"), result->error_type);
}

/* An initialization that fails is of interest at a higher level. */
static str finish_init(struct event *event, const struct result *result)
{
    return finish(event,
                  str_present(result->status) ? LAMBDA_SYSTEM_LOG_LEVEL_WARN : LAMBDA_SYSTEM_LOG_LEVEL_DEBUG);
}

str lambda_event_init_done(const struct call *call, const struct function *function,
                           const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    struct event event = begin(call, function, call->now_ms, S("platform.initRuntimeDone"));

    add_phase(&event, sandbox);
    add_status(&event, result);
    return finish_init(&event, result);
}

str lambda_event_init_report(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    struct event event = begin(call, function, call->now_ms, S("platform.initReport"));

    add_phase(&event, sandbox);
    add_status(&event, result);
    json_name(&event.writer, S("metrics"));
    json_open_object(&event.writer);
    json_i64_field(&event.writer, S("durationMs"), call->now_ms - sandbox->started_ms);
    json_close_object(&event.writer);
    return finish_init(&event, result);
}

str lambda_event_start(const struct call *call, const struct function *function,
                       const struct lambda_find_invocation_row *invocation)
{
    int64_t ms = invocation->started_ms ? invocation->started_ms : call->now_ms;
    struct event event = begin(call, function, ms, S("platform.start"));

    json_field(&event.writer, S("requestId"), invocation->request_id);
    json_field(&event.writer, S("version"), lambda_version_text(call->arena, function->row.number));
    return finish(&event, LAMBDA_SYSTEM_LOG_LEVEL_INFO);
}

static void add_span(struct event *event, str name, int64_t from_ms, int64_t to_ms)
{
    json_open_object(&event->writer);
    json_field(&event->writer, S("name"), name);
    json_field(&event->writer, S("start"), time_iso8601_ms(event->call->arena, from_ms));
    json_i64_field(&event->writer, S("durationMs"), to_ms - from_ms);
    json_close_object(&event->writer);
}

/* How the time of the function's program was spent. */
static void add_runtime_spans(struct event *event, const struct invocation_report *report)
{
    json_name(&event->writer, S("spans"));
    json_open_array(&event->writer);
    add_span(event, S("responseLatency"), report->started_ms, report->answer->begun_ms);
    add_span(event, S("responseDuration"), report->answer->begun_ms, report->answered_ms);
    if (report->ready_ms)
        add_span(event, S("runtimeOverhead"), report->answered_ms, *report->ready_ms);
    json_close_array(&event->writer);
}

str lambda_event_runtime_done(const struct call *call, const struct function *function,
                              const struct invocation_report *report)
{
    struct event event = begin(call, function, call->now_ms, S("platform.runtimeDone"));

    json_field(&event.writer, S("requestId"), report->request_id);
    add_status(&event, report->result);
    json_name(&event.writer, S("metrics"));
    json_open_object(&event.writer);
    json_i64_field(&event.writer, S("durationMs"),
                   report->ready_ms ? *report->ready_ms - report->started_ms : report->duration_ms);
    json_i64_field(&event.writer, S("producedBytes"), report->answer ? report->answer->bytes : 0);
    json_close_object(&event.writer);
    if (report->answer)
        add_runtime_spans(&event, report);
    return finish(&event, str_present(report->result->status) ? LAMBDA_SYSTEM_LOG_LEVEL_WARN
                                                              : LAMBDA_SYSTEM_LOG_LEVEL_DEBUG);
}

static void add_extension_span(struct event *event, int64_t ready_ms)
{
    json_name(&event->writer, S("spans"));
    json_open_array(&event->writer);
    add_span(event, S("extensionOverhead"), ready_ms, event->call->now_ms);
    json_close_array(&event->writer);
}

str lambda_event_report(const struct call *call, const struct function *function,
                        const struct invocation_report *report)
{
    struct event event = begin(call, function, call->now_ms, S("platform.report"));

    json_field(&event.writer, S("requestId"), report->request_id);
    json_name(&event.writer, S("metrics"));
    json_open_object(&event.writer);
    json_i64_field(&event.writer, S("durationMs"), report->duration_ms);
    json_i64_field(&event.writer, S("billedDurationMs"), report->billed_ms);
    json_i64_field(&event.writer, S("memorySizeMB"), function->row.memory_mb);
    json_i64_field(&event.writer, S("maxMemoryUsedMB"), report->memory_bytes / BYTES_PER_MB);
    if (report->init_ms)
        json_i64_field(&event.writer, S("initDurationMs"), *report->init_ms);
    json_close_object(&event.writer);
    add_status(&event, report->result);
    if (report->ready_ms && !str_present(report->result->status))
        add_extension_span(&event, *report->ready_ms);
    return finish(&event, str_present(report->result->status) ? LAMBDA_SYSTEM_LOG_LEVEL_WARN
                                                              : LAMBDA_SYSTEM_LOG_LEVEL_INFO);
}

/* An event of the Logs API: the line of the log is its record. */
str lambda_event_fault(const struct call *call, str line)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("time"), time_iso8601_ms(call->arena, call->now_ms));
    json_field(&writer, S("type"), S("platform.fault"));
    json_field(&writer, S("record"), line);
    json_close_object(&writer);
    return json_written(&writer);
}

/* The last event of the Logs API about an invocation. */
str lambda_event_over(const struct call *call, const struct function *function, str request_id)
{
    struct event event = begin(call, function, call->now_ms, S("platform.end"));

    json_field(&event.writer, S("requestId"), request_id);
    return finish(&event, LAMBDA_SYSTEM_LOG_LEVEL_INFO);
}

/* ---- extensions ---- */

static void add_texts(struct json_writer *writer, str name, const struct str_list *texts)
{
    json_name(writer, name);
    json_open_array(writer);
    for (size_t i = 0; i < texts->count; i++)
        json_string(writer, texts->items[i]);
    json_close_array(writer);
}

str lambda_event_extension(const struct call *call, const struct function *function,
                           const struct lambda_extension_row *extension)
{
    struct event event = begin(call, function, call->now_ms, S("platform.extension"));
    struct str_list events = {0};

    if (extension->takes_invoke)
        *list_add(call->arena, &events) = S("INVOKE");
    if (extension->takes_shutdown)
        *list_add(call->arena, &events) = S("SHUTDOWN");
    json_field(&event.writer, S("name"), extension->name);
    json_field(&event.writer, S("state"), lambda_extension_state_name(extension->state));
    add_texts(&event.writer, S("events"), &events);
    json_field(&event.writer, S("errorType"), extension->error_type);
    return finish(&event, extension->state == LAMBDA_EXTENSION_STATE_READY ? LAMBDA_SYSTEM_LOG_LEVEL_INFO
                                                                           : LAMBDA_SYSTEM_LOG_LEVEL_WARN);
}

str lambda_event_subscription(const struct call *call, const struct function *function,
                              const struct telemetry_subscription *subscription)
{
    struct event event =
        begin(call, function, call->now_ms,
              subscription->is_logs ? S("platform.logsSubscription") : S("platform.telemetrySubscription"));

    json_field(&event.writer, S("name"), subscription->name);
    json_field(&event.writer, S("state"), S("Subscribed"));
    add_texts(&event.writer, S("types"), &subscription->types);
    return finish(&event, LAMBDA_SYSTEM_LOG_LEVEL_INFO);
}

/* ---- the function's own lines ---- */

/* A level that is missing or unknown is INFO.  Python has words of its own for two. */
static enum lambda_application_log_level level_of(const struct json *line)
{
    static const struct {
        const char *word;
        enum lambda_application_log_level level;
    } words[] = {
        {"TRACE", LAMBDA_APPLICATION_LOG_LEVEL_TRACE},   {"DEBUG", LAMBDA_APPLICATION_LOG_LEVEL_DEBUG},
        {"WARN", LAMBDA_APPLICATION_LOG_LEVEL_WARN},     {"WARNING", LAMBDA_APPLICATION_LOG_LEVEL_WARN},
        {"ERROR", LAMBDA_APPLICATION_LOG_LEVEL_ERROR},   {"FATAL", LAMBDA_APPLICATION_LOG_LEVEL_FATAL},
        {"CRITICAL", LAMBDA_APPLICATION_LOG_LEVEL_FATAL}};
    str word = json_get_str(line, S("level"));

    for (size_t i = 0; str_present(word) && i < sizeof words / sizeof *words; i++)
        if (str_equal_nocase(word, str_of(words[i].word)))
            return words[i].level;
    return LAMBDA_APPLICATION_LOG_LEVEL_INFO;
}

bool lambda_log_keeps(const struct call *call, const struct function *function, str line)
{
    if (function->row.application_level <= LAMBDA_APPLICATION_LOG_LEVEL_TRACE ||
        !str_starts_with(line, S("{")))
        return true;
    struct arena_mark mark = arena_mark(call->arena);
    const struct json *object = json_parse(call->arena, line, NULL);
    bool keeps = !object || !json_is(object, JSON_OBJECT) ||
                 (int64_t)level_of(object) >= function->row.application_level;
    arena_rewind(call->arena, mark);
    return keeps;
}
