/*
 * simulate.c: SimulateCustomPolicy and SimulatePrincipalPolicy, and the lists of keys that they need.
 *
 * Each action is decided on each resource, by iam_policy_decide(), as a request would be.  Condition keys
 * have only the values that the request gives, also those that a real request would always have.
 */
#include "services/iam/simulated_policies.h"

#include "aws/arn.h"
#include "base/hash.h"

/* A page ends when its results have that many statements and keys. */
enum { ENOUGH_ITEMS = 10 * 1000 };

/* What both operations ask. */
struct asked {
    const struct identity *identity; /* whose policies are simulated, or NULL */
    str policy_source_arn, resource_policy, resource_owner, caller_arn, marker;
    const struct str_list *policies, *boundaries, *actions, *resources;
    const struct iam_context_entry_list *entries;
    const int64_t *max_items;
};

struct simulation {
    const struct call *call;
    struct simulated_policies policies;
    struct policy_set set;
    struct principal caller;
    struct policy_request request;
    struct context_list context;
    struct str_list missing; /* keys without a value */
    size_t told;             /* statements and keys in the results */
};

/* ---- what is asked ---- */

static bool invalid(const struct call *call, const char *before, str text, const char *after)
{
    fail(call, &IAM_INVALID_INPUT_EXCEPTION, "%s%.*s%s", before, STR_ARGS(text), after);
    return false;
}

static bool check_action(const struct call *call, str action)
{
    ptrdiff_t colon = str_index(action, ':');
    bool is_action = colon > 0 && str_is_word(str_head(action, (size_t)colon), S("-")) &&
                     str_from(action, (size_t)colon + 1).size > 0 &&
                     str_is_word(str_from(action, (size_t)colon + 1), S(""));

    return is_action || invalid(call, "Invalid action name: ", action, "");
}

static bool check_resource(const struct call *call, str resource)
{
    struct arn arn;

    return str_equal(resource, S("*")) || (arn_parse(resource, &arn) && !str_empty(arn.service)) ||
           invalid(call, "ResourceNames are not in a valid ARN format: ", resource, ".");
}

static bool check_all(const struct call *call, const struct str_list *texts,
                      bool (*check)(const struct call *, str))
{
    for (size_t i = 0; i < texts->count; i++)
        if (!check(call, texts->items[i]))
            return false;
    return true;
}

static bool is_value_of(const struct call *call, enum iam_context_key_type_enum type, str value)
{
    struct ip_range range;
    double number;
    str bytes;

    switch (type) {
    case IAM_CONTEXT_KEY_TYPE_ENUM_NUMERIC:
    case IAM_CONTEXT_KEY_TYPE_ENUM_NUMERIC_LIST:
        return iam_number_of_text(value, &number);
    case IAM_CONTEXT_KEY_TYPE_ENUM_BOOLEAN:
    case IAM_CONTEXT_KEY_TYPE_ENUM_BOOLEAN_LIST:
        return str_equal_nocase(value, S("true")) || str_equal_nocase(value, S("false"));
    case IAM_CONTEXT_KEY_TYPE_ENUM_IP:
    case IAM_CONTEXT_KEY_TYPE_ENUM_IP_LIST:
        return iam_ip_range_of_text(value, &range);
    case IAM_CONTEXT_KEY_TYPE_ENUM_BINARY:
    case IAM_CONTEXT_KEY_TYPE_ENUM_BINARY_LIST:
        return base64_decode(call->arena, value, &bytes);
    case IAM_CONTEXT_KEY_TYPE_ENUM_DATE:
    case IAM_CONTEXT_KEY_TYPE_ENUM_DATE_LIST:
        return iam_date_of_text(value, &number);
    case IAM_CONTEXT_KEY_TYPE_ENUM_STRING:
    case IAM_CONTEXT_KEY_TYPE_ENUM_STRING_LIST:
        break;
    }
    return true;
}

static bool take_entry(struct simulation *simulation, const struct iam_context_entry *entry)
{
    const struct call *call = simulation->call;
    enum iam_context_key_type_enum type = str_present(entry->context_key_type)
                                              ? iam_context_key_type_enum_of(entry->context_key_type)
                                              : IAM_CONTEXT_KEY_TYPE_ENUM_STRING;

    if (!str_present(entry->context_key_name))
        return invalid(call, "A context entry has no ContextKeyName.", S(""), "");
    for (size_t i = 0; i < entry->context_key_values.count; i++) {
        str value = entry->context_key_values.items[i];
        if (!is_value_of(call, type, value))
            return invalid(call, "Invalid value of the context key ", entry->context_key_name, ".");
        *list_add(call->arena, &simulation->context) =
            (struct context_value){.key = entry->context_key_name, .value = value};
    }
    return true;
}

static bool take_entries(struct simulation *simulation, const struct iam_context_entry_list *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        if (!take_entry(simulation, &entries->items[i]))
            return false;
    return true;
}

/* ---- the caller ---- */

static bool is_of_role(str arn)
{
    struct arn parts;

    return arn_parse(arn, &parts) && str_starts_with(parts.resource, S("role/"));
}

static bool check_caller(const struct call *call, str arn)
{
    struct arn parts;

    return (arn_parse(arn, &parts) && str_equal(parts.service, S("iam")) && str_present(arn_account(arn)) &&
            (str_starts_with(parts.resource, S("user/")) || str_starts_with(parts.resource, S("group/")) ||
             str_starts_with(parts.resource, S("role/")))) ||
           invalid(call, "Invalid Entity Arn: ", arn, "");
}

/* Without a caller the simulation has no principal, and no account of it. */
static bool take_caller(struct simulation *simulation, const struct asked *asked)
{
    const struct call *call = simulation->call;
    str arn = str_present(asked->caller_arn) ? asked->caller_arn : asked->policy_source_arn;

    simulation->caller = (struct principal){.kind = PRINCIPAL_USER};
    if (!str_present(arn))
        return !str_present(asked->resource_policy) ||
               invalid(call, "CallerArn is required with a ResourcePolicy.", S(""), "");
    if (!check_caller(call, arn))
        return false;
    if (str_present(asked->resource_policy) && is_of_role(arn))
        return invalid(call, "Simulation of resource-based policies isn't supported for IAM roles.", S(""),
                       "");
    simulation->caller.arn = arn;
    simulation->caller.account = arn_account(arn);
    simulation->caller.name = arn_name(arn);
    return true;
}

/* An account, or its root's ARN. */
static bool take_owner(struct simulation *simulation, str owner)
{
    str account = str_present(arn_account(owner)) ? arn_account(owner) : owner;

    simulation->request.resource_owner = account;
    return !str_present(owner) || arn_is_account(account) ||
           invalid(simulation->call, "'", owner, "' is not a valid as a Resource Owner.");
}

/* ---- the policies ---- */

/* A boundary that the request has replaces the one of the role or user. */
static bool take_boundary(struct simulation *simulation, const struct asked *asked)
{
    const struct call *call = simulation->call;

    if (asked->boundaries->count > 1)
        return invalid(call, "You can input only one permissions boundary.", S(""), "");
    if (asked->boundaries->count == 0 && asked->identity)
        iam_simulate_boundary(call, asked->identity, &simulation->policies);
    return iam_simulate_documents(call, BOUNDARY_POLICY, "PermissionsBoundaryPolicyInputList",
                                  asked->boundaries, &simulation->policies);
}

static bool take_policies(struct simulation *simulation, const struct asked *asked)
{
    const struct call *call = simulation->call;

    if (asked->identity)
        iam_simulate_attached(call, asked->identity, &simulation->policies);
    return iam_simulate_documents(call, IDENTITY_POLICY, "PolicyInputList", asked->policies,
                                  &simulation->policies) &&
           take_boundary(simulation, asked) &&
           (!str_present(asked->resource_policy) ||
            iam_simulate_document(call, RESOURCE_POLICY, S("ResourcePolicy"), asked->resource_policy,
                                  &simulation->policies));
}

static void arrange(struct simulation *simulation)
{
    struct policy_set *set = &simulation->set;

    for (size_t i = 0; i < simulation->policies.count; i++) {
        const struct simulated_policy *policy = &simulation->policies.items[i];
        if (policy->role == IDENTITY_POLICY)
            *list_add(simulation->call->arena, &set->identity) =
                (struct policy_reference){.policy = policy->policy, .name = policy->id};
        else if (policy->role == BOUNDARY_POLICY)
            set->boundary = policy->policy;
        else
            set->resource = policy->policy;
    }
}

/* The policies' keys but for those in the request: both lists are sorted. */
static void find_missing(struct simulation *simulation)
{
    struct arena *arena = simulation->call->arena;
    struct str_list keys = {0}, given = {0};

    for (size_t i = 0; i < simulation->policies.count; i++)
        iam_policy_context_keys(arena, simulation->policies.items[i].policy, &keys);
    for (size_t i = 0; i < simulation->context.count; i++)
        *list_add(arena, &given) = simulation->context.items[i].key;
    iam_context_keys_sort(&keys);
    iam_context_keys_sort(&given);
    list_make_empty(arena, &simulation->missing);
    for (size_t i = 0, at = 0; i < keys.count; i++) {
        while (at < given.count && iam_context_keys_compare(given.items[at], keys.items[i]) < 0)
            at++;
        if (at == given.count || !str_equal_nocase(given.items[at], keys.items[i]))
            *list_add(arena, &simulation->missing) = keys.items[i];
    }
}

static bool prepare(struct simulation *simulation, const struct asked *asked)
{
    const struct call *call = simulation->call;

    if (!check_all(call, asked->actions, check_action) ||
        !check_all(call, asked->resources, check_resource) || !take_caller(simulation, asked) ||
        !take_owner(simulation, asked->resource_owner) || !take_entries(simulation, asked->entries) ||
        !take_policies(simulation, asked))
        return false;
    arrange(simulation);
    find_missing(simulation);
    simulation->request.caller = &simulation->caller;
    simulation->request.principal_arn = simulation->caller.arn;
    simulation->request.context = simulation->context.items;
    simulation->request.context_count = simulation->context.count;
    simulation->request.simulated = true;
    return true;
}

/* ---- one action on one resource ---- */

static str decision_text(enum policy_verdict verdict)
{
    return iam_policy_evaluation_decision_type_text(
        verdict == POLICY_DENIES   ? IAM_POLICY_EVALUATION_DECISION_TYPE_EXPLICIT_DENY
        : verdict == POLICY_SILENT ? IAM_POLICY_EVALUATION_DECISION_TYPE_IMPLICIT_DENY
                                   : IAM_POLICY_EVALUATION_DECISION_TYPE_ALLOWED);
}

/* What all policies of that role say together. */
static enum policy_verdict verdict_of(const struct simulation *simulation, enum policy_role role,
                                      const struct policy_request *request)
{
    enum policy_verdict strongest = POLICY_SILENT;
    size_t statement;

    for (size_t i = 0; i < simulation->policies.count; i++) {
        if (simulation->policies.items[i].role != role)
            continue;
        enum policy_verdict verdict =
            iam_policy_evaluate(simulation->policies.items[i].policy, request, &statement);
        if (verdict > strongest)
            strongest = verdict;
    }
    return strongest;
}

/* Of a denial only the statements that deny, of an implicit one none. */
static bool decides(enum policy_role role, enum policy_verdict statement, enum policy_verdict all)
{
    if (all == POLICY_ALLOWS)
        return role != BOUNDARY_POLICY && statement != POLICY_SILENT;
    return all == POLICY_DENIES && statement == POLICY_DENIES;
}

static void add_matched(const struct simulation *simulation, const struct policy_request *request,
                        enum policy_verdict all, struct iam_statement_list *matched)
{
    list_make_empty(simulation->call->arena, matched);
    for (size_t i = 0; all != POLICY_SILENT && i < simulation->policies.count; i++) {
        const struct simulated_policy *policy = &simulation->policies.items[i];
        for (size_t at = 0; at < policy->policy->statements.count; at++) {
            const struct statement *statement = &policy->policy->statements.items[at];
            if (decides(policy->role, iam_statement_verdict(statement, request), all))
                *list_add(simulation->call->arena, matched) = policy->places.items[at];
        }
    }
}

static enum policy_verdict decide(const struct simulation *simulation, const struct policy_request *request)
{
    struct decision decision = iam_policy_decide(&simulation->set, request);

    if (decision.denial == NOT_DENIED)
        return POLICY_ALLOWS;
    return decision.denial < NOT_ALLOWED_BY_RESOURCE ? POLICY_DENIES : POLICY_SILENT;
}

static const struct iam_permissions_boundary_decision_detail *
boundary_detail(const struct simulation *simulation, const struct policy_request *request)
{
    struct iam_permissions_boundary_decision_detail *detail;

    if (!simulation->set.boundary)
        return NULL;
    enum policy_verdict verdict = verdict_of(simulation, BOUNDARY_POLICY, request);
    detail = arena_new(simulation->call->arena, struct iam_permissions_boundary_decision_detail);
    detail->allowed_by_permissions_boundary =
        arena_bool(simulation->call->arena, verdict != POLICY_SILENT && verdict != POLICY_DENIES);
    return detail;
}

/* What each side says, when the resource belongs to another account; otherwise empty. */
static struct str_map details_of(const struct simulation *simulation, const struct policy_request *request)
{
    struct arena *arena = simulation->call->arena;
    struct str_map details = {0};

    list_make_empty(arena, &details);
    if (!iam_is_another_account(request))
        return details;
    *list_add(arena, &details) = (struct str_map_entry){
        S("IAM Policy"), decision_text(verdict_of(simulation, IDENTITY_POLICY, request))};
    *list_add(arena, &details) = (struct str_map_entry){
        S("Resource Policy"), decision_text(verdict_of(simulation, RESOURCE_POLICY, request))};
    return details;
}

/* Fill the result; *request has the action and the resource. */
static void evaluate(struct simulation *simulation, const struct policy_request *request,
                     struct iam_evaluation_result *result)
{
    struct arena *arena = simulation->call->arena;
    enum policy_verdict all = decide(simulation, request);
    bool is_any = str_equal(request->resource, S("*"));

    result->eval_action_name = request->action;
    result->eval_resource_name = request->resource;
    result->eval_decision = decision_text(all);
    add_matched(simulation, request, all, &result->matched_statements);
    result->permissions_boundary_decision_detail = boundary_detail(simulation, request);
    simulation->told += result->matched_statements.count + simulation->missing.count;
    result->missing_context_values = simulation->missing;
    if (is_any && !iam_is_another_account(request))
        return;
    result->eval_decision_details = details_of(simulation, request);
    if (is_any)
        return;
    *list_add(arena, &result->resource_specific_results) = (struct iam_resource_specific_result){
        .eval_resource_name = request->resource,
        .eval_resource_decision = result->eval_decision,
        .matched_statements = result->matched_statements,
        .missing_context_values = simulation->missing,
        .eval_decision_details = result->eval_decision_details,
        .permissions_boundary_decision_detail = result->permissions_boundary_decision_detail,
    };
    list_make_empty(arena, &result->missing_context_values);
}

/* Texts that the evaluation makes do not outlive it. */
static void simulate_one(struct simulation *simulation, str action, str resource,
                         struct iam_evaluation_result *result)
{
    struct arena scratch = {0};
    int64_t effort = 0;
    struct policy_request request = simulation->request;

    request.action = action;
    request.resource = resource;
    request.arena = &scratch;
    request.effort = &effort;
    struct arena_guard *guard = arena_hold(simulation->call->arena);
    evaluate(simulation, &request, result);
    arena_free(&scratch);
    arena_let_go(simulation->call->arena, guard);
}

/* ---- pages ---- */

/* A result's key is its number, with leading zeros. */
static str key_of(const struct call *call, size_t number)
{
    return arena_format(call->arena, "%012zu", number);
}

static size_t first_of(const struct page *page)
{
    int64_t last;

    return str_to_i64(page->after, &last) ? (size_t)last + 1 : 0;
}

static bool is_full(const struct simulation *simulation, const struct page *page)
{
    return page->taken > 0 && (simulation->told >= ENOUGH_ITEMS || time_is_up(simulation->call));
}

/* All resources of the first action come first. */
static void simulate_page(struct simulation *simulation, const struct asked *asked, struct page *page,
                          struct iam_simulate_policy_response *out)
{
    static str any[] = {STR_INIT("*")};
    const struct call *call = simulation->call;
    struct str_list resources = asked->resources->count > 0 ? *asked->resources : (struct str_list){any, 1};
    size_t count = asked->actions->count * resources.count;

    list_make_empty(call->arena, &out->evaluation_results);
    for (size_t i = first_of(page); i < count; i++) {
        page->more = is_full(simulation, page);
        if (page->more || !page_takes(page, key_of(call, i)))
            break;
        simulate_one(simulation, asked->actions->items[i / resources.count],
                     resources.items[i % resources.count], list_add(call->arena, &out->evaluation_results));
    }
}

static enum outcome simulate(const struct call *call, const struct asked *asked,
                             struct iam_simulate_policy_response *out)
{
    struct simulation simulation = {.call = call};
    struct page page;

    if (!iam_page_open(call, asked->marker, asked->max_items, &page) || !prepare(&simulation, asked))
        return FAILED;
    simulate_page(&simulation, asked, &page, out);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

/* ---- the operations ---- */

enum outcome iam_simulate_custom_policy(const struct call *call,
                                        const struct iam_simulate_custom_policy_request *in,
                                        struct iam_simulate_policy_response *out)
{
    return simulate(call,
                    &(struct asked){.resource_policy = in->resource_policy,
                                    .resource_owner = in->resource_owner,
                                    .caller_arn = in->caller_arn,
                                    .marker = in->marker,
                                    .policies = &in->policy_input_list,
                                    .boundaries = &in->permissions_boundary_policy_input_list,
                                    .actions = &in->action_names,
                                    .resources = &in->resource_arns,
                                    .entries = &in->context_entries,
                                    .max_items = in->max_items},
                    out);
}

enum outcome iam_simulate_principal_policy(const struct call *call,
                                           const struct iam_simulate_principal_policy_request *in,
                                           struct iam_simulate_policy_response *out)
{
    const struct entity *entity = iam_entity_of(call);

    if (!entity)
        return FAILED;
    return simulate(call,
                    &(struct asked){.identity = &entity->identity,
                                    .policy_source_arn = in->policy_source_arn,
                                    .resource_policy = in->resource_policy,
                                    .resource_owner = in->resource_owner,
                                    .caller_arn = in->caller_arn,
                                    .marker = in->marker,
                                    .policies = &in->policy_input_list,
                                    .boundaries = &in->permissions_boundary_policy_input_list,
                                    .actions = &in->action_names,
                                    .resources = &in->resource_arns,
                                    .entries = &in->context_entries,
                                    .max_items = in->max_items},
                    out);
}

/* ---- the keys of policies ---- */

static enum outcome context_keys(const struct call *call, struct simulated_policies *policies,
                                 const struct str_list *documents, struct str_list *keys)
{
    if (!iam_simulate_documents(call, IDENTITY_POLICY, "PolicyInputList", documents, policies))
        return FAILED;
    list_make_empty(call->arena, keys);
    for (size_t i = 0; i < policies->count; i++)
        iam_policy_context_keys(call->arena, policies->items[i].policy, keys);
    iam_context_keys_sort(keys);
    return DONE;
}

enum outcome
iam_get_context_keys_for_custom_policy(const struct call *call,
                                       const struct iam_get_context_keys_for_custom_policy_request *in,
                                       struct iam_get_context_keys_for_policy_response *out)
{
    struct simulated_policies policies = {0};

    return context_keys(call, &policies, &in->policy_input_list, &out->context_key_names);
}

enum outcome
iam_get_context_keys_for_principal_policy(const struct call *call,
                                          const struct iam_get_context_keys_for_principal_policy_request *in,
                                          struct iam_get_context_keys_for_policy_response *out)
{
    const struct entity *entity = iam_entity_of(call);
    struct simulated_policies policies = {0};

    if (!entity)
        return FAILED;
    iam_simulate_attached(call, &entity->identity, &policies);
    return context_keys(call, &policies, &in->policy_input_list, &out->context_key_names);
}
