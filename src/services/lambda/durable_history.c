/*
 * durable_history.c: the history of a durable execution.
 *
 * An event's row has its details without the payload: that is the operation's own, unless a later attempt
 * replaces it.
 */
#include "durable_internal.h"

#include "wire/json.h"

/* ---- noting ---- */

void lambda_history_note_with(const struct call *call, struct lambda_execution_row *execution,
                              const struct lambda_operation_row *operation, enum lambda_event_type type,
                              const struct event_parts *parts)
{
    lambda_add_history(call->txn, &(struct lambda_add_history_params){
                                      .execution_id = execution->id,
                                      .number = ++execution->events,
                                      .type = lambda_event_type_text(type),
                                      .operation = operation ? &operation->id : NULL,
                                      .at_ms = call->now_ms,
                                      .details = parts->details,
                                      .payload = parts->payload,
                                  });
}

void lambda_history_note(const struct call *call, struct lambda_execution_row *execution,
                         const struct lambda_operation_row *operation, str details)
{
    lambda_history_note_with(
        call, execution, operation,
        lambda_history_type(call, operation, lambda_operation_status_of(operation->status)),
        &(struct event_parts){.details = details});
}

enum lambda_event_type lambda_history_type(const struct call *call,
                                           const struct lambda_operation_row *operation,
                                           enum lambda_operation_status status)
{
    static const char *const types[] = {
        [LAMBDA_OPERATION_TYPE_EXECUTION] = "Execution",
        [LAMBDA_OPERATION_TYPE_CONTEXT] = "Context",
        [LAMBDA_OPERATION_TYPE_STEP] = "Step",
        [LAMBDA_OPERATION_TYPE_WAIT] = "Wait",
        [LAMBDA_OPERATION_TYPE_CALLBACK] = "Callback",
        [LAMBDA_OPERATION_TYPE_CHAINED_INVOKE] = "ChainedInvoke",
    };
    static const char *const statuses[] = {
        [LAMBDA_OPERATION_STATUS_STARTED] = "Started",    [LAMBDA_OPERATION_STATUS_SUCCEEDED] = "Succeeded",
        [LAMBDA_OPERATION_STATUS_FAILED] = "Failed",      [LAMBDA_OPERATION_STATUS_CANCELLED] = "Cancelled",
        [LAMBDA_OPERATION_STATUS_TIMED_OUT] = "TimedOut", [LAMBDA_OPERATION_STATUS_STOPPED] = "Stopped",
    };

    return lambda_event_type_of(arena_format(
        call->arena, "%s%s", types[lambda_operation_type_of(operation->type)], statuses[status]));
}

/* ---- reading ---- */

/* The member of an event's details that has the payload, and the payload. */
struct payload {
    const char *member; /* NULL: the event has none */
    bool is_json;       /* an ErrorObject */
    str content;
};

static const enum payload_kind {
    NO_PAYLOAD,
    INPUT,
    RESULT,
    ERROR,
} payload_kinds[] = {
    [LAMBDA_EVENT_TYPE_EXECUTION_STARTED] = INPUT,      [LAMBDA_EVENT_TYPE_EXECUTION_SUCCEEDED] = RESULT,
    [LAMBDA_EVENT_TYPE_EXECUTION_FAILED] = ERROR,       [LAMBDA_EVENT_TYPE_EXECUTION_TIMED_OUT] = ERROR,
    [LAMBDA_EVENT_TYPE_EXECUTION_STOPPED] = ERROR,      [LAMBDA_EVENT_TYPE_CONTEXT_STARTED] = NO_PAYLOAD,
    [LAMBDA_EVENT_TYPE_CONTEXT_SUCCEEDED] = RESULT,     [LAMBDA_EVENT_TYPE_CONTEXT_FAILED] = ERROR,
    [LAMBDA_EVENT_TYPE_WAIT_STARTED] = NO_PAYLOAD,      [LAMBDA_EVENT_TYPE_WAIT_SUCCEEDED] = NO_PAYLOAD,
    [LAMBDA_EVENT_TYPE_WAIT_CANCELLED] = ERROR,         [LAMBDA_EVENT_TYPE_STEP_STARTED] = NO_PAYLOAD,
    [LAMBDA_EVENT_TYPE_STEP_SUCCEEDED] = RESULT,        [LAMBDA_EVENT_TYPE_STEP_FAILED] = ERROR,
    [LAMBDA_EVENT_TYPE_CHAINED_INVOKE_STARTED] = INPUT, [LAMBDA_EVENT_TYPE_CHAINED_INVOKE_SUCCEEDED] = RESULT,
    [LAMBDA_EVENT_TYPE_CHAINED_INVOKE_FAILED] = ERROR,  [LAMBDA_EVENT_TYPE_CHAINED_INVOKE_TIMED_OUT] = ERROR,
    [LAMBDA_EVENT_TYPE_CHAINED_INVOKE_STOPPED] = ERROR, [LAMBDA_EVENT_TYPE_CALLBACK_STARTED] = NO_PAYLOAD,
    [LAMBDA_EVENT_TYPE_CALLBACK_SUCCEEDED] = RESULT,    [LAMBDA_EVENT_TYPE_CALLBACK_FAILED] = ERROR,
    [LAMBDA_EVENT_TYPE_CALLBACK_TIMED_OUT] = ERROR,     [LAMBDA_EVENT_TYPE_INVOCATION_COMPLETED] = ERROR,
};

static struct payload payload_of(const struct lambda_history_row *row)
{
    static const char *const members[] = {
        [NO_PAYLOAD] = NULL, [INPUT] = "Input", [RESULT] = "Result", [ERROR] = "Error"};
    enum lambda_event_type type = lambda_event_type_of(row->type);
    enum payload_kind kind = payload_kinds[type];
    const str own[] = {
        [NO_PAYLOAD] = {0}, [INPUT] = row->input, [RESULT] = row->result, [ERROR] = row->error};
    str content = str_present(row->payload) ? row->payload : own[kind];

    if (type == LAMBDA_EVENT_TYPE_INVOCATION_COMPLETED && !str_present(content))
        kind = NO_PAYLOAD; /* the run has not failed */
    return (struct payload){.member = members[kind], .is_json = kind == ERROR, .content = content};
}

static void add_payload(struct json_writer *writer, const struct payload *payload, bool whole)
{
    if (!payload->member)
        return;
    json_name(writer, str_of(payload->member));
    json_open_object(writer);
    if (whole && str_present(payload->content)) {
        json_name(writer, S("Payload"));
        if (payload->is_json)
            json_raw(writer, payload->content);
        else
            json_string(writer, payload->content);
    }
    json_close_object(writer);
}

/* The event's details as JSON of the whole event. */
static str details_of(const struct call *call, const struct lambda_history_row *row,
                      const struct payload *payload, bool whole)
{
    struct json_writer writer = json_writer_in(call->arena);
    const struct json *details = json_parse(call->arena, row->details, NULL);

    json_open_object(&writer);
    json_name(&writer, arena_concat(call->arena, row->type, S("Details")));
    json_open_object(&writer);
    for (size_t i = 0; json_is(details, JSON_OBJECT) && i < details->count; i++) {
        json_name(&writer, details->members[i].name);
        json_value(&writer, &details->members[i].value);
    }
    add_payload(&writer, payload, whole);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}

static struct lambda_event event_of(const struct call *call, const struct lambda_history_row *row,
                                    const struct payload *payload, bool whole)
{
    struct lambda_event event = {0};
    str details = details_of(call, row, payload, whole);

    check(model_from_json(call->arena, &LAMBDA_EVENT, details, &event));
    event.event_type = row->type;
    event.event_id = arena_i64(call->arena, row->number);
    event.event_timestamp = arena_i64(call->arena, row->at_ms);
    event.id = row->operation_id;
    event.name = row->name;
    event.parent_id = row->parent;
    event.sub_type = row->sub_type;
    return event;
}

/* What has been read of a page. */
struct reading {
    const struct call *call;
    struct page page;
    size_t bytes;
    bool whole; /* with payloads */
    struct lambda_event_list *events;
};

/* False: the page is full. */
static bool take(struct reading *reading, const struct lambda_history_row *row)
{
    struct payload payload = payload_of(row);
    size_t size = reading->whole ? payload.content.size : 0;

    if (reading->events->count > 0 && reading->bytes + size > DURABLE_PAGE_BYTES) {
        reading->page.more = true;
        return false;
    }
    if (!page_takes(&reading->page, arena_decimal(reading->call->arena, row->number)))
        return false;
    *list_add(reading->call->arena, reading->events) = event_of(reading->call, row, &payload, reading->whole);
    reading->bytes += size;
    return true;
}

static void read_forward(struct reading *reading, int64_t execution_id)
{
    struct lambda_list_history_params params = {.execution_id = execution_id};
    struct lambda_history_row row;

    str_to_i64(reading->page.after, &params.after);
    struct lambda_list_history_cursor cursor = lambda_list_history_open(reading->call->txn, &params);
    while (lambda_list_history_next(&cursor, &row) && take(reading, &row))
        ;
    lambda_list_history_close(&cursor);
}

static void read_back(struct reading *reading, int64_t execution_id)
{
    struct lambda_list_history_back_params params = {.execution_id = execution_id, .before = INT64_MAX};
    struct lambda_history_row row;

    if (!str_empty(reading->page.after))
        str_to_i64(reading->page.after, &params.before);
    struct lambda_list_history_back_cursor cursor =
        lambda_list_history_back_open(reading->call->txn, &params);
    while (lambda_list_history_back_next(&cursor, &row) && take(reading, &row))
        ;
    lambda_list_history_back_close(&cursor);
}

enum outcome
lambda_get_durable_execution_history(const struct call *call,
                                     const struct lambda_get_durable_execution_history_request *in,
                                     struct lambda_get_durable_execution_history_response *out)
{
    const struct lambda_execution_row *execution = lambda_execution_of(call);
    struct reading reading = {.call = call,
                              .whole = !in->include_execution_data || *in->include_execution_data,
                              .events = &out->events};

    if (!execution)
        return FAILED;
    int64_t most = in->max_items && *in->max_items > 0 ? *in->max_items : DURABLE_DEFAULT_ITEMS;
    if (!lambda_page_open(call, in->marker, &most, DURABLE_PAGE_ITEMS, &reading.page))
        return FAILED;
    list_make_empty(call->arena, &out->events);
    if (in->reverse_order && *in->reverse_order)
        read_back(&reading, execution->id);
    else
        read_forward(&reading, execution->id);
    out->next_marker = page_end(call, &reading.page);
    return DONE;
}
