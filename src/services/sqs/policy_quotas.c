/*
 * policy_quotas.c: how much a queue's policy may contain, and one resource in each statement.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 */
#include "sqs_internal.h"

#include "aws/policy_document.h"

enum { MAX_BYTES = 8192, MAX_STATEMENTS = 20, MAX_PRINCIPALS = 50, MAX_ACTIONS = 7, MAX_CONDITIONS = 10 };

static bool quota_check(const struct call *call, size_t found, size_t most, const char *what)
{
    if (found <= most)
        return true;
    fail(call, &SQS_OVER_LIMIT, "%zu %s the submitted policy, max allowed is %zu", found, what, most);
    return false;
}

/* A text, or an array of texts. */
static size_t count_texts(const struct json *value)
{
    return json_is(value, JSON_ARRAY) ? value->count : json_is(value, JSON_STRING);
}

/* "*", or lists by the principals' kinds. */
static size_t count_principals(const struct json *principal)
{
    size_t count = count_texts(principal);

    for (size_t i = 0; json_is(principal, JSON_OBJECT) && i < principal->count; i++)
        count += count_texts(&principal->members[i].value);
    return count;
}

/* The keys of all operators. */
static size_t count_conditions(const struct json *condition)
{
    size_t count = 0;

    for (size_t i = 0; json_is(condition, JSON_OBJECT) && i < condition->count; i++)
        if (json_is(&condition->members[i].value, JSON_OBJECT))
            count += condition->members[i].value.count;
    return count;
}

bool sqs_policy_principals_check(const struct call *call, size_t count)
{
    return quota_check(call, count, MAX_PRINCIPALS, "principals were found in");
}

bool sqs_policy_size_check(const struct call *call, str text)
{
    if (text.size <= MAX_BYTES)
        return true;
    fail(call, &SQS_OVER_LIMIT, "Submitted policy is over max allowed size.");
    return false;
}

bool sqs_policy_resources_are_single(const struct call *call, str text)
{
    struct policy_document policy = policy_document_read(call->arena, text);

    for (size_t i = 0; i < policy.count; i++)
        if (count_texts(json_get(&policy.statements[i], S("Resource"))) > 1)
            return false;
    return true;
}

bool sqs_policy_quotas_check(const struct call *call, str text)
{
    struct policy_document policy = policy_document_read(call->arena, text);
    size_t principals = 0;

    for (size_t i = 0; i < policy.count; i++) {
        const struct json *statement = &policy.statements[i];
        if (!quota_check(call, count_texts(json_get(statement, S("Action"))), MAX_ACTIONS,
                         "actions were found in a statement from") ||
            !quota_check(call, count_conditions(json_get(statement, S("Condition"))), MAX_CONDITIONS,
                         "conditions were found in a statement from"))
            return false;
        principals += count_principals(json_get(statement, S("Principal")));
    }
    return quota_check(call, policy.count, MAX_STATEMENTS, "statements were found in") &&
           sqs_policy_principals_check(call, principals);
}
