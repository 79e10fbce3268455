/*
 * logs.c: writes a function's lines to CloudWatch Logs, with its role.
 *
 * Lines are held back until the invocation ends, so that a short one costs one PutLogEvents; the sandbox's
 * timer flushes lines that have waited for a second.  A role without permission writes no log.
 */
#include "invocations.h"
#include "lambda_internal.h"
#include "reports.h"
#include "runtimes.h"
#include "sandboxes.h"

#include "base/text.h"
#include "logs_model.h"
#include "wire/json.h"

enum {
    KEPT_MS = 1000,
    FEW_LINES = 64, /* in one event; more are written at once, so that few are held back */
    FEW_BYTES = 16 * 1024,
    TAIL_BYTES = 4096,
    PRINTED_BYTES = 16 * 1024, /* of a batch's invocation, kept for the reasons of messages that come again */
    MAX_EVENTS = 10000,        /* in one PutLogEvents */
    MAX_BATCH_BYTES = 1048576,
    EVENT_OVERHEAD_BYTES = 26,
    BYTES_PER_MB = 1024 * 1024,
};

void lambda_log_keep(const struct call *call, str sandbox_id, int64_t timestamp_ms, str text)
{
    if (!str_present(text))
        return;
    lambda_add_line(call->txn, &(struct lambda_add_line_params){
                                   .sandbox_id = sandbox_id, .timestamp_ms = timestamp_ms, .text = text});
}

/* ---- the initialization ---- */

static str runtime_version(const struct call *call, const struct function *function)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);
    const struct interpreter *interpreter = lambda_runtime_interpreter(runtime);

    return lambda_runtime_version_text(call, runtime, interpreter ? interpreter->version : runtime->version);
}

str lambda_log_init_event(const struct call *call, const struct function *function,
                          const struct lambda_get_sandbox_row *sandbox)
{
    return lambda_event_init_start(call, function, sandbox, runtime_version(call, function),
                                   lambda_runtime_version_arn(call, function));
}

void lambda_log_init_start(const struct call *call, const struct function *function,
                           const struct lambda_get_sandbox_row *sandbox)
{
    lambda_log_keep(call, sandbox->id, call->now_ms,
                    lambda_log_is_json(function)
                        ? lambda_log_init_event(call, function, sandbox)
                        : arena_concat(call->arena, S("INIT_START Runtime Version: "),
                                       runtime_version(call, function), S("\tRuntime Version ARN: "),
                                       lambda_runtime_version_arn(call, function)));
}

void lambda_report_init_done(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    if (lambda_log_is_json(function))
        lambda_log_keep(call, sandbox->id, call->now_ms,
                        lambda_event_init_done(call, function, sandbox, result));
    lambda_telemetry_init_done(call, function, sandbox, result);
}

/* Status and error type, as at the end of REPORT. */
static void add_status(struct text *line, const struct result *result)
{
    if (str_present(result->status))
        text_format(line, "Status: %.*s\t", STR_ARGS(result->status));
    if (str_equal(result->status, S("error")))
        text_format(line, "Error Type: %.*s\t", STR_ARGS(result->error_type));
}

static str init_report_line(const struct call *call, const struct lambda_get_sandbox_row *sandbox,
                            const struct result *result)
{
    struct text line = text_in(call->arena);

    text_format(&line, "INIT_REPORT Init Duration: %lld.00 ms\tPhase: init\t",
                (long long)(call->now_ms - sandbox->started_ms));
    add_status(&line, result);
    return text_str(&line);
}

/* A log in text has no line for a sandbox that began well, unless it is a provisioned one, as on AWS. */
void lambda_report_init(const struct call *call, const struct function *function,
                        const struct lambda_get_sandbox_row *sandbox, const struct result *result)
{
    if (lambda_log_is_json(function))
        lambda_log_keep(call, sandbox->id, call->now_ms,
                        lambda_event_init_report(call, function, sandbox, result));
    else if (str_present(result->status) || sandbox->provisioned)
        lambda_log_keep(call, sandbox->id, call->now_ms, init_report_line(call, sandbox, result));
    lambda_telemetry_init_report(call, function, sandbox, result);
}

/* ---- extensions ---- */

void lambda_log_extension(const struct call *call, const struct function *function, str sandbox_id,
                          const struct lambda_extension_row *extension)
{
    struct text line = text_in(call->arena);

    if (lambda_log_is_json(function)) {
        lambda_log_keep(call, sandbox_id, call->now_ms, lambda_event_extension(call, function, extension));
        return;
    }
    text_format(&line, "EXTENSION\tName: %.*s\tState: %.*s\tEvents: [%s%s%s]", STR_ARGS(extension->name),
                STR_ARGS(lambda_extension_state_name(extension->state)),
                extension->takes_invoke ? "INVOKE" : "",
                extension->takes_invoke && extension->takes_shutdown ? "," : "",
                extension->takes_shutdown ? "SHUTDOWN" : "");
    if (str_present(extension->error_type))
        text_format(&line, "\tError Type: %.*s", STR_ARGS(extension->error_type));
    lambda_log_keep(call, sandbox_id, call->now_ms, text_str(&line));
}

void lambda_log_subscription(const struct call *call, const struct function *function, str sandbox_id,
                             const struct telemetry_subscription *subscription)
{
    struct text line = text_in(call->arena);

    if (lambda_log_is_json(function)) {
        lambda_log_keep(call, sandbox_id, call->now_ms,
                        lambda_event_subscription(call, function, subscription));
        return;
    }
    text_format(&line, "%s\tName: %.*s\tState: Subscribed\tTypes: [",
                subscription->is_logs ? "LOGS" : "TELEMETRY", STR_ARGS(subscription->name));
    for (size_t i = 0; i < subscription->types.count; i++) {
        str type = subscription->types.items[i];
        text_format(&line, "%s%c%.*s", i ? ", " : "", type.data[0] - 'a' + 'A', STR_ARGS(str_from(type, 1)));
    }
    text_add(&line, S("]"));
    lambda_log_keep(call, sandbox_id, call->now_ms, text_str(&line));
}

/* ---- writing ---- */

/* What hinders it, or absent. */
static str write_batch(const struct call *call, const struct principal *role,
                       const struct logs_put_log_events_request *in)
{
    struct logs_write_events_response out = {0};
    struct failure failure;

    return invoke(call, role, &LOGS_WRITE_EVENTS, in, &out, &failure) == DONE ? out.problem : failure.message;
}

/* The number of events, from the first on, that fit one request. */
static size_t batch_count(const struct logs_input_log_event *events, size_t count)
{
    size_t size = 0, i;

    for (i = 0; i < count && i < MAX_EVENTS; i++) {
        size += events[i].message.size + EVENT_OVERHEAD_BYTES;
        if (size > MAX_BATCH_BYTES && i > 0)
            break;
    }
    return i;
}

/* What hinders it, or absent. */
static str write_events(const struct call *call, const struct function *function,
                        const struct lambda_get_sandbox_row *sandbox,
                        const struct logs_input_log_events *events)
{
    const struct principal *role = events->count > 0 ? lambda_function_role(call, function) : NULL;
    struct logs_put_log_events_request in = {.log_group_name = function->row.log_group,
                                             .log_stream_name = sandbox->log_stream};
    str problem = role ? (str){0} : S("Lambda cannot assume the function's role.");

    for (size_t done = 0; role && done < events->count; done += in.log_events.count) {
        in.log_events.items = events->items + done;
        in.log_events.count = batch_count(in.log_events.items, events->count - done);
        check(in.log_events.count > 0);
        str hindered = write_batch(call, role, &in);
        problem = str_present(problem) ? problem : hindered;
    }
    return problem;
}

/* ---- collecting ---- */

/*
 * Each line keeps its own line end; an absent text makes no event.  Time never goes back within a request:
 * PutLogEvents would refuse it.
 */
static void add_event(const struct call *call, struct logs_input_log_events *events, int64_t timestamp_ms,
                      str text)
{
    if (!str_present(text))
        return;
    if (events->count > 0 && timestamp_ms < events->items[events->count - 1].timestamp)
        timestamp_ms = events->items[events->count - 1].timestamp;
    *list_add(call->arena, events) = (struct logs_input_log_event){
        .timestamp = timestamp_ms, .message = arena_join(call->arena, text, S("\n"))};
}

/* Take the lines that were held back. */
static void take_lines(const struct call *call, const struct lambda_get_sandbox_row *sandbox,
                       struct logs_input_log_events *events)
{
    struct lambda_list_lines_rows rows =
        lambda_list_lines(call->txn, &(struct lambda_list_lines_params){.sandbox_id = sandbox->id});

    for (size_t i = 0; i < rows.count; i++)
        add_event(call, events, rows.items[i].timestamp_ms, rows.items[i].text);
    if (rows.count > 0)
        lambda_remove_lines(call->txn, &(struct lambda_remove_lines_params){.sandbox_id = sandbox->id});
}

static str all_of(const struct call *call, str before, const struct logs_input_log_events *events)
{
    struct text all = text_in(call->arena);

    text_add(&all, before);
    for (size_t i = 0; i < events->count; i++)
        text_add(&all, events->items[i].message);
    return text_str(&all);
}

static str tail_of(const struct call *call, str before, const struct logs_input_log_events *events)
{
    str text = all_of(call, before, events);
    ptrdiff_t start =
        str_find(text, S("START RequestId: ")); /* AWS's tail has nothing of the initialization */

    return str_tail_whole(start > 0 ? str_from(text, (size_t)start) : text, TAIL_BYTES);
}

/* Whole lines, since reasons quote them. */
static str last_lines(str text)
{
    size_t from = text.size > PRINTED_BYTES ? text.size - PRINTED_BYTES : 0;

    while (from > 0 && from < text.size && text.data[from - 1] != '\n')
        from++;
    return str_from(text, from);
}

static bool is_of_batch(const struct lambda_find_invocation_row *invocation)
{
    return str_present(invocation->receipts) || invocation->batch_id;
}

/* Keep the end of what the invocation has printed until it ends, when it needs that. */
static void keep_printed(const struct call *call, const struct lambda_find_invocation_row *invocation,
                         const struct logs_input_log_events *events)
{
    struct lambda_set_tail_params kept = {.id = invocation->id};

    if (invocation->wants_tail)
        kept.tail = tail_of(call, invocation->tail, events);
    else if (is_of_batch(invocation))
        kept.tail = last_lines(all_of(call, invocation->tail, events));
    else
        return;
    lambda_set_tail(call->txn, &kept);
}

/* Add what a batch's invocation printed before: an event for each line. */
static void add_printed_before(const struct call *call, const struct lambda_find_invocation_row *invocation,
                               struct logs_input_log_events *events)
{
    str printed = invocation->wants_tail ? (str){0} : invocation->tail, line;

    while (str_present(printed) && str_next(&printed, '\n', &line))
        *list_add(call->arena, events) = (struct logs_input_log_event){.message = line};
}

static str start_line(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation)
{
    if (lambda_log_is_json(function))
        return lambda_event_start(call, function, invocation);
    return arena_format(call->arena, "START RequestId: %.*s Version: %.*s", STR_ARGS(invocation->request_id),
                        STR_ARGS(lambda_version_text(call->arena, function->row.number)));
}

/* Write START before the invocation's first output. */
static void announce(const struct call *call, const struct function *function,
                     const struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_find_invocation_row invocation;

    if (sandbox->state != LAMBDA_SANDBOX_STATE_BUSY ||
        !lambda_invocation_of_sandbox(call, sandbox->id, &invocation) || invocation.announced)
        return;
    lambda_log_keep(call, sandbox->id, invocation.started_ms, start_line(call, function, &invocation));
    lambda_set_announced(call->txn, &(struct lambda_set_announced_params){.id = invocation.id});
}

/* Write the events into the function's log stream; invocation: the current one, or NULL. */
static void write_now(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox,
                      const struct lambda_find_invocation_row *invocation,
                      const struct logs_input_log_events *events)
{
    if (events->count > 0 && invocation)
        keep_printed(call, invocation, events);
    write_events(call, function, sandbox, events);
}

void lambda_log_flush(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox,
                      const struct lambda_find_invocation_row *invocation)
{
    struct logs_input_log_events events = {0};

    take_lines(call, sandbox, &events);
    write_now(call, function, sandbox, invocation, &events);
}

static bool is_much(const struct sandbox_output_line_list *lines)
{
    size_t bytes = 0;

    for (size_t i = 0; i < lines->count; i++)
        bytes += lines->items[i].text.size;
    return lines->count > FEW_LINES || bytes > FEW_BYTES;
}

/* Write the lines, after those that were held back. */
static void write_lines(const struct call *call, const struct function *function,
                        const struct lambda_get_sandbox_row *sandbox,
                        const struct sandbox_output_line_list *lines)
{
    struct logs_input_log_events events = {0};
    struct lambda_find_invocation_row invocation;
    bool has_invocation = lambda_invocation_of_sandbox(call, sandbox->id, &invocation);

    take_lines(call, sandbox, &events);
    for (size_t i = 0; i < lines->count; i++)
        if (lines->items[i].text.size > 0 && lambda_log_keeps(call, function, lines->items[i].text))
            add_event(call, &events, lines->items[i].timestamp, lines->items[i].text);
    write_now(call, function, sandbox, has_invocation ? &invocation : NULL, &events);
}

void lambda_log_output(const struct call *call, const struct function *function,
                       struct lambda_get_sandbox_row *sandbox, const struct sandbox_output_line_list *lines)
{
    if (lines->count == 0)
        return;
    announce(call, function, sandbox);
    if (is_much(lines)) {
        write_lines(call, function, sandbox, lines);
        return;
    }
    for (size_t i = 0; i < lines->count; i++)
        if (lines->items[i].text.size > 0 && lambda_log_keeps(call, function, lines->items[i].text))
            lambda_log_keep(call, sandbox->id, lines->items[i].timestamp, lines->items[i].text);
    lambda_sandbox_check_at(call, sandbox, call->now_ms + KEPT_MS);
}

/* ---- the end of an invocation ---- */

struct invocation_report lambda_invocation_report(const struct call *call,
                                                  const struct lambda_get_sandbox_row *sandbox,
                                                  const struct lambda_find_invocation_row *invocation,
                                                  const struct result *result)
{
    int64_t duration_ms = invocation->started_ms ? call->now_ms - invocation->started_ms : 0;

    return (struct invocation_report){
        .request_id = invocation->request_id,
        .result = result,
        .started_ms = call->now_ms - duration_ms,
        .duration_ms = duration_ms,
        .billed_ms = duration_ms + (sandbox->init_ms ? *sandbox->init_ms : 0),
        .memory_bytes = sandbox->memory_bytes,
        .init_ms = sandbox->init_ms,
        .answer = result->answer,
        .answered_ms = call->now_ms,
    };
}

static str report_line(const struct call *call, const struct function *function,
                       const struct invocation_report *report)
{
    struct text line = text_in(call->arena);

    text_format(
        &line,
        "REPORT RequestId: %.*s\tDuration: %lld.00 ms\tBilled Duration: %lld ms\tMemory Size: %lld MB\t"
        "Max Memory Used: %lld MB\t",
        STR_ARGS(report->request_id), (long long)report->duration_ms, (long long)report->billed_ms,
        (long long)function->row.memory_mb, (long long)(report->memory_bytes / BYTES_PER_MB));
    if (report->init_ms)
        text_format(&line, "Init Duration: %lld.00 ms\t", (long long)*report->init_ms);
    add_status(&line, report->result);
    return text_str(&line);
}

static str timeout_line(const struct call *call, const struct function *function, str request_id)
{
    return arena_format(call->arena, "%.*s %.*s Task timed out after %lld.00 seconds\n",
                        STR_ARGS(time_iso8601_ms(call->arena, call->now_ms)), STR_ARGS(request_id),
                        (long long)function->row.timeout_seconds);
}

/* The last lines of an invocation, in the function's format. */
static void add_end(const struct call *call, const struct function *function,
                    const struct invocation_report *report, struct logs_input_log_events *events)
{
    str id = report->request_id;

    if (lambda_log_is_json(function)) {
        add_event(call, events, call->now_ms, lambda_event_runtime_done(call, function, report));
        add_event(call, events, call->now_ms, lambda_event_report(call, function, report));
        return;
    }
    if (str_equal(report->result->status, S("timeout")))
        add_event(call, events, call->now_ms, timeout_line(call, function, id));
    if (str_present(report->result->fault))
        add_event(call, events, call->now_ms, report->result->fault);
    add_event(call, events, call->now_ms, arena_format(call->arena, "END RequestId: %.*s", STR_ARGS(id)));
    add_event(call, events, call->now_ms, report_line(call, function, report));
}

static void trace_logged(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox,
                         const struct lambda_find_invocation_row *invocation, str problem)
{
    struct json_writer detail = json_writer_in(call->arena);
    str group = arena_join(call->arena, S("log-group:"), function->row.log_group);

    json_open_object(&detail);
    json_field(&detail, S("logStream"), sandbox->log_stream);
    json_close_object(&detail);
    trace(call, &(struct trace_hop){
                    .kind = HOP_LOGGED,
                    .verdict = str_present(problem) ? VERDICT_DENIED : VERDICT_OK,
                    .trace_id = invocation->trace_id,
                    .resource_arn = arn(call, S("logs"), group),
                    .request_id = invocation->request_id,
                    .reason = problem,
                    .detail = json_written(&detail),
                });
}

str lambda_log_end(const struct call *call, const struct function *function,
                   const struct lambda_get_sandbox_row *sandbox,
                   const struct lambda_find_invocation_row *invocation, const struct result *result,
                   struct logs_input_log_events *output)
{
    struct logs_input_log_events events = {0};
    struct invocation_report report = lambda_invocation_report(call, sandbox, invocation, result);

    take_lines(call, sandbox, &events);
    add_printed_before(call, invocation, output);
    for (size_t i = 0; i < events.count; i++)
        *list_add(call->arena, output) = events.items[i];
    if (!invocation->announced)
        add_event(call, &events, invocation->started_ms ? invocation->started_ms : call->now_ms,
                  start_line(call, function, invocation));
    size_t before_end = events.count;
    add_end(call, function, &report, &events);
    str tail = invocation->wants_tail ? tail_of(call, invocation->tail, &events) : (str){0};
    if (result->goes_on)
        events.count = before_end;
    trace_logged(call, function, sandbox, invocation, write_events(call, function, sandbox, &events));
    return tail;
}

void lambda_log_report(const struct call *call, const struct function *function,
                       const struct lambda_get_sandbox_row *sandbox, const struct invocation_report *report)
{
    struct logs_input_log_events events = {0};

    take_lines(call, sandbox, &events);
    add_end(call, function, report, &events);
    write_events(call, function, sandbox, &events);
}
