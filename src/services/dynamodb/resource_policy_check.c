/*
 * resource_policy_check.c: which documents are refused as the policy of a table or a stream.
 *
 * A statement names actions that its resource has, and resources of its kind; whether it names the very
 * table or stream does not matter, as on AWS: it then never applies.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
#include "tables.h"

#include "aws/arn.h"
#include "wire/json.h"

enum { MAX_POLICY_BYTES = 20480 };

static const char *const stream_actions[] = {"dynamodb:DescribeStream",
                                             "dynamodb:GetRecords",
                                             "dynamodb:GetShardIterator",
                                             "dynamodb:GetResourcePolicy",
                                             "dynamodb:PutResourcePolicy",
                                             "dynamodb:DeleteResourcePolicy",
                                             NULL};

/* Of tables and their indexes; those without an operation here, too. */
static const char *const table_actions[] = {"dynamodb:DeleteItem",
                                            "dynamodb:GetItem",
                                            "dynamodb:PutItem",
                                            "dynamodb:Query",
                                            "dynamodb:Scan",
                                            "dynamodb:UpdateItem",
                                            "dynamodb:ConditionCheckItem",
                                            "dynamodb:TransactGetItems",
                                            "dynamodb:TransactWriteItems",
                                            "dynamodb:BatchGetItem",
                                            "dynamodb:BatchWriteItem",
                                            "dynamodb:PartiQLSelect",
                                            "dynamodb:PartiQLInsert",
                                            "dynamodb:PartiQLUpdate",
                                            "dynamodb:PartiQLDelete",
                                            "dynamodb:DeleteTable",
                                            "dynamodb:DescribeTable",
                                            "dynamodb:UpdateTable",
                                            "dynamodb:DescribeTableReplicaAutoScaling",
                                            "dynamodb:UpdateTableReplicaAutoScaling",
                                            "dynamodb:ListTagsOfResource",
                                            "dynamodb:TagResource",
                                            "dynamodb:UntagResource",
                                            "dynamodb:CreateBackup",
                                            "dynamodb:DescribeContinuousBackups",
                                            "dynamodb:RestoreTableToPointInTime",
                                            "dynamodb:UpdateContinuousBackups",
                                            "dynamodb:DescribeContributorInsights",
                                            "dynamodb:UpdateContributorInsights",
                                            "dynamodb:ExportTableToPointInTime",
                                            "dynamodb:DescribeKinesisStreamingDestination",
                                            "dynamodb:DisableKinesisStreamingDestination",
                                            "dynamodb:EnableKinesisStreamingDestination",
                                            "dynamodb:UpdateKinesisStreamingDestination",
                                            "dynamodb:GetResourcePolicy",
                                            "dynamodb:PutResourcePolicy",
                                            "dynamodb:DeleteResourcePolicy",
                                            "dynamodb:DescribeTimeToLive",
                                            "dynamodb:UpdateTimeToLive",
                                            "dynamodb:AssociateTableReplica",
                                            "dynamodb:ReadDataForReplication",
                                            "dynamodb:WriteDataForReplication",
                                            "dynamodb:ReplicateSettings",
                                            "dynamodb:SearchVectors",
                                            NULL};

static bool refuse_document(const struct call *call, str reason)
{
    return dynamodb_refuse_parameter(call, arena_join(call->arena, S("Invalid policy document: "), reason));
}

/* ---- members of statements ---- */

/* A member that is one value, or a list of values, as policies write it. */
struct values {
    const struct json *items;
    size_t count;
};

static struct values values_of(const struct json *member)
{
    if (json_is(member, JSON_ARRAY))
        return (struct values){member->items, member->count};
    return (struct values){member, member ? 1 : 0};
}

static struct values member_values(const struct json *statement, const char *name)
{
    return values_of(json_get(statement, str_of(name)));
}

typedef bool statement_check(const struct call *call, const struct json *statement, bool of_stream);

static bool check_each(const struct call *call, const struct json *document, bool of_stream,
                       statement_check *check_one)
{
    struct values statements = member_values(document, "Statement");

    for (size_t i = 0; i < statements.count; i++)
        if (!check_one(call, &statements.items[i], of_stream))
            return false;
    return true;
}

static bool has_resource(const struct call *call, const struct json *statement, bool of_stream)
{
    (void)of_stream;
    return !json_is(statement, JSON_OBJECT) || json_get(statement, S("Resource")) ||
           json_get(statement, S("NotResource")) ||
           refuse_document(call, S("Missing required field Resource"));
}

/* ---- actions ---- */

/* A name with a wildcard may be any action. */
static bool is_known_action(str name, const char *const *names)
{
    bool known = str_index(name, '*') >= 0 || str_index(name, '?') >= 0;

    for (; *names && !known; names++)
        known = str_equal_nocase(name, str_of(*names));
    return known;
}

static void add_unknown_actions(struct values actions, const char *const *names, struct text *unknown)
{
    for (size_t i = 0; i < actions.count; i++) {
        const struct json *action = &actions.items[i];
        if (!json_is(action, JSON_STRING) || is_known_action(action->text, names))
            continue;
        text_add(unknown, text_str(unknown).size ? S(", \"") : S("\""));
        text_add(unknown, action->text);
        text_add(unknown, S("\""));
    }
}

static bool knows_actions(const struct call *call, const struct json *statement, bool of_stream)
{
    const char *const *names = of_stream ? stream_actions : table_actions;
    struct text unknown = text_in(call->arena);

    add_unknown_actions(member_values(statement, "Action"), names, &unknown);
    add_unknown_actions(member_values(statement, "NotAction"), names, &unknown);
    return !text_str(&unknown).size ||
           refuse_document(call, arena_join(call->arena, S("The following action names are invalid: "),
                                            text_str(&unknown)));
}

/* ---- resources ---- */

/* May a resource of that kind match the pattern? */
static bool is_of_kind(str pattern, bool of_stream)
{
    bool names_stream = str_find(pattern, S("/stream/")) >= 0;
    bool is_open = str_index(pattern, '*') >= 0 || str_index(pattern, '?') >= 0;

    return of_stream ? names_stream || is_open : !names_stream;
}

static bool names_kind(const struct call *call, const struct json *statement, bool of_stream)
{
    struct values resources = member_values(statement, "Resource");
    struct arn arn;

    for (size_t i = 0; i < resources.count; i++) {
        const struct json *resource = &resources.items[i];
        if (json_is(resource, JSON_STRING) && arn_parse(resource->text, &arn) &&
            !is_of_kind(arn.resource, of_stream))
            return refuse_document(call, arena_format(call->arena,
                                                      "The relative-id \"%.*s\" is invalid for ARN \"%.*s\"",
                                                      STR_ARGS(arn.resource), STR_ARGS(resource->text)));
    }
    return true;
}

/* ---- principals ---- */

static bool is_everybody(const struct json *principal)
{
    const struct json *aws = json_is(principal, JSON_OBJECT) ? json_get(principal, S("AWS")) : principal;
    struct values values = values_of(aws);

    for (size_t i = 0; i < values.count; i++)
        if (json_is(&values.items[i], JSON_STRING) && str_equal(values.items[i].text, S("*")))
            return true;
    return false;
}

static bool is_bounded(const struct call *call, const struct json *statement, bool of_stream)
{
    (void)of_stream;
    return !str_equal(json_get_str(statement, S("Effect")), S("Allow")) ||
           !is_everybody(json_get(statement, S("Principal"))) || json_get(statement, S("Condition")) ||
           dynamodb_refuse(
               call, S("Resource-based policy grants unbounded access in one or more elements. Please revise "
                       "the policy to ensure least-privilege form of access"));
}

/* ---- the document ---- */

static bool check_size(const struct call *call, str policy)
{
    return policy.size <= MAX_POLICY_BYTES ||
           dynamodb_refuse_parameter(call, S("Maximum policy size of 20480 bytes exceeded"));
}

static bool has_statements(const struct call *call, const struct json *document)
{
    const struct json *statements = json_get(document, S("Statement"));

    return !json_is(statements, JSON_ARRAY) || statements->count > 0 ||
           refuse_document(call, S("Could not parse the policy: Statement is empty!"));
}

static bool has_unique_ids(const struct call *call, const struct json *document)
{
    struct values statements = member_values(document, "Statement");
    struct str_list ids = {0};

    for (size_t i = 0; i < statements.count; i++) {
        str id = json_get_str(&statements.items[i], S("Sid"));
        if (id.size > 0)
            *list_add(call->arena, &ids) = id;
    }
    return !dynamodb_first_repeated(call->arena, &ids) ||
           refuse_document(call, S("The Statement Ids in the policy are not unique"));
}

bool dynamodb_policy_check(const struct call *call, str policy, bool of_stream, str *bound)
{
    if (!check_size(call, policy))
        return false;
    str form = dynamodb_policy_form(call->arena, policy);
    const struct json *document = json_parse(call->arena, form, NULL);
    if (!json_is(document, JSON_OBJECT))
        return refuse_document(call, S("This policy contains invalid Json"));
    return has_statements(call, document) && check_each(call, document, of_stream, has_resource) &&
           check_each(call, document, of_stream, knows_actions) &&
           check_each(call, document, of_stream, names_kind) && has_unique_ids(call, document) &&
           (is_resource_policy(call, form) || refuse_document(call, S("Could not parse the policy"))) &&
           check_each(call, document, of_stream, is_bounded) &&
           (policy_bind(call, form, bound) ||
            dynamodb_refuse_parameter(call, S("Invalid principal in policy document.")));
}
