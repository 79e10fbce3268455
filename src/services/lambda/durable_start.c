/*
 * durable_start.c: invocations of a durable function, which start executions.
 *
 * The invocation's row waits for the end of its execution, and its caller, its batch or its event with it.  A
 * name makes the start idempotent: with the same payload it names the execution that exists.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
 */
#include "durable.h"
#include "durable_internal.h"
#include "invocations.h"

#include "base/hash.h"
#include "engine/count.h"

enum { MOST_SYNC_SECONDS = 900 };

bool lambda_function_is_durable(const struct function *function)
{
    return function->row.execution_seconds != NULL;
}

/* ---- beginning ---- */

static str arn_of(const struct call *call, const struct function *function, str name, str uuid)
{
    return arena_concat(call->arena, function->arn, S(":"),
                        lambda_version_text(call->arena, function->row.number), S("/durable-execution/"),
                        name, S("/"), uuid);
}

/* The first operation is the execution itself. */
static void add_first_operation(const struct call *call, const struct function *function,
                                struct lambda_execution_row *execution, str payload)
{
    struct lambda_operation_row operation = {
        .execution_id = execution->id,
        .operation_id = execution->uuid,
        .name = execution->name,
        .type = lambda_operation_type_text(LAMBDA_OPERATION_TYPE_EXECUTION),
        .status = lambda_operation_status_text(LAMBDA_OPERATION_STATUS_STARTED),
        .started_ms = call->now_ms,
        .changed = ++execution->sequence,
    };

    operation.id = lambda_add_operation(call->txn, &operation);
    lambda_add_execution_input(call->txn, &(struct lambda_add_execution_input_params){
                                              .execution_id = execution->id, .content = payload});
    execution->bytes += (int64_t)payload.size;
    lambda_history_note(call, execution, &operation,
                        arena_format(call->arena, "{\"ExecutionTimeout\":%lld}",
                                     (long long)*function->row.execution_seconds));
}

void lambda_execution_begin(const struct call *call, const struct execution_start *start,
                            struct lambda_execution_row *execution)
{
    static const struct metric started = {"AWS/Lambda", "DurableExecutionStarted", "FunctionName", "Count"};
    const struct lambda_function_row *row = &start->function->row;
    str uuid = random_uuid(call->arena),
        name = str_present(start->name) ? start->name : random_uuid(call->arena);

    check(row->execution_seconds && row->retention_days);
    *execution = (struct lambda_execution_row){
        .function_id = row->id,
        .version_id = row->version_id,
        .name = name,
        .uuid = uuid,
        .arn = arn_of(call, start->function, name, uuid),
        .function_arn = start->function_arn,
        .status = lambda_execution_status_text(LAMBDA_EXECUTION_STATUS_RUNNING),
        .started_ms = call->now_ms,
        .deadline_ms = call->now_ms + *row->execution_seconds * MS_PER_S,
        .retention_days = *row->retention_days,
        .trace_id = start->trace_id,
        .payload_hash = str_present(start->name) ? lambda_payload_hash(call, start->payload) : S(""),
        .parent_id = start->parent_id,
        .parent_operation = start->parent_operation,
    };
    execution->id = lambda_add_execution(call->txn, execution);
    add_first_operation(call, start->function, execution, start->payload);
    count(call, &started, row->name, 1);
    lambda_execution_settle(call, execution);
}

/* ---- invocations ---- */

static bool find_named(const struct call *call, const struct function *function, str name,
                       struct lambda_execution_row *execution)
{
    return str_present(name) && lambda_find_execution(call->txn,
                                                      &(struct lambda_find_execution_params){
                                                          .function_id = &function->row.id, .name = name},
                                                      execution);
}

/* Only who names an execution compares its payload, so that of another one is not hashed. */
static bool is_payload_of(const struct call *call, const struct lambda_execution_row *execution, str payload)
{
    return execution->payload_hash.size > 0
               ? str_equal(execution->payload_hash, lambda_payload_hash(call, payload))
               : str_equal(lambda_execution_input(call, execution), payload);
}

static bool payload_matches(const struct call *call, const struct lambda_execution_row *execution,
                            str payload)
{
    if (is_payload_of(call, execution, payload))
        return true;
    fail(call, &LAMBDA_DURABLE_EXECUTION_ALREADY_STARTED_EXCEPTION,
         "The durable execution with the specified name has already been started: %.*s",
         STR_ARGS(execution->arn));
    return false;
}

bool lambda_durable_check(const struct call *call, const struct function *function,
                          const struct lambda_invocation_request *in, bool streams)
{
    bool is_event = lambda_invocation_type_of(in->invocation_type) == LAMBDA_INVOCATION_TYPE_EVENT;
    const char *problem = NULL;

    if (!lambda_function_is_durable(function)) {
        if (str_present(in->durable_execution_name))
            problem = "DurableExecutionName is only valid for durable functions.";
    } else if (!str_present(function->qualifier)) {
        problem = "You cannot invoke a durable function using an unqualified ARN.";
    } else if (streams) {
        problem = "You cannot invoke a durable function with response streaming.";
    } else if (!is_event && *function->row.execution_seconds > MOST_SYNC_SECONDS) {
        problem =
            "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 "
            "minutes.";
    }
    if (problem)
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", problem);
    return !problem;
}

bool lambda_durable_answered(const struct call *call, const struct function *function,
                             const struct lambda_invocation_request *in, str payload,
                             struct lambda_invocation_response *out)
{
    struct lambda_execution_row execution;

    if (!str_present(function->qualifier) ||
        !find_named(call, function, in->durable_execution_name, &execution) ||
        lambda_execution_is_running(&execution) || !is_payload_of(call, &execution, payload))
        return false;
    struct lambda_operation_row operation = lambda_execution_operation(call, &execution);
    struct result result = lambda_execution_result(call, operation.result, operation.error);
    out->status_code = arena_i64(call->arena, 200);
    out->payload = result.payload;
    out->function_error = result.error;
    out->executed_version = lambda_version_text(call->arena, function->row.number);
    out->durable_execution_arn = execution.arn;
    return true;
}

bool lambda_durable_invoke(const struct call *call, const struct function *function, str name,
                           struct lambda_add_invocation_params *start)
{
    struct lambda_execution_row execution;

    if (find_named(call, function, name, &execution)) {
        if (!payload_matches(call, &execution, start->payload))
            return false;
    } else {
        lambda_execution_begin(call,
                               &(struct execution_start){.function = function,
                                                         .function_arn = start->function_arn,
                                                         .name = name,
                                                         .payload = start->payload,
                                                         .trace_id = start->trace_id},
                               &execution);
    }
    start->execution_id = arena_i64(call->arena, execution.id);
    if (!lambda_execution_is_running(&execution))
        return true;
    start->durable = LAMBDA_INVOCATION_DURABLE_STARTER;
    start->payload = S("");
    lambda_invocation_add(call, *start);
    return true;
}

str lambda_durable_arn(const struct call *call, const int64_t *execution_id)
{
    struct lambda_execution_row execution;

    return execution_id && lambda_execution_get(call, *execution_id, &execution) ? execution.arn : (str){0};
}
