/*
 * durable_operations.c: the operations of a durable execution: what a function sees of them, in pages; and
 * what time does to them.
 *
 * A checkpoint token names the execution, its run and the number of checkpoints before it: so it is good for
 * one checkpoint of one run.
 */
#include "durable_internal.h"

#include "base/hash.h"

/* ---- tokens ---- */

/* AWS's tokens are base64, which a seal is not. */
static str sealed(const struct call *call, str purpose, str data)
{
    return base64_encode(call->arena, seal(call, purpose, data));
}

static bool unsealed(const struct call *call, str purpose, str token, str *data)
{
    str text;

    return base64_decode(call->arena, token, &text) && unseal(call, purpose, text, data);
}

static str run_of(const struct call *call, const struct lambda_execution_row *execution)
{
    return arena_format(call->arena, "%lld/%lld/", (long long)execution->id, (long long)execution->runs);
}

str lambda_checkpoint_token(const struct call *call, const struct lambda_execution_row *execution)
{
    return sealed(call, S("lambda/checkpoint"),
                  arena_concat(call->arena, run_of(call, execution),
                               arena_decimal(call->arena, execution->checkpoints)));
}

int64_t lambda_checkpoint_number(const struct call *call, const struct lambda_execution_row *execution,
                                 str token)
{
    str data, run = run_of(call, execution);
    int64_t number;

    return execution->under_way && unsealed(call, S("lambda/checkpoint"), token, &data) &&
                   str_starts_with(data, run) && str_to_i64(str_from(data, run.size), &number)
               ? number
               : -1;
}

str lambda_callback_id(const struct call *call, const struct lambda_operation_row *operation)
{
    return sealed(call, S("lambda/callback"),
                  arena_format(call->arena, "%lld/%.*s", (long long)operation->execution_id,
                               STR_ARGS(operation->operation_id)));
}

/* ---- as functions see them ---- */

static void show_step(const struct call *call, const struct lambda_operation_row *row,
                      struct lambda_operation *out)
{
    struct lambda_step_details *details = arena_new(call->arena, struct lambda_step_details);

    *details = (struct lambda_step_details){.attempt = arena_i64(call->arena, row->attempt),
                                            .next_attempt_timestamp = row->due_ms,
                                            .result = row->result,
                                            .error = lambda_error_object_of(call, row->error)};
    out->step_details = details;
}

static void show_context(const struct call *call, const struct lambda_operation_row *row,
                         struct lambda_operation *out)
{
    struct lambda_context_details *details = arena_new(call->arena, struct lambda_context_details);

    *details = (struct lambda_context_details){.result = row->result,
                                               .error = lambda_error_object_of(call, row->error)};
    if (row->replay_children)
        details->replay_children = arena_bool(call->arena, *row->replay_children);
    out->context_details = details;
}

static void show_wait(const struct call *call, const struct lambda_operation_row *row,
                      struct lambda_operation *out)
{
    struct lambda_wait_details *details = arena_new(call->arena, struct lambda_wait_details);

    details->scheduled_end_timestamp =
        arena_i64(call->arena, row->started_ms + (row->seconds ? *row->seconds : 0) * MS_PER_S);
    out->wait_details = details;
}

static void show_callback(const struct call *call, const struct lambda_operation_row *row,
                          struct lambda_operation *out)
{
    struct lambda_callback_details *details = arena_new(call->arena, struct lambda_callback_details);

    *details = (struct lambda_callback_details){.callback_id = lambda_callback_id(call, row),
                                                .result = row->result,
                                                .error = lambda_error_object_of(call, row->error)};
    out->callback_details = details;
}

static void show_chained(const struct call *call, const struct lambda_operation_row *row,
                         struct lambda_operation *out)
{
    struct lambda_chained_invoke_details *details =
        arena_new(call->arena, struct lambda_chained_invoke_details);

    *details = (struct lambda_chained_invoke_details){.result = row->result,
                                                      .error = lambda_error_object_of(call, row->error)};
    out->chained_invoke_details = details;
}

static void show_execution(const struct call *call, const struct lambda_operation_row *row,
                           struct lambda_operation *out)
{
    struct lambda_execution_details *details = arena_new(call->arena, struct lambda_execution_details);

    details->input_payload = row->input;
    out->execution_details = details;
}

static struct lambda_operation shown(const struct call *call, const struct lambda_operation_row *row)
{
    static void (*const details[])(const struct call *, const struct lambda_operation_row *,
                                   struct lambda_operation *) = {
        [LAMBDA_OPERATION_TYPE_EXECUTION] = show_execution,
        [LAMBDA_OPERATION_TYPE_CONTEXT] = show_context,
        [LAMBDA_OPERATION_TYPE_STEP] = show_step,
        [LAMBDA_OPERATION_TYPE_WAIT] = show_wait,
        [LAMBDA_OPERATION_TYPE_CALLBACK] = show_callback,
        [LAMBDA_OPERATION_TYPE_CHAINED_INVOKE] = show_chained,
    };
    struct lambda_operation out = {.id = row->operation_id,
                                   .parent_id = row->parent,
                                   .name = row->name,
                                   .type = row->type,
                                   .sub_type = row->sub_type,
                                   .start_timestamp = row->started_ms,
                                   .end_timestamp = row->ended_ms,
                                   .status = row->status};

    details[lambda_operation_type_of(row->type)](call, row, &out);
    return out;
}

/* ---- pages ---- */

static size_t size_of(const struct lambda_operation_row *row)
{
    return row->input.size + row->result.size + row->error.size;
}

/* What has been read of a page. */
struct reading {
    const struct call *call;
    const struct operation_page *page;
    struct lambda_operation_list *operations;
    size_t bytes;
    int64_t last; /* the place of the last operation */
    bool more;
};

/* False: the page is full. */
static bool take(struct reading *reading, const struct lambda_operation_row *row)
{
    size_t size = size_of(row);
    bool first = reading->operations->count == 0;

    if (!first && ((int64_t)reading->operations->count == reading->page->most ||
                   reading->bytes + size > DURABLE_PAGE_BYTES)) {
        reading->more = true;
        return false;
    }
    *list_add(reading->call->arena, reading->operations) = shown(reading->call, row);
    reading->bytes += size;
    reading->last = reading->page->changes ? row->changed : row->id;
    return true;
}

static void read_all(struct reading *reading, int64_t execution_id)
{
    struct lambda_list_operations_cursor cursor = lambda_list_operations_open(
        reading->call->txn,
        &(struct lambda_list_operations_params){.execution_id = execution_id, .after = reading->page->after});
    struct lambda_operation_row row;

    while (lambda_list_operations_next(&cursor, &row) && take(reading, &row))
        ;
    lambda_list_operations_close(&cursor);
}

static void read_changes(struct reading *reading, int64_t execution_id)
{
    struct lambda_list_changes_cursor cursor = lambda_list_changes_open(
        reading->call->txn,
        &(struct lambda_list_changes_params){.execution_id = execution_id, .after = reading->page->after});
    struct lambda_operation_row row;

    while (lambda_list_changes_next(&cursor, &row) && take(reading, &row))
        ;
    lambda_list_changes_close(&cursor);
}

static const str MARKER = STR_INIT("lambda/operations");

str lambda_operations_read(const struct call *call, const struct lambda_execution_row *execution,
                           const struct operation_page *page, struct lambda_operation_list *operations)
{
    struct reading reading = {.call = call, .page = page, .operations = operations};

    list_make_empty(call->arena, operations);
    if (page->changes)
        read_changes(&reading, execution->id);
    else
        read_all(&reading, execution->id);
    return reading.more
               ? seal(call, MARKER,
                      arena_format(call->arena, "%c%lld", page->changes ? 'c' : 'o', (long long)reading.last))
               : (str){0};
}

static bool page_of_marker(const struct call *call, str marker, struct operation_page *page)
{
    str place;

    if (str_empty(marker))
        return true;
    if (unseal(call, MARKER, marker, &place) && str_to_i64(str_from(place, 1), &page->after)) {
        page->changes = place.data[0] == 'c';
        return true;
    }
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid Marker.");
    return false;
}

enum outcome lambda_get_durable_execution_state(const struct call *call,
                                                const struct lambda_get_durable_execution_state_request *in,
                                                struct lambda_get_durable_execution_state_response *out)
{
    const struct lambda_execution_row *execution = call_resource(call, 0)->row;
    struct operation_page page = {.most = in->max_items && *in->max_items > 0 ? *in->max_items
                                                                              : DURABLE_DEFAULT_ITEMS};

    if (!execution || !lambda_execution_is_running(execution) ||
        lambda_checkpoint_number(call, execution, in->checkpoint_token) != execution->checkpoints)
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid checkpoint token");
    if (!page_of_marker(call, in->marker, &page))
        return FAILED;
    out->next_marker = lambda_operations_read(call, execution, &page, &out->operations);
    return DONE;
}

/* ---- changes ---- */

void lambda_operation_change(const struct call *call, struct lambda_execution_row *execution,
                             struct lambda_operation_row *operation)
{
    operation->changed = ++execution->sequence;
    lambda_update_operation(call->txn, operation);
}

/* ---- time ---- */

static void end_as(const struct call *call, struct lambda_operation_row *operation,
                   enum lambda_operation_status status)
{
    operation->status = lambda_operation_status_text(status);
    operation->ended_ms = arena_i64(call->arena, call->now_ms);
}

static void end_wait(const struct call *call, struct lambda_execution_row *execution,
                     struct lambda_operation_row *wait)
{
    end_as(call, wait, LAMBDA_OPERATION_STATUS_SUCCEEDED);
    lambda_history_note(call, execution, wait,
                        arena_format(call->arena, "{\"Duration\":%lld}", (long long)*wait->seconds));
}

static void time_out(const struct call *call, struct lambda_execution_row *execution,
                     struct lambda_operation_row *callback)
{
    bool whole = callback->expires_ms && *callback->expires_ms <= call->now_ms;

    end_as(call, callback, LAMBDA_OPERATION_STATUS_TIMED_OUT);
    callback->error =
        whole ? lambda_error_text(call, "Callback.Timeout", S("Callback timed out"))
              : lambda_error_text(call, "Callback.Heartbeat", S("Callback timed out on heartbeat"));
    lambda_history_note(call, execution, callback, S("{}"));
}

/* The function need not know. */
static void hide_more(const struct call *call, const struct lambda_execution_row *execution,
                      struct lambda_operation_row *context)
{
    int64_t hidden =
        lambda_hide_more(call->txn, &(struct lambda_hide_more_params){.execution_id = execution->id,
                                                                      .limit = DURABLE_HIDDEN_PER_RUN});

    context->due_ms = hidden == DURABLE_HIDDEN_PER_RUN ? arena_i64(call->arena, call->now_ms + 1) : NULL;
    lambda_update_operation(call->txn, context);
}

static void fire(const struct call *call, struct lambda_execution_row *execution,
                 struct lambda_operation_row *operation)
{
    switch (lambda_operation_type_of(operation->type)) {
    case LAMBDA_OPERATION_TYPE_CONTEXT:
        hide_more(call, execution, operation);
        return;
    case LAMBDA_OPERATION_TYPE_WAIT:
        end_wait(call, execution, operation);
        break;
    case LAMBDA_OPERATION_TYPE_CALLBACK:
        time_out(call, execution, operation);
        break;
    default:
        operation->status = lambda_operation_status_text(LAMBDA_OPERATION_STATUS_READY);
    }
    operation->due_ms = NULL;
    lambda_operation_change(call, execution, operation);
}

/* How much of a run's work the operation takes. */
static int weight_of(const struct lambda_operation_row *operation)
{
    return lambda_operation_type_of(operation->type) == LAMBDA_OPERATION_TYPE_CONTEXT ? DURABLE_DUE_PER_RUN
                                                                                      : 1;
}

void lambda_operations_fire(const struct call *call, struct lambda_execution_row *execution)
{
    const struct lambda_next_due_operation_params params = {.execution_id = execution->id};
    struct lambda_operation_row operation;
    int work = 0;

    while (work < DURABLE_DUE_PER_RUN && lambda_next_due_operation(call->txn, &params, &operation) &&
           *operation.due_ms <= call->now_ms) {
        work += weight_of(&operation);
        fire(call, execution, &operation);
    }
}
