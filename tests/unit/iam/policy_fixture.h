#pragma once

/*
 * policy_fixture.h: evaluating policies for one request: a user puts an item.
 */
#include "services/iam/policy.h"

#include "unit.h"

#define QUEUE "arn:aws:sqs:us-east-1:000000000000:orders"
#define TABLE "arn:aws:dynamodb:us-east-1:000000000000:table/Orders"

static const struct principal BOB = {
    .kind = PRINCIPAL_USER,
    .arn = STR_INIT("arn:aws:iam::000000000000:user/bob"),
    .id = STR_INIT("AIDAQWERTYUIOPASDFGHJ"),
    .account = STR_INIT("000000000000"),
    .name = STR_INIT("bob"),
};

/* Double-quoted JSON in C is hard to read: in these tests ' is written for ". */
static inline str quoted(str text)
{
    char *copy = arena_alloc(&scratch, text.size + 1);

    for (size_t i = 0; i < text.size; i++)
        copy[i] = text.data[i] == '\'' ? '"' : text.data[i];
    return (str){copy, text.size};
}

static inline const struct policy *policy_of(enum policy_kind kind, str text)
{
    str problem;
    const struct policy *policy = iam_policy_parse(&scratch, kind, quoted(text), &problem);

    if (!policy)
        fail_msg("%.*s", STR_ARGS(problem));
    return policy;
}

static inline struct policy_request asks(const struct principal *caller, str action, str resource)
{
    return (struct policy_request){
        .caller = caller,
        .principal_arn = caller->arn,
        .action = action,
        .resource = resource,
        .region = S("us-east-1"),
        .source_ip = S("203.0.113.7"),
        .now_ms = 1767225600000, /* 2026-01-01 */
        .arena = &scratch,
    };
}

static inline enum policy_verdict evaluated(const struct policy *policy, const struct policy_request *request)
{
    size_t statement;

    return iam_policy_evaluate(policy, request, &statement);
}
