/*
 * durable_chained.c: functions that a durable execution invokes (CHAINED_INVOKE), under its function's role.
 *
 * A durable function gets an execution of its own, any other one an asynchronous invocation that is not tried
 * again.  The end of either is the end of the operation.
 */
#include "durable.h"
#include "durable_internal.h"
#include "invocations.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "wire/json.h"

bool lambda_chained_check(const struct call *call, const struct function *function,
                          const struct lambda_chained_invoke_options *options)
{
    struct function_name name;

    if (!lambda_function_name_parse(options->function_name, &name)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid function ARN '%.*s'",
             STR_ARGS(options->function_name));
        return false;
    }
    if (str_present(name.account) && !str_equal(name.account, function->row.account)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Cannot start a CHAINED_INVOKE on a function in another account.");
        return false;
    }
    if (str_present(name.region) && !str_equal(name.region, function->row.region)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Cannot start a CHAINED_INVOKE on a function in another region.");
        return false;
    }
    return true;
}

/* ---- beginning ---- */

/* The function that an operation invokes. */
struct target {
    str asked_arn;
    struct function version; /* the one that runs */
};

/* Absent: the target can be invoked; or the error, as JSON. */
static str find_target(const struct call *call, const struct function *function,
                       const struct lambda_chained_invoke_options *options, struct target *target)
{
    struct call there = lambda_call_of_function(call, function);
    struct function_name name = lambda_function_name_of(&there, options->function_name);
    const struct principal *role = lambda_function_role(call, function);
    struct resource resource = {0};

    target->asked_arn = lambda_function_arn(call->arena, &name);
    bool exists = lambda_locate_arn(&there, target->asked_arn, &resource);
    if (!role || !may_do_to(&there, role, S("lambda:InvokeFunction"), &resource))
        return lambda_error_text(
            call, "AccessDeniedException",
            arena_format(call->arena, "The function's role may not perform lambda:InvokeFunction on %.*s",
                         STR_ARGS(target->asked_arn)));
    if (!exists)
        return lambda_error_text(
            call, "ResourceNotFoundException",
            arena_format(call->arena, "Function not found: %.*s", STR_ARGS(target->asked_arn)));
    target->version = *(const struct function *)resource.row;
    if (lambda_function_is_durable(&target->version) && !str_present(name.qualifier))
        return lambda_error_text(call, "InvalidParameterValueException",
                                 S("You cannot invoke a durable function using an unqualified ARN."));
    lambda_version_route(call, &target->version);
    return (str){0};
}

static str begin_execution(const struct call *call, const struct lambda_operation_row *operation,
                           const struct target *target, str trace_id)
{
    struct lambda_execution_row child;

    lambda_execution_begin(call,
                           &(struct execution_start){.function = &target->version,
                                                     .function_arn = target->asked_arn,
                                                     .payload = operation->input,
                                                     .trace_id = trace_id,
                                                     .parent_id = &operation->execution_id,
                                                     .parent_operation = operation->operation_id},
                           &child);
    return child.arn;
}

static void begin_invocation(const struct call *call, const struct lambda_operation_row *operation,
                             const struct target *target, str trace_id)
{
    lambda_invocation_add(call, (struct lambda_add_invocation_params){
                                    .request_id = random_uuid(call->arena),
                                    .function_id = target->version.row.id,
                                    .version_id = target->version.row.version_id,
                                    .function_arn = target->asked_arn,
                                    .kind = LAMBDA_INVOCATION_KIND_EVENT,
                                    .durable = LAMBDA_INVOCATION_DURABLE_CHAINED,
                                    .execution_id = &operation->execution_id,
                                    .operation_id = operation->operation_id,
                                    .payload = operation->input,
                                    .trace_id = trace_id,
                                    .queued_ms = call->now_ms,
                                });
    lambda_function_dispatch(call, &target->version);
}

static void note_start(const struct call *call, struct lambda_execution_row *execution,
                       const struct lambda_operation_row *operation, const struct target *target,
                       str child_arn)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("FunctionName"), target->asked_arn);
    if (target->version.row.id > 0)
        json_field(&writer, S("ExecutedVersion"),
                   lambda_version_text(call->arena, target->version.row.number));
    if (str_present(child_arn))
        json_field(&writer, S("DurableExecutionArn"), child_arn);
    json_close_object(&writer);
    lambda_history_note(call, execution, operation, json_written(&writer));
}

static void end_operation(const struct call *call, struct lambda_execution_row *execution,
                          struct lambda_operation_row *operation, const struct execution_end *end)
{
    bool fits = lambda_execution_take(execution, end->result.size + end->error.size);
    enum lambda_execution_status status = fits ? end->status : LAMBDA_EXECUTION_STATUS_FAILED;

    operation->status = lambda_execution_status_text(status); /* its words are an operation's, too */
    operation->ended_ms = arena_i64(call->arena, call->now_ms);
    operation->result = fits ? end->result : (str){0};
    operation->error = fits ? end->error : lambda_error_text(call, NULL, S(DURABLE_TOO_LARGE));
    lambda_operation_change(call, execution, operation);
    lambda_history_note(call, execution, operation, S("{}"));
}

void lambda_chained_begin(const struct call *call, struct lambda_execution_row *execution,
                          const struct function *function, struct lambda_operation_row *operation,
                          const struct lambda_chained_invoke_options *options)
{
    struct target target = {0};
    str error = find_target(call, function, options, &target), child_arn = {0};
    str trace_id = trace_of_header(options->x_amzn_trace_id);

    if (!str_present(trace_id))
        trace_id = execution->trace_id;
    if (str_present(error)) {
        note_start(call, execution, operation, &target, child_arn);
        end_operation(call, execution, operation,
                      &(struct execution_end){.status = LAMBDA_EXECUTION_STATUS_FAILED, .error = error});
        return;
    }
    struct call there = lambda_call_of_function(call, &target.version);
    if (lambda_function_is_durable(&target.version))
        child_arn = begin_execution(&there, operation, &target, trace_id);
    else
        begin_invocation(&there, operation, &target, trace_id);
    note_start(call, execution, operation, &target, child_arn);
}

/* ---- ending ---- */

/* A function's timeout is told as that of the operation. */
static struct execution_end told_of(const struct call *call, int64_t seconds, const struct execution_end *end)
{
    struct execution_end told = *end;

    if (end->status == LAMBDA_EXECUTION_STATUS_TIMED_OUT)
        told.error = lambda_error_text(
            call, "ChainedInvoke.Timeout",
            arena_format(call->arena, "CHAINED_INVOKE timed out after %lld seconds.", (long long)seconds));
    return told;
}

void lambda_chained_end(const struct call *call, int64_t execution_id, str operation_id,
                        const struct execution_end *end)
{
    const struct lambda_find_operation_params params = {.execution_id = execution_id,
                                                        .operation_id = operation_id};
    struct lambda_execution_row execution;
    struct lambda_operation_row operation;

    if (!lambda_execution_get(call, execution_id, &execution) || !lambda_execution_is_running(&execution) ||
        !lambda_find_operation(call->txn, &params, &operation) || operation.ended_ms)
        return;
    struct execution_end told = told_of(call, (call->now_ms - operation.started_ms) / MS_PER_S, end);
    end_operation(call, &execution, &operation, &told);
    lambda_execution_settle(call, &execution);
}

void lambda_chained_invocation_end(const struct call *call,
                                   const struct lambda_find_invocation_row *invocation,
                                   const struct result *result)
{
    struct execution_end end = {.status = LAMBDA_EXECUTION_STATUS_SUCCEEDED, .result = result->payload};

    lambda_invocation_remove(call, invocation->id);
    if (str_present(result->error)) {
        end = (struct execution_end){.status = LAMBDA_EXECUTION_STATUS_FAILED,
                                     .error = lambda_error_of_report(call, result)};
    } else if (result->payload.size > DURABLE_PAYLOAD_BYTES) {
        end = (struct execution_end){
            .status = LAMBDA_EXECUTION_STATUS_FAILED,
            .error = lambda_error_text(call, NULL,
                                       S("CHAINED_INVOKE output payload size must be less than or equal to "
                                         "1048576 bytes."))};
    }
    lambda_chained_end(call, *invocation->execution_id, invocation->operation_id, &end);
}

void lambda_chained_invocation_lost(const struct call *call, int64_t execution_id, str operation_id)
{
    lambda_chained_end(call, execution_id, operation_id,
                       &(struct execution_end){.status = LAMBDA_EXECUTION_STATUS_FAILED,
                                               .error = lambda_error_text(call, "ResourceNotFoundException",
                                                                          S("Function not found"))});
}
