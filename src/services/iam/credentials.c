/*
 * credentials.c: finds the owner of an access key.
 *
 * Sessions are deleted some time after they expire.  Their keys must not be taken for unknown keys, which may
 * count as the administrator's, so ids that we made are recognized by their check letters. A session ends
 * with its role or user: a new one of the same name has another unique id.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

#include "aws/arn.h"

static struct principal root_principal(struct arena *arena, str account)
{
    return (struct principal){
        .kind = PRINCIPAL_ROOT,
        .arn = arn_of_root(arena, account),
        .id = account,
        .account = account,
        .name = S("root"),
    };
}

static struct principal user_principal(const struct identity *user)
{
    return (struct principal){
        .kind = PRINCIPAL_USER,
        .arn = user->arn,
        .id = user->row.unique_id,
        .account = user->row.account,
        .name = user->row.name,
    };
}

struct principal iam_federated_principal(struct arena *arena, str account, str name)
{
    return (struct principal){
        .kind = PRINCIPAL_FEDERATED,
        .arn = arn_build(arena, &(struct arn){.service = S("sts"),
                                              .account = account,
                                              .resource = arena_join(arena, S("federated-user/"), name)}),
        .id = arena_concat(arena, account, S(":"), name),
        .account = account,
        .name = name,
    };
}

/* Who acts in a session.  False: its role or user is gone. */
static bool session_principal(struct txn *txn, struct arena *arena, const struct iam_find_session_row *row,
                              struct principal *principal)
{
    struct identity owner = {
        .kind = &IAM_ROLE_KIND,
        .row = {.account = row->account, .name = row->role_name, .unique_id = row->owner},
    };

    if (!str_empty(row->role_name)) {
        *principal = iam_session_principal(arena, &owner, row->session_name);
        return row->owner_exists;
    }
    if (!str_empty(row->session_name)) {
        *principal = iam_federated_principal(arena, row->account, row->session_name);
        principal->federated_by = row->owner;
        return row->owner_exists || str_equal(row->owner, row->account);
    }
    if (str_equal(row->owner, row->account)) {
        *principal = root_principal(arena, row->account);
        return true;
    }
    if (!iam_identity_find_unique(txn, arena, row->owner, &owner))
        return false;
    *principal = user_principal(&owner);
    return true;
}

static bool find_session(struct txn *txn, struct arena *arena, str access_key_id,
                         struct credentials *credentials)
{
    struct iam_find_session_row row;

    if (!iam_find_session(txn, &(struct iam_find_session_params){access_key_id}, &row))
        return false;
    *credentials = (struct credentials){
        .secret = row.secret,
        .session_token = row.session_token,
        .expires_ms = row.expires_ms,
    };
    credentials->revoked = !session_principal(txn, arena, &row, &credentials->principal);
    credentials->principal.session_policy = row.session_policy;
    credentials->principal.issued_ms = row.issued_ms;
    credentials->principal.function_arn = row.function_arn;
    return true;
}

static bool find_key(struct txn *txn, struct arena *arena, str access_key_id, struct credentials *credentials)
{
    struct iam_find_access_key_row row;
    struct identity user;

    if (!iam_find_access_key(txn, &(struct iam_find_access_key_params){access_key_id}, &row) ||
        iam_status_type_of(row.status) != IAM_STATUS_TYPE_ACTIVE)
        return false;
    *credentials = (struct credentials){.secret = row.secret, .expires_ms = INT64_MAX, .is_kept = true};
    if (!row.identity_id) {
        credentials->principal = root_principal(arena, row.account);
        return true;
    }
    if (!iam_identity_find_id(txn, arena, *row.identity_id, &user))
        return false;
    credentials->principal = user_principal(&user);
    return true;
}

bool iam_find_credentials(struct txn *txn, struct arena *arena, str access_key_id, int64_t now_ms,
                          struct credentials *credentials)
{
    if (!str_starts_with(access_key_id, S("ASIA")))
        return find_key(txn, arena, access_key_id, credentials);
    if (find_session(txn, arena, access_key_id, credentials))
        return true;
    *credentials = (struct credentials){.expires_ms = now_ms - 1};
    return iam_access_key_is_ours(arena, access_key_id);
}

bool iam_has_access_keys(struct txn *txn)
{
    struct iam_find_state_row row = {0};

    iam_find_state(txn, &row);
    return row.keys_created != 0;
}
