/*
 * policy_versions.c: the versions of a managed policy.  One of up to five versions is in force; the others
 * are kept for going back.
 */
#include "services/iam/iam_internal.h"

enum { MAX_VERSIONS = 5, MAX_DOCUMENT_SIZE = 6144 };

bool iam_version_check(const struct call *call, str document)
{
    if (!iam_document_check(call, POLICY_MANAGED, document))
        return false;
    if (iam_document_size(document) <= MAX_DOCUMENT_SIZE)
        return true;
    fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for PolicySize: %d", MAX_DOCUMENT_SIZE);
    return false;
}

void iam_version_insert(const struct call *call, int64_t policy_id, int64_t version, str document)
{
    struct iam_insert_policy_version_params params = {
        .policy_id = policy_id,
        .version = version,
        .document = document,
        .created_ms = call->now_ms,
    };
    iam_insert_policy_version(call->txn, &params);
}

str iam_version_id(const struct call *call, int64_t version)
{
    return arena_format(call->arena, "v%lld", (long long)version);
}

/* Lists leave the document out. */
static struct iam_policy_version shown(const struct call *call, const struct managed_policy *policy,
                                       int64_t version, int64_t created_ms)
{
    return (struct iam_policy_version){
        .version_id = iam_version_id(call, version),
        .is_default_version = arena_bool(call->arena, version == policy->default_version),
        .create_date = arena_i64(call->arena, created_ms),
    };
}

static void set_versions(const struct call *call, const struct managed_policy *policy, int64_t in_force,
                         int64_t newest)
{
    struct iam_set_policy_versions_params params = {
        .default_version = in_force,
        .newest_version = newest,
        .updated_ms = call->now_ms,
        .id = policy->row.id,
    };
    iam_set_policy_versions(call->txn, &params);
    iam_policies_changed(call);
}

enum outcome iam_create_policy_version(const struct call *call,
                                       const struct iam_create_policy_version_request *in,
                                       struct iam_create_policy_version_response *out)
{
    const struct managed_policy *policy = iam_own_policy_of(call);

    if (!policy || !iam_version_check(call, in->policy_document))
        return FAILED;
    if (iam_policy_versions(call->txn, &(struct iam_policy_versions_params){policy->row.id}).count >=
        MAX_VERSIONS)
        return fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                    "A managed policy can have up to %d versions. Before you create a new version, you must "
                    "delete an existing version.",
                    MAX_VERSIONS);
    struct managed_policy changed = *policy;
    int64_t number = policy->row.newest_version + 1;
    if (in->set_as_default && *in->set_as_default)
        changed.default_version = number;
    iam_version_insert(call, policy->row.id, number, in->policy_document);
    set_versions(call, policy, changed.default_version, number);

    struct iam_policy_version *version = arena_new(call->arena, struct iam_policy_version);
    *version = shown(call, &changed, number, call->now_ms);
    out->policy_version = version;
    return DONE;
}

static bool refuse_version(const struct call *call, str arn, str id)
{
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy %.*s version %.*s does not exist or is not attachable.",
         STR_ARGS(arn), STR_ARGS(id));
    return false;
}

/* A version of a policy that is missing is refused like one that is missing itself. */
static bool policy_check(const struct call *call, str version_id)
{
    const struct managed_policy *policy = call_resource(call, 0)->row;

    return iam_managed_policy_is_there(policy) || refuse_version(call, policy->arn, version_id);
}

/* Find the version of that id; false: fail() has been called. */
static bool find_version(const struct call *call, const struct managed_policy *policy, str id,
                         int64_t *number, struct iam_find_policy_version_row *row)
{
    bool valid = str_to_i64(str_from(id, 1), number);

    if (valid && policy->aws && *number == policy->aws->version) {
        *row = (struct iam_find_policy_version_row){policy->aws->document, policy->aws->updated_ms};
        return true;
    }
    struct iam_find_policy_version_params params = {policy->row.id, *number};
    if (valid && !policy->aws && iam_find_policy_version(call->txn, &params, row))
        return true;
    return refuse_version(call, policy->arn, id);
}

enum outcome iam_get_policy_version(const struct call *call, const struct iam_get_policy_version_request *in,
                                    struct iam_get_policy_version_response *out)
{
    struct iam_find_policy_version_row row;
    const struct managed_policy *policy;
    int64_t number = 0;

    if (!policy_check(call, in->version_id) || !(policy = iam_managed_policy_of(call)) ||
        !find_version(call, policy, in->version_id, &number, &row))
        return FAILED;
    struct iam_policy_version *version = arena_new(call->arena, struct iam_policy_version);
    *version = shown(call, policy, number, row.created_ms);
    version->document = iam_document_reply(call, row.document);
    out->policy_version = version;
    return DONE;
}

/* Keys of the list ascend while versions descend. */
static str version_key(const struct call *call, int64_t number)
{
    return arena_format(call->arena, "%019lld", (long long)(INT64_MAX - number));
}

enum outcome iam_list_policy_versions(const struct call *call,
                                      const struct iam_list_policy_versions_request *in,
                                      struct iam_list_policy_versions_response *out)
{
    const struct managed_policy *policy = iam_managed_policy_of(call);
    struct page page;

    if (!policy || !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    list_make_empty(call->arena, &out->versions);
    if (policy->aws && iam_page_takes(&page, version_key(call, policy->aws->version)))
        *list_add(call->arena, &out->versions) =
            shown(call, policy, policy->aws->version, policy->aws->updated_ms);
    struct iam_policy_versions_rows rows = {0};
    if (!policy->aws)
        rows = iam_policy_versions(call->txn, &(struct iam_policy_versions_params){policy->row.id});
    for (size_t i = 0; i < rows.count; i++)
        if (iam_page_takes(&page, version_key(call, rows.items[i].version)))
            *list_add(call->arena, &out->versions) =
                shown(call, policy, rows.items[i].version, rows.items[i].created_ms);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

struct iam_policy_version_list iam_versions_with_documents(const struct call *call,
                                                           const struct managed_policy *policy)
{
    struct iam_policy_version_list list;
    struct iam_policy_versions_rows rows = {0};

    list_make_empty(call->arena, &list);
    if (policy->aws) {
        struct iam_policy_version *version = list_add(call->arena, &list);
        *version = shown(call, policy, policy->aws->version, policy->aws->updated_ms);
        version->document = iam_document_reply(call, policy->aws->document);
        return list;
    }
    rows = iam_policy_versions(call->txn, &(struct iam_policy_versions_params){policy->row.id});
    for (size_t i = 0; i < rows.count; i++) {
        struct iam_find_policy_version_row row;
        iam_find_policy_version(
            call->txn, &(struct iam_find_policy_version_params){policy->row.id, rows.items[i].version}, &row);
        struct iam_policy_version *version = list_add(call->arena, &list);
        *version = shown(call, policy, rows.items[i].version, row.created_ms);
        version->document = iam_document_reply(call, row.document);
    }
    return list;
}

enum outcome iam_set_default_policy_version(const struct call *call,
                                            const struct iam_set_default_policy_version_request *in,
                                            struct iam_set_default_policy_version_output *out)
{
    struct iam_find_policy_version_row row;
    const struct managed_policy *policy;
    int64_t number = 0;

    (void)out;
    if (!policy_check(call, in->version_id) || !(policy = iam_own_policy_of(call)) ||
        !find_version(call, policy, in->version_id, &number, &row))
        return FAILED;
    set_versions(call, policy, number, policy->row.newest_version);
    return DONE;
}

enum outcome iam_delete_policy_version(const struct call *call,
                                       const struct iam_delete_policy_version_request *in,
                                       struct iam_delete_policy_version_output *out)
{
    struct iam_find_policy_version_row row;
    const struct managed_policy *policy = iam_own_policy_of(call);
    int64_t number = 0;

    (void)out;
    if (!policy || !find_version(call, policy, in->version_id, &number, &row))
        return FAILED;
    if (number == policy->default_version)
        return fail(call, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete the default version of a policy.");
    iam_remove_policy_version(call->txn, &(struct iam_remove_policy_version_params){policy->row.id, number});
    return DONE;
}
