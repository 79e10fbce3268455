/*
 * account_details.c: GetAccountAuthorizationDetails: all users, groups, roles and managed policies of an
 * account, with what they allow.  Tools that audit permissions read it.
 *
 * The parts of the list follow one another; the key of an entity is its part's digit and its name.  A page
 * also ends when it has much text, or when time is up: AWS's pages, too, may have fewer than MaxItems.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

enum { ENOUGH_TEXT_BYTES = 1024 * 1024 };

struct details {
    const struct call *call;
    struct page page;
    str part;          /* the digit of the present part, and "/" */
    size_t text_bytes; /* of the page's documents, as replies contain them */
    struct iam_get_account_authorization_details_response *out;
};

/* ---- pages ---- */

static bool is_full(const struct details *details)
{
    return details->page.taken > 0 && (details->text_bytes >= ENOUGH_TEXT_BYTES || time_is_up(details->call));
}

static bool takes(struct details *details, str name)
{
    str key = arena_join(details->call->arena, details->part, name);

    if (iam_page_leaves_out(&details->page, key))
        return false;
    if (is_full(details)) {
        details->page.more = true;
        return false;
    }
    return iam_page_takes(&details->page, key);
}

/* The identities of this part that the page may take, and one more. */
static struct iam_page_identities_rows identities_of(const struct details *details,
                                                     const struct identity_kind *kind)
{
    const struct page *page = &details->page;
    struct page rest = {.after = S(""), .limit = page->limit - page->taken};

    if (page->more || str_compare(page->after, details->part) > 0) {
        if (page->more || !str_starts_with(page->after, details->part))
            return (struct iam_page_identities_rows){0};
        rest.after = str_from(page->after, details->part.size);
    }
    return iam_identity_page(details->call, kind, S("/"), &rest);
}

/* ---- what an entity has ---- */

static str document_of(struct details *details, str document)
{
    str shown = iam_document_reply(details->call, document);

    details->text_bytes += shown.size;
    return shown;
}

static struct iam_policy_detail_list inline_policies(struct details *details, const struct identity *identity)
{
    const struct call *call = details->call;
    struct iam_policy_detail_list list;
    struct iam_inline_policies_rows rows =
        iam_inline_policies(call->txn, &(struct iam_inline_policies_params){identity->row.id});

    list_make_empty(call->arena, &list);
    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &list) = (struct iam_policy_detail){
            .policy_name = rows.items[i].policy_name,
            .policy_document = document_of(details, rows.items[i].document),
        };
    return list;
}

static struct iam_attached_policy_list attached_policies(const struct call *call,
                                                         const struct identity *identity)
{
    struct iam_attached_policy_list list;
    struct iam_attachments_rows rows =
        iam_attachments(call->txn, &(struct iam_attachments_params){identity->row.id});

    list_make_empty(call->arena, &list);
    for (size_t i = 0; i < rows.count; i++) {
        struct managed_policy policy;
        if (iam_managed_policy_find(call->txn, call->arena, rows.items[i].policy_arn, &policy))
            *list_add(call->arena, &list) = (struct iam_attached_policy){policy.name, policy.arn};
    }
    return list;
}

static struct iam_tag_list_type tags_of_identity(const struct call *call, const struct identity *identity)
{
    struct iam_tag_list_type tags = iam_tags_of(call, identity->arn);

    if (tags.count == 0)
        list_make_empty(call->arena, &tags);
    return tags;
}

static struct str_list groups_of(const struct call *call, const struct identity *user)
{
    struct iam_groups_of_user_rows rows = iam_groups_of(call->txn, user);
    struct str_list names;

    list_make_empty(call->arena, &names);
    for (size_t i = 0; i < rows.count; i++) {
        struct identity group;
        if (iam_identity_find_id(call->txn, call->arena, rows.items[i].id, &group))
            *list_add(call->arena, &names) = group.row.name;
    }
    return names;
}

/* ---- the parts ---- */

static void add_user(struct details *details, const struct identity *user)
{
    const struct call *call = details->call;
    struct iam_user_detail detail = {
        .path = user->row.path,
        .user_name = user->row.name,
        .user_id = user->row.unique_id,
        .arn = user->arn,
        .create_date = arena_i64(call->arena, user->row.created_ms),
        .user_policy_list = inline_policies(details, user),
        .group_list = groups_of(call, user),
        .attached_managed_policies = attached_policies(call, user),
        .permissions_boundary = iam_identity_boundary(call, user),
        .tags = tags_of_identity(call, user),
    };

    *list_add(call->arena, &details->out->user_detail_list) = detail;
}

static void add_group(struct details *details, const struct identity *group)
{
    const struct call *call = details->call;

    *list_add(call->arena, &details->out->group_detail_list) = (struct iam_group_detail){
        .path = group->row.path,
        .group_name = group->row.name,
        .group_id = group->row.unique_id,
        .arn = group->arn,
        .create_date = arena_i64(call->arena, group->row.created_ms),
        .group_policy_list = inline_policies(details, group),
        .attached_managed_policies = attached_policies(call, group),
    };
}

static void add_role(struct details *details, const struct identity *role)
{
    const struct call *call = details->call;
    struct iam_role_detail detail = {
        .path = role->row.path,
        .role_name = role->row.name,
        .role_id = role->row.unique_id,
        .arn = role->arn,
        .create_date = arena_i64(call->arena, role->row.created_ms),
        .assume_role_policy_document = document_of(details, iam_show_policy(call, role->row.trust_policy)),
        .role_policy_list = inline_policies(details, role),
        .attached_managed_policies = attached_policies(call, role),
        .permissions_boundary = iam_identity_boundary(call, role),
        .tags = tags_of_identity(call, role),
        .role_last_used = iam_role_last_used(call, role),
    };

    list_make_empty(call->arena, &detail.instance_profile_list);
    *list_add(call->arena, &details->out->role_detail_list) = detail;
}

static void add_identities(struct details *details, const struct identity_kind *kind,
                           void (*add)(struct details *details, const struct identity *identity))
{
    struct iam_page_identities_rows rows = identities_of(details, kind);

    for (size_t i = 0; i < rows.count; i++) {
        struct identity identity;
        if (takes(details, rows.items[i].folded_name) &&
            iam_identity_find_id(details->call->txn, details->call->arena, rows.items[i].id, &identity))
            add(details, &identity);
    }
}

static void add_users(struct details *details)
{
    add_identities(details, &IAM_USER_KIND, add_user);
}

static void add_groups(struct details *details)
{
    add_identities(details, &IAM_GROUP_KIND, add_group);
}

static void add_roles(struct details *details)
{
    add_identities(details, &IAM_ROLE_KIND, add_role);
}

static void add_policy(struct details *details, const struct managed_policy *policy,
                       const struct iam_policy *summary)
{
    const struct call *call = details->call;
    struct iam_managed_policy_detail detail = {
        .policy_name = summary->policy_name,
        .policy_id = summary->policy_id,
        .arn = summary->arn,
        .path = summary->path,
        .default_version_id = summary->default_version_id,
        .attachment_count = summary->attachment_count,
        .permissions_boundary_usage_count = summary->permissions_boundary_usage_count,
        .is_attachable = summary->is_attachable,
        .description = policy->row.description,
        .create_date = summary->create_date,
        .update_date = summary->update_date,
        .policy_version_list = iam_versions_with_documents(call, policy),
    };

    for (size_t i = 0; i < detail.policy_version_list.count; i++)
        details->text_bytes += detail.policy_version_list.items[i].document.size;
    *list_add(call->arena, &details->out->policies) = detail;
}

static void add_own_policies(struct details *details)
{
    const struct call *call = details->call;
    struct iam_policies_of_account_rows rows =
        iam_policies_of_account(call->txn, &(struct iam_policies_of_account_params){call->account});

    for (size_t i = 0; i < rows.count && !details->page.more; i++) {
        struct managed_policy policy;
        if (!takes(details, rows.items[i].folded_name) ||
            !iam_managed_policy_find(call->txn, call->arena, rows.items[i].arn, &policy))
            continue;
        struct iam_policy summary = iam_policy_summary(call, &policy);
        add_policy(details, &policy, &summary);
    }
}

/* Of AWS's policies, those that the account uses. */
static void add_aws_policies(struct details *details)
{
    const struct call *call = details->call;

    for (size_t i = 0; i < IAM_AWS_MANAGED_POLICY_COUNT && !details->page.more; i++) {
        const struct aws_managed_policy *aws = &IAM_AWS_MANAGED_POLICIES[i];
        struct managed_policy policy;
        iam_managed_policy_find(call->txn, call->arena, iam_aws_managed_arn(call->arena, aws), &policy);
        struct iam_policy summary = iam_policy_summary(call, &policy);
        if (*summary.attachment_count + *summary.permissions_boundary_usage_count > 0 &&
            takes(details, aws->name))
            add_policy(details, &policy, &summary);
    }
}

static const struct part {
    enum iam_entity_type type;
    str prefix;
    void (*add)(struct details *details);
} parts[] = {
    {IAM_ENTITY_TYPE_USER, STR_INIT("1/"), add_users},
    {IAM_ENTITY_TYPE_GROUP, STR_INIT("2/"), add_groups},
    {IAM_ENTITY_TYPE_ROLE, STR_INIT("3/"), add_roles},
    {IAM_ENTITY_TYPE_LOCAL_MANAGED_POLICY, STR_INIT("4/"), add_own_policies},
    {IAM_ENTITY_TYPE_AWS_MANAGED_POLICY, STR_INIT("5/"), add_aws_policies},
};

static bool is_wanted(const struct str_list *filter, enum iam_entity_type type)
{
    for (size_t i = 0; i < filter->count; i++)
        if (iam_entity_type_of(filter->items[i]) == type)
            return true;
    return filter->count == 0;
}

enum outcome
iam_get_account_authorization_details(const struct call *call,
                                      const struct iam_get_account_authorization_details_request *in,
                                      struct iam_get_account_authorization_details_response *out)
{
    struct details details = {.call = call, .out = out};

    if (!iam_page_open(call, in->marker, in->max_items, &details.page))
        return FAILED;
    list_make_empty(call->arena, &out->user_detail_list);
    list_make_empty(call->arena, &out->group_detail_list);
    list_make_empty(call->arena, &out->role_detail_list);
    list_make_empty(call->arena, &out->policies);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!is_wanted(&in->filter, parts[i].type))
            continue;
        details.part = parts[i].prefix;
        parts[i].add(&details);
    }
    iam_page_close(call, &details.page, &out->is_truncated, &out->marker);
    return DONE;
}
