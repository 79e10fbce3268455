/*
 * durable_checkpoint.c: CheckpointDurableExecution: a run stores what it has done, and hears what has
 * changed.
 *
 * A token is good for one checkpoint.  The same request again, with the same ClientToken, gets the answer
 * again: its reply may have been lost.  That includes the checkpoint that has ended the execution.
 */
#include "durable_internal.h"

static enum outcome refuse_token(const struct call *call)
{
    return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid checkpoint token");
}

/* The operations that the function does not know; an execution that has ended has no more checkpoints. */
static void answer(const struct call *call, const struct lambda_execution_row *execution,
                   struct lambda_checkpoint_durable_execution_response *out)
{
    const struct operation_page page = {
        .changes = true, .after = execution->told_before, .most = DURABLE_PAGE_ITEMS};
    struct lambda_checkpoint_updated_execution_state *state =
        arena_new(call->arena, struct lambda_checkpoint_updated_execution_state);

    state->next_marker = lambda_operations_read(call, execution, &page, &state->operations);
    out->new_execution_state = state;
    if (lambda_execution_is_running(execution))
        out->checkpoint_token = lambda_checkpoint_token(call, execution);
}

static bool is_repeated(const struct lambda_execution_row *execution, int64_t number, str client_token)
{
    return number == execution->checkpoints - 1 && str_present(client_token) &&
           str_equal(client_token, execution->client_token);
}

enum outcome lambda_checkpoint_durable_execution(const struct call *call,
                                                 const struct lambda_checkpoint_durable_execution_request *in,
                                                 struct lambda_checkpoint_durable_execution_response *out)
{
    const struct lambda_execution_row *located = call_resource(call, 0)->row;
    struct function function;

    if (!located || !lambda_version_get(call, located->version_id, &function))
        return refuse_token(call);
    struct lambda_execution_row execution = *located;
    int64_t number = lambda_checkpoint_number(call, &execution, in->checkpoint_token);
    if (is_repeated(&execution, number, in->client_token)) {
        answer(call, &execution, out);
        return DONE;
    }
    if (!lambda_execution_is_running(&execution) || number != execution.checkpoints)
        return refuse_token(call);
    execution.checkpoints++;
    execution.client_token = in->client_token;
    if (!lambda_updates_apply(call, &execution, &function, &in->updates))
        return FAILED;
    if (lambda_execution_is_running(&execution))
        lambda_operations_fire(call, &execution);
    execution.told_before = execution.told;
    execution.told = execution.sequence;
    answer(call, &execution, out);
    lambda_execution_settle(call, &execution);
    return DONE;
}
