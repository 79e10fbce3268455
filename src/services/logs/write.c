/*
 * write.c: PutLogEvents for services that write under a role: a missing group or stream is made first, if the
 * role may make it.
 */
#include "logs_internal.h"

static bool put(const struct call *call, const struct logs_put_log_events_request *in,
                struct failure *failure)
{
    struct logs_put_log_events_response out = {0};

    return invoke(call, call->caller, &LOGS_PUT_LOG_EVENTS, in, &out, failure) == DONE;
}

/* The group and the stream may exist already: the next attempt to write decides. */
static void make_stream(const struct call *call, const struct logs_put_log_events_request *in)
{
    struct logs_create_log_group_request group = {.log_group_name = in->log_group_name};
    struct logs_create_log_stream_request stream = {.log_group_name = in->log_group_name,
                                                    .log_stream_name = in->log_stream_name};
    struct logs_create_log_group_output group_out;
    struct logs_create_log_stream_output stream_out;
    struct failure failure;

    invoke(call, call->caller, &LOGS_CREATE_LOG_GROUP, &group, &group_out, &failure);
    invoke(call, call->caller, &LOGS_CREATE_LOG_STREAM, &stream, &stream_out, &failure);
}

/* The result says why the events were not written; then it has no other effect. */
enum outcome logs_write_events(const struct call *call, const struct logs_put_log_events_request *in,
                               struct logs_write_events_response *out)
{
    struct failure failure;

    if (put(call, in, &failure))
        return DONE;
    if (failure.error == &LOGS_RESOURCE_NOT_FOUND_EXCEPTION) {
        make_stream(call, in);
        if (put(call, in, &failure))
            return DONE;
    }
    out->problem = str_present(failure.reason) ? failure.reason : failure.message;
    return DONE;
}
