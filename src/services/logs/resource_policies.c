/*
 * resource_policies.c: policies by which services may write: ten of an account, and one of each group.
 *
 * As on AWS they bind service principals only; users and roles have IAM's policies.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
 */
#include "logs_internal.h"

#include "base/hash.h"
#include "wire/json.h"

enum { MAX_ACCOUNT_POLICIES = 10, MAX_NAME = 255 };

static str scope_text(str group_arn)
{
    return logs_policy_scope_text(str_empty(group_arn) ? LOGS_POLICY_SCOPE_ACCOUNT
                                                       : LOGS_POLICY_SCOPE_RESOURCE);
}

/*
 * The group that an ARN of a request names, without ":*"; "" without an ARN.  False: fail() has been called.
 */
static bool group_arn_of(const struct call *call, str resource_arn, str *group_arn)
{
    *group_arn = str_present(resource_arn) ? resource_arn : S("");
    if (str_ends_with(*group_arn, S(":*")))
        *group_arn = str_head(*group_arn, group_arn->size - 2);
    if (str_empty(*group_arn))
        return true;
    struct logs_find_group_row row;
    struct logs_find_group_params key = {
        .account = call->account, .region = call->region, .name = logs_group_name(call, *group_arn)};
    if (logs_find_group(call->txn, &key, &row))
        return true;
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
    return false;
}

static str revision_of(const struct call *call, str document)
{
    str seed = arena_format(call->arena, "%lld %.*s", (long long)call->now_ms, STR_ARGS(document));
    struct md5 digest = md5(seed);

    return hex_encode(call->arena, HASH_STR(digest));
}

static void describe(const struct call *call, const struct logs_resource_policy_row *row,
                     struct logs_resource_policy *policy)
{
    *policy = (struct logs_resource_policy){
        .policy_name = row->name,
        .policy_document = row->document,
        .last_updated_time = arena_i64(call->arena, row->updated_ms),
        .policy_scope = scope_text(row->group_arn),
        .resource_arn = str_empty(row->group_arn) ? (str){0} : row->group_arn,
        .revision_id = str_empty(row->group_arn) ? (str){0} : row->revision,
    };
}

/* ---- putting ---- */

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%s", sentence);
    return false;
}

static bool request_check(const struct call *call, const struct logs_put_resource_policy_request *in)
{
    if (!str_present(in->policy_document))
        return refuse(call, "Policy document is required.");
    if (!str_present(in->policy_name) && !str_present(in->resource_arn))
        return refuse(call, "Policy name is required.");
    if (in->policy_name.size > MAX_NAME)
        return refuse(call, "Policy name is too long.");
    return is_resource_policy(call, in->policy_document) || refuse(call, "Invalid resource policy");
}

/* Does the request expect the revision that is stored?  Only a group's policy has one. */
static bool revision_check(const struct call *call, str group_arn, str expected,
                           const struct logs_resource_policy_row *before)
{
    if (str_empty(group_arn) || !str_present(expected) || (before && str_equal(before->revision, expected)))
        return true;
    fail(call, &LOGS_OPERATION_ABORTED_EXCEPTION, "The expected revision ID is not that of the policy.");
    return false;
}

/* False: fail() has been called. */
static bool room_check(const struct call *call, str group_arn, const struct logs_resource_policy_row *before)
{
    struct logs_resource_policy_rows others = logs_resource_policies(
        call->txn, &(struct logs_resource_policies_params){
                       .account = call->account, .region = call->region, .group_arn = group_arn});
    size_t most = str_empty(group_arn) ? MAX_ACCOUNT_POLICIES : 1;

    if (before || others.count < most)
        return true;
    fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
    return false;
}

static bool find(const struct call *call, str group_arn, str name, struct logs_resource_policy_row *row)
{
    return logs_find_resource_policy(
        call->txn,
        &(struct logs_find_resource_policy_params){
            .account = call->account, .region = call->region, .group_arn = group_arn, .name = name},
        row);
}

enum outcome logs_put_resource_policy(const struct call *call,
                                      const struct logs_put_resource_policy_request *in,
                                      struct logs_put_resource_policy_response *out)
{
    struct logs_resource_policy_row row, *before = NULL;
    str group_arn, name = str_present(in->policy_name) ? in->policy_name : S("default");

    if (!request_check(call, in) || !group_arn_of(call, in->resource_arn, &group_arn))
        return FAILED;
    if (find(call, group_arn, name, &row))
        before = &row;
    if (!revision_check(call, group_arn, in->expected_revision_id, before) ||
        !room_check(call, group_arn, before))
        return FAILED;
    logs_put_resource_policy_row(call->txn, &(struct logs_put_resource_policy_row_params){
                                                .account = call->account,
                                                .region = call->region,
                                                .group_arn = group_arn,
                                                .name = name,
                                                .document = in->policy_document,
                                                .updated_ms = call->now_ms,
                                                .revision = revision_of(call, in->policy_document),
                                            });
    check(find(call, group_arn, name, &row));
    out->resource_policy = arena_new(call->arena, struct logs_resource_policy);
    describe(call, &row, (struct logs_resource_policy *)out->resource_policy);
    out->revision_id = out->resource_policy->revision_id;
    return DONE;
}

enum outcome logs_delete_resource_policy(const struct call *call,
                                         const struct logs_delete_resource_policy_request *in,
                                         struct logs_delete_resource_policy_output *out)
{
    struct logs_resource_policy_row row;
    str group_arn, name = str_present(in->policy_name) ? in->policy_name : S("default");

    (void)out;
    if (!group_arn_of(call, in->resource_arn, &group_arn))
        return FAILED;
    if (!find(call, group_arn, name, &row))
        return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "Policy with name [%.*s] does not exist.",
                    STR_ARGS(name));
    if (!revision_check(call, group_arn, in->expected_revision_id, &row))
        return FAILED;
    logs_remove_resource_policy(
        call->txn,
        &(struct logs_remove_resource_policy_params){
            .account = call->account, .region = call->region, .group_arn = group_arn, .name = name});
    return DONE;
}

void logs_resource_policies_remove(const struct call *call, str group_arn)
{
    logs_remove_resource_policies(call->txn, &(struct logs_remove_resource_policies_params){
                                                 .account = call->account,
                                                 .region = call->region,
                                                 .group_arn = group_arn,
                                             });
}

/* ---- listing ---- */

/* Those of the account, of all groups, or of one. */
static struct logs_resource_policy_rows select_policies(const struct call *call, str group_arn,
                                                        bool all_groups)
{
    if (all_groups)
        return logs_group_policies(call->txn, &(struct logs_group_policies_params){.account = call->account,
                                                                                   .region = call->region});
    return logs_resource_policies(call->txn, &(struct logs_resource_policies_params){.account = call->account,
                                                                                     .region = call->region,
                                                                                     .group_arn = group_arn});
}

enum outcome logs_describe_resource_policies(const struct call *call,
                                             const struct logs_describe_resource_policies_request *in,
                                             struct logs_describe_resource_policies_response *out)
{
    bool of_groups = logs_policy_scope_of(in->policy_scope) == LOGS_POLICY_SCOPE_RESOURCE;
    struct page page;
    str group_arn;

    if (!group_arn_of(call, in->resource_arn, &group_arn) ||
        !logs_page_open(call, in->next_token, in->limit, &page))
        return FAILED;
    list_make_empty(call->arena, &out->resource_policies);
    struct logs_resource_policy_rows rows =
        select_policies(call, group_arn, of_groups && str_empty(group_arn));
    for (size_t i = 0; i < rows.count; i++) {
        str key = arena_concat(call->arena, rows.items[i].group_arn, S("|"), rows.items[i].name);
        if (!page_is_past(&page, key) && page_takes(&page, key))
            describe(call, &rows.items[i], list_add(call->arena, &out->resource_policies));
    }
    out->next_token = page_end(call, &page);
    return DONE;
}

/* ---- binding ---- */

static void add_statements(struct json_writer *writer, str document)
{
    const struct json *root = json_parse(writer->text.arena, document, NULL);
    const struct json *statement = json_get(root, S("Statement"));

    if (json_is(statement, JSON_OBJECT))
        json_value(writer, statement);
    for (size_t i = 0; json_is(statement, JSON_ARRAY) && i < statement->count; i++)
        json_value(writer, &statement->items[i]);
}

static void add_policies(const struct call *call, struct json_writer *writer, str group_arn)
{
    struct logs_resource_policy_rows rows = select_policies(call, group_arn, false);

    for (size_t i = 0; i < rows.count; i++)
        add_statements(writer, rows.items[i].document);
}

str logs_resource_policy_of(const struct call *call, str group_arn)
{
    struct json_writer writer = json_writer_in(call->arena);

    if (call->caller->kind != PRINCIPAL_SERVICE)
        return (str){0};
    json_open_object(&writer);
    json_field(&writer, S("Version"), S("2012-10-17"));
    json_name(&writer, S("Statement"));
    json_open_array(&writer);
    add_policies(call, &writer, S(""));
    add_policies(call, &writer, group_arn);
    json_close_array(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}
