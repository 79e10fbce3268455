/*
 * event_routes.c: which version runs an asynchronous event, or a mapping's batch: the one that its name means
 * when it is attempted.
 *
 * An alias may get another version while events wait: for a retry, for concurrency, or for a sandbox.  Those
 * that wait for a version to which the alias sends nothing any more go to another one.
 */
#include "destinations.h"
#include "lambda_internal.h"
#include "sandboxes.h"

/* ---- one event ---- */

bool lambda_event_route(const struct call *call, int64_t function_id, str function_arn,
                        struct function *function)
{
    struct function_name name;

    if (!lambda_function_name_parse(function_arn, &name) || !lambda_version_find(call, &name, function) ||
        function->row.id != function_id)
        return false;
    lambda_version_route(call, function);
    return true;
}

void lambda_event_move(const struct call *call, int64_t invocation_id, const struct function *function)
{
    struct call there = lambda_call_of_function(call, function);

    lambda_move_event(call->txn, &(struct lambda_move_event_params){.id = invocation_id,
                                                                    .version_id = function->row.version_id});
    lambda_function_dispatch(&there, function);
}

/* ---- an alias that has changed ---- */

static bool sends_to(const struct lambda_alias_row *alias, int64_t number)
{
    double to_other = alias->other_number ? *alias->weight : 0;

    return (alias->number == number && to_other < 1) ||
           (alias->other_number && *alias->other_number == number && to_other > 0);
}

static void reroute(const struct call *call, const struct lambda_reroute_events_request *in)
{
    slice_again(call, &LAMBDA_REROUTE_EVENTS,
                arena_format(call->arena, "%lld/%.*s", (long long)in->version_id, STR_ARGS(in->function_arn)),
                in);
}

static void reroute_from(const struct call *call, const struct function *function, str alias, int64_t number)
{
    struct function_name name = {.account = function->row.account,
                                 .region = function->row.region,
                                 .name = function->row.name,
                                 .qualifier = lambda_version_text(call->arena, number)};
    struct function before;

    if (!lambda_version_find(call, &name, &before))
        return;
    name.qualifier = alias;
    reroute(call,
            &(struct lambda_reroute_events_request){.function_id = function->row.id,
                                                    .version_id = before.row.version_id,
                                                    .function_arn = lambda_function_arn(call->arena, &name)});
}

void lambda_events_reroute(const struct call *call, const struct function *function,
                           const struct lambda_alias_row *before, const struct lambda_alias_row *alias)
{
    if (!sends_to(alias, before->number))
        reroute_from(call, function, alias->alias, before->number);
    if (before->other_number && !sends_to(alias, *before->other_number))
        reroute_from(call, function, alias->alias, *before->other_number);
}

/* The oldest event, or else a batch of a mapping, that waits for the version.  False: nothing waits. */
static bool next_of_name(const struct call *call, const struct lambda_reroute_events_request *in, int64_t *id)
{
    struct lambda_next_event_of_name_row event;
    struct lambda_next_batch_of_name_row batch;
    struct function_name name;

    if (lambda_next_event_of_name(call->txn,
                                  &(struct lambda_next_event_of_name_params){
                                      .version_id = in->version_id, .function_arn = in->function_arn},
                                  &event)) {
        *id = event.id;
        return true;
    }
    if (!lambda_function_name_parse(in->function_arn, &name) ||
        !lambda_next_batch_of_name(
            call->txn,
            &(struct lambda_next_batch_of_name_params){.account = name.account,
                                                       .region = name.region,
                                                       .function_name = name.name,
                                                       .version_id = in->version_id,
                                                       .function_arn = in->function_arn},
            &batch))
        return false;
    *id = batch.id;
    return true;
}

/* Ends early when the alias sends events to the version again, or is gone. */
enum outcome lambda_reroute_events(const struct call *call, const struct lambda_reroute_events_request *in,
                                   struct lambda_reroute_events_output *out)
{
    struct function function;
    int64_t id;

    (void)out;
    while (next_of_name(call, in, &id)) {
        if (!lambda_event_route(call, in->function_id, in->function_arn, &function) ||
            function.row.version_id == in->version_id)
            break;
        lambda_event_move(call, id, &function);
        if (slice_is_over(call)) {
            reroute(call, in);
            break;
        }
    }
    return DONE;
}
