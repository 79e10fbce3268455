#pragma once

/*
 * iam_internal.h: what the files of IAM and STS share.
 */
#include "aws/tag_rules.h"
#include "base/list.h"
#include "engine/call.h"
#include "engine/page.h"
#include "iam_model.h"
#include "iam_sql.h"
#include "services/iam/aws_managed.h"
#include "services/iam/policy.h"
#include "store/store.h"

/* Roles, users and groups differ little; shared functions take one of these. */
struct identity_kind {
    str word;                 /* "role", in ARNs and in the store */
    str title;                /* "Role", in sentences */
    str id_prefix;            /* of unique ids */
    int64_t max_inline_bytes; /* limit of all inline policies together, without white space */
    str attachment_quota;     /* the quota's name in sentences */
};

extern const struct identity_kind IAM_ROLE_KIND, IAM_USER_KIND, IAM_GROUP_KIND;

struct identity {
    const struct identity_kind *kind;
    struct iam_identity_row row;
    str arn;
};

/* identities.c */
/* The kind with that word, or NULL. */
const struct identity_kind *iam_identity_kind(str word);
/* AWS's ids: a prefix and random letters and digits. */
str iam_unique_id(struct arena *arena, str prefix);
/* arn:aws:iam::<account>:<type><path><name> */
str iam_arn(struct arena *arena, str account, str type, str path, str name);
bool iam_identity_find(struct txn *txn, struct arena *arena, const struct identity_kind *kind, str account,
                       str name, struct identity *identity);
bool iam_identity_find_unique(struct txn *txn, struct arena *arena, str unique_id, struct identity *identity);
bool iam_identity_find_id(struct txn *txn, struct arena *arena, int64_t id, struct identity *identity);
/* The reserved prefix, for roles that only AWS makes, with which the path begins, or absent. */
str iam_reserved_path(str path);
/* The caller's account's identities for one part of a list, and one more. */
struct iam_page_identities_rows iam_identity_page(const struct call *call, const struct identity_kind *kind,
                                                  str path_prefix, const struct page *page);
/* Store a new identity with its tags; sets row.id and row.unique_id.  False: fail() has been called. */
bool iam_identity_create(const struct call *call, struct identity *identity,
                         const struct iam_tag_list_type *tags);
/* The ARN with that path and name; an absent one does not change. */
str iam_identity_arn_after(const struct call *call, const struct identity *identity, str new_path,
                           str new_name);
/* Give it another path or name, or both; tags stay with it.  False: fail() has been called. */
bool iam_identity_rename(const struct call *call, const struct identity *identity, str new_path,
                         str new_name);
/* Delete the identity with its tags; fails while anything is attached to it. */
bool iam_identity_delete(const struct call *call, const struct identity *identity);
const struct iam_attached_permissions_boundary *iam_identity_boundary(const struct call *call,
                                                                      const struct identity *identity);
/* Every change of permissions calls this, so that no cached policy is used afterwards. */
void iam_policies_changed(const struct call *call);

struct managed_policy;
/*
 * resources.c: the resource of the present operation.  NULL: it does not exist, and fail() has been called.
 */
const struct identity *iam_identity_of(const struct call *call);
const struct managed_policy *iam_managed_policy_of(const struct call *call);
bool iam_managed_policy_is_there(const struct managed_policy *policy);
/* The same, and it must not be a role that only AWS may change. */
const struct identity *iam_identity_to_change(const struct call *call);
/* The account's own policy. */
const struct managed_policy *iam_own_policy_of(const struct call *call);
/* Has the account's root called, without the name of a user? */
bool iam_is_about_root(const struct call *call);
/* See locate_arn in struct module. */
bool iam_locate_arn(const struct call *call, str text, struct resource *found);

/* users.c */
/* As in lists: without tags and boundary. */
struct iam_user iam_user_summary(const struct identity *user);

/* groups.c */
/* The groups of a user, sorted by name. */
struct iam_groups_of_user_rows iam_groups_of(struct txn *txn, const struct identity *user);
extern const int64_t IAM_MAX_GROUPS, IAM_MAX_GROUPS_OF_USER;

/* tags.c */
bool iam_tags_check(const struct call *call, const struct iam_tag_list_type *tags, enum tag_case tag_case);
/* Set tags of the identity or policy with that ARN.  False, after fail(): too many. */
bool iam_tags_put(const struct call *call, str owner, const struct iam_tag_list_type *tags,
                  enum tag_case tag_case);
struct iam_tag_list_type iam_tags_of(const struct call *call, str owner);

/* boundaries.c */
/* May that policy be a boundary?  False: fail() has been called. */
bool iam_boundary_check(const struct call *call, str policy_arn);

/* documents.c */
/* Check a document.  False: fail() has been called. */
bool iam_document_check(const struct call *call, enum policy_kind kind, str document);
/* The number of characters that count towards quotas: all but white space. */
int64_t iam_document_size(str document);
/* A document as replies contain it: percent-encoded. */
str iam_document_reply(const struct call *call, str document);

/* principals.c */
/*
 * As iam_bind_policy(); *missing is the principal that does not exist.
 */
bool iam_policy_bind(const struct call *call, str document, str *bound, str *missing);

/* managed_policies.c: AWS's policies and the account's own. */
struct managed_policy {
    const struct aws_managed_policy *aws; /* NULL: an account's policy, and row is set */
    struct iam_find_policy_row row;
    str arn, name, path;
    int64_t default_version;
};

bool iam_managed_policy_find(struct txn *txn, struct arena *arena, str arn, struct managed_policy *policy);
/* The document in force; absent when the policy does not exist. */
str iam_managed_policy_document(struct txn *txn, str arn);
/* Does the text have the form of a policy's ARN? */
bool iam_is_policy_arn(str text);
/* Is the ARN well-formed?  False: fail() has been called. */
bool iam_policy_arn_check(const struct call *call, str arn);

/* As in lists, and as CreatePolicy answers but for tags. */
struct iam_policy iam_policy_summary(const struct call *call, const struct managed_policy *policy);

/* roles.c */
/* When and where the role was used last; an empty structure for a role that was never used. */
const struct iam_role_last_used *iam_role_last_used(const struct call *call, const struct identity *role);

/* policy_versions.c */
/* All versions, newest first. */
struct iam_policy_version_list iam_versions_with_documents(const struct call *call,
                                                           const struct managed_policy *policy);
/* Check the document of a new version.  False: fail() has been called. */
bool iam_version_check(const struct call *call, str document);
void iam_version_insert(const struct call *call, int64_t policy_id, int64_t version, str document);
/* "v3" */
str iam_version_id(const struct call *call, int64_t version);

/* resources.c: a role, a user, a group or a managed policy. */
struct entity {
    str arn;
    bool exists, is_policy;
    struct identity identity;     /* or */
    struct managed_policy policy; /* is_policy */
};
/* False: the ARN is of another kind. */
bool iam_entity_find(const struct call *call, str text, struct entity *entity);
/* The one of the present operation.  NULL: it does not exist, and fail() has been called. */
const struct entity *iam_entity_of(const struct call *call);

/* policies_granting.c */
/* Do the policies allow something of that service, whatever their conditions? */
bool iam_policies_reach(const struct policy_list *policies, str service);
/* Do they allow that action, on any resource? */
bool iam_policies_may_allow(const struct call *call, const struct policy_list *policies, str action);
/* The PolicyOwnerEntityType of an identity. */
str iam_owner_type(const struct identity_kind *kind);
/* The policies of an entity; of a policy itself. */
struct policy_list iam_entity_policies(const struct call *call, const struct entity *entity);

/* page.c */
/* False: the marker was not made here, and fail() has been called. */
bool iam_page_open(const struct call *call, str marker, const int64_t *max_items, struct page *page);
/* Is the key certainly outside this part? */
bool iam_page_leaves_out(const struct page *page, str key);
/* Does the item with this key belong to this part? */
bool iam_page_takes(struct page *page, str key);
void iam_page_close(const struct call *call, const struct page *page, const bool **is_truncated, str *marker);

/* access_keys.c */
/* The random secret of a new key. */
str iam_new_secret(struct arena *arena);
/* A new id, which iam_access_key_is_ours() recognizes even after it is deleted. */
str iam_new_access_key_id(struct arena *arena, str prefix);
bool iam_access_key_is_ours(struct arena *arena, str access_key_id);
extern const str IAM_LASTING_KEY_PREFIX; /* of a key that does not expire */
/* Store the last of the key's uses. */
struct iam_uses;
void iam_store_key_use(const struct call *call, str access_key_id, const struct iam_uses *noted);

/* policy_cache.c: parsed policies, in a cache for each thread. */
struct cached_identity {
    str unique_id;
    int64_t version; /* of all policies, when this was cached */
    str arn;
    struct str_map tags;
    struct policy_list policies;
    const struct policy *boundary; /* or NULL */
    struct seen_use *seen;         /* uses.c */
    struct arena arena;
};

/*
 * The role's, user's or group's policies as of this transaction; NULL when it does not exist.  Valid until
 * the next lookup.
 */
const struct cached_identity *iam_cached_identity(struct txn *txn, struct arena *arena, str unique_id);
/* As iam_policy_read().  `owner`, the ARN that the policy belongs to, is the key of the cache. */
const struct policy *iam_cached_policy(enum policy_kind kind, str owner, str text);

/* authorize.c */
struct question;
struct explanation {
    struct policy_request request;
    struct policy_set set; /* the evaluated policies */
    struct decision decision;
};
/* Find what decides, for the same question as iam_authorize()'s. */
void iam_explain(const struct call *call, const struct question *question, struct explanation *explanation);

/* explain.c */
struct visit;
struct http_reply;
/* Replies of Orderly's own paths.  Both return DONE. */
enum outcome iam_reply_json(struct http_reply *reply, int status, const struct json_writer *writer);
enum outcome iam_refuse(const struct call *call, struct http_reply *reply, const char *message);
enum outcome iam_explain_door(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* authorize.c */
/* A role by its ARN, of any account. */
bool iam_role_find(const struct call *call, str role_arn, struct identity *role);
/* A session's principal, in arena. */
struct principal iam_session_principal(struct arena *arena, const struct identity *role, str session_name);
/* credentials.c: a federated user, without federated_by. */
struct principal iam_federated_principal(struct arena *arena, str account, str name);

/* last_accessed.c */
enum outcome iam_last_accessed(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* access_reports.c */
/* The namespace of the action's service, in small letters. */
str iam_service_of(const struct call *call, str action);

/* uses.c: what roles and users use, and is not stored yet. */
struct iam_use {
    str action, resource; /* resource is absent: several; of an access key: a service, and the key */
    str region;           /* of the last one */
    int64_t last_ms;      /* some seconds late at most */
    bool changed;         /* since the uses were read */
};
struct iam_uses {
    int64_t since_ms; /* when noting began */
    bool partial;     /* there are more than are kept */
    struct iam_use *items;
    size_t count;
};
/* Add a use; what is too much is merged. */
void iam_uses_add(struct arena *arena, struct iam_uses *uses, const struct iam_use *added);
/* The uses that one cached identity has lately noted: empty. */
struct seen_use *iam_seen_uses(struct arena *arena);
/*
 * The identity has been allowed what is asked.  Any thread.  True: so many identities have uses now that
 * iam_uses_keep_soon() is due.
 */
bool iam_use_note(const struct cached_identity *identity, const struct question *question, str region,
                  int64_t now_ms);
/*
 * Add the uses that were noted, and may not be stored, to others of the owner: a role's or user's unique id,
 * or an access key's id.
 */
void iam_uses_noted(struct arena *arena, str owner, struct iam_uses *uses);
/* Take the uses of an owner, to store them; they are still told as noted.  False: nobody has any. */
bool iam_uses_take(struct arena *arena, str *owner, struct iam_uses *uses);
/* Call it before taking: what was taken is stored; or is not, and is to be taken again. */
void iam_uses_stored(bool stored);
void iam_uses_forget(void);

/* kept_uses.c: what is stored of them. */
/* See start in struct module. */
void iam_uses_start(const struct call *call);
/* There is much to store: do it before the minute is over.  Any thread. */
void iam_uses_keep_soon(const struct call *call);
/* All uses of the role or user. */
struct iam_uses iam_uses_of(const struct call *call, const struct identity *identity);
/* Or NULL. */
const struct iam_use *iam_last_use(const struct iam_uses *uses);
