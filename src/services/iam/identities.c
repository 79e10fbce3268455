/*
 * identities.c: roles, users and groups in the store, and what they share.
 */
#include "services/iam/iam_internal.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "services/tags/tags.h"

enum { UNIQUE_ID_SIZE = 17 };

static const str BASE32 = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"); /* the alphabet of AWS's ids */

const struct identity_kind IAM_ROLE_KIND = {
    .word = STR_INIT("role"),
    .title = STR_INIT("Role"),
    .id_prefix = STR_INIT("AROA"),
    .max_inline_bytes = 10240,
    .attachment_quota = STR_INIT("PoliciesPerRole"),
};

const struct identity_kind IAM_USER_KIND = {
    .word = STR_INIT("user"),
    .title = STR_INIT("User"),
    .id_prefix = STR_INIT("AIDA"),
    .max_inline_bytes = 2048,
    .attachment_quota = STR_INIT("PoliciesPerUser"),
};

const struct identity_kind IAM_GROUP_KIND = {
    .word = STR_INIT("group"),
    .title = STR_INIT("Group"),
    .id_prefix = STR_INIT("AGPA"),
    .max_inline_bytes = 5120,
    .attachment_quota = STR_INIT("PoliciesPerGroup"),
};

const struct identity_kind *iam_identity_kind(str word)
{
    const struct identity_kind *kinds[] = {&IAM_ROLE_KIND, &IAM_USER_KIND, &IAM_GROUP_KIND};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_equal(word, kinds[i]->word))
            return kinds[i];
    return NULL;
}

str iam_unique_id(struct arena *arena, str prefix)
{
    return arena_join(arena, prefix, random_text(arena, BASE32, UNIQUE_ID_SIZE));
}

str iam_arn(struct arena *arena, str account, str type, str path, str name)
{
    return arn_build(arena, &(struct arn){.service = S("iam"),
                                          .account = account,
                                          .resource = arena_concat(arena, type, path, name)});
}

str iam_reserved_path(str path)
{
    static const str RESERVED[] = {STR_INIT("/aws-service-role/"), STR_INIT("/aws-reserved/")};

    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
        if (str_starts_with(path, RESERVED[i]))
            return RESERVED[i];
    return (str){0};
}

bool iam_identity_find_id(struct txn *txn, struct arena *arena, int64_t id, struct identity *identity)
{
    if (!iam_find_identity(txn, &(struct iam_find_identity_params){.id = id}, &identity->row))
        return false;
    identity->kind = iam_identity_kind(identity->row.kind);
    identity->arn =
        iam_arn(arena, identity->row.account, identity->kind->word, identity->row.path, identity->row.name);
    return true;
}

bool iam_identity_find(struct txn *txn, struct arena *arena, const struct identity_kind *kind, str account,
                       str name, struct identity *identity)
{
    struct iam_identity_by_name_params params = {account, kind->word, arena_lower_case(arena, name)};
    struct iam_identity_by_name_row row;

    return iam_identity_by_name(txn, &params, &row) && iam_identity_find_id(txn, arena, row.id, identity) &&
           str_equal(identity->row.name, name);
}

bool iam_identity_find_unique(struct txn *txn, struct arena *arena, str id, struct identity *identity)
{
    struct iam_identity_by_unique_id_row row;

    return iam_identity_by_unique_id(txn, &(struct iam_identity_by_unique_id_params){id}, &row) &&
           iam_identity_find_id(txn, arena, row.id, identity);
}

struct iam_page_identities_rows iam_identity_page(const struct call *call, const struct identity_kind *kind,
                                                  str path_prefix, const struct page *page)
{
    struct iam_page_identities_params params = {
        .account = call->account,
        .kind = kind->word,
        .after = page->after,
        .path_prefix = path_prefix,
        .limit = page_rows(page),
    };

    return iam_page_identities(call->txn, &params);
}

static bool already_exists(const struct call *call, const struct identity_kind *kind, str name)
{
    fail(call, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "%.*s with name %.*s already exists.",
         STR_ARGS(kind->title), STR_ARGS(name));
    return false;
}

bool iam_identity_create(const struct call *call, struct identity *identity,
                         const struct iam_tag_list_type *tags)
{
    struct iam_identity_row *row = &identity->row;

    row->unique_id = iam_unique_id(call->arena, identity->kind->id_prefix);
    row->kind = identity->kind->word;
    row->folded_name = arena_lower_case(call->arena, row->name);
    row->id = iam_insert_identity(call->txn, row);
    if (row->id == 0)
        return already_exists(call, identity->kind, row->name);
    return iam_tags_put(call, identity->arn, tags, TAG_CASE_IGNORED);
}

str iam_identity_arn_after(const struct call *call, const struct identity *identity, str new_path,
                           str new_name)
{
    str path = str_present(identity->row.path) ? identity->row.path : S("/");

    return iam_arn(call->arena, call->account, identity->kind->word, str_present(new_path) ? new_path : path,
                   str_present(new_name) ? new_name : identity->row.name);
}

bool iam_identity_rename(const struct call *call, const struct identity *identity, str new_path, str new_name)
{
    struct iam_rename_identity_params params = {
        .name = str_present(new_name) ? new_name : identity->row.name,
        .path = str_present(new_path) ? new_path : identity->row.path,
        .id = identity->row.id,
    };
    struct iam_identity_by_name_row other;

    params.folded_name = arena_lower_case(call->arena, params.name);
    struct iam_identity_by_name_params taken = {call->account, identity->kind->word, params.folded_name};
    if (iam_identity_by_name(call->txn, &taken, &other) && other.id != identity->row.id)
        return already_exists(call, identity->kind, new_name);
    iam_rename_identity(call->txn, &params);
    tags_move(call, identity->arn, iam_identity_arn_after(call, identity, new_path, new_name));
    iam_policies_changed(call);
    return true;
}

bool iam_identity_delete(const struct call *call, const struct identity *identity)
{
    int64_t id = identity->row.id;

    if (iam_attachments(call->txn, &(struct iam_attachments_params){id}).count > 0) {
        fail(call, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete entity, must detach all policies first.");
        return false;
    }
    if (iam_inline_policies(call->txn, &(struct iam_inline_policies_params){id}).count > 0) {
        fail(call, &IAM_DELETE_CONFLICT_EXCEPTION, "Cannot delete entity, must delete policies first.");
        return false;
    }
    tags_remove_all(call, identity->arn);
    iam_remove_identity(call->txn, &(struct iam_remove_identity_params){id});
    iam_remove_all_uses(call->txn, &(struct iam_remove_all_uses_params){identity->row.unique_id});
    iam_policies_changed(call);
    return true;
}

const struct iam_attached_permissions_boundary *iam_identity_boundary(const struct call *call,
                                                                      const struct identity *identity)
{
    if (!str_present(identity->row.boundary_arn))
        return NULL;
    struct iam_attached_permissions_boundary *boundary =
        arena_new(call->arena, struct iam_attached_permissions_boundary);
    *boundary = (struct iam_attached_permissions_boundary){
        .permissions_boundary_type = S("Policy"), /* as AWS answers; its model has another word */
        .permissions_boundary_arn = identity->row.boundary_arn,
    };
    return boundary;
}

void iam_policies_changed(const struct call *call)
{
    /* Random instead of incremented: the number of an undone call must not be used again. */
    int64_t version = (int64_t)(random_u64() >> 1);

    iam_set_policies_version(call->txn, &(struct iam_set_policies_version_params){version});
}
