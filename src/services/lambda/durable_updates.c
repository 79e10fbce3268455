/*
 * durable_updates.c: the updates of a checkpoint: checked and applied, one after the other.
 *
 * All of a checkpoint is one transaction: an update that is refused undoes those before it.  An operation
 * that is changed twice in one checkpoint is refused, but for the start and the end of a step or a context.
 */
#include "durable_internal.h"

enum {
    MOST_OPERATIONS = 3000,
};

/* One update, and the operation that it is about. */
struct update {
    const struct call *call;
    const struct function *function;
    struct lambda_execution_row *execution;
    const struct lambda_operation_update *in;
    enum lambda_operation_type type;
    enum lambda_operation_action action;
    str error;      /* JSON */
    int64_t before; /* the sequence before this checkpoint */
    bool exists;
    struct lambda_operation_row row; /* before the update; or of a new operation */
};

static bool refuse(const struct update *update, const char *message)
{
    fail(update->call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", message);
    return false;
}

/* ---- checks of every update ---- */

static bool action_check(const struct update *update)
{
    enum {
        START = 1 << LAMBDA_OPERATION_ACTION_START,
        SUCCEED = 1 << LAMBDA_OPERATION_ACTION_SUCCEED,
        FAIL = 1 << LAMBDA_OPERATION_ACTION_FAIL,
        RETRY = 1 << LAMBDA_OPERATION_ACTION_RETRY,
        CANCEL = 1 << LAMBDA_OPERATION_ACTION_CANCEL,
    };
    static const int actions[] = {
        [0] = 0,
        [LAMBDA_OPERATION_TYPE_EXECUTION] = SUCCEED | FAIL,
        [LAMBDA_OPERATION_TYPE_CONTEXT] = START | SUCCEED | FAIL,
        [LAMBDA_OPERATION_TYPE_STEP] = START | SUCCEED | FAIL | RETRY,
        [LAMBDA_OPERATION_TYPE_WAIT] = START | CANCEL,
        [LAMBDA_OPERATION_TYPE_CALLBACK] = START,
        [LAMBDA_OPERATION_TYPE_CHAINED_INVOKE] = START,
    };

    return (actions[update->type] & 1 << update->action) != 0 ||
           refuse(update, "Invalid action for the given operation type.");
}

static bool size_check(const struct update *update)
{
    static const char *const names[] = {
        [LAMBDA_OPERATION_TYPE_EXECUTION] = "Execution output",
        [LAMBDA_OPERATION_TYPE_CONTEXT] = "CONTEXT output",
        [LAMBDA_OPERATION_TYPE_STEP] = "STEP output",
        [LAMBDA_OPERATION_TYPE_WAIT] = "WAIT",
        [LAMBDA_OPERATION_TYPE_CALLBACK] = "CALLBACK",
        [LAMBDA_OPERATION_TYPE_CHAINED_INVOKE] = "CHAINED_INVOKE input",
    };
    size_t most = update->type == LAMBDA_OPERATION_TYPE_EXECUTION
                      ? lambda_execution_output_bytes(update->call, update->execution)
                      : DURABLE_PAYLOAD_BYTES;

    if (!lambda_error_check(update->call, update->in->error))
        return false;
    if (update->in->payload.size <= most)
        return true;
    fail(update->call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "%s payload size must be less than or equal to %zu bytes.", names[update->type], most);
    return false;
}

static bool outcome_check(const struct update *update)
{
    if (update->action == LAMBDA_OPERATION_ACTION_FAIL && str_present(update->in->payload))
        return refuse(update, "Cannot provide a Payload for FAIL action.");
    if (update->action == LAMBDA_OPERATION_ACTION_SUCCEED && update->in->error)
        return refuse(update, "Cannot provide an Error for SUCCEED action.");
    return true;
}

static bool differs(str given, str stored)
{
    return str_present(given) && !str_equal(given, stored);
}

/* Does the update name the operation as it was started? */
static bool metadata_check(const struct update *update)
{
    const struct lambda_operation_row *row = &update->row;

    if (differs(update->in->type, row->type))
        return refuse(update, "Inconsistent operation type.");
    if (differs(update->in->sub_type, row->sub_type))
        return refuse(update, "Inconsistent operation subtype.");
    if (differs(update->in->name, row->name))
        return refuse(update, "Inconsistent operation name.");
    if (differs(update->in->parent_id, row->parent))
        return refuse(update, "Inconsistent parent operation id.");
    return true;
}

static bool repetition_check(const struct update *update)
{
    bool started = lambda_operation_status_of(update->row.status) == LAMBDA_OPERATION_STATUS_STARTED;
    bool may_end =
        update->type == LAMBDA_OPERATION_TYPE_STEP || update->type == LAMBDA_OPERATION_TYPE_CONTEXT;

    if (update->row.changed <= update->before ||
        (started && may_end && update->action != LAMBDA_OPERATION_ACTION_START))
        return true;
    return refuse(update, "Cannot checkpoint multiple operations with the same ID.");
}

/* A new operation must be below a context, or below none; it is hidden if its context has completed. */
static bool parent_check(struct update *update)
{
    const struct lambda_find_operation_params params = {.execution_id = update->execution->id,
                                                        .operation_id = update->in->parent_id};
    struct lambda_operation_row parent;

    if (!str_present(params.operation_id))
        return true;
    if (!lambda_find_operation(update->call->txn, &params, &parent) ||
        lambda_operation_type_of(parent.type) != LAMBDA_OPERATION_TYPE_CONTEXT)
        return refuse(update, "Invalid parent operation id.");
    update->row.hidden =
        parent.hidden || (parent.ended_ms && !(parent.replay_children && *parent.replay_children));
    return true;
}

/* ---- storing ---- */

static bool add(struct update *update)
{
    struct lambda_execution_row *execution = update->execution;

    if (++execution->operations > MOST_OPERATIONS)
        return refuse(update, "The durable execution exceeds the maximum of 3000 operations.");
    update->row.changed = ++execution->sequence;
    update->row.id = lambda_add_operation(update->call->txn, &update->row);
    return true;
}

static bool store(struct update *update)
{
    if (!lambda_execution_take(update->execution, update->in->payload.size + update->error.size))
        return refuse(update, DURABLE_TOO_LARGE);
    if (!update->exists)
        return add(update);
    lambda_operation_change(update->call, update->execution, &update->row);
    return true;
}

static void set_status(struct update *update, enum lambda_operation_status status)
{
    update->row.status = lambda_operation_status_text(status);
}

/* The operation has ended, as the action tells. */
static void end(struct update *update)
{
    set_status(update, update->action == LAMBDA_OPERATION_ACTION_SUCCEED ? LAMBDA_OPERATION_STATUS_SUCCEEDED
                       : update->action == LAMBDA_OPERATION_ACTION_FAIL  ? LAMBDA_OPERATION_STATUS_FAILED
                                                                         : LAMBDA_OPERATION_STATUS_CANCELLED);
    update->row.ended_ms = arena_i64(update->call->arena, update->call->now_ms);
    update->row.due_ms = NULL;
    update->row.result = update->in->payload;
    update->row.error = update->error;
}

static bool note(const struct update *update, str details)
{
    lambda_history_note(update->call, update->execution, &update->row, details);
    return true;
}

/* ---- steps ---- */

static str retry_details(const struct update *update, int64_t delay_seconds)
{
    if (delay_seconds > 0)
        return arena_format(update->call->arena,
                            "{\"RetryDetails\":{\"CurrentAttempt\":%lld,\"NextAttemptDelaySeconds\":%lld}}",
                            (long long)update->row.attempt, (long long)delay_seconds);
    return arena_format(update->call->arena, "{\"RetryDetails\":{\"CurrentAttempt\":%lld}}",
                        (long long)update->row.attempt);
}

static bool start_step(struct update *update)
{
    bool ready = lambda_operation_status_of(update->row.status) == LAMBDA_OPERATION_STATUS_READY;

    if (update->exists && !ready)
        return refuse(update, "Invalid current STEP state to start.");
    set_status(update, LAMBDA_OPERATION_STATUS_STARTED);
    return store(update) && note(update, S("{}"));
}

static bool retry_step(struct update *update)
{
    const struct call *call = update->call;
    const struct lambda_step_options *options = update->in->step_options;
    str payload = str_present(update->error) ? update->error : update->in->payload;

    if (!options || !options->next_attempt_delay_seconds)
        return refuse(update, "Invalid StepOptions for the given action.");
    if (str_present(update->error) && str_present(update->in->payload))
        return refuse(update, "Cannot provide both error and payload to RETRY a STEP.");
    int64_t delay_seconds = *options->next_attempt_delay_seconds;
    update->row.attempt++;
    update->row.due_ms = arena_i64(call->arena, call->now_ms + delay_seconds * MS_PER_S);
    update->row.result = update->in->payload;
    update->row.error = update->error;
    set_status(update, LAMBDA_OPERATION_STATUS_PENDING);
    if (!store(update))
        return false;
    lambda_history_note_with(call, update->execution, &update->row,
                             lambda_history_type(call, &update->row,
                                                 str_present(update->error)
                                                     ? LAMBDA_OPERATION_STATUS_FAILED
                                                     : LAMBDA_OPERATION_STATUS_SUCCEEDED),
                             &(struct event_parts){.details = retry_details(update, delay_seconds),
                                                   .payload = str_present(payload) ? payload : S("")});
    return true;
}

static bool apply_step(struct update *update)
{
    enum lambda_operation_status status = lambda_operation_status_of(update->row.status);
    bool under_way = status == LAMBDA_OPERATION_STATUS_STARTED || status == LAMBDA_OPERATION_STATUS_READY;

    if (update->action == LAMBDA_OPERATION_ACTION_START)
        return start_step(update);
    if (update->action == LAMBDA_OPERATION_ACTION_RETRY)
        return update->exists && !under_way ? refuse(update, "Invalid current STEP state to re-attempt.")
                                            : retry_step(update);
    if (update->exists && !under_way)
        return refuse(update, "Invalid current STEP state to close.");
    update->row.attempt++;
    end(update);
    return store(update) && note(update, retry_details(update, 0));
}

/* ---- contexts ---- */

/*
 * Hide what is below the context; the execution's timer hides what is too much for one call.  What is below a
 * context that has completed before is hidden already.
 */
static void hide_below(struct update *update)
{
    const struct call *call = update->call;
    struct str_list contexts = {0};
    int64_t left = DURABLE_HIDDEN_PER_RUN;

    *list_add(call->arena, &contexts) = update->row.operation_id;
    for (size_t i = 0; i < contexts.count && left > 0; i++) {
        struct lambda_hide_children_rows rows = lambda_hide_children(
            call->txn, &(struct lambda_hide_children_params){.execution_id = update->execution->id,
                                                             .parent = contexts.items[i],
                                                             .limit = left});
        left -= (int64_t)rows.count;
        for (size_t child = 0; child < rows.count; child++)
            if (lambda_operation_type_of(rows.items[child].type) == LAMBDA_OPERATION_TYPE_CONTEXT &&
                !rows.items[child].ended_ms)
                *list_add(call->arena, &contexts) = rows.items[child].operation_id;
    }
    if (left == 0)
        update->row.due_ms = arena_i64(call->arena, call->now_ms + 1);
}

static bool end_context(struct update *update)
{
    const struct lambda_context_options *options = update->in->context_options;
    bool replays = options && options->replay_children && *options->replay_children;

    end(update);
    if (replays)
        update->row.replay_children = arena_i64(update->call->arena, 1);
    else
        hide_below(update);
    return store(update) && note(update, S("{}"));
}

static bool apply_context(struct update *update)
{
    bool started = lambda_operation_status_of(update->row.status) == LAMBDA_OPERATION_STATUS_STARTED;

    if (update->action != LAMBDA_OPERATION_ACTION_START)
        return update->exists && !started ? refuse(update, "Invalid current CONTEXT state to close.")
                                          : end_context(update);
    if (update->exists)
        return refuse(update, "Cannot start a CONTEXT that already exist.");
    set_status(update, LAMBDA_OPERATION_STATUS_STARTED);
    return store(update) && note(update, S("{}"));
}

/* ---- waits ---- */

static bool start_wait(struct update *update)
{
    const struct call *call = update->call;
    const struct lambda_wait_options *options = update->in->wait_options;
    int64_t seconds = options && options->wait_seconds ? *options->wait_seconds : 1;
    int64_t due_ms = call->now_ms + seconds * MS_PER_S;

    update->row.seconds = arena_i64(call->arena, seconds);
    update->row.due_ms = arena_i64(call->arena, due_ms);
    set_status(update, LAMBDA_OPERATION_STATUS_STARTED);
    return store(update) &&
           note(update,
                arena_format(call->arena, "{\"Duration\":%lld,\"ScheduledEndTimestamp\":%lld.%03d}",
                             (long long)seconds, (long long)(due_ms / MS_PER_S), (int)(due_ms % MS_PER_S)));
}

static bool apply_wait(struct update *update)
{
    if (update->action == LAMBDA_OPERATION_ACTION_START)
        return update->exists ? refuse(update, "Cannot start a WAIT that already exist.")
                              : start_wait(update);
    if (!update->exists || update->row.ended_ms)
        return refuse(update, "Cannot cancel a WAIT that does not exist or has already completed.");
    end(update);
    return store(update) && note(update, S("{}"));
}

/* ---- callbacks ---- */

static const int64_t *positive(const int64_t *seconds)
{
    return seconds && *seconds > 0 ? seconds : NULL;
}

static str callback_details(const struct update *update, const int64_t *timeout, const int64_t *heartbeat)
{
    struct arena *arena = update->call->arena;

    return arena_concat(
        arena, S("{\"CallbackId\":\""), lambda_callback_id(update->call, &update->row), S("\""),
        timeout ? arena_format(arena, ",\"Timeout\":%lld", (long long)*timeout) : S(""),
        heartbeat ? arena_format(arena, ",\"HeartbeatTimeout\":%lld", (long long)*heartbeat) : S(""), S("}"));
}

static bool apply_callback(struct update *update)
{
    static const struct lambda_callback_options none;
    const struct call *call = update->call;
    const struct lambda_callback_options *options =
        update->in->callback_options ? update->in->callback_options : &none;
    const int64_t *timeout = positive(options->timeout_seconds),
                  *heartbeat = positive(options->heartbeat_timeout_seconds);
    const int64_t *first = timeout && heartbeat ? (*heartbeat < *timeout ? heartbeat : timeout)
                           : timeout            ? timeout
                                                : heartbeat;

    if (update->exists)
        return refuse(update, "Cannot start a CALLBACK that already exist.");
    if (timeout)
        update->row.expires_ms = arena_i64(call->arena, call->now_ms + *timeout * MS_PER_S);
    if (first)
        update->row.due_ms = arena_i64(call->arena, call->now_ms + *first * MS_PER_S);
    update->row.seconds = heartbeat;
    set_status(update, LAMBDA_OPERATION_STATUS_STARTED);
    return store(update) && note(update, callback_details(update, timeout, heartbeat));
}

/* ---- chained invocations ---- */

static bool apply_chained(struct update *update)
{
    const struct lambda_chained_invoke_options *options = update->in->chained_invoke_options;

    if (update->exists)
        return refuse(update, "Cannot start a CHAINED_INVOKE operation that already exists.");
    if (!options)
        return refuse(update, "Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.");
    if (!lambda_chained_check(update->call, update->function, options))
        return false;
    update->row.input = str_present(update->in->payload) ? update->in->payload : S("{}");
    set_status(update, LAMBDA_OPERATION_STATUS_STARTED);
    if (!store(update))
        return false;
    lambda_chained_begin(update->call, update->execution, update->function, &update->row, options);
    return true;
}

/* ---- the execution itself ---- */

static bool apply_execution(struct update *update)
{
    bool failed = update->action == LAMBDA_OPERATION_ACTION_FAIL;

    lambda_execution_end(
        update->call, update->execution,
        &(struct execution_end){
            .status = failed ? LAMBDA_EXECUTION_STATUS_FAILED : LAMBDA_EXECUTION_STATUS_SUCCEEDED,
            .result = failed                             ? (str){0}
                      : str_present(update->in->payload) ? update->in->payload
                                                         : S(""),
            .error = failed && !str_present(update->error) ? S("{}") : update->error,
        });
    return true;
}

/* ---- all of them ---- */

/* Find the operation, or make one, in the memory of the call. */
static void find(struct update *update)
{
    const struct lambda_find_operation_params params = {.execution_id = update->execution->id,
                                                        .operation_id = update->in->id};

    update->exists = lambda_find_operation(update->call->txn, &params, &update->row);
    if (!update->exists)
        update->row = (struct lambda_operation_row){.execution_id = params.execution_id,
                                                    .operation_id = params.operation_id,
                                                    .parent = update->in->parent_id,
                                                    .name = update->in->name,
                                                    .type = update->in->type,
                                                    .sub_type = update->in->sub_type,
                                                    .started_ms = update->call->now_ms};
}

static bool apply(struct update *update)
{
    static bool (*const appliers[])(struct update *) = {
        [LAMBDA_OPERATION_TYPE_EXECUTION] = apply_execution,
        [LAMBDA_OPERATION_TYPE_CONTEXT] = apply_context,
        [LAMBDA_OPERATION_TYPE_STEP] = apply_step,
        [LAMBDA_OPERATION_TYPE_WAIT] = apply_wait,
        [LAMBDA_OPERATION_TYPE_CALLBACK] = apply_callback,
        [LAMBDA_OPERATION_TYPE_CHAINED_INVOKE] = apply_chained,
    };

    if (!action_check(update) || !size_check(update) || !outcome_check(update))
        return false;
    if (update->type == LAMBDA_OPERATION_TYPE_EXECUTION)
        return apply_execution(update);
    find(update);
    if (update->exists ? !repetition_check(update) || !metadata_check(update) : !parent_check(update))
        return false;
    return appliers[update->type](update);
}

static bool list_check(const struct call *call, const struct lambda_operation_update_list *updates)
{
    const char *problem = NULL;
    size_t ends = 0;

    for (size_t i = 0; i < updates->count; i++)
        if (lambda_operation_type_of(updates->items[i].type) == LAMBDA_OPERATION_TYPE_EXECUTION)
            ends += i + 1 == updates->count ? 1 : 2;
    if (updates->count > DURABLE_UPDATES)
        problem = "Cannot checkpoint more than 250 updates.";
    else if (ends > 2)
        problem = "Cannot checkpoint multiple EXECUTION updates.";
    else if (ends == 2)
        problem = "EXECUTION checkpoint must be the last update.";
    if (problem)
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", problem);
    return !problem;
}

bool lambda_updates_apply(const struct call *call, struct lambda_execution_row *execution,
                          const struct function *function, const struct lambda_operation_update_list *updates)
{
    int64_t before = execution->sequence;

    if (!list_check(call, updates))
        return false;
    for (size_t i = 0; i < updates->count; i++) {
        const struct lambda_operation_update *in = &updates->items[i];
        struct update update = {.call = call,
                                .function = function,
                                .execution = execution,
                                .in = in,
                                .type = lambda_operation_type_of(in->type),
                                .action = lambda_operation_action_of(in->action),
                                .error = lambda_error_json(call, in->error),
                                .before = before};
        if (!apply(&update))
            return false;
    }
    return true;
}
