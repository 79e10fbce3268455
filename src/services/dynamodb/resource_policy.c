/*
 * resource_policy.c: the policies of tables and streams: set, shown and removed.
 *
 * The engine evaluates a table's policy with each request about the table or its indexes, see
 * dynamodb_locate_table(), and a stream's with each request about the stream, see dynamodb_stream_resource().
 * A revision id is the time of the last change, also of a removal; ids of one resource ascend.  A policy
 * binds as soon as it is set, and may change again at once.  A stream's policy lasts as long as the stream,
 * which stays readable for a day when it is disabled or its table is deleted.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-attach-resource-policy-streams.html
 */
#include "dynamodb_internal.h"
#include "stream_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "base/check.h"

static const str no_policy = STR_INIT("NO_POLICY"); /* as an expected revision */

/* ---- which table or stream ---- */

static bool refuse_arn(const struct call *call, const char *sentence, str given)
{
    return dynamodb_refuse_parameter(call, arena_join(call->arena, str_of(sentence), given));
}

/* Refuse the ARN of a part of a table that can have no policy.  part: what follows the table's name. */
static bool refuse_part(const struct call *call, str part, str given)
{
    return str_starts_with(part, S("/index/"))
               ? refuse_arn(call,
                            "Invalid resource arn provided, only table or stream is accepted. Provided "
                            "resource arn: ",
                            given)
               : refuse_arn(call, "Provided Arn is not a DynamoDB resource arn: ", given);
}

/* An ARN of a table or stream of this region; nobody manages the policies of another account. */
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
    str name = str_from(arn.resource, sizeof "table/" - 1);
    bool located = dynamodb_locate_stream_arn(call, given, found);
    if (!located && str_index(name, '/') >= 0)
        return refuse_part(call, str_from(name, (size_t)str_index(name, '/')), given);
    return (located || dynamodb_locate_table(call, given, found)) &&
           dynamodb_refuse_other_account(call, found);
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

/* A table or a stream, and its policy. */
struct governed {
    const char *kind; /* as sentences name it */
    str name, arn;
    const struct table *table; /* NULL: a stream */
    struct dynamodb_policy_row row;
};

static bool names_stream(const struct call *call)
{
    return dynamodb_resource_kind(call_resource(call, 0)) == RESOURCE_STREAM;
}

static bool stream_find(const struct call *call, struct governed *governed)
{
    const struct stream *stream = call_resource(call, 0)->row;
    const struct dynamodb_stream_row *row = &stream->row;

    *governed = (struct governed){.kind = "stream", .name = row->label, .arn = stream->arn};
    if (row->id)
        dynamodb_read_stream_policy(call->txn, &(struct dynamodb_read_stream_policy_params){.id = row->id},
                                    &governed->row);
    else
        fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION,
             "Requested resource not found: Stream: %.*s not found for Table: %.*s", STR_ARGS(row->label),
             STR_ARGS(row->table_name));
    governed->row.id = row->id;
    return row->id != 0;
}

static bool table_find(const struct call *call, struct governed *governed)
{
    const struct table *table = call_resource(call, 0)->row;

    *governed = (struct governed){.kind = "table", .name = table->name, .arn = table->arn, .table = table};
    dynamodb_read_policy(call->txn, &(struct dynamodb_read_policy_params){.id = table->row.id},
                         &governed->row);
    governed->row.id = table->row.id;
    return dynamodb_table_is_known(call, table);
}

/* The request's table or stream.  False: fail() has been called. */
static bool find(const struct call *call, struct governed *governed)
{
    return names_stream(call) ? stream_find(call, governed) : table_find(call, governed);
}

static bool find_to_change(const struct call *call, struct governed *governed)
{
    return find(call, governed) && (!governed->table || dynamodb_table_is_settled(call, governed->table));
}

/* ---- revisions ---- */

static bool refuse_missing(const struct call *call, str reason)
{
    fail(call, &DYNAMODB_POLICY_NOT_FOUND_EXCEPTION,
         "Resource-based policy not found for the provided ResourceArn: %.*s", STR_ARGS(reason));
    return false;
}

/* Is the policy in the state that the request expects? */
static bool check_revision(const struct call *call, const struct governed *governed, str expected)
{
    const struct dynamodb_policy_row *row = &governed->row;

    if (!str_present(expected) || (str_equal(expected, no_policy) && !str_present(row->policy)) ||
        (str_present(row->policy) && str_equal(expected, row->policy_revision)))
        return true;
    if (str_equal(expected, no_policy))
        return refuse_missing(
            call, arena_format(call->arena,
                               "Requested policy update expecting none to be present for %s %.*s, but a "
                               "policy exists with revision id %.*s.",
                               governed->kind, STR_ARGS(governed->name), STR_ARGS(row->policy_revision)));
    if (!str_present(row->policy_revision))
        return refuse_missing(
            call, arena_format(call->arena,
                               "Requested update for policy with revision id %.*s, but %s %.*s has no "
                               "associated policy.",
                               STR_ARGS(expected), governed->kind, STR_ARGS(governed->name)));
    return refuse_missing(
        call, arena_format(call->arena,
                           "Requested update for policy with revision id %.*s, but the policy associated to "
                           "target %s %.*s has revision id %.*s.",
                           STR_ARGS(expected), governed->kind, STR_ARGS(governed->name),
                           STR_ARGS(row->policy_revision)));
}

/* Store the bound policy, or its absence; returns its revision. */
static str store(const struct call *call, const struct governed *governed, str policy)
{
    int64_t revision = call->now_ms, last;

    if (str_present(governed->row.policy_revision) && str_to_i64(governed->row.policy_revision, &last) &&
        revision <= last)
        revision = last + 1;
    struct dynamodb_policy_row row = {
        .id = governed->row.id, .policy = policy, .policy_revision = arena_decimal(call->arena, revision)};
    if (governed->table)
        dynamodb_set_policy(call->txn, &row);
    else
        dynamodb_set_stream_policy(call->txn, &row);
    return row.policy_revision;
}

/* ---- the operations ---- */

void dynamodb_policy_begin(const struct call *call, const struct table *table, str policy)
{
    str bound;
    bool exist = policy_bind(call, dynamodb_policy_form(call->arena, policy), &bound);

    check(exist); /* dynamodb_policy_check() has accepted it */
    store(call, &(struct governed){.table = table, .row.id = table->row.id}, bound);
}

/* Does the policy leave the caller the right to change it?  False: fail() has been called. */
static bool keeps_access(const struct call *call, const struct governed *governed, str policy)
{
    if (may(call, call->caller, S("dynamodb:PutResourcePolicy"), governed->arn, policy))
        return true;
    fail(call, &DYNAMODB_ACCESS_DENIED_EXCEPTION,
         "The new resource policy will not allow you to update the resource policy in the future.");
    return false;
}

enum outcome dynamodb_put_resource_policy(const struct call *call,
                                          const struct dynamodb_put_resource_policy_input *in,
                                          struct dynamodb_put_resource_policy_output *out)
{
    bool confirmed = in->confirm_remove_self_resource_access && *in->confirm_remove_self_resource_access;
    str policy = dynamodb_policy_form(call->arena, in->policy);
    struct governed governed;
    str bound;

    if (!dynamodb_policy_check(call, in->policy, names_stream(call), &bound) ||
        !find_to_change(call, &governed) || !check_revision(call, &governed, in->expected_revision_id) ||
        (!confirmed && !keeps_access(call, &governed, policy)))
        return FAILED;
    out->revision_id = str_equal(dynamodb_policy_form(call->arena, governed.row.policy), bound)
                           ? governed.row.policy_revision
                           : store(call, &governed, bound);
    return DONE;
}

enum outcome dynamodb_get_resource_policy(const struct call *call,
                                          const struct dynamodb_get_resource_policy_input *in,
                                          struct dynamodb_get_resource_policy_output *out)
{
    struct governed governed;

    (void)in;
    if (!find(call, &governed) || (!str_present(governed.row.policy) && !refuse_missing(call, governed.arn)))
        return FAILED;
    out->policy = dynamodb_policy_shown(call->arena, policy_shown(call, governed.row.policy));
    out->revision_id = governed.row.policy_revision;
    return DONE;
}

/* A removal is idempotent: without a policy it shows the revision of the last removal, if there was one. */
enum outcome dynamodb_delete_resource_policy(const struct call *call,
                                             const struct dynamodb_delete_resource_policy_input *in,
                                             struct dynamodb_delete_resource_policy_output *out)
{
    struct governed governed;

    if (!find_to_change(call, &governed) || !check_revision(call, &governed, in->expected_revision_id))
        return FAILED;
    out->revision_id = governed.row.policy_revision;
    if (str_present(governed.row.policy))
        store(call, &governed, (str){0});
    return DONE;
}
