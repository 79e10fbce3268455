/*
 * resource_policy.c: the policies of tables: set, shown and removed.
 *
 * The engine evaluates a table's policy with each request about the table or its indexes; see
 * dynamodb_locate_table().  A revision id is the time of the last change, also of a removal; ids of a table
 * ascend.  A policy binds as soon as it is set, and may change again at once.
 */
#include "dynamodb_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "wire/json.h"

enum { MAX_POLICY_BYTES = 20480 };
static const str no_policy = STR_INIT("NO_POLICY"); /* as an expected revision */

/* ---- which table ---- */

static bool refuse_arn(const struct call *call, const char *sentence, str given)
{
    return dynamodb_refuse(call,
                           arena_format(call->arena, "One or more parameter values were invalid: %s%.*s",
                                        sentence, STR_ARGS(given)));
}

/* An ARN of a table of this region; nobody manages the policies of another account. */
bool dynamodb_locate_governed(const struct call *call, str given, struct resource *found)
{
    struct arn arn = {0};

    if (!str_starts_with(given, S("arn:")))
        return refuse_arn(call, "ARNs must start with 'arn:': ", given);
    if (!arn_parse(given, &arn) || !str_equal(arn.service, S("dynamodb")) ||
        !str_starts_with(arn.resource, S("table/")))
        return refuse_arn(call, "Provided Arn is not a DynamoDB resource arn: ", given);
    if (!str_equal(arn.region, call->region) || !str_equal(arn.partition, S("aws")))
        return refuse_arn(call, "Invalid resource Arn: ", given);
    str below = str_from(arn.resource, sizeof "table/" - 1);
    if (str_find(below, S("/stream/")) >= 0)
        return refuse_arn(call, "Orderly has policies of tables only, not of streams: ", given);
    if (str_index(below, '/') >= 0)
        return refuse_arn(
            call,
            "Invalid resource arn provided, only table or stream is accepted. Provided resource "
            "arn: ",
            given);
    return dynamodb_locate_table(call, given, found) && dynamodb_refuse_other_account(call, found);
}

/* The same; no policy keeps its account's root from removing it, as nobody else may be able to. */
bool dynamodb_locate_governed_for_removal(const struct call *call, str given, struct resource *found)
{
    if (!dynamodb_locate_governed(call, given, found))
        return false;
    if (call->caller->kind == PRINCIPAL_ROOT)
        found->policy = (str){0};
    return true;
}

/* The request's table, or NULL after fail(). */
static const struct table *table_of(const struct call *call)
{
    const struct table *table = call_resource(call, 0)->row;

    return dynamodb_table_exists(call, table) ? table : NULL;
}

static struct dynamodb_read_policy_row policy_of(const struct call *call, const struct table *table)
{
    struct dynamodb_read_policy_row row = {0};

    dynamodb_read_policy(call->txn, &(struct dynamodb_read_policy_params){.id = table->row.id}, &row);
    return row;
}

static bool refuse_missing(const struct call *call, str reason)
{
    fail(call, &DYNAMODB_POLICY_NOT_FOUND_EXCEPTION,
         "Resource-based policy not found for the provided ResourceArn: %.*s", STR_ARGS(reason));
    return false;
}

/* Is the policy in the state that the request expects? */
static bool check_revision(const struct call *call, const struct table *table,
                           const struct dynamodb_read_policy_row *row, str expected)
{
    if (!str_present(expected) || (str_equal(expected, no_policy) && !str_present(row->policy)) ||
        (str_present(row->policy) && str_equal(expected, row->policy_revision)))
        return true;
    if (str_equal(expected, no_policy))
        return refuse_missing(call, arena_format(call->arena,
                                                 "Requested policy update expecting none to be present for "
                                                 "table %.*s, but a policy exists with revision id %.*s.",
                                                 STR_ARGS(table->name), STR_ARGS(row->policy_revision)));
    if (!str_present(row->policy_revision))
        return refuse_missing(call, arena_format(call->arena,
                                                 "Requested update for policy with revision id %.*s, but "
                                                 "table %.*s has no associated policy.",
                                                 STR_ARGS(expected), STR_ARGS(table->name)));
    return refuse_missing(call, arena_format(call->arena,
                                             "Requested update for policy with revision id %.*s, but the "
                                             "policy associated to target table %.*s has revision id %.*s.",
                                             STR_ARGS(expected), STR_ARGS(table->name),
                                             STR_ARGS(row->policy_revision)));
}

/* ---- what is a policy ---- */

static bool refuse_document(const struct call *call, const char *reason)
{
    return refuse_arn(call, "Invalid policy document: ", str_of(reason));
}

static bool is_everybody(const struct json *principal)
{
    const struct json *aws = json_is(principal, JSON_OBJECT) ? json_get(principal, S("AWS")) : principal;

    if (json_is(aws, JSON_STRING))
        return str_equal(aws->text, S("*"));
    for (size_t i = 0; json_is(aws, JSON_ARRAY) && i < aws->count; i++)
        if (is_everybody(&aws->items[i]))
            return true;
    return false;
}

static bool grants_to_everybody(const struct json *statement)
{
    return str_equal(json_get_str(statement, S("Effect")), S("Allow")) &&
           is_everybody(json_get(statement, S("Principal"))) && !json_get(statement, S("Condition"));
}

static bool is_unbounded(const struct json *document)
{
    const struct json *statements = json_get(document, S("Statement"));

    if (json_is(statements, JSON_OBJECT))
        return grants_to_everybody(statements);
    for (size_t i = 0; json_is(statements, JSON_ARRAY) && i < statements->count; i++)
        if (grants_to_everybody(&statements->items[i]))
            return true;
    return false;
}

bool dynamodb_policy_check(const struct call *call, str policy)
{
    const struct json *document;

    if (policy.size > MAX_POLICY_BYTES)
        return dynamodb_refuse(call, S("One or more parameter values were invalid: Maximum policy size of "
                                       "20480 bytes exceeded"));
    document = json_parse(call->arena, policy, NULL);
    if (!json_is(document, JSON_OBJECT))
        return refuse_document(call, "This policy contains invalid Json");
    if (!is_resource_policy(call, policy))
        return refuse_document(call, "Could not parse the policy");
    if (is_unbounded(document))
        return dynamodb_refuse(
            call,
            S("Resource-based policy grants unbounded access in one or more elements. Please revise the "
              "policy to ensure least-privilege form of access"));
    return policy_principals_exist(call, policy) ||
           dynamodb_refuse(call, S("Invalid principal in policy document."));
}

/* ---- the operations ---- */

/* Store the policy, or its absence; returns its revision. */
static str store(const struct call *call, const struct table *table, str policy, str last_revision)
{
    int64_t revision = call->now_ms, last;

    if (str_present(last_revision) && str_to_i64(last_revision, &last) && revision <= last)
        revision = last + 1;
    str text = arena_decimal(call->arena, revision);
    dynamodb_set_policy(call->txn, &(struct dynamodb_set_policy_params){
                                       .id = table->row.id, .policy = policy, .policy_revision = text});
    return text;
}

void dynamodb_policy_begin(const struct call *call, const struct table *table, str policy)
{
    store(call, table, policy, (str){0});
}

/* Does the policy leave the caller the right to change it? */
static bool keeps_access(const struct call *call, const struct table *table, str policy)
{
    return may(call, call->caller, S("dynamodb:PutResourcePolicy"), table->arn, policy) ||
           dynamodb_refuse(call, S("One or more parameter values were invalid: The policy does not allow you "
                                   "to change it later. Set ConfirmRemoveSelfResourceAccess to put it all "
                                   "the same."));
}

enum outcome dynamodb_put_resource_policy(const struct call *call,
                                          const struct dynamodb_put_resource_policy_input *in,
                                          struct dynamodb_put_resource_policy_output *out)
{
    const struct table *table = table_of(call);
    bool confirmed = in->confirm_remove_self_resource_access && *in->confirm_remove_self_resource_access;

    if (!table || !dynamodb_table_is_settled(call, table) || !dynamodb_policy_check(call, in->policy))
        return FAILED;
    struct dynamodb_read_policy_row row = policy_of(call, table);
    if (!check_revision(call, table, &row, in->expected_revision_id) ||
        (!confirmed && !keeps_access(call, table, in->policy)))
        return FAILED;
    out->revision_id = str_equal(row.policy, in->policy)
                           ? row.policy_revision
                           : store(call, table, in->policy, row.policy_revision);
    return DONE;
}

enum outcome dynamodb_get_resource_policy(const struct call *call,
                                          const struct dynamodb_get_resource_policy_input *in,
                                          struct dynamodb_get_resource_policy_output *out)
{
    const struct table *table = table_of(call);

    (void)in;
    if (!table)
        return FAILED;
    struct dynamodb_read_policy_row row = policy_of(call, table);
    if (!str_present(row.policy) && !refuse_missing(call, table->arn))
        return FAILED;
    out->policy = row.policy;
    out->revision_id = row.policy_revision;
    return DONE;
}

/* A removal is idempotent: without a policy it shows the revision of the last removal, if there was one. */
enum outcome dynamodb_delete_resource_policy(const struct call *call,
                                             const struct dynamodb_delete_resource_policy_input *in,
                                             struct dynamodb_delete_resource_policy_output *out)
{
    const struct table *table = table_of(call);

    if (!table || !dynamodb_table_is_settled(call, table))
        return FAILED;
    struct dynamodb_read_policy_row row = policy_of(call, table);
    if (!check_revision(call, table, &row, in->expected_revision_id))
        return FAILED;
    out->revision_id = row.policy_revision;
    if (str_present(row.policy))
        store(call, table, (str){0}, row.policy_revision);
    return DONE;
}
