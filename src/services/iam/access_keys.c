/*
 * access_keys.c: the long-lived keys of users, and of the account's root.
 */
#include "services/iam/iam_internal.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/hash.h"

enum { MAX_KEYS = 2, SECRET_SIZE = 40, PREFIX_SIZE = 4, RANDOM_SIZE = 12, CHECK_SIZE = 4 };

/* In replies about its keys. */
#define ROOT_NAME S("root")

const str IAM_LASTING_KEY_PREFIX = {"AKIA", 4};

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

str iam_new_secret(struct arena *arena)
{
    return random_text(arena, S("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
                       SECRET_SIZE);
}

/* Four check letters that follow from the letters before. */
static str check_letters(struct arena *arena, str id)
{
    char *letters = arena_alloc(arena, CHECK_SIZE);
    uint32_t sum = crc32_of(id);

    for (int i = 0; i < CHECK_SIZE; i++)
        letters[i] = ALPHABET[sum >> (5 * i) & 31];
    return (str){letters, CHECK_SIZE};
}

str iam_new_access_key_id(struct arena *arena, str prefix)
{
    str id = arena_join(arena, prefix, random_text(arena, str_of(ALPHABET), RANDOM_SIZE));

    return arena_join(arena, id, check_letters(arena, id));
}

bool iam_access_key_is_ours(struct arena *arena, str access_key_id)
{
    size_t checked = PREFIX_SIZE + RANDOM_SIZE;

    return access_key_id.size == checked + CHECK_SIZE &&
           str_equal(str_from(access_key_id, checked),
                     check_letters(arena, str_head(access_key_id, checked)));
}

/* The owner of the keys in an operation: a user or the root. */
struct owner {
    str user_name;
    const int64_t *identity_id; /* NULL: the account's root */
};

/* Find the owner.  False: fail() has been called. */
static bool owner_open(const struct call *call, struct owner *owner)
{
    *owner = (struct owner){.user_name = ROOT_NAME};
    if (iam_is_about_root(call))
        return true;
    const struct identity *user = iam_identity_of(call);
    if (!user)
        return false;
    *owner = (struct owner){.user_name = user->row.name, .identity_id = &user->row.id};
    return true;
}

static struct iam_access_keys_rows keys_of(const struct call *call, const struct owner *owner)
{
    return iam_access_keys(call->txn, &(struct iam_access_keys_params){call->account, owner->identity_id});
}

/* Does the key belong to the owner?  False: fail() has been called. */
static bool key_check(const struct call *call, const struct owner *owner, str access_key_id)
{
    struct iam_access_keys_rows rows = keys_of(call, owner);

    for (size_t i = 0; i < rows.count; i++)
        if (str_equal(rows.items[i].access_key_id, access_key_id))
            return true;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The Access Key with id %.*s cannot be found.",
         STR_ARGS(access_key_id));
    return false;
}

enum outcome iam_create_access_key(const struct call *call, const struct iam_create_access_key_request *in,
                                   struct iam_create_access_key_response *out)
{
    struct iam_access_key *key = arena_new(call->arena, struct iam_access_key);
    struct owner owner;

    (void)in;
    if (!owner_open(call, &owner))
        return FAILED;
    if (keys_of(call, &owner).count >= MAX_KEYS)
        return fail(call, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for AccessKeysPerUser: %d",
                    MAX_KEYS);
    *key = (struct iam_access_key){
        .user_name = owner.user_name,
        .access_key_id = iam_new_access_key_id(call->arena, IAM_LASTING_KEY_PREFIX),
        .status = iam_status_type_text(IAM_STATUS_TYPE_ACTIVE),
        .secret_access_key = iam_new_secret(call->arena),
        .create_date = arena_i64(call->arena, call->now_ms),
    };
    struct iam_insert_access_key_params params = {
        .access_key_id = key->access_key_id,
        .account = call->account,
        .identity_id = owner.identity_id,
        .secret = key->secret_access_key,
        .status = key->status,
        .created_ms = call->now_ms,
    };
    iam_insert_access_key(call->txn, &params);
    iam_set_keys_created(call->txn);
    out->access_key = key;
    return DONE;
}

enum outcome iam_list_access_keys(const struct call *call, const struct iam_list_access_keys_request *in,
                                  struct iam_list_access_keys_response *out)
{
    struct owner owner;
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page) || !owner_open(call, &owner))
        return FAILED;
    struct iam_access_keys_rows rows = keys_of(call, &owner);
    list_make_empty(call->arena, &out->access_key_metadata);
    for (size_t i = 0; i < rows.count; i++)
        if (iam_page_takes(&page, rows.items[i].access_key_id))
            *list_add(call->arena, &out->access_key_metadata) = (struct iam_access_key_metadata){
                .user_name = owner.user_name,
                .access_key_id = rows.items[i].access_key_id,
                .status = rows.items[i].status,
                .create_date = arena_i64(call->arena, rows.items[i].created_ms),
            };
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

enum outcome iam_update_access_key(const struct call *call, const struct iam_update_access_key_request *in,
                                   struct iam_update_access_key_output *out)
{
    struct owner owner;

    (void)out;
    if (!owner_open(call, &owner) || !key_check(call, &owner, in->access_key_id))
        return FAILED;
    iam_set_access_key_status(call->txn,
                              &(struct iam_set_access_key_status_params){in->status, in->access_key_id});
    return DONE;
}

enum outcome iam_delete_access_key(const struct call *call, const struct iam_delete_access_key_request *in,
                                   struct iam_delete_access_key_output *out)
{
    struct owner owner;

    (void)out;
    if (!owner_open(call, &owner) || !key_check(call, &owner, in->access_key_id))
        return FAILED;
    iam_remove_access_key(call->txn, &(struct iam_remove_access_key_params){in->access_key_id});
    return DONE;
}

/* ---- the last use ---- */

/* The key of the present operation.  False: the caller's account has no such key. */
static bool key_find(const struct call *call, str access_key_id, struct iam_find_access_key_row *key)
{
    return iam_find_access_key(call->txn, &(struct iam_find_access_key_params){access_key_id}, key) &&
           str_equal(key->account, call->account);
}

/* The owner of the key: a user, or the account's root.  AWS denies access to a key that it does not find. */
bool iam_locate_key_owner(const struct call *call, const struct iam_get_access_key_last_used_request *in,
                          struct resource *found)
{
    struct iam_find_access_key_row key;
    struct identity user;

    if (key_find(call, in->access_key_id, &key)) {
        if (key.identity_id && iam_identity_find_id(call->txn, call->arena, *key.identity_id, &user))
            return iam_locate_user(call, user.row.name, found);
        found->arn = arn_of_root(call->arena, call->account);
        return true;
    }
    fail(call, &IAM_ACCESS_DENIED,
         "User: %.*s is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key %.*s",
         STR_ARGS(call->caller->arn), STR_ARGS(in->access_key_id));
    return false;
}

/* The last use that is stored or noted, or NULL. */
static const struct iam_use *last_use_of(const struct call *call, const struct iam_find_access_key_row *key)
{
    struct iam_uses uses = {0};

    if (key->last_used_ms)
        *list_add(call->arena, &uses) = (struct iam_use){.action = key->last_used_service,
                                                         .resource = key->access_key_id,
                                                         .region = key->last_used_region,
                                                         .last_ms = *key->last_used_ms};
    iam_uses_noted(call->arena, key->access_key_id, &uses);
    return iam_last_use(&uses);
}

enum outcome iam_get_access_key_last_used(const struct call *call,
                                          const struct iam_get_access_key_last_used_request *in,
                                          struct iam_get_access_key_last_used_response *out)
{
    struct iam_access_key_last_used *used = arena_new(call->arena, struct iam_access_key_last_used);
    const struct identity *user = call_resource(call, 0)->row;
    struct iam_find_access_key_row key;

    check(key_find(call, in->access_key_id, &key)); /* its owner was located */
    const struct iam_use *last = last_use_of(call, &key);
    *used = last ? (struct iam_access_key_last_used){.last_used_date = &last->last_ms,
                                                     .service_name = last->action,
                                                     .region = last->region}
                 : (struct iam_access_key_last_used){.service_name = S("N/A"), .region = S("N/A")};
    out->user_name = user ? user->row.name : ROOT_NAME;
    out->access_key_last_used = used;
    return DONE;
}

void iam_store_key_use(const struct call *call, str access_key_id, const struct iam_uses *noted)
{
    const struct iam_use *last = iam_last_use(noted);

    iam_set_key_last_used(call->txn, &(struct iam_set_key_last_used_params){.last_used_ms = &last->last_ms,
                                                                            .last_used_service = last->action,
                                                                            .last_used_region = last->region,
                                                                            .access_key_id = access_key_id});
}
