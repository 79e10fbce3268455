/*
 * durable_end.c: the end of a durable execution, and its removal.
 *
 * Callers that wait for an execution are answered in the transaction that ends it.  Its operations and its
 * history are removed some at a time, after it has become invisible.
 */
#include "batches.h"
#include "destinations.h"
#include "durable.h"
#include "durable_internal.h"
#include "invocations.h"

#include "engine/count.h"
#include "logs_model.h"
#include "wire/json.h"

enum {
    ROWS_PER_STATEMENT = 4, /* some have a megabyte, and the first one six */
    EVENTS_PER_STATEMENT = 50,
    STATEMENTS_PER_RUN = 20,
};

/* ---- who waits ---- */

/* The report that a caller gets of an execution that has failed, as of a function that has. */
static str report_of(const struct call *call, const struct lambda_error_object *error)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    if (str_present(error->error_message))
        json_field(&writer, S("errorMessage"), error->error_message);
    if (str_present(error->error_type))
        json_field(&writer, S("errorType"), error->error_type);
    if (str_present(error->error_data))
        json_field(&writer, S("errorData"), error->error_data);
    if (error->stack_trace.items) {
        json_name(&writer, S("stackTrace"));
        json_open_array(&writer);
        for (size_t i = 0; i < error->stack_trace.count; i++)
            json_string(&writer, error->stack_trace.items[i]);
        json_close_array(&writer);
    }
    json_close_object(&writer);
    return json_written(&writer);
}

struct result lambda_execution_result(const struct call *call, str result, str error_json)
{
    static const struct lambda_error_object none;
    const struct lambda_error_object *error = lambda_error_object_of(call, error_json);

    if (!str_present(error_json))
        return (struct result){.payload = result};
    if (!error)
        error = &none;
    return (struct result){.error = S("Unhandled"),
                           .error_type = str_present(error->error_type) ? error->error_type : S("Unhandled"),
                           .payload = report_of(call, error)};
}

static void answer_start(const struct call *call, const struct function *function,
                         const struct lambda_execution_row *execution,
                         const struct lambda_find_invocation_row *start, const struct result *result)
{
    static const struct logs_input_log_events no_output;

    if (start->kind == LAMBDA_INVOCATION_KIND_SYNC) {
        lambda_invocation_answer_caller(call, start, result, (str){0});
    } else if (start->kind == LAMBDA_INVOCATION_KIND_EVENT) {
        /* Only the dead letter of an execution that has failed has its input. */
        str input = str_present(result->error) ? lambda_execution_input(call, execution) : (str){0};
        lambda_event_conclude(call, function, start->id, result, input);
    } else {
        lambda_invocation_remove(call, start->id);
        lambda_batch_end(call, function, start, result, &no_output);
    }
}

/* Answer the invocations that have started the execution. */
static void answer_starts(const struct call *call, const struct lambda_execution_row *execution,
                          const struct lambda_operation_row *operation)
{
    const struct lambda_next_start_params params = {.execution_id = arena_i64(call->arena, execution->id)};
    struct result result = lambda_execution_result(call, operation->result, operation->error);
    struct lambda_find_invocation_row start;
    struct function function;

    if (!lambda_version_get(call, execution->version_id, &function))
        return;
    struct call there = lambda_call_of_function(call, &function);
    while (lambda_next_start(call->txn, &params, &start))
        answer_start(&there, &function, execution, &start, &result);
}

size_t lambda_execution_output_bytes(const struct call *call, const struct lambda_execution_row *execution)
{
    struct lambda_get_start_kind_row start;
    bool is_event = lambda_get_start_kind(call->txn,
                                          &(struct lambda_get_start_kind_params){
                                              .execution_id = arena_i64(call->arena, execution->id)},
                                          &start) &&
                    start.kind == LAMBDA_INVOCATION_KIND_EVENT;

    return execution->parent_id || is_event ? DURABLE_PAYLOAD_BYTES : ANSWER_BYTES;
}

static void count_end(const struct call *call, const struct lambda_execution_row *execution,
                      enum lambda_execution_status status)
{
    static const struct metric ends[] = {
        [LAMBDA_EXECUTION_STATUS_SUCCEEDED] = {"AWS/Lambda", "DurableExecutionSucceeded", "FunctionName",
                                               "Count"},
        [LAMBDA_EXECUTION_STATUS_FAILED] = {"AWS/Lambda", "DurableExecutionFailed", "FunctionName", "Count"},
        [LAMBDA_EXECUTION_STATUS_TIMED_OUT] = {"AWS/Lambda", "DurableExecutionTimedOut", "FunctionName",
                                               "Count"},
        [LAMBDA_EXECUTION_STATUS_STOPPED] = {"AWS/Lambda", "DurableExecutionStopped", "FunctionName",
                                             "Count"},
    };
    static const struct metric duration = {"AWS/Lambda", "DurableExecutionDuration", "FunctionName",
                                           "Milliseconds"};
    struct function function;

    if (!lambda_version_get(call, execution->version_id, &function))
        return;
    struct call there = lambda_call_of_function(call, &function);
    count(&there, &ends[status], function.row.name, 1);
    count(&there, &duration, function.row.name, (double)(call->now_ms - execution->started_ms));
}

/* ---- ending ---- */

void lambda_execution_end(const struct call *call, struct lambda_execution_row *execution,
                          const struct execution_end *end)
{
    struct lambda_operation_row operation = lambda_execution_operation(call, execution);
    str status = lambda_execution_status_text(end->status);

    check(lambda_execution_is_running(execution));
    execution->status = operation.status = status;
    execution->ended_ms = operation.ended_ms = arena_i64(call->arena, call->now_ms);
    execution->retry_ms = NULL;
    operation.result = end->result;
    operation.error = end->error;
    lambda_execution_take(execution, end->result.size + end->error.size); /* its end is never refused */
    lambda_operation_change(call, execution, &operation);
    lambda_history_note(call, execution, &operation, S("{}"));
    count_end(call, execution, end->status);
    answer_starts(call, execution, &operation);
    if (execution->parent_id)
        lambda_chained_end(call, *execution->parent_id, execution->parent_operation, end);
}

/* ---- removal ---- */

void lambda_execution_forget(const struct call *call, struct lambda_execution_row *execution)
{
    execution->status = lambda_execution_status_text(LAMBDA_EXECUTION_STATUS_DELETING);
    execution->name = execution->uuid; /* another execution may have its name */
    if (!execution->ended_ms)
        execution->ended_ms = arena_i64(call->arena, call->now_ms);
}

/* False: there is more. */
static bool remove_rows(const struct call *call, int64_t id)
{
    struct slice slice = {.rows = STATEMENTS_PER_RUN, .bytes = 1};

    while (!slice_is_spent(call, &slice)) {
        slice_spend(&slice, 1, 0);
        if (lambda_remove_some_operations(
                call->txn, &(struct lambda_remove_some_operations_params){.execution_id = id,
                                                                          .limit = ROWS_PER_STATEMENT}) +
                lambda_remove_some_history(
                    call->txn, &(struct lambda_remove_some_history_params){.execution_id = id,
                                                                           .limit = EVENTS_PER_STATEMENT}) ==
            0) {
            lambda_remove_execution_input(call->txn, &(struct lambda_remove_execution_input_params){id});
            lambda_remove_execution(call->txn, &(struct lambda_remove_execution_params){.id = id});
            return true;
        }
    }
    return false;
}

enum outcome lambda_execution_expire(const struct call *call, struct lambda_execution_row *execution,
                                     const struct lambda_continue_execution_request *in)
{
    bool deleting = lambda_execution_status_of(execution->status) == LAMBDA_EXECUTION_STATUS_DELETING;

    if (!deleting) {
        lambda_execution_settle(call, execution);
        if (*execution->timer_ms > call->now_ms)
            return DONE;
        lambda_execution_forget(call, execution);
        lambda_update_execution(call->txn, execution);
    }
    if (!remove_rows(call, execution->id))
        slice_again(call, &LAMBDA_CONTINUE_EXECUTION, arena_decimal(call->arena, execution->id), in);
    return DONE;
}

/* ---- a function or a version is deleted ---- */

static void remove_later(const struct call *call, const struct lambda_remove_executions_request *in)
{
    slice_again(call, &LAMBDA_REMOVE_EXECUTIONS,
                arena_format(call->arena, "%lld/%lld", (long long)in->function_id,
                             in->version_id ? (long long)*in->version_id : 0),
                in);
}

void lambda_executions_drop(const struct call *call, int64_t function_id, const int64_t *version_id)
{
    const struct lambda_any_execution_params of = {.function_id = function_id, .version_id = version_id};
    struct lambda_any_execution_row any;

    if (lambda_any_execution(call->txn, &of, &any))
        remove_later(call, &(struct lambda_remove_executions_request){.function_id = function_id,
                                                                      .version_id = version_id});
}

/* The operation that has invoked it fails: its function is gone. */
static void tell_parent(const struct call *call, const struct lambda_execution_row *execution)
{
    if (lambda_execution_is_running(execution) && execution->parent_id)
        lambda_chained_end(
            call, *execution->parent_id, execution->parent_operation,
            &(struct execution_end){
                .status = LAMBDA_EXECUTION_STATUS_FAILED,
                .error = lambda_error_text(call, "ResourceNotFoundException", S("Function not found"))});
}

enum outcome lambda_remove_executions(const struct call *call,
                                      const struct lambda_remove_executions_request *in,
                                      struct lambda_remove_executions_output *out)
{
    const struct lambda_any_execution_params of = {.function_id = in->function_id,
                                                   .version_id = in->version_id};
    struct lambda_execution_row execution;
    struct lambda_any_execution_row any;

    (void)out;
    while (lambda_any_execution(call->txn, &of, &any) && lambda_execution_get(call, any.id, &execution)) {
        tell_parent(call, &execution);
        lambda_execution_forget(call, &execution);
        lambda_update_execution(call->txn, &execution);
        timer_cancel(call, &LAMBDA_CONTINUE_EXECUTION, arena_decimal(call->arena, any.id));
        if (!remove_rows(call, any.id) || slice_is_over(call)) {
            remove_later(call, in);
            break;
        }
    }
    return DONE;
}
