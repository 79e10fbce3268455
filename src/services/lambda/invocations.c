/*
 * invocations.c: an invocation's row, and its result.
 */
#include "invocations.h"
#include "batches.h"
#include "destinations.h"
#include "durable.h"
#include "lambda_internal.h"

#include "wire/json.h"

str lambda_invocation_answer(const struct call *call, str request_id)
{
    return arena_format(call->arena, "lambda/answer/%.*s", STR_ARGS(request_id));
}

bool lambda_invocation_of_sandbox(const struct call *call, str sandbox_id,
                                  struct lambda_find_invocation_row *invocation)
{
    return lambda_find_invocation(
        call->txn, &(struct lambda_find_invocation_params){.sandbox_id = sandbox_id}, invocation);
}

bool lambda_invocation_next(const struct call *call, const struct function *function,
                            struct lambda_find_invocation_row *invocation)
{
    return lambda_find_invocation(
        call->txn, &(struct lambda_find_invocation_params){.version_id = &function->row.version_id},
        invocation);
}

int64_t lambda_invocation_add(const struct call *call, struct lambda_add_invocation_params params)
{
    str payload = params.payload;

    check(params.function_id > 0 && params.version_id > 0 && params.queued_ms <= call->now_ms);
    params.payload_apart = payload.size > LARGE_PAYLOAD_BYTES;
    if (params.payload_apart)
        params.payload = S("");
    if (params.payload_apart && params.kind != LAMBDA_INVOCATION_KIND_SYNC)
        params.event_size += (int64_t)payload.size;
    int64_t id = lambda_add_invocation(call->txn, &params);
    if (params.payload_apart && params.kind != LAMBDA_INVOCATION_KIND_SYNC)
        lambda_add_payload(call->txn, &(struct lambda_add_payload_params){.id = id, .content = payload});
    return id;
}

/* Absent: nobody wants the invocation any more. */
static str whole_payload(const struct call *call, const struct lambda_queued_row *invocation,
                         const struct read_event *read)
{
    if (read && !str_equal(read->request_id, invocation->request_id))
        read = NULL;
    if (invocation->durable == LAMBDA_INVOCATION_DURABLE_RUN)
        return lambda_run_event(call, *invocation->execution_id, read);
    if (read)
        return read->text;
    if (invocation->payload_apart && invocation->kind == LAMBDA_INVOCATION_KIND_SYNC)
        return arena_copy(call->arena,
                          shown_by(call, lambda_invocation_answer(call, invocation->request_id)));
    return lambda_stored_event(call, invocation);
}

/* Has it waited so long that it is removed, not run? */
static bool lapses(const struct call *call, int64_t version_id, const struct lambda_queued_row *invocation)
{
    if (invocation->durable == LAMBDA_INVOCATION_DURABLE_RUN)
        return lambda_run_lapse(call, version_id, invocation);
    if (invocation->kind == LAMBDA_INVOCATION_KIND_MAPPING)
        return lambda_batch_lapse(call, version_id, invocation);
    return invocation->kind == LAMBDA_INVOCATION_KIND_EVENT && !invocation->durable &&
           lambda_event_expire(call, invocation->id, invocation->queued_ms);
}

bool lambda_invocation_take(const struct call *call, const struct lambda_take_invocation_params *params,
                            const struct read_event *read, struct lambda_queued_row *invocation)
{
    while (lambda_take_invocation(call->txn, params, invocation)) {
        if (lapses(call, params->version_id, invocation))
            continue;
        invocation->payload = whole_payload(call, invocation, read);
        if (str_present(invocation->payload))
            return true;
        lambda_invocation_remove(call, invocation->id);
    }
    return false;
}

str lambda_invocation_payload(const struct call *call, int64_t id, str payload, bool is_apart)
{
    struct lambda_get_payload_row apart;

    return is_apart && lambda_get_payload(call->txn, &(struct lambda_get_payload_params){.id = id}, &apart)
               ? apart.content
               : payload;
}

void lambda_invocation_remove(const struct call *call, int64_t id)
{
    check(id > 0);
    lambda_remove_invocation(call->txn, &(struct lambda_remove_invocation_params){.id = id});
    lambda_remove_payload(call->txn, &(struct lambda_remove_payload_params){.id = id});
}

struct result lambda_result_error(const struct call *call, const char *type, str message)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("errorType"), str_of(type));
    json_field(&writer, S("errorMessage"), message);
    json_close_object(&writer);
    return (struct result){
        .error = S("Unhandled"), .payload = json_written(&writer), .error_type = str_of(type)};
}
