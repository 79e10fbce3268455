/*
 * authorize.c: decides whether a caller is allowed: by its own policies, its session's, and the resource's.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

#include "aws/arn.h"

static bool is_loopback(str address)
{
    return str_starts_with(address, S("127.")) || str_equal(address, S("::1")) ||
           str_starts_with(address, S("::ffff:127."));
}

/* The request came over TLS, or from this machine. */
static bool is_secure(const struct call *call)
{
    return !str_present(call->source_ip) || is_loopback(call->source_ip) ||
           str_starts_with(call->endpoint, S("https://"));
}

/* The unique id of the caller's role or user. */
static str identity_id(const struct principal *caller)
{
    str rest = caller->id, part = {0};

    if (caller->kind == PRINCIPAL_FEDERATED)
        return caller->federated_by;
    str_next(&rest, ':', &part); /* "AROA…:session"; a user's id has only one part */
    return part;
}

/* An AWS service that acts is identified by its host name. */
static str service_host(const struct call *call)
{
    return arena_format(call->arena, "%s.amazonaws.com", call->operation->service->signing_name);
}

/* A question, with all policies that decide it. */
struct inquiry {
    struct policy_request request;
    struct policy_set set;
    const struct cached_identity *identity; /* the caller's; NULL for a root, a service or nobody */
};

static struct policy_request request_of(const struct call *call, const struct principal *caller, str action,
                                        str resource_arn)
{
    return (struct policy_request){
        .caller = caller,
        .principal_arn = caller->arn,
        .action = action,
        .resource = resource_arn,
        .region = call->region,
        .source_ip = call->source_ip,
        .secure_transport = is_secure(call),
        .now_ms = call->now_ms,
        .arena = call->arena,
        .effort = &call->progress->policy_effort,
    };
}

/* A root has no policies: a session that it has federated may do what the session's policy allows. */
static void add_root(const struct call *call, struct inquiry *inquiry)
{
    *list_add(call->arena, &inquiry->set.identity) = (struct policy_reference){
        .policy = iam_cached_policy(POLICY_INLINE, call->caller->account,
                                    S("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
                                      "\"Action\":\"*\",\"Resource\":\"*\"}}")),
        .name = S("root")};
}

/* False when the role or user does not exist any more. */
static bool add_identity(const struct call *call, struct inquiry *inquiry)
{
    const struct principal *caller = call->caller;
    const struct cached_identity *identity = iam_cached_identity(call->txn, call->arena, identity_id(caller));

    if (!identity)
        return false;
    inquiry->identity = identity;
    inquiry->request.principal_tags = &identity->tags;
    inquiry->set.identity = identity->policies;
    inquiry->set.boundary = identity->boundary;
    if (caller->kind != PRINCIPAL_FEDERATED)
        inquiry->request.principal_arn = identity->arn;
    return true;
}

/* False when the user, or the session's role, does not exist any more: then no policy allows the caller. */
static bool add_caller(const struct call *call, struct inquiry *inquiry)
{
    const struct principal *caller = call->caller;
    bool federated = caller->kind == PRINCIPAL_FEDERATED;

    if (caller->kind != PRINCIPAL_USER && caller->kind != PRINCIPAL_ROLE && !federated)
        return true;
    if (federated && str_equal(caller->federated_by, caller->account))
        add_root(call, inquiry);
    else if (!add_identity(call, inquiry))
        return false;
    if (str_present(caller->session_policy))
        inquiry->set.session = iam_cached_policy(POLICY_SESSION, caller->arn, caller->session_policy);
    return true;
}

/* Could tags of the resource or keys of a service decide? */
static bool asks_context(const struct policy_set *set)
{
    bool asks = iam_policy_asks_context(set->boundary) || iam_policy_asks_context(set->session) ||
                iam_policy_asks_context(set->resource);

    for (size_t i = 0; i < set->identity.count; i++)
        asks |= iam_policy_asks_context(set->identity.items[i].policy);
    return asks;
}

static void add_context(const struct call *call, struct inquiry *inquiry, const struct question *question)
{
    struct context_list context = {0};

    for (size_t i = 0; i < question->context->count; i++)
        *list_add(call->arena, &context) = question->context->items[i];
    if (question->context->supply && asks_context(&inquiry->set))
        question->context->supply(call, question->context->source, &context);
    inquiry->request.context = context.items;
    inquiry->request.context_count = context.count;
}

/* Gather all policies for the question; false when the caller does not exist any more. */
static bool inquire(const struct call *call, const struct question *question, struct inquiry *inquiry)
{
    str resource_policy = question->resource_policy;

    *inquiry =
        (struct inquiry){.request = request_of(call, call->caller, question->action, question->resource_arn)};
    bool there = add_caller(call, inquiry);
    inquiry->set.trust = str_starts_with(question->action, S("sts:AssumeRole"));
    if (str_present(resource_policy) && !str_empty(resource_policy))
        inquiry->set.resource = iam_cached_policy(inquiry->set.trust ? POLICY_TRUST : POLICY_RESOURCE,
                                                  question->resource_arn, resource_policy);
    add_context(call, inquiry, question);
    return there;
}

bool iam_authorize(const struct call *call, const struct question *question, struct objection *objection)
{
    struct inquiry inquiry;
    struct decision decision = {.denial = NOT_ALLOWED_BY_IDENTITY};

    if (inquire(call, question, &inquiry))
        decision = iam_policy_decide(&inquiry.set, &inquiry.request);
    if (decision.denial == NOT_DENIED && inquiry.identity && !question->supposed &&
        iam_use_note(inquiry.identity, question, call->region, call->now_ms))
        iam_uses_keep_soon(call);
    if (decision.denial == NOT_DENIED)
        return true;
    *objection = (struct objection){.message = iam_denial_message(decision.denial, &inquiry.request),
                                    .reason = iam_decision_reason(&decision, &inquiry.request)};
    return false;
}

void iam_explain(const struct call *call, const struct question *question, struct explanation *explanation)
{
    struct inquiry inquiry;

    inquire(call, question, &inquiry);
    *explanation = (struct explanation){.request = inquiry.request,
                                        .set = inquiry.set,
                                        .decision = iam_policy_decide(&inquiry.set, &inquiry.request)};
}

bool iam_is_resource_policy(const struct call *call, str document)
{
    struct arena parsed = {0};
    str problem;

    const struct policy *policy = iam_policy_parse(&parsed, POLICY_RESOURCE, document, &problem);
    if (policy)
        iam_policy_warn(call, policy);
    arena_free(&parsed);
    return policy != NULL;
}

struct principal iam_session_principal(struct arena *arena, const struct identity *role, str session_name)
{
    return (struct principal){
        .kind = PRINCIPAL_ROLE,
        .arn =
            arn_build(arena, &(struct arn){.service = S("sts"),
                                           .account = role->row.account,
                                           .resource = arena_concat(arena, S("assumed-role/"), role->row.name,
                                                                    S("/"), session_name)}),
        .id = arena_format(arena, "%.*s:%.*s", STR_ARGS(role->row.unique_id), STR_ARGS(session_name)),
        .account = role->row.account,
        .name = role->row.name,
    };
}

bool iam_role_find(const struct call *call, str role_arn, struct identity *role)
{
    str account = arn_account(role_arn);

    return str_present(account) &&
           iam_identity_find(call->txn, call->arena, &IAM_ROLE_KIND, account, arn_name(role_arn), role) &&
           str_equal(role->arn, role_arn);
}

bool iam_find_role(const struct call *call, str role_arn, str session_name, struct principal *principal)
{
    const struct principal *service = call->caller;
    struct identity role;

    if (!service || service->kind != PRINCIPAL_SERVICE)
        service = service_principal(call, service_host(call), (str){0});
    if (!iam_role_find(call, role_arn, &role) ||
        !may(call, service, S("sts:AssumeRole"), role.arn, role.row.trust_policy))
        return false;
    *principal = iam_session_principal(call->arena, &role, session_name);
    principal->issued_ms = call->now_ms;
    return true;
}
