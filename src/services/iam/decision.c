/*
 * decision.c: combines all policies for a request, and writes the sentence that names the denying one.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
#include "services/iam/policy_internal.h"

#include "aws/arn.h"

/* What one policy says, or the strongest of an identity's policies. */
struct finding {
    enum policy_verdict verdict;
    const struct policy *policy; /* or NULL */
    str name, group;
    size_t statement;
};

struct findings {
    struct finding identity, boundary, session, resource;
};

static struct finding find(const struct policy *policy, enum policy_verdict without,
                           const struct policy_request *request)
{
    struct finding finding = {.verdict = without, .policy = policy};

    if (policy)
        finding.verdict = iam_policy_evaluate(policy, request, &finding.statement);
    return finding;
}

static struct finding find_in(const struct policy_list *policies, const struct policy_request *request)
{
    struct finding strongest = {0};

    for (size_t i = 0; i < policies->count; i++) {
        struct finding finding = find(policies->items[i].policy, POLICY_SILENT, request);
        if (finding.verdict <= strongest.verdict)
            continue;
        strongest = finding;
        strongest.name = policies->items[i].name;
        strongest.group = policies->items[i].group;
    }
    return strongest;
}

static struct findings collect(const struct policy_set *set, const struct policy_request *request)
{
    return (struct findings){
        .boundary = find(set->boundary, POLICY_ALLOWS, request),
        .session = find(set->session, POLICY_ALLOWS, request),
        .resource = find(set->resource, POLICY_SILENT, request),
        .identity = find_in(&set->identity, request),
    };
}

static enum denial explicit_denial(const struct policy_set *set, const struct findings *findings)
{
    if (findings->resource.verdict == POLICY_DENIES)
        return set->trust ? DENIED_EXPLICITLY_BY_TRUST : DENIED_EXPLICITLY_BY_RESOURCE;
    if (findings->identity.verdict == POLICY_DENIES)
        return DENIED_EXPLICITLY_BY_IDENTITY;
    if (findings->boundary.verdict == POLICY_DENIES)
        return DENIED_EXPLICITLY_BY_BOUNDARY;
    return findings->session.verdict == POLICY_DENIES ? DENIED_EXPLICITLY_BY_SESSION : NOT_DENIED;
}

/* The engine's own calls belong to every account. */
bool iam_is_another_account(const struct policy_request *request)
{
    str owner = arn_account(request->resource), caller = request->caller->account;

    if (!str_present(owner))
        owner = request->resource_owner;
    return str_present(owner) && str_present(caller) && !str_equal(owner, caller);
}

/*
 * For callers that only have what the resource's policy grants: services, strangers, other accounts' roots.
 */
static enum denial decide_by_resource(const struct policy_set *set, enum policy_verdict resource)
{
    if (resource != POLICY_SILENT)
        return NOT_DENIED;
    return set->trust ? NOT_ALLOWED_BY_TRUST : NOT_ALLOWED_BY_RESOURCE;
}

/* The boundary and the session policy reduce the identity's permissions. */
static enum denial decide_by_identity(const struct findings *findings, enum policy_verdict identity)
{
    if (identity == POLICY_SILENT)
        return NOT_ALLOWED_BY_IDENTITY;
    if (findings->boundary.verdict == POLICY_SILENT)
        return NOT_ALLOWED_BY_BOUNDARY;
    return findings->session.verdict == POLICY_SILENT ? NOT_ALLOWED_BY_SESSION : NOT_DENIED;
}

static enum denial combine(const struct policy_set *set, const struct policy_request *request,
                           const struct findings *findings)
{
    enum denial denial = explicit_denial(set, findings);
    enum policy_verdict resource = findings->resource.verdict;
    enum principal_kind kind = request->caller->kind;
    bool stranger = kind != PRINCIPAL_ROOT && kind != PRINCIPAL_USER && kind != PRINCIPAL_ROLE &&
                    kind != PRINCIPAL_FEDERATED;
    bool another = iam_is_another_account(request);

    if (denial != NOT_DENIED)
        return denial;
    if (kind == PRINCIPAL_ROOT && !another && !set->trust)
        return NOT_DENIED;
    if (kind == PRINCIPAL_ROOT || stranger)
        return decide_by_resource(set, resource);

    /*
     * Assuming a role, and using another account's resource, also needs a grant in the resource's own policy.
     */
    if ((another || set->trust) && resource == POLICY_SILENT)
        return decide_by_resource(set, resource);
    if (!another && resource == POLICY_ALLOWS)
        return NOT_DENIED;
    bool granted = !another && resource == POLICY_ALLOWS_ROLE;
    return decide_by_identity(findings, granted ? POLICY_ALLOWS : findings->identity.verdict);
}

/* What denies or allows; without a policy when no policy of the identity does. */
static struct finding what_decides(enum denial denial, const struct findings *findings)
{
    const struct finding *resource = &findings->resource;

    switch (denial) {
    case NOT_DENIED:
        return resource->verdict == POLICY_ALLOWS || resource->verdict == POLICY_ALLOWS_ROLE
                   ? *resource
                   : findings->identity;
    case DENIED_EXPLICITLY_BY_RESOURCE:
    case DENIED_EXPLICITLY_BY_TRUST:
    case NOT_ALLOWED_BY_RESOURCE:
    case NOT_ALLOWED_BY_TRUST:
        return *resource;
    case DENIED_EXPLICITLY_BY_BOUNDARY:
    case NOT_ALLOWED_BY_BOUNDARY:
        return findings->boundary;
    case DENIED_EXPLICITLY_BY_SESSION:
    case NOT_ALLOWED_BY_SESSION:
        return findings->session;
    case DENIED_EXPLICITLY_BY_IDENTITY:
    case NOT_ALLOWED_BY_IDENTITY:
        break;
    }
    return findings->identity;
}

struct decision iam_policy_decide(const struct policy_set *set, const struct policy_request *request)
{
    struct findings findings = collect(set, request);
    enum denial denial = combine(set, request, &findings);
    struct finding finding = what_decides(denial, &findings);
    return (struct decision){
        .denial = denial,
        .policy = finding.policy,
        .policy_name = finding.name,
        .policy_group = finding.group,
        .sid = finding.statement ? finding.policy->statements.items[finding.statement - 1].sid : (str){0},
        .statement = finding.statement,
    };
}

struct reason {
    str before,
        after; /* the sentence before and after the action's name; without `after`, the action is left out */
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

/* ---- reasons ---- */

/* The kind of a policy that denies, and its owner. */
static const struct seat {
    str noun;
    bool of_resource;
} SEATS[] = {
    [DENIED_EXPLICITLY_BY_RESOURCE] = {STR_INIT("policy"), true},
    [DENIED_EXPLICITLY_BY_TRUST] = {STR_INIT("trust policy"), true},
    [DENIED_EXPLICITLY_BY_IDENTITY] = {STR_INIT("policy"), false},
    [DENIED_EXPLICITLY_BY_BOUNDARY] = {STR_INIT("permissions boundary"), false},
    [DENIED_EXPLICITLY_BY_SESSION] = {STR_INIT("session policy"), false},
    [NOT_ALLOWED_BY_RESOURCE] = {STR_INIT("policy"), true},
    [NOT_ALLOWED_BY_TRUST] = {STR_INIT("trust policy"), true},
    [NOT_ALLOWED_BY_IDENTITY] = {STR_INIT("policy"), false},
    [NOT_ALLOWED_BY_BOUNDARY] = {STR_INIT("permissions boundary"), false},
    [NOT_ALLOWED_BY_SESSION] = {STR_INIT("session policy"), false},
};

/* The policy: "the policy P of R", "the policy P of the group G", "the trust policy of R". */
static str policy_text(const struct decision *decision, const struct policy_request *request)
{
    const struct seat *seat = &SEATS[decision->denial];
    str group = decision->policy_group;
    str owner = seat->of_resource                     ? request->resource
                : str_present(group)                  ? arena_join(request->arena, S("the group "), group)
                : str_present(request->principal_arn) ? request->principal_arn
                                                      : caller_text(request->caller);
    str name = decision->policy_name;

    return arena_format(request->arena, "the %.*s%s%.*s of %.*s", STR_ARGS(seat->noun),
                        str_present(name) ? " " : "", STR_ARGS(name), STR_ARGS(owner));
}

static str statement_text(const struct decision *decision, const struct policy_request *request)
{
    if (str_present(decision->sid))
        return arena_format(request->arena, "the statement \"%.*s\"", STR_ARGS(decision->sid));
    return arena_format(request->arena, "statement %zu", decision->statement);
}

/* "sqs:SendMessage on …"; for a resource's own policy without the resource. */
static str what_text(const struct decision *decision, const struct policy_request *request)
{
    if (SEATS[decision->denial].of_resource)
        return request->action;
    return arena_format(request->arena, "%.*s on %.*s", STR_ARGS(request->action),
                        STR_ARGS(request->resource));
}

/* The acting principal: a service also names its source, the topic or the function. */
static str whom_text(const struct policy_request *request)
{
    const struct principal *caller = request->caller;

    if (caller->kind != PRINCIPAL_SERVICE || !str_present(caller->source_arn))
        return S("");
    return arena_format(request->arena, " for %.*s", STR_ARGS(caller->source_arn));
}

static bool denies(enum denial denial)
{
    return denial >= DENIED_EXPLICITLY_BY_RESOURCE && denial <= DENIED_EXPLICITLY_BY_SESSION;
}

str iam_decision_reason(const struct decision *decision, const struct policy_request *request)
{
    struct arena *arena = request->arena;
    str policy = policy_text(decision, request), what = what_text(decision, request),
        whom = whom_text(request), caller = caller_text(request->caller);

    if (denies(decision->denial) && decision->statement == 0)
        return arena_format(arena, "%.*s cannot be understood, and so denies everything", STR_ARGS(policy));
    if (denies(decision->denial)) {
        str statement = statement_text(decision, request);
        return arena_format(arena, "%.*s in %.*s denies %.*s %.*s%.*s", STR_ARGS(statement), STR_ARGS(policy),
                            STR_ARGS(caller), STR_ARGS(what), STR_ARGS(whom));
    }
    if (decision->denial == NOT_ALLOWED_BY_IDENTITY)
        return arena_format(arena, "no policy of %.*s allows %.*s",
                            STR_ARGS(str_present(request->principal_arn) ? request->principal_arn : caller),
                            STR_ARGS(what));
    return arena_format(arena, "%.*s has no statement that allows %.*s %.*s%.*s%s", STR_ARGS(policy),
                        STR_ARGS(caller), STR_ARGS(what), STR_ARGS(whom),
                        decision->policy ? "" : ": there is no such policy");
}
