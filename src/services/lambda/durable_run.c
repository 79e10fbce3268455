/*
 * durable_run.c: the runs of a durable execution: invocations of its function, which replays what it has
 * done.
 *
 * At most one run is under way.  Its event is made when a sandbox takes it, so it shows the operations as
 * they are then, also after a restart.  A run ends with an answer: the execution has ended, or it is PENDING
 * until time, a callback or another function changes an operation.  A run that fails is tried again.
 */
#include "batches.h"
#include "durable.h"
#include "durable_internal.h"
#include "invocations.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "wire/json.h"

enum {
    MOST_FAILURES = 5,     /* in a row */
    MOST_IDLE_ANSWERS = 3, /* in a row: PENDING, though nothing is pending */
    RETRY_MS = 5 * MS_PER_S,
    REPORT_BYTES = 32768,
    UPDATED_IDS = 1000, /* a run is told of */
};

/* ---- beginning ---- */

void lambda_run_begin(const struct call *call, struct lambda_execution_row *execution)
{
    struct function function;

    if (!lambda_version_get(call, execution->version_id, &function)) /* it is being deleted */
        return;
    struct call there = lambda_call_of_function(call, &function);
    lambda_invocation_add(&there, (struct lambda_add_invocation_params){
                                      .request_id = random_uuid(call->arena),
                                      .function_id = function.row.id,
                                      .version_id = function.row.version_id,
                                      .function_arn = execution->function_arn,
                                      .kind = LAMBDA_INVOCATION_KIND_EVENT,
                                      .durable = LAMBDA_INVOCATION_DURABLE_RUN,
                                      .execution_id = &execution->id,
                                      .payload = S(""),
                                      .trace_id = execution->trace_id,
                                      .queued_ms = call->now_ms,
                                  });
    execution->under_way = 1;
    lambda_function_dispatch(&there, &function);
}

/* In the event, times are milliseconds: a thousand times what JSON of AWS's API has. */
static void in_milliseconds(const struct call *call, struct lambda_operation_list *operations)
{
    for (size_t i = 0; i < operations->count; i++) {
        struct lambda_operation *operation = &operations->items[i];
        operation->start_timestamp *= MS_PER_S;
        if (operation->end_timestamp)
            operation->end_timestamp = arena_i64(call->arena, *operation->end_timestamp * MS_PER_S);
        if (operation->step_details && operation->step_details->next_attempt_timestamp) {
            struct lambda_step_details *step = arena_new(call->arena, struct lambda_step_details);
            *step = *operation->step_details;
            step->next_attempt_timestamp = arena_i64(call->arena, *step->next_attempt_timestamp * MS_PER_S);
            operation->step_details = step;
        }
        if (operation->wait_details) {
            struct lambda_wait_details *wait = arena_new(call->arena, struct lambda_wait_details);
            wait->scheduled_end_timestamp =
                arena_i64(call->arena, *operation->wait_details->scheduled_end_timestamp * MS_PER_S);
            operation->wait_details = wait;
        }
    }
}

static str state_of(const struct call *call, const struct lambda_execution_row *execution)
{
    const struct operation_page page = {.most = DURABLE_PAGE_ITEMS};
    struct lambda_checkpoint_updated_execution_state state = {0};

    state.next_marker = lambda_operations_read(call, execution, &page, &state.operations);
    in_milliseconds(call, &state.operations);
    return model_to_json(call->arena, &LAMBDA_CHECKPOINT_UPDATED_EXECUTION_STATE, &state);
}

/* The operations that have changed since the function heard of them last. */
static void add_updated(const struct call *call, const struct lambda_execution_row *execution,
                        struct json_writer *writer)
{
    struct lambda_list_changed_ids_rows rows =
        lambda_list_changed_ids(call->txn, &(struct lambda_list_changed_ids_params){
                                               .execution_id = execution->id,
                                               .after = execution->told_before,
                                               .limit = UPDATED_IDS,
                                           });

    json_name(writer, S("UpdatedOperationIds"));
    json_open_array(writer);
    for (size_t i = 0; i < rows.count; i++)
        json_string(writer, rows.items[i].operation_id);
    json_close_array(writer);
}

static bool find_running(const struct call *call, int64_t execution_id,
                         struct lambda_execution_row *execution)
{
    return lambda_execution_get(call, execution_id, execution) && lambda_execution_is_running(execution);
}

str lambda_run_state(const struct call *call, int64_t execution_id, int64_t *sequence)
{
    struct lambda_execution_row execution;

    if (!find_running(call, execution_id, &execution))
        return (str){0};
    *sequence = execution.sequence;
    return state_of(call, &execution);
}

bool lambda_run_state_is_current(const struct call *call, int64_t execution_id, int64_t sequence)
{
    struct lambda_execution_row execution;

    return find_running(call, execution_id, &execution) && execution.sequence == sequence;
}

str lambda_run_event(const struct call *call, int64_t execution_id, const struct read_event *read)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct lambda_execution_row execution;

    if (!find_running(call, execution_id, &execution))
        return (str){0};
    bool is_read = read && str_present(read->text) && read->sequence == execution.sequence;
    execution.runs++;
    execution.checkpoints++;
    execution.client_token = (str){0};
    execution.told_before = execution.told;
    execution.told = execution.sequence;
    lambda_update_execution(call->txn, &execution);
    json_open_object(&writer);
    json_field(&writer, S("DurableExecutionArn"), execution.arn);
    json_field(&writer, S("CheckpointToken"), lambda_checkpoint_token(call, &execution));
    json_name(&writer, S("InitialExecutionState"));
    json_raw(&writer, is_read ? read->text : state_of(call, &execution));
    add_updated(call, &execution, &writer);
    json_close_object(&writer);
    return json_written(&writer);
}

static struct lambda_queued_row queued_of(const struct lambda_find_invocation_row *start)
{
    return (struct lambda_queued_row){.id = start->id,
                                      .request_id = start->request_id,
                                      .trace_id = start->trace_id,
                                      .queued_ms = start->queued_ms,
                                      .receipts = start->receipts,
                                      .batch_id = start->batch_id,
                                      .lane_id = start->lane_id,
                                      .mapping_id = start->mapping_id};
}

bool lambda_run_lapse(const struct call *call, int64_t version_id, const struct lambda_queued_row *run)
{
    const struct lambda_next_start_params params = {.execution_id = run->execution_id};
    struct lambda_find_invocation_row start;
    struct lambda_execution_row execution;

    if (!lambda_execution_get(call, *run->execution_id, &execution) || execution.runs > 0 ||
        !lambda_next_start(call->txn, &params, &start) || start.kind != LAMBDA_INVOCATION_KIND_MAPPING)
        return false;
    const struct lambda_queued_row batch = queued_of(&start);
    if (!lambda_batch_lapse(call, version_id, &batch))
        return false;
    lambda_execution_forget(call, &execution);
    lambda_execution_settle(call, &execution);
    lambda_invocation_remove(call, run->id);
    return true;
}

/* ---- ending ---- */

/* A runtime's report of an error, as an ErrorObject; a large one is cut. */
str lambda_error_of_report(const struct call *call, const struct result *result)
{
    const struct json *report = lambda_answer_json(call, result->payload);
    const struct json *trace = json_get(report, S("stackTrace"));
    str type = json_get_str(report, S("errorType"));
    struct lambda_error_object error = {.error_message = json_get_str(report, S("errorMessage")),
                                        .error_type = str_present(type) ? type : result->error_type};

    for (size_t i = 0; json_is(trace, JSON_ARRAY) && i < trace->count; i++)
        if (json_is(&trace->items[i], JSON_STRING))
            *list_add(call->arena, &error.stack_trace) = trace->items[i].text;
    if (result->payload.size > REPORT_BYTES) {
        error.stack_trace = (struct str_list){0};
        error.error_message = str_head_whole(error.error_message, REPORT_BYTES);
    }
    return lambda_error_json(call, &error);
}

static void note_completion(const struct call *call, struct lambda_execution_row *execution,
                            const struct lambda_find_invocation_row *invocation, str error)
{
    struct json_writer writer = json_writer_in(call->arena);
    int64_t started_ms = invocation->started_ms ? invocation->started_ms : call->now_ms;

    json_open_object(&writer);
    json_name(&writer, S("StartTimestamp"));
    json_double(&writer, (double)started_ms / MS_PER_S);
    json_name(&writer, S("EndTimestamp"));
    json_double(&writer, (double)call->now_ms / MS_PER_S);
    json_field(&writer, S("RequestId"), invocation->request_id);
    json_close_object(&writer);
    lambda_history_note_with(call, execution, NULL, LAMBDA_EVENT_TYPE_INVOCATION_COMPLETED,
                             &(struct event_parts){.details = json_written(&writer), .payload = error});
}

static void fail_execution(const struct call *call, struct lambda_execution_row *execution, str error)
{
    lambda_execution_end(call, execution,
                         &(struct execution_end){.status = LAMBDA_EXECUTION_STATUS_FAILED, .error = error});
}

static void try_again(const struct call *call, struct lambda_execution_row *execution, str error,
                      int64_t most_failures)
{
    if (++execution->failures >= most_failures) {
        fail_execution(call, execution, error);
        return;
    }
    execution->retry_ms = arena_i64(call->arena, call->now_ms + RETRY_MS);
    execution->sequence++; /* the next run is due, though no operation has changed */
}

static str invalid_output(const struct call *call, const char *message)
{
    return lambda_error_text(call, "InvalidParameterValueException", str_of(message));
}

static void remain_pending(const struct call *call, struct lambda_execution_row *execution)
{
    const struct lambda_has_pending_operation_params params = {.execution_id = execution->id};
    struct lambda_has_pending_operation_row any;

    if (execution->sequence > execution->told || lambda_has_pending_operation(call->txn, &params, &any))
        execution->failures = 0;
    else
        try_again(call, execution,
                  invalid_output(call, "Cannot return PENDING status with no pending operations."),
                  MOST_IDLE_ANSWERS);
}

static void succeed(const struct call *call, struct lambda_execution_row *execution,
                    const struct json *output)
{
    str result = json_get_str(output, S("Result"));

    if (json_is(json_get(output, S("Error")), JSON_OBJECT))
        fail_execution(call, execution,
                       invalid_output(call, "Cannot provide an Error for SUCCEEDED status."));
    else if (result.size > lambda_execution_output_bytes(call, execution))
        fail_execution(call, execution,
                       lambda_error_text(call, NULL,
                                         S("Execution output payload size must be less than or equal to "
                                           "1048576 bytes.")));
    else
        lambda_execution_end(call, execution,
                             &(struct execution_end){.status = LAMBDA_EXECUTION_STATUS_SUCCEEDED,
                                                     .result = str_present(result) ? result : S("")});
}

static void fail_as_told(const struct call *call, struct lambda_execution_row *execution,
                         const struct json *output)
{
    const struct json *given = json_get(output, S("Error"));
    struct json_writer writer = json_writer_in(call->arena);

    if (json_is(json_get(output, S("Result")), JSON_STRING)) {
        fail_execution(call, execution, invalid_output(call, "Cannot provide a Result for FAILED status."));
        return;
    }
    if (json_is(given, JSON_OBJECT))
        json_value(&writer, given);
    str json = json_is(given, JSON_OBJECT) ? json_written(&writer) : S("{}");
    const struct lambda_error_object *error = lambda_error_object_of(call, json);
    if (!error)
        json = invalid_output(call, "Invalid Error in invocation output.");
    else if (!lambda_error_fits(error))
        json = invalid_output(call, DURABLE_ERROR_TOO_LARGE);
    fail_execution(call, execution, json);
}

static void read_output(const struct call *call, struct lambda_execution_row *execution, str payload)
{
    const struct json *output = lambda_answer_json(call, payload);
    str status = json_is(output, JSON_OBJECT) ? json_get_str(output, S("Status")) : (str){0};

    switch (lambda_operation_status_of(status)) {
    case LAMBDA_OPERATION_STATUS_PENDING:
        remain_pending(call, execution);
        break;
    case LAMBDA_OPERATION_STATUS_SUCCEEDED:
        succeed(call, execution, output);
        break;
    case LAMBDA_OPERATION_STATUS_FAILED:
        fail_as_told(call, execution, output);
        break;
    default:
        fail_execution(call, execution, invalid_output(call, "Invalid Status in invocation output."));
    }
}

void lambda_run_end(const struct call *call, const struct lambda_find_invocation_row *invocation,
                    const struct result *result)
{
    bool failed = str_present(result->error);
    str error = failed ? lambda_error_of_report(call, result) : (str){0};
    struct lambda_execution_row execution;

    lambda_invocation_remove(call, invocation->id);
    if (!lambda_execution_get(call, *invocation->execution_id, &execution) ||
        lambda_execution_status_of(execution.status) == LAMBDA_EXECUTION_STATUS_DELETING)
        return;
    execution.under_way = 0;
    note_completion(call, &execution, invocation, error);
    if (lambda_execution_is_running(&execution) && failed)
        try_again(call, &execution, error, MOST_FAILURES);
    else if (lambda_execution_is_running(&execution))
        read_output(call, &execution, result->payload);
    lambda_execution_settle(call, &execution);
}

/* ---- the timer ---- */

static void time_out(const struct call *call, struct lambda_execution_row *execution)
{
    str message = arena_format(call->arena, "Execution timed out after %lld seconds.",
                               (long long)(execution->deadline_ms - execution->started_ms) / MS_PER_S);

    lambda_execution_end(call, execution,
                         &(struct execution_end){.status = LAMBDA_EXECUTION_STATUS_TIMED_OUT,
                                                 .error = lambda_error_text(call, NULL, message)});
}

/* What is due beyond a bound keeps the timer due. */
static void pass_time(const struct call *call, struct lambda_execution_row *execution)
{
    if (execution->deadline_ms <= call->now_ms) {
        time_out(call, execution);
    } else {
        if (execution->retry_ms && *execution->retry_ms <= call->now_ms)
            execution->retry_ms = NULL;
        lambda_operations_fire(call, execution);
    }
    lambda_execution_settle(call, execution);
}

enum outcome lambda_continue_execution(const struct call *call,
                                       const struct lambda_continue_execution_request *in,
                                       struct lambda_continue_execution_output *out)
{
    struct lambda_execution_row execution;

    (void)out;
    if (!lambda_execution_get(call, in->execution_id, &execution))
        return DONE;
    execution.timer_ms = NULL;
    if (!lambda_execution_is_running(&execution))
        return lambda_execution_expire(call, &execution, in);
    pass_time(call, &execution);
    return DONE;
}
