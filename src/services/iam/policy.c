/*
 * policy.c: evaluates one policy for a request.
 */
#include "services/iam/policy_internal.h"

#include "aws/arn.h"

bool iam_is_action_of(const struct wildcard *pattern, str action)
{
    return pattern->literal ? str_equal_nocase(pattern->text, action)
                            : wildcard_match_nocase(pattern->text, action);
}

static bool matches_any_action(const struct wildcard_list *actions, str action)
{
    for (size_t i = 0; i < actions->count; i++)
        if (iam_is_action_of(&actions->items[i], action))
            return true;
    return false;
}

static enum answer matches_any_resource(const struct wildcard_list *resources,
                                        const struct policy_request *request)
{
    enum answer answer = NO;

    for (size_t i = 0; i < resources->count; i++) {
        const struct wildcard *pattern = &resources->items[i];
        str expanded;
        if (pattern->literal ? str_equal(pattern->text, request->resource)
                             : iam_wildcard_expand(pattern, request, &expanded) &&
                                   wildcard_match_resource(expanded, request->resource))
            return YES;
        if (iam_wildcard_unknown(pattern, request))
            answer = UNKNOWN;
    }
    return answer;
}

/* A statement without resources applies to any resource. */
static enum answer is_about_resource(const struct statement *statement, const struct policy_request *request)
{
    if (statement->resources.count == 0)
        return YES;
    enum answer answer = matches_any_resource(&statement->resources, request);
    if (answer == UNKNOWN || !statement->not_resources)
        return answer;
    return answer == YES ? NO : YES;
}

/* Of a session: the unique id of its role, or of the user who has federated it. */
static str unique_id(const struct principal *caller)
{
    str rest = caller->id, id = {0};

    if (caller->kind == PRINCIPAL_FEDERATED)
        return caller->federated_by;
    str_next(&rest, ':', &id); /* "AROA…:name" */
    return id;
}

/* Is it a session with an ARN of its own? */
static bool is_session(const struct principal *caller)
{
    return caller->kind == PRINCIPAL_ROLE || caller->kind == PRINCIPAL_FEDERATED;
}

static bool is_aws_principal(const struct principal *caller)
{
    return caller->kind == PRINCIPAL_ROOT || caller->kind == PRINCIPAL_USER || is_session(caller);
}

/* The verdict of an Allow for this principal. */
static enum policy_verdict grant(const struct principal_pattern *pattern,
                                 const struct policy_request *request)
{
    const struct principal *caller = request->caller;
    bool session = is_session(caller);

    switch (pattern->type) {
    case PRINCIPAL_IS_ANYONE:
        return session ? POLICY_ALLOWS_ROLE : POLICY_ALLOWS;
    case PRINCIPAL_IS_ACCOUNT:
        return is_aws_principal(caller) && str_equal(pattern->name, caller->account) ? POLICY_ALLOWS_ACCOUNT
                                                                                     : POLICY_SILENT;
    case PRINCIPAL_IS_ARN:
        if (!is_aws_principal(caller))
            return POLICY_SILENT;
        if (str_equal(pattern->name, caller->arn))
            return POLICY_ALLOWS;
        return session && str_equal(pattern->name, request->principal_arn) ? POLICY_ALLOWS_ROLE
                                                                           : POLICY_SILENT;
    case PRINCIPAL_IS_UNIQUE_ID:
        if (!is_aws_principal(caller))
            return POLICY_SILENT;
        if (str_equal(pattern->name, caller->id))
            return POLICY_ALLOWS;
        return session && str_equal(pattern->name, unique_id(caller)) ? POLICY_ALLOWS_ROLE : POLICY_SILENT;
    case PRINCIPAL_IS_SERVICE:
        return caller->kind == PRINCIPAL_SERVICE && str_equal_nocase(pattern->name, caller->name)
                   ? POLICY_ALLOWS
                   : POLICY_SILENT;
    case PRINCIPAL_IS_FOREIGN:
        break;
    }
    return POLICY_SILENT;
}

static enum policy_verdict strongest_grant(const struct principal_list *principals,
                                           const struct policy_request *request)
{
    enum policy_verdict strongest = POLICY_SILENT;

    for (size_t i = 0; i < principals->count; i++) {
        enum policy_verdict verdict = grant(&principals->items[i], request);
        if (verdict > strongest)
            strongest = verdict;
    }
    return strongest;
}

static bool is_listed(const struct principal_list *principals, enum policy_verdict as,
                      const struct policy_request *request)
{
    for (size_t i = 0; i < principals->count; i++)
        if (grant(&principals->items[i], request) == as)
            return true;
    return false;
}

/*
 * A Deny with NotPrincipal spares only a caller that is listed with everything it is part of: the account,
 * and for a session also the role or user.
 */
static bool is_spared(const struct principal_list *principals, const struct policy_request *request)
{
    const struct principal *caller = request->caller;

    if (!is_aws_principal(caller))
        return strongest_grant(principals, request) != POLICY_SILENT;
    if (!is_listed(principals, POLICY_ALLOWS_ACCOUNT, request))
        return false;
    if (is_session(caller) && !is_listed(principals, POLICY_ALLOWS_ROLE, request))
        return false;
    return caller->kind == PRINCIPAL_ROOT || is_listed(principals, POLICY_ALLOWS, request);
}

static enum policy_verdict principal_verdict(const struct statement *statement,
                                             const struct policy_request *request)
{
    const struct principal_list *principals = &statement->principals;

    if (!principals->items)
        return POLICY_ALLOWS;
    if (!statement->not_principals)
        return strongest_grant(principals, request);
    if (statement->deny)
        return is_spared(principals, request) ? POLICY_SILENT : POLICY_ALLOWS;
    if (strongest_grant(principals, request) != POLICY_SILENT)
        return POLICY_SILENT;
    return is_session(request->caller) ? POLICY_ALLOWS_ROLE : POLICY_ALLOWS;
}

static enum answer conditions_hold(const struct statement *statement, const struct policy_request *request)
{
    enum answer all = YES;

    for (size_t i = 0; i < statement->conditions.count; i++) {
        enum answer answer = iam_condition_holds(&statement->conditions.items[i], request);
        if (answer == NO)
            return NO;
        if (answer == UNKNOWN)
            all = UNKNOWN;
    }
    return all;
}

enum policy_verdict iam_statement_verdict(const struct statement *statement,
                                          const struct policy_request *request)
{
    if (matches_any_action(&statement->actions, request->action) == statement->not_actions)
        return POLICY_SILENT;
    enum answer resource = is_about_resource(statement, request);
    if (resource == NO)
        return POLICY_SILENT;
    enum policy_verdict verdict = principal_verdict(statement, request);
    enum answer conditions = verdict == POLICY_SILENT ? NO : conditions_hold(statement, request);
    if (conditions == NO)
        return POLICY_SILENT;
    if (statement->deny)
        return POLICY_DENIES;
    return resource == YES && conditions == YES ? verdict : POLICY_SILENT;
}

static bool has_variables(const struct wildcard_list *resources)
{
    for (size_t i = 0; i < resources->count; i++)
        if (resources->items[i].has_variables)
            return true;
    return false;
}

bool iam_statement_may_allow(const struct statement *statement, const struct policy_request *request)
{
    if (statement->deny || matches_any_action(&statement->actions, request->action) == statement->not_actions)
        return false;
    return !str_present(request->resource) || has_variables(&statement->resources) ||
           is_about_resource(statement, request) != NO;
}

static bool is_owner(const struct policy_request *request)
{
    return request->caller->kind == PRINCIPAL_ROOT &&
           str_equal(request->caller->account, arn_account(request->resource));
}

enum policy_verdict iam_policy_evaluate(const struct policy *policy, const struct policy_request *request,
                                        size_t *statement)
{
    enum policy_verdict strongest = POLICY_SILENT;

    *statement = 0;
    if (policy->unreadable)
        return is_owner(request) ? POLICY_SILENT : POLICY_DENIES;
    for (size_t i = 0; i < policy->statements.count && strongest != POLICY_DENIES; i++) {
        enum policy_verdict verdict = iam_statement_verdict(&policy->statements.items[i], request);
        if (verdict > strongest) {
            strongest = verdict;
            *statement = i + 1;
        }
    }
    return strongest;
}

bool iam_policy_asks_context(const struct policy *policy)
{
    return policy && policy->asks_context;
}
