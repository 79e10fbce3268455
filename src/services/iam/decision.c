/*
 * decision.c: all policies that bear on a request, and the sentence that says which one stood in
 * its way.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
#include "services/iam/policy_internal.h"

#include "aws/arn.h"

struct verdicts {
    enum policy_verdict identity, boundary, session, resource;
};

static enum policy_verdict verdict_of(const struct policy *policy, enum policy_verdict without,
                                      const struct policy_request *request)
{
    return policy ? iam_policy_evaluate(policy, request) : without;
}

static struct verdicts collect(const struct policy_set *set, const struct policy_request *request)
{
    struct verdicts verdicts = {
        .boundary = verdict_of(set->boundary, POLICY_ALLOWS, request),
        .session = verdict_of(set->session, POLICY_ALLOWS, request),
        .resource = verdict_of(set->resource, POLICY_SILENT, request),
    };

    for (size_t i = 0; i < set->identity.count; i++) {
        enum policy_verdict verdict = iam_policy_evaluate(set->identity.items[i].policy, request);
        if (verdict > verdicts.identity)
            verdicts.identity = verdict;
    }
    return verdicts;
}

static enum denial explicit_denial(const struct policy_set *set, const struct verdicts *verdicts)
{
    if (verdicts->resource == POLICY_DENIES)
        return set->trust ? DENIED_EXPLICITLY_BY_TRUST : DENIED_EXPLICITLY_BY_RESOURCE;
    if (verdicts->identity == POLICY_DENIES)
        return DENIED_EXPLICITLY_BY_IDENTITY;
    if (verdicts->boundary == POLICY_DENIES)
        return DENIED_EXPLICITLY_BY_BOUNDARY;
    return verdicts->session == POLICY_DENIES ? DENIED_EXPLICITLY_BY_SESSION : NOT_DENIED;
}

/* The engine's own calls are of no account, and at home in every one. */
static bool is_another_account(const struct policy_request *request)
{
    str owner = arn_account(request->resource), caller = request->caller->account;

    return str_present(owner) && str_present(caller) && !str_equal(owner, caller);
}

/* Who has nothing but what the resource's policy gives: services, strangers, other accounts' roots. */
static enum denial decide_by_resource(const struct policy_set *set, enum policy_verdict resource)
{
    if (resource != POLICY_SILENT)
        return NOT_DENIED;
    return set->trust ? NOT_ALLOWED_BY_TRUST : NOT_ALLOWED_BY_RESOURCE;
}

/* The boundary and the session policy cut down what the identity has. */
static enum denial decide_by_identity(const struct verdicts *verdicts)
{
    if (verdicts->identity == POLICY_SILENT)
        return NOT_ALLOWED_BY_IDENTITY;
    if (verdicts->boundary == POLICY_SILENT)
        return NOT_ALLOWED_BY_BOUNDARY;
    return verdicts->session == POLICY_SILENT ? NOT_ALLOWED_BY_SESSION : NOT_DENIED;
}

enum denial iam_policy_decide(const struct policy_set *set, const struct policy_request *request)
{
    struct verdicts verdicts = collect(set, request);
    enum denial denial = explicit_denial(set, &verdicts);
    enum principal_kind kind = request->caller->kind;
    bool stranger = kind != PRINCIPAL_ROOT && kind != PRINCIPAL_USER && kind != PRINCIPAL_ROLE;
    bool another = is_another_account(request);

    if (denial != NOT_DENIED)
        return denial;
    if (kind == PRINCIPAL_ROOT && !another && !set->trust)
        return NOT_DENIED;
    if (kind == PRINCIPAL_ROOT || stranger)
        return decide_by_resource(set, verdicts.resource);

    /* A role is assumed, and another account's resource used, only where its own policy says so. */
    if ((another || set->trust) && verdicts.resource == POLICY_SILENT)
        return decide_by_resource(set, verdicts.resource);
    if (!another && verdicts.resource == POLICY_ALLOWS)
        return NOT_DENIED;
    if (!another && verdicts.resource == POLICY_ALLOWS_ROLE)
        verdicts.identity = POLICY_ALLOWS;
    return decide_by_identity(&verdicts);
}

struct reason {
    str before, after; /* the action's name stands between, unless `after` is absent */
};

static const struct reason REASONS[] = {
    [DENIED_EXPLICITLY_BY_RESOURCE] = {.before =
                                           STR_INIT("with an explicit deny in a resource-based policy")},
    [DENIED_EXPLICITLY_BY_TRUST] = {.before = STR_INIT("with an explicit deny in the role trust policy")},
    [DENIED_EXPLICITLY_BY_IDENTITY] = {.before =
                                           STR_INIT("with an explicit deny in an identity-based policy")},
    [DENIED_EXPLICITLY_BY_BOUNDARY] = {.before = STR_INIT("with an explicit deny in a permissions boundary")},
    [DENIED_EXPLICITLY_BY_SESSION] = {.before = STR_INIT("with an explicit deny in a session policy")},
    [NOT_ALLOWED_BY_RESOURCE] = {STR_INIT("because no resource-based policy allows the "),
                                 STR_INIT(" action")},
    [NOT_ALLOWED_BY_TRUST] = {STR_INIT("because no role trust policy allows the "), STR_INIT(" action")},
    [NOT_ALLOWED_BY_IDENTITY] = {STR_INIT("because no identity-based policy allows the "),
                                 STR_INIT(" action")},
    [NOT_ALLOWED_BY_BOUNDARY] = {STR_INIT("because no permissions boundary allows the "),
                                 STR_INIT(" action")},
    [NOT_ALLOWED_BY_SESSION] = {STR_INIT("because no session policy allows the "), STR_INIT(" action")},
};

static str caller_text(const struct principal *caller)
{
    if (caller->kind == PRINCIPAL_SERVICE)
        return caller->name;
    return str_present(caller->arn) ? caller->arn : S("anonymous");
}

str iam_denial_message(enum denial denial, const struct policy_request *request)
{
    const struct reason *reason = &REASONS[denial];
    str action = str_present(reason->after) ? request->action : (str){0};

    return arena_format(
        request->arena, "User: %.*s is not authorized to perform: %.*s on resource: %.*s %.*s%.*s%.*s",
        STR_ARGS(caller_text(request->caller)), STR_ARGS(request->action), STR_ARGS(request->resource),
        STR_ARGS(reason->before), STR_ARGS(action), STR_ARGS(reason->after));
}
