/*
 * resources.c: the locators of roles, users, groups and policies (see struct resource), and their condition
 * keys.
 *
 * Every located resource has a row, also when the role, user, group or policy does not exist: then the row's
 * id is 0. One exception: a request without a user's name, by a caller who is not a user, has no row.
 */
#include "services/iam/iam_internal.h"

#include "aws/arn.h"
#include "services/tags/tags.h"
#include "sts_model.h"

/* aws:ResourceTag and iam:ResourceTag */
static void add_tags(const struct call *call, const struct resource *resource, struct context_list *context)
{
    struct str_map tags = tags_of(call->txn, call->arena, resource->arn);

    for (size_t i = 0; i < tags.count; i++) {
        const struct str_map_entry *tag = &tags.items[i];
        context_add_resource_tag(call, context, tag->key, tag->value);
        context_add(call, context, arena_join(call->arena, S("iam:ResourceTag/"), tag->key), tag->value);
    }
}

/* ---- roles, users and groups ---- */

static void take_identity(const struct identity *identity, struct resource *found)
{
    found->arn = identity->arn;
    found->row = identity;
    if (identity->row.id != 0)
        found->add_context = add_tags;
}

static bool locate_identity(const struct call *call, const struct identity_kind *kind, str name,
                            struct resource *found)
{
    struct identity *identity = arena_new(call->arena, struct identity);

    if (!iam_identity_find(call->txn, call->arena, kind, call->account, name, identity))
        *identity = (struct identity){
            .kind = kind,
            .row = {.name = name},
            .arn = iam_arn(call->arena, call->account, kind->word, S("/"), name),
        };
    take_identity(identity, found);
    return true;
}

bool iam_locate_role(const struct call *call, str name, struct resource *found)
{
    return locate_identity(call, &IAM_ROLE_KIND, name, found);
}

bool iam_locate_group(const struct call *call, str name, struct resource *found)
{
    return locate_identity(call, &IAM_GROUP_KIND, name, found);
}

/* Without a name, the caller. */
bool iam_locate_user(const struct call *call, str name, struct resource *found)
{
    if (!str_empty(name))
        return locate_identity(call, &IAM_USER_KIND, name, found);
    if (call->caller->kind == PRINCIPAL_USER)
        return locate_identity(call, &IAM_USER_KIND, call->caller->name, found);
    found->arn = call->caller->arn;
    return true;
}

bool iam_is_about_root(const struct call *call)
{
    return !call_resource(call, 0)->row && call->caller->kind == PRINCIPAL_ROOT;
}

const struct identity *iam_identity_of(const struct call *call)
{
    const struct identity *identity = call_resource(call, 0)->row;

    if (!identity) {
        fail(call, &IAM_VALIDATION_ERROR, "Must specify userName when calling with non-User credentials");
        return NULL;
    }
    if (identity->row.id != 0)
        return identity;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The %.*s with name %.*s cannot be found.",
         STR_ARGS(identity->kind->word), STR_ARGS(identity->row.name));
    return NULL;
}

const struct identity *iam_identity_to_change(const struct call *call)
{
    const struct identity *identity = iam_identity_of(call);

    if (!identity || identity->kind != &IAM_ROLE_KIND || !str_present(iam_reserved_path(identity->row.path)))
        return identity;
    fail(call, &IAM_UNMODIFIABLE_ENTITY_EXCEPTION,
         "Cannot perform the operation on the protected role '%.*s' - this role is only modifiable by AWS",
         STR_ARGS(identity->row.name));
    return NULL;
}

/* iam:PermissionsBoundary, if the identity of the operation has a boundary. */
void iam_held_boundary(const struct call *call, const void *in, const struct resource *resource,
                       struct context_list *context)
{
    const struct identity *identity = resource->row;

    (void)in;
    if (str_present(identity->row.boundary_arn))
        context_add(call, context, S("iam:PermissionsBoundary"), identity->row.boundary_arn);
}

/* ---- those to be made, and lists ---- */

static bool locate_path(const struct call *call, str type, str path, str name, struct resource *found)
{
    found->arn = iam_arn(call->arena, call->account, type, str_present(path) ? path : S("/"), name);
    return true;
}

bool iam_locate_new_role(const struct call *call, const struct iam_create_role_request *in,
                         struct resource *found)
{
    return locate_path(call, IAM_ROLE_KIND.word, in->path, in->role_name, found);
}

bool iam_locate_new_user(const struct call *call, const struct iam_create_user_request *in,
                         struct resource *found)
{
    return locate_path(call, IAM_USER_KIND.word, in->path, in->user_name, found);
}

bool iam_locate_new_group(const struct call *call, const struct iam_create_group_request *in,
                          struct resource *found)
{
    return locate_path(call, IAM_GROUP_KIND.word, in->path, in->group_name, found);
}

/* The caller must be allowed to change the old name and the new one. */
static bool locate_renamed(const struct call *call, const struct identity_kind *kind, str name, str new_path,
                           str new_name, struct resource *found)
{
    locate_identity(call, kind, name, found);
    found->arn = iam_identity_arn_after(call, found->row, new_path, new_name);
    return true;
}

bool iam_locate_renamed_user(const struct call *call, const struct iam_update_user_request *in,
                             struct resource *found)
{
    return locate_renamed(call, &IAM_USER_KIND, in->user_name, in->new_path, in->new_user_name, found);
}

bool iam_locate_renamed_group(const struct call *call, const struct iam_update_group_request *in,
                              struct resource *found)
{
    return locate_renamed(call, &IAM_GROUP_KIND, in->group_name, in->new_path, in->new_group_name, found);
}

bool iam_locate_new_policy(const struct call *call, const struct iam_create_policy_request *in,
                           struct resource *found)
{
    return locate_path(call, S("policy"), in->path, in->policy_name, found);
}

bool iam_locate_roles(const struct call *call, str path_prefix, struct resource *found)
{
    return locate_path(call, IAM_ROLE_KIND.word, path_prefix, S(""), found);
}

bool iam_locate_users(const struct call *call, str path_prefix, struct resource *found)
{
    return locate_path(call, IAM_USER_KIND.word, path_prefix, S(""), found);
}

bool iam_locate_groups(const struct call *call, str path_prefix, struct resource *found)
{
    return locate_path(call, IAM_GROUP_KIND.word, path_prefix, S(""), found);
}

/* ---- managed policies ---- */

static void take_policy(const struct call *call, str arn, struct resource *found)
{
    struct managed_policy *policy = arena_new(call->arena, struct managed_policy);

    iam_managed_policy_find(call->txn, call->arena, arn, policy);
    found->arn = arn;
    found->row = policy;
    if (policy->row.id != 0)
        found->add_context = add_tags;
}

bool iam_locate_policy(const struct call *call, str arn, struct resource *found)
{
    if (!iam_policy_arn_check(call, arn))
        return false;
    take_policy(call, arn, found);
    return true;
}

bool iam_managed_policy_is_there(const struct managed_policy *policy)
{
    return policy->aws || policy->row.id != 0;
}

const struct managed_policy *iam_managed_policy_of(const struct call *call)
{
    const struct managed_policy *policy = call_resource(call, 0)->row;

    if (iam_managed_policy_is_there(policy))
        return policy;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy %.*s was not found.", STR_ARGS(policy->arn));
    return NULL;
}

const struct managed_policy *iam_own_policy_of(const struct call *call)
{
    const struct managed_policy *policy = iam_managed_policy_of(call);

    if (!policy || !policy->aws)
        return policy;
    fail(call, &IAM_ACCESS_DENIED,
         "User: %.*s is not authorized to perform: %s on resource: %.*s because AWS-managed policies cannot "
         "be changed",
         STR_ARGS(call->caller->arn), call->operation->action, STR_ARGS(policy->arn));
    return NULL;
}

/* ---- by ARN ---- */

/* A role, a user, a group or a managed policy of the caller's account. */
bool iam_locate_entity(const struct call *call, str text, struct resource *found)
{
    struct entity *entity = arena_new(call->arena, struct entity);
    struct arn arn;

    if (!arn_parse(text, &arn) || !str_equal(arn.service, S("iam")) || !iam_entity_find(call, text, entity)) {
        fail(call, &IAM_INVALID_INPUT_EXCEPTION, "Invalid ARN: %.*s.", STR_ARGS(text));
        return false;
    }
    found->arn = text;
    found->row = entity;
    if (entity->identity.row.id != 0 || entity->policy.row.id != 0)
        found->add_context = add_tags;
    return true;
}

/* A role, a user or a group of the caller's account. */
bool iam_locate_principal(const struct call *call, str text, struct resource *found)
{
    struct entity *entity = arena_new(call->arena, struct entity);
    struct arn arn;

    if (!arn_parse(text, &arn) || !str_equal(arn.service, S("iam")) || !iam_entity_find(call, text, entity) ||
        entity->is_policy) {
        fail(call, &IAM_INVALID_INPUT_EXCEPTION, "Invalid Entity Arn: %.*s", STR_ARGS(text));
        return false;
    }
    found->arn = text;
    found->row = entity;
    if (entity->exists)
        found->add_context = add_tags;
    return true;
}

bool iam_entity_find(const struct call *call, str text, struct entity *entity)
{
    const struct identity_kind *kinds[] = {&IAM_ROLE_KIND, &IAM_USER_KIND, &IAM_GROUP_KIND};
    struct arn arn;

    *entity = (struct entity){.arn = text};
    if (!arn_parse(text, &arn))
        return false;
    if (str_starts_with(arn.resource, S("policy/"))) {
        entity->is_policy = true;
        entity->exists = iam_managed_policy_find(call->txn, call->arena, text, &entity->policy) &&
                         (entity->policy.aws || str_equal(arn.account, call->account));
        return true;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!str_starts_with(arn.resource, arena_join(call->arena, kinds[i]->word, S("/"))))
            continue;
        entity->exists = str_equal(arn.account, call->account) &&
                         iam_identity_find(call->txn, call->arena, kinds[i], arn.account, arn_name(text),
                                           &entity->identity) &&
                         str_equal(entity->identity.arn, text);
        return true;
    }
    return false;
}

const struct entity *iam_entity_of(const struct call *call)
{
    const struct entity *entity = call_resource(call, 0)->row;

    if (entity->exists)
        return entity;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "ARN %.*s was not found.", STR_ARGS(entity->arn));
    return NULL;
}

/* A role with its trust policy, of any account.  AWS only checks that the text looks like an ARN. */
bool sts_locate_role(const struct call *call, str arn, struct resource *found)
{
    struct identity *role = arena_new(call->arena, struct identity);
    struct arn parts;

    if (!arn_parse(arn, &parts) || str_empty(parts.partition) || str_empty(parts.service)) {
        fail(call, &STS_VALIDATION_ERROR, "%.*s is invalid", STR_ARGS(arn));
        return false;
    }
    found->arn = arn;
    if (!iam_role_find(call, arn, role))
        return true;
    take_identity(role, found);
    found->policy = role->row.trust_policy;
    return true;
}

static bool locate_identity_arn(const struct call *call, const struct identity_kind *kind,
                                const struct arn *arn, str text, struct resource *found)
{
    struct identity *identity = arena_new(call->arena, struct identity);

    if (!iam_identity_find(call->txn, call->arena, kind, arn->account, arn_name(text), identity) ||
        !str_equal(identity->arn, text))
        return false;
    take_identity(identity, found);
    return true;
}

bool iam_locate_arn(const struct call *call, str text, struct resource *found)
{
    struct arn arn;

    found->arn = text;
    if (!arn_parse(text, &arn))
        return false;
    if (str_starts_with(arn.resource, S("role/"))) {
        sts_locate_role(call, text, found);
        return found->row;
    }
    if (str_starts_with(arn.resource, S("user/")))
        return locate_identity_arn(call, &IAM_USER_KIND, &arn, text, found);
    if (str_starts_with(arn.resource, S("group/")))
        return locate_identity_arn(call, &IAM_GROUP_KIND, &arn, text, found);
    if (!str_starts_with(arn.resource, S("policy/")))
        return false;
    take_policy(call, text, found);
    return iam_managed_policy_is_there(found->row);
}
