/*
 * subscription_destination.c: the function that a subscription filter names, and where its own log leads.
 *
 * A chain of groups and functions that leads back to a filter's group is refused: each event would cause the
 * next one.
 */
#include "subscription.h"

#include "aws/arn.h"
#include "lambda_model.h"

enum { MAX_CHAIN = 8 };

static bool refuse(const struct call *call, str problem)
{
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
    return false;
}

/* The name in "function:NAME" or "function:NAME:QUALIFIER"; empty: it is neither. */
static str function_name(str resource)
{
    str rest = str_from(resource, S("function:").size), name = {0};

    if (!str_starts_with(resource, S("function:")) || !str_next(&rest, ':', &name))
        return S("");
    return name;
}

bool logs_destination_check(const struct call *call, str destination_arn, str role_arn)
{
    struct arn destination;

    if (!arn_parse(destination_arn, &destination))
        return refuse(call, S("The specified destination ARN is not valid."));
    if (str_equal(destination.service, S("kinesis")) && !str_present(role_arn))
        return refuse(call, S("destinationArn for vendor kinesis cannot be used without roleArn"));
    if (!str_equal(destination.service, S("lambda")))
        return refuse(call, arena_format(call->arena,
                                         "Orderly delivers log events to Lambda functions only, not to %.*s.",
                                         STR_ARGS(destination.service)));
    if (str_empty(function_name(destination.resource)))
        return refuse(call, S("The specified destination ARN is not valid."));
    if (!str_equal(destination.account, call->account)) {
        fail(call, &LOGS_ACCESS_DENIED_EXCEPTION,
             "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to "
             "create cross account lambda triggers.");
        return false;
    }
    if (!str_equal(destination.region, call->region))
        return refuse(call, S("destinationArn must be in the same region as the log group."));
    if (str_present(role_arn))
        return refuse(call, S("destinationArn for vendor lambda cannot be used with roleArn"));
    return true;
}

const struct principal *logs_subscription_principal(const struct call *call, str group_name)
{
    return service_principal(call, S("logs.amazonaws.com"),
                             arena_join(call->arena, logs_group_arn(call, group_name), S(":*")));
}

bool logs_destination_allows(const struct call *call, str group_name, str function_arn)
{
    const struct lambda_invocation_request in = {.function_name = function_arn,
                                                 .invocation_type = S("DryRun")};
    struct lambda_invocation_response out = {0};
    struct failure failure;

    if (invoke(call, logs_subscription_principal(call, group_name), &LAMBDA_INVOKE, &in, &out, &failure) ==
        DONE)
        return true;
    return refuse(call, S("Could not execute the lambda function. Make sure you have given CloudWatch Logs "
                          "permission to execute your function."));
}

/* ---- chains ---- */

/* Where a chain must not lead. */
struct chain {
    const struct call *call;
    const struct group *group; /* NULL: to groups that `excluded` does not name */
    str excluded;
};

static bool ends_at(const struct chain *chain, const struct call *there, str name)
{
    if (!str_equal(there->account, chain->call->account) || !str_equal(there->region, chain->call->region))
        return false;
    return chain->group ? str_equal(name, chain->group->row.name)
                        : !logs_excludes(there, chain->excluded, name);
}

static bool leads_on(const struct chain *chain, str function_arn, int steps);

static bool subscriptions_lead_on(const struct chain *chain, const struct call *there, str name, int steps)
{
    struct logs_find_group_params key = {.account = there->account, .region = there->region, .name = name};
    struct logs_subscriptions_of_group_rows next = {0};
    struct log_subscription of_account;
    struct logs_find_group_row written;
    str pattern;

    if (logs_find_group(there->txn, &key, &written))
        next = logs_subscriptions_of_group(
            there->txn, &(struct logs_subscriptions_of_group_params){.group_id = written.id});
    for (size_t i = 0; i < next.count; i++)
        if (leads_on(chain, next.items[i].destination_arn, steps))
            return true;
    return logs_account_subscription(there, name, &of_account, &pattern) &&
           leads_on(chain, of_account.destination_arn, steps);
}

static bool leads_on(const struct chain *chain, str function_arn, int steps)
{
    struct arn function;

    if (steps == 0 || !arn_parse(function_arn, &function))
        return steps == 0;
    struct call there = call_in(chain->call, function.account, function.region);
    str name = arena_join(there.arena, S("/aws/lambda/"), function_name(function.resource));
    return ends_at(chain, &there, name) || subscriptions_lead_on(chain, &there, name, steps - 1);
}

bool logs_destination_leads_to(const struct call *call, str function_arn, const struct group *group,
                               str excluded)
{
    struct chain chain = {.call = call, .group = group, .excluded = excluded};

    return leads_on(&chain, function_arn, MAX_CHAIN);
}
