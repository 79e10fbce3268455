/*
 * durable_executions.c: durable executions as clients see them: described, listed, stopped, deleted; and how
 * an execution goes on.
 */
#include "durable_internal.h"
#include "invocations.h"

#include "aws/arn.h"
#include "wire/json.h"

/* ---- errors ---- */

str lambda_error_json(const struct call *call, const struct lambda_error_object *error)
{
    return error ? model_to_json(call->arena, &LAMBDA_ERROR_OBJECT, error) : (str){0};
}

str lambda_error_text(const struct call *call, const char *type, str message)
{
    return lambda_error_json(
        call, &(struct lambda_error_object){.error_message = message, .error_type = str_of(type)});
}

const struct lambda_error_object *lambda_error_object_of(const struct call *call, str json)
{
    struct lambda_error_object *error = arena_new(call->arena, struct lambda_error_object);

    return str_present(json) && model_from_json(call->arena, &LAMBDA_ERROR_OBJECT, json, error) ? error
                                                                                                : NULL;
}

bool lambda_error_fits(const struct lambda_error_object *error)
{
    size_t size = error->error_message.size + error->error_type.size + error->error_data.size;

    for (size_t i = 0; i < error->stack_trace.count; i++)
        size += error->stack_trace.items[i].size;
    return size <= DURABLE_PAYLOAD_BYTES;
}

bool lambda_error_check(const struct call *call, const struct lambda_error_object *error)
{
    if (!error || lambda_error_fits(error))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, DURABLE_ERROR_TOO_LARGE);
    return false;
}

/* ---- finding ---- */

bool lambda_execution_get(const struct call *call, int64_t id, struct lambda_execution_row *execution)
{
    return lambda_find_execution(call->txn, &(struct lambda_find_execution_params){.id = &id}, execution);
}

bool lambda_execution_is_running(const struct lambda_execution_row *execution)
{
    return lambda_execution_status_of(execution->status) == LAMBDA_EXECUTION_STATUS_RUNNING;
}

/* The last part of an execution's ARN identifies it. */
bool lambda_locate_durable_execution(const struct call *call, str text, struct resource *found)
{
    struct lambda_execution_row *execution = arena_new(call->arena, struct lambda_execution_row);
    str uuid = str_from(text, (size_t)(str_last_index(text, '/') + 1));
    struct arn parts;

    if (!arn_parse(text, &parts) || !str_equal(parts.region, call->region)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid Durable Execution ARN");
        return false;
    }
    *found = (struct resource){.arn = text};
    if (lambda_find_execution(call->txn, &(struct lambda_find_execution_params){.uuid = uuid}, execution) &&
        str_equal(execution->arn, text))
        found->row = execution;
    return true;
}

const struct lambda_execution_row *lambda_execution_of(const struct call *call)
{
    const struct lambda_execution_row *execution = call_resource(call, 0)->row;

    if (!execution)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Durable Execution does not exist");
    return execution;
}

struct lambda_operation_row lambda_execution_operation(const struct call *call,
                                                       const struct lambda_execution_row *execution)
{
    const struct lambda_find_operation_params params = {.execution_id = execution->id,
                                                        .operation_id = execution->uuid};
    struct lambda_operation_row operation = {0};

    lambda_find_operation(call->txn, &params, &operation);
    return operation;
}

str lambda_execution_input(const struct call *call, const struct lambda_execution_row *execution)
{
    const struct lambda_get_execution_input_params params = {.execution_id = execution->id};
    struct lambda_get_execution_input_row input;

    return lambda_get_execution_input(call->txn, &params, &input) ? input.content : S("");
}

/* ---- going on ---- */

bool lambda_execution_take(struct lambda_execution_row *execution, size_t bytes)
{
    enum { MOST_BYTES = 100 * 1024 * 1024 };

    execution->bytes += (int64_t)bytes;
    return execution->bytes <= MOST_BYTES;
}

static int64_t earlier(int64_t a_ms, const int64_t *b_ms)
{
    return b_ms && *b_ms < a_ms ? *b_ms : a_ms;
}

/* When something happens to the execution by itself. */
static int64_t next_ms(const struct call *call, const struct lambda_execution_row *execution)
{
    static const int64_t DAY_MS = INT64_C(86400) * MS_PER_S;
    struct lambda_operation_row due = {0};

    if (execution->ended_ms)
        return lambda_execution_status_of(execution->status) == LAMBDA_EXECUTION_STATUS_DELETING
                   ? call->now_ms
                   : *execution->ended_ms + execution->retention_days * DAY_MS;
    lambda_next_due_operation(
        call->txn, &(struct lambda_next_due_operation_params){.execution_id = execution->id}, &due);
    return earlier(earlier(execution->deadline_ms, execution->retry_ms), due.due_ms);
}

static void set_timer(const struct call *call, struct lambda_execution_row *execution)
{
    int64_t due_ms = next_ms(call, execution);

    if (execution->timer_ms && *execution->timer_ms == due_ms)
        return;
    execution->timer_ms = arena_i64(call->arena, due_ms);
    timer_set(call, &LAMBDA_CONTINUE_EXECUTION, arena_decimal(call->arena, execution->id), due_ms,
              &(struct lambda_continue_execution_request){.execution_id = execution->id});
}

void lambda_execution_settle(const struct call *call, struct lambda_execution_row *execution)
{
    if (lambda_execution_is_running(execution) && !execution->under_way && !execution->retry_ms &&
        execution->sequence > execution->told)
        lambda_run_begin(call, execution);
    set_timer(call, execution);
    lambda_update_execution(call->txn, execution);
}

/* ---- describing ---- */

static const struct lambda_durable_config *config_of(const struct call *call,
                                                     const struct lambda_execution_row *execution)
{
    struct lambda_durable_config *config = arena_new(call->arena, struct lambda_durable_config);

    config->execution_timeout =
        arena_i64(call->arena, (execution->deadline_ms - execution->started_ms) / MS_PER_S);
    config->retention_period_in_days = &execution->retention_days;
    return config;
}

static const struct lambda_trace_header *trace_header_of(const struct call *call,
                                                         const struct lambda_execution_row *execution)
{
    struct lambda_trace_header *header = arena_new(call->arena, struct lambda_trace_header);

    header->x_amzn_trace_id = arena_concat(call->arena, S("Root="), execution->trace_id);
    return header;
}

/* "$LATEST", or the number, from "…:function:NAME:VERSION/durable-execution/…". */
static str version_of(const struct lambda_execution_row *execution)
{
    return arn_last(str_head(execution->arn, (size_t)str_index(execution->arn, '/')));
}

enum outcome lambda_get_durable_execution(const struct call *call,
                                          const struct lambda_get_durable_execution_request *in,
                                          struct lambda_get_durable_execution_response *out)
{
    const struct lambda_execution_row *execution = lambda_execution_of(call);
    bool whole = !in->include_execution_data || *in->include_execution_data;

    if (!execution)
        return FAILED;
    out->durable_execution_arn = execution->arn;
    out->durable_execution_name = execution->name;
    out->function_arn = execution->function_arn;
    out->status = execution->status;
    out->start_timestamp = execution->started_ms;
    out->end_timestamp = execution->ended_ms;
    out->version = version_of(execution);
    out->trace_header = trace_header_of(call, execution);
    out->execution_data_included = arena_bool(call->arena, whole);
    out->durable_config = config_of(call, execution);
    if (lambda_execution_is_running(execution))
        out->expected_execution_timeout_timestamp = &execution->deadline_ms;
    if (!whole)
        return DONE;
    struct lambda_operation_row operation = lambda_execution_operation(call, execution);
    out->input_payload = lambda_execution_input(call, execution);
    out->result = operation.result;
    out->error = lambda_error_object_of(call, operation.error);
    return DONE;
}

/* ---- the list ---- */

static bool has_status(const struct str_list *statuses, str status)
{
    return statuses->count == 0 || str_is_one_of(status, statuses->items, statuses->count);
}

static bool is_wanted(const struct lambda_list_durable_executions_by_function_request *in,
                      const struct lambda_execution_summary_row *row)
{
    return (!str_present(in->durable_execution_name) || str_equal(in->durable_execution_name, row->name)) &&
           has_status(&in->statuses, row->status) &&
           (!in->started_after || row->started_ms > *in->started_after) &&
           (!in->started_before || row->started_ms < *in->started_before);
}

static struct lambda_execution summary_of(const struct lambda_execution_summary_row *row)
{
    return (struct lambda_execution){
        .durable_execution_arn = row->arn,
        .durable_execution_name = row->name,
        .function_arn = row->function_arn,
        .status = row->status,
        .start_timestamp = row->started_ms,
        .end_timestamp = row->ended_ms,
    };
}

/* The keys of the list are ids, as decimal texts.  False: the page ends with this row. */
static bool take(const struct call *call, const struct lambda_list_durable_executions_by_function_request *in,
                 const struct lambda_execution_summary_row *row, struct page *page,
                 struct lambda_list_durable_executions_by_function_response *out)
{
    str key = arena_decimal(call->arena, row->id);

    if (is_wanted(in, row)) {
        if (!page_takes(page, key))
            return false;
        *list_add(call->arena, &out->durable_executions) = summary_of(row);
    }
    if (!time_is_up(call))
        return true;
    page->last = key;
    page->more = true;
    return false;
}

static void list_forward(const struct call *call, int64_t function_id, const int64_t *version_id,
                         const struct lambda_list_durable_executions_by_function_request *in,
                         struct page *page, struct lambda_list_durable_executions_by_function_response *out)
{
    struct lambda_list_executions_params params = {.function_id = function_id, .version_id = version_id};
    struct lambda_execution_summary_row row;

    str_to_i64(page->after, &params.after);
    struct lambda_list_executions_cursor cursor = lambda_list_executions_open(call->txn, &params);
    while (lambda_list_executions_next(&cursor, &row) && take(call, in, &row, page, out))
        ;
    lambda_list_executions_close(&cursor);
}

static void list_back(const struct call *call, int64_t function_id, const int64_t *version_id,
                      const struct lambda_list_durable_executions_by_function_request *in, struct page *page,
                      struct lambda_list_durable_executions_by_function_response *out)
{
    struct lambda_list_executions_back_params params = {
        .function_id = function_id, .version_id = version_id, .before = INT64_MAX};
    struct lambda_execution_summary_row row;

    if (!str_empty(page->after))
        str_to_i64(page->after, &params.before);
    struct lambda_list_executions_back_cursor cursor = lambda_list_executions_back_open(call->txn, &params);
    while (lambda_list_executions_back_next(&cursor, &row) && take(call, in, &row, page, out))
        ;
    lambda_list_executions_back_close(&cursor);
}

/* The newest come first, unless the order is reversed. */
enum outcome lambda_list_durable_executions_by_function(
    const struct call *call, const struct lambda_list_durable_executions_by_function_request *in,
    struct lambda_list_durable_executions_by_function_response *out)
{
    const struct function *function = lambda_version_of(call);
    struct page page;

    if (!function)
        return FAILED;
    int64_t most = in->max_items && *in->max_items > 0 ? *in->max_items : DURABLE_DEFAULT_ITEMS;
    if (!lambda_page_open(call, in->marker, &most, DURABLE_PAGE_ITEMS, &page))
        return FAILED;
    list_make_empty(call->arena, &out->durable_executions);
    const int64_t *version_id = str_present(function->qualifier) ? &function->row.version_id : NULL;
    if (in->reverse_order && *in->reverse_order)
        list_forward(call, function->row.id, version_id, in, &page, out);
    else
        list_back(call, function->row.id, version_id, in, &page, out);
    out->next_marker = page_end(call, &page);
    return DONE;
}

/* ---- stopping, deleting ---- */

enum outcome lambda_stop_durable_execution(const struct call *call,
                                           const struct lambda_stop_durable_execution_request *in,
                                           struct lambda_stop_durable_execution_response *out)
{
    const struct lambda_execution_row *located = lambda_execution_of(call);

    if (!located || !lambda_error_check(call, in->error))
        return FAILED;
    out->stop_timestamp = located->ended_ms ? *located->ended_ms : call->now_ms;
    if (!lambda_execution_is_running(located))
        return DONE;
    struct lambda_execution_row execution = *located;
    str error = lambda_error_json(call, in->error);
    if (!str_present(error) || str_equal(error, S("{}"))) /* SDKs send an absent error as an empty document */
        error = lambda_error_text(call, NULL, S("Execution stopped by user request"));
    lambda_execution_end(call, &execution,
                         &(struct execution_end){.status = LAMBDA_EXECUTION_STATUS_STOPPED, .error = error});
    lambda_execution_settle(call, &execution);
    return DONE;
}

enum outcome lambda_delete_durable_execution(const struct call *call,
                                             const struct lambda_delete_durable_execution_request *in,
                                             struct lambda_delete_durable_execution_response *out)
{
    const struct lambda_execution_row *located = lambda_execution_of(call);

    (void)in;
    if (!located)
        return FAILED;
    if (lambda_execution_is_running(located))
        return fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
                    "The durable execution is running. Stop it before you delete it.");
    struct lambda_execution_row execution = *located;
    lambda_execution_forget(call, &execution);
    lambda_execution_settle(call, &execution);
    out->deletion_request_timestamp = call->now_ms;
    return DONE;
}
