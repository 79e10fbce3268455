/*
 * durable_callbacks.c: callbacks: a client ends an operation of a durable execution, by the id that the
 * function has given away.
 */
#include "durable_internal.h"

#include "aws/arn.h"
#include "base/hash.h"

/* The callback that an id names. */
struct callback {
    struct lambda_execution_row execution;
    struct lambda_operation_row operation; /* its id is 0 if it does not exist */
};

/* The execution's id and the operation's, from "17/abc". */
static bool parse(const struct call *call, str callback_id, int64_t *execution_id, str *operation_id)
{
    str text, data, number;

    if (!base64_decode(call->arena, callback_id, &text) || !unseal(call, S("lambda/callback"), text, &data) ||
        !str_next(&data, '/', &number) || !str_to_i64(number, execution_id))
        return false;
    *operation_id = data;
    return true;
}

bool lambda_locate_callback(const struct call *call, str callback_id, struct resource *found)
{
    struct callback *callback = arena_new(call->arena, struct callback);
    struct lambda_find_operation_params params = {0};

    if (!parse(call, callback_id, &params.execution_id, &params.operation_id)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid callback token");
        return false;
    }
    *found = (struct resource){.arn = S("*")};
    if (!lambda_execution_get(call, params.execution_id, &callback->execution))
        return true;
    found->arn = callback->execution.arn;
    /* A callback of another region does not exist here. */
    if (str_equal(arn_region(callback->execution.arn), call->region) &&
        lambda_find_operation(call->txn, &params, &callback->operation))
        found->row = callback;
    return true;
}

/* The callback of the request, which waits.  NULL: fail() has been called. */
static struct callback *callback_of(const struct call *call)
{
    const struct callback *located = call_resource(call, 0)->row;
    struct callback *callback = arena_new(call->arena, struct callback);

    if (!located) {
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Callback does not exist");
        return NULL;
    }
    *callback = *located;
    if (lambda_execution_is_running(&callback->execution) && !callback->operation.ended_ms)
        return callback;
    fail(
        call, &LAMBDA_CALLBACK_TIMEOUT_EXCEPTION,
        "The callback ID token has either expired or the callback associated with the token has already been "
        "closed.");
    return NULL;
}

static enum outcome complete(const struct call *call, struct callback *callback,
                             const struct execution_end *end)
{
    struct lambda_operation_row *operation = &callback->operation;
    bool failed = str_present(end->error);

    operation->status = lambda_operation_status_text(failed ? LAMBDA_OPERATION_STATUS_FAILED
                                                            : LAMBDA_OPERATION_STATUS_SUCCEEDED);
    operation->ended_ms = arena_i64(call->arena, call->now_ms);
    operation->due_ms = NULL;
    operation->result = end->result;
    operation->error = end->error;
    if (!lambda_execution_take(&callback->execution, end->result.size + end->error.size))
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, DURABLE_TOO_LARGE);
    lambda_operation_change(call, &callback->execution, operation);
    lambda_history_note(call, &callback->execution, operation, S("{}"));
    lambda_execution_settle(call, &callback->execution);
    return DONE;
}

enum outcome lambda_send_durable_execution_callback_success(
    const struct call *call, const struct lambda_send_durable_execution_callback_success_request *in,
    struct lambda_send_durable_execution_callback_success_response *out)
{
    struct callback *callback = callback_of(call);

    (void)out;
    if (!callback)
        return FAILED;
    return complete(call, callback, &(struct execution_end){.result = in->result});
}

enum outcome lambda_send_durable_execution_callback_failure(
    const struct call *call, const struct lambda_send_durable_execution_callback_failure_request *in,
    struct lambda_send_durable_execution_callback_failure_response *out)
{
    static const struct lambda_error_object none;
    struct callback *callback = callback_of(call);

    (void)out;
    if (!callback || !lambda_error_check(call, in->error))
        return FAILED;
    return complete(call, callback,
                    &(struct execution_end){.error = lambda_error_json(call, in->error ? in->error : &none)});
}

enum outcome lambda_send_durable_execution_callback_heartbeat(
    const struct call *call, const struct lambda_send_durable_execution_callback_heartbeat_request *in,
    struct lambda_send_durable_execution_callback_heartbeat_response *out)
{
    struct callback *callback = callback_of(call);

    (void)in;
    (void)out;
    if (!callback)
        return FAILED;
    struct lambda_operation_row *operation = &callback->operation;
    if (!operation->seconds)
        return DONE;
    int64_t due_ms = call->now_ms + *operation->seconds * MS_PER_S;
    operation->due_ms =
        arena_i64(call->arena,
                  operation->expires_ms && *operation->expires_ms < due_ms ? *operation->expires_ms : due_ms);
    lambda_update_operation(call->txn, operation); /* the function need not know */
    lambda_execution_settle(call, &callback->execution);
    return DONE;
}
