/*
 * managed_policies.c: policies that are attached to roles and users: the account's own, and AWS's, which are
 * the same in every account and cannot be changed.
 */
#include "services/iam/iam_internal.h"

#include "base/hash.h"
#include "services/tags/tags.h"

enum { UNIQUE_ID_SIZE = 17 };

bool iam_managed_policy_find(struct txn *txn, struct arena *arena, str arn, struct managed_policy *policy)
{
    *policy = (struct managed_policy){.aws = iam_aws_managed_find(arn), .arn = arn};
    if (policy->aws) {
        policy->name = policy->aws->name;
        policy->path = policy->aws->path;
        policy->default_version = policy->aws->version;
        policy->arn = iam_aws_managed_arn(arena, policy->aws);
        return true;
    }
    if (!iam_find_policy(txn, &(struct iam_find_policy_params){arn}, &policy->row))
        return false;
    policy->name = policy->row.policy_name;
    policy->path = policy->row.path;
    policy->default_version = policy->row.default_version;
    return true;
}

str iam_managed_policy_document(struct txn *txn, str arn)
{
    const struct aws_managed_policy *aws = iam_aws_managed_find(arn);
    struct iam_find_policy_document_row row;

    if (aws)
        return aws->document;
    return iam_find_policy_document(txn, &(struct iam_find_policy_document_params){arn}, &row) ? row.document
                                                                                               : (str){0};
}

bool iam_is_policy_arn(str text)
{
    return str_starts_with(text, S("arn:")) && str_find(text, S(":policy/")) > 0;
}

bool iam_policy_arn_check(const struct call *call, str arn)
{
    if (iam_is_policy_arn(arn))
        return true;
    fail(call, &IAM_VALIDATION_ERROR, "ARN %.*s is not valid.", STR_ARGS(arn));
    return false;
}

/* AWS's policies have ids, too; ours are computed from their names, so that they never change. */
static str aws_policy_id(const struct call *call, const struct aws_managed_policy *aws)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    struct sha256 digest = sha256(aws->name);
    char id[UNIQUE_ID_SIZE];

    for (size_t i = 0; i < sizeof id; i++)
        id[i] = ALPHABET[digest.bytes[i] % (sizeof ALPHABET - 1)];
    return arena_join(call->arena, S("ANPA"), (str){id, sizeof id});
}

static int64_t count_attachments(const struct call *call, str arn)
{
    struct iam_count_attachments_row row = {0};

    iam_count_attachments(
        call->txn, &(struct iam_count_attachments_params){.policy_arn = arn, .account = call->account}, &row);
    return row.count;
}

static int64_t count_boundaries(const struct call *call, str arn)
{
    struct iam_count_boundaries_row row = {0};

    iam_count_boundaries(call->txn,
                         &(struct iam_count_boundaries_params){.boundary_arn = arn, .account = call->account},
                         &row);
    return row.count;
}

struct iam_policy iam_policy_summary(const struct call *call, const struct managed_policy *policy)
{
    const struct aws_managed_policy *aws = policy->aws;

    return (struct iam_policy){
        .policy_name = policy->name,
        .policy_id = aws ? aws_policy_id(call, aws) : policy->row.unique_id,
        .arn = policy->arn,
        .path = policy->path,
        .default_version_id = iam_version_id(call, policy->default_version),
        .attachment_count = arena_i64(call->arena, count_attachments(call, policy->arn)),
        .permissions_boundary_usage_count = arena_i64(call->arena, count_boundaries(call, policy->arn)),
        .is_attachable = arena_bool(call->arena, true),
        .create_date = arena_i64(call->arena, aws ? aws->created_ms : policy->row.created_ms),
        .update_date = arena_i64(call->arena, aws ? aws->updated_ms : policy->row.updated_ms),
    };
}

static struct iam_policy *with_tags(const struct call *call, const struct managed_policy *policy)
{
    struct iam_policy *shown = arena_new(call->arena, struct iam_policy);

    *shown = iam_policy_summary(call, policy);
    shown->tags = iam_tags_of(call, policy->arn); /* AWS's own policies have no tags */
    return shown;
}

enum outcome iam_create_policy(const struct call *call, const struct iam_create_policy_request *in,
                               struct iam_create_policy_response *out)
{
    str path = str_present(in->path) ? in->path : S("/");
    str arn = iam_arn(call->arena, call->account, S("policy"), path, in->policy_name);
    struct managed_policy policy;

    if (!iam_version_check(call, in->policy_document) || !iam_tags_check(call, &in->tags, TAG_CASE_MATTERS))
        return FAILED;
    struct iam_insert_policy_params params = {
        .account = call->account,
        .policy_name = in->policy_name,
        .folded_name = arena_lower_case(call->arena, in->policy_name),
        .path = path,
        .unique_id = iam_unique_id(call->arena, S("ANPA")),
        .arn = arn,
        .description = in->description,
        .created_ms = call->now_ms,
    };
    int64_t id = iam_insert_policy(call->txn, &params);
    if (id == 0)
        return fail(call, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION,
                    "A policy called %.*s already exists. Duplicate names are not allowed.",
                    STR_ARGS(in->policy_name));
    iam_version_insert(call, id, 1, in->policy_document);
    if (!iam_tags_put(call, arn, &in->tags, TAG_CASE_MATTERS))
        return FAILED;
    iam_managed_policy_find(call->txn, call->arena, arn, &policy);
    struct iam_policy *made = with_tags(call, &policy);
    made->tags = in->tags; /* in the request's order */
    out->policy = made;
    return DONE;
}

enum outcome iam_get_policy(const struct call *call, const struct iam_get_policy_request *in,
                            struct iam_get_policy_response *out)
{
    const struct managed_policy *policy = iam_managed_policy_of(call);

    (void)in;
    if (!policy)
        return FAILED;
    struct iam_policy *shown = with_tags(call, policy);
    shown->description = policy->row.description;
    if (shown->tags.count == 0)
        list_make_empty(call->arena, &shown->tags);
    out->policy = shown;
    return DONE;
}

enum outcome iam_delete_policy(const struct call *call, const struct iam_delete_policy_request *in,
                               struct iam_delete_policy_output *out)
{
    const struct managed_policy *policy = iam_own_policy_of(call);

    (void)in;
    (void)out;
    if (!policy)
        return FAILED;
    if (count_attachments(call, policy->arn) > 0 || count_boundaries(call, policy->arn) > 0)
        return fail(call, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete a policy attached to entities.");
    if (iam_policy_versions(call->txn, &(struct iam_policy_versions_params){policy->row.id}).count > 1)
        return fail(
            call, &IAM_DELETE_CONFLICT_EXCEPTION,
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy.");
    iam_remove_policy_versions(call->txn, &(struct iam_remove_policy_versions_params){policy->row.id});
    tags_remove_all(call, policy->arn);
    iam_remove_policy(call->txn, &(struct iam_remove_policy_params){policy->row.id});
    return DONE;
}

/* The state of one listing: which policies, and which part of them. */
struct listing {
    const struct iam_list_policies_request *in;
    struct page page;
    struct iam_policy_list *policies;
};

static bool is_wanted(const struct iam_list_policies_request *in, const struct iam_policy *policy)
{
    bool boundaries =
        str_present(in->policy_usage_filter) &&
        iam_policy_usage_type_of(in->policy_usage_filter) == IAM_POLICY_USAGE_TYPE_PERMISSIONS_BOUNDARY;

    if (in->only_attached && *in->only_attached && *policy->attachment_count == 0)
        return false;
    if (boundaries && *policy->permissions_boundary_usage_count == 0)
        return false;
    return !str_present(in->path_prefix) || str_starts_with(policy->path, in->path_prefix);
}

static void consider(const struct call *call, struct listing *listing, str key, str arn)
{
    struct managed_policy policy;

    if (iam_page_leaves_out(&listing->page, key) ||
        !iam_managed_policy_find(call->txn, call->arena, arn, &policy))
        return;
    struct iam_policy item = iam_policy_summary(call, &policy);
    if (is_wanted(listing->in, &item) && iam_page_takes(&listing->page, key))
        *list_add(call->arena, listing->policies) = item;
}

enum outcome iam_list_policies(const struct call *call, const struct iam_list_policies_request *in,
                               struct iam_list_policies_response *out)
{
    enum iam_policy_scope_type scope = iam_policy_scope_type_of(in->scope); /* 0: all */
    struct listing listing = {.in = in, .policies = &out->policies};

    if (!iam_page_open(call, in->marker, in->max_items, &listing.page))
        return FAILED;
    list_make_empty(call->arena, &out->policies);
    for (size_t i = 0; i < IAM_AWS_MANAGED_POLICY_COUNT && scope != IAM_POLICY_SCOPE_TYPE_LOCAL; i++) {
        const struct aws_managed_policy *aws = &IAM_AWS_MANAGED_POLICIES[i];
        consider(call, &listing, arena_join(call->arena, S("aws/"), aws->name),
                 iam_aws_managed_arn(call->arena, aws));
    }
    struct iam_policies_of_account_rows rows = {0};
    if (scope != IAM_POLICY_SCOPE_TYPE_AWS)
        rows = iam_policies_of_account(call->txn, &(struct iam_policies_of_account_params){call->account});
    for (size_t i = 0; i < rows.count; i++)
        consider(call, &listing, arena_join(call->arena, S("own/"), rows.items[i].folded_name),
                 rows.items[i].arn);
    iam_page_close(call, &listing.page, &out->is_truncated, &out->marker);
    return DONE;
}
