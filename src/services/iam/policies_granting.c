/*
 * policies_granting.c: which policies give access to a service: ListPoliciesGrantingServiceAccess.
 *
 * As on AWS only identities' policies count, not boundaries, and not those of resources.  Conditions are
 * taken to fit; a Deny counts only when it denies everything.
 */
#include "services/iam/iam_internal.h"
#include "services/iam/policy_internal.h"

enum { SERVICES_PER_PAGE = 100 };

/* ---- statements ---- */

static bool is_everything(str pattern)
{
    return pattern.size == 1 && pattern.data[0] == WILD_MANY;
}

static str service_of(str pattern)
{
    ptrdiff_t colon = str_index(pattern, ':');

    return colon < 0 ? pattern : str_head(pattern, (size_t)colon);
}

/* Does the pattern mean some actions, or all actions, of the service? */
static bool reaches(const struct wildcard *pattern, str service, bool all)
{
    str text = pattern->text, of = service_of(text);

    return wildcard_match_nocase(of, service) &&
           (!all || of.size == text.size || is_everything(str_from(text, of.size + 1)));
}

static bool any_reaches(const struct wildcard_list *actions, str service, bool all)
{
    for (size_t i = 0; i < actions->count; i++)
        if (reaches(&actions->items[i], service, all))
            return true;
    return false;
}

static bool statement_reaches(const struct statement *statement, str service)
{
    return !statement->deny && (statement->not_actions ? !any_reaches(&statement->actions, service, true)
                                                       : any_reaches(&statement->actions, service, false));
}

static bool is_unconditional(const struct statement *statement)
{
    if (!statement->deny || statement->conditions.count > 0 || statement->not_resources)
        return false;
    for (size_t i = 0; i < statement->resources.count; i++)
        if (is_everything(statement->resources.items[i].text))
            return true;
    return false;
}

static bool denies_service(const struct statement *statement, str service)
{
    return is_unconditional(statement) &&
           (statement->not_actions ? !any_reaches(&statement->actions, service, false)
                                   : any_reaches(&statement->actions, service, true));
}

static bool denies_action(const struct statement *statement, str action)
{
    bool named = false;

    for (size_t i = 0; i < statement->actions.count; i++)
        named |= iam_is_action_of(&statement->actions.items[i], action);
    return is_unconditional(statement) && named != statement->not_actions;
}

bool iam_policies_reach(const struct policy_list *policies, str service)
{
    bool reached = false;

    for (size_t i = 0; i < policies->count; i++)
        for (size_t at = 0; at < policies->items[i].policy->statements.count; at++) {
            const struct statement *statement = &policies->items[i].policy->statements.items[at];
            if (denies_service(statement, service))
                return false;
            reached |= statement_reaches(statement, service);
        }
    return reached;
}

bool iam_policies_may_allow(const struct call *call, const struct policy_list *policies, str action)
{
    const struct policy_request request = {.action = action, .caller = call->caller, .arena = call->arena};
    bool allowed = false;

    for (size_t i = 0; i < policies->count; i++)
        for (size_t at = 0; at < policies->items[i].policy->statements.count; at++) {
            const struct statement *statement = &policies->items[i].policy->statements.items[at];
            if (denies_action(statement, action))
                return false;
            allowed |= iam_statement_may_allow(statement, &request);
        }
    return allowed;
}

struct policy_list iam_entity_policies(const struct call *call, const struct entity *entity)
{
    struct policy_list policies = {0};

    if (!entity->is_policy)
        return iam_cached_identity(call->txn, call->arena, entity->identity.row.unique_id)->policies;
    *list_add(call->arena, &policies) = (struct policy_reference){
        .policy = iam_policy_read(call->arena, POLICY_MANAGED,
                                  iam_managed_policy_document(call->txn, entity->policy.arn)),
        .name = entity->policy.arn};
    return policies;
}

/* ---- the operation ---- */

str iam_owner_type(const struct identity_kind *kind)
{
    return iam_policy_owner_entity_type_text(kind == &IAM_ROLE_KIND    ? IAM_POLICY_OWNER_ENTITY_TYPE_ROLE
                                             : kind == &IAM_GROUP_KIND ? IAM_POLICY_OWNER_ENTITY_TYPE_GROUP
                                                                       : IAM_POLICY_OWNER_ENTITY_TYPE_USER);
}

static struct iam_policy_granting_service_access shown(const struct call *call, const struct entity *entity,
                                                       const struct policy_reference *policy)
{
    struct managed_policy managed;

    if (entity->is_policy || str_starts_with(policy->name, S("arn:"))) {
        bool found = iam_managed_policy_find(call->txn, call->arena, policy->name, &managed);
        return (struct iam_policy_granting_service_access){
            .policy_name = found ? managed.name : S(""),
            .policy_type = iam_policy_type_text(IAM_POLICY_TYPE_MANAGED),
            .policy_arn = policy->name,
        };
    }
    bool by_group = str_present(policy->group);
    return (struct iam_policy_granting_service_access){
        .policy_name = policy->name,
        .policy_type = iam_policy_type_text(IAM_POLICY_TYPE_INLINE),
        .entity_type = iam_owner_type(by_group ? &IAM_GROUP_KIND : entity->identity.kind),
        .entity_name = by_group ? policy->group : entity->identity.row.name,
    };
}

static void add_granting(const struct call *call, const struct entity *entity,
                         const struct policy_list *policies, str service,
                         struct iam_list_policies_granting_service_access_entry *entry)
{
    entry->service_namespace = service;
    list_make_empty(call->arena, &entry->policies);
    for (size_t i = 0; i < policies->count; i++)
        if (iam_policies_reach(&(struct policy_list){&policies->items[i], 1}, service))
            *list_add(call->arena, &entry->policies) = shown(call, entity, &policies->items[i]);
}

enum outcome
iam_list_policies_granting_service_access(const struct call *call,
                                          const struct iam_list_policies_granting_service_access_request *in,
                                          struct iam_list_policies_granting_service_access_response *out)
{
    const int64_t most = SERVICES_PER_PAGE;
    const struct entity *entity = iam_entity_of(call);
    struct page page;

    if (!entity || !iam_page_open(call, in->marker, &most, &page))
        return FAILED;
    if (entity->is_policy)
        return fail(call, &IAM_INVALID_INPUT_EXCEPTION, "Invalid ARN: %.*s.", STR_ARGS(entity->arn));
    struct policy_list policies = iam_entity_policies(call, entity);
    list_make_empty(call->arena, &out->policies_granting_service_access);
    for (size_t i = 0; i < in->service_namespaces.count; i++)
        if (iam_page_takes(&page, arena_format(call->arena, "%03zu", i)))
            add_granting(call, entity, &policies, in->service_namespaces.items[i],
                         list_add(call->arena, &out->policies_granting_service_access));
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
