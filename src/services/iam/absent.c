/*
 * absent.c: what users cannot have here: a password, MFA devices, SSH keys, signing certificates.
 *
 * Tools ask for all of it before they delete a user, and when they audit an account.  The answers are AWS's
 * about a user who has none.
 */
#include "services/iam/iam_internal.h"

/* The user exists, or the account's root is meant, and the marker is ours.  False: fail() has been called. */
static bool open_list(const struct call *call, str marker, const int64_t *max_items)
{
    struct page page;

    return iam_page_open(call, marker, max_items, &page) &&
           (iam_is_about_root(call) || iam_identity_of(call));
}

enum outcome iam_get_login_profile(const struct call *call, const struct iam_get_login_profile_request *in,
                                   struct iam_get_login_profile_response *out)
{
    const struct identity *user = iam_identity_of(call);

    (void)in;
    (void)out;
    if (!user)
        return FAILED;
    return fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Login Profile for User %.*s cannot be found.",
                STR_ARGS(user->row.name));
}

enum outcome iam_list_mfa_devices(const struct call *call, const struct iam_list_mfa_devices_request *in,
                                  struct iam_list_mfa_devices_response *out)
{
    if (!open_list(call, in->marker, in->max_items))
        return FAILED;
    list_make_empty(call->arena, &out->mfa_devices);
    out->is_truncated = arena_bool(call->arena, false);
    return DONE;
}

enum outcome iam_list_virtual_mfa_devices(const struct call *call,
                                          const struct iam_list_virtual_mfa_devices_request *in,
                                          struct iam_list_virtual_mfa_devices_response *out)
{
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    list_make_empty(call->arena, &out->virtual_mfa_devices);
    out->is_truncated = arena_bool(call->arena, false);
    return DONE;
}

enum outcome iam_list_signing_certificates(const struct call *call,
                                           const struct iam_list_signing_certificates_request *in,
                                           struct iam_list_signing_certificates_response *out)
{
    if (!open_list(call, in->marker, in->max_items))
        return FAILED;
    list_make_empty(call->arena, &out->certificates);
    out->is_truncated = arena_bool(call->arena, false);
    return DONE;
}

enum outcome iam_list_ssh_public_keys(const struct call *call,
                                      const struct iam_list_ssh_public_keys_request *in,
                                      struct iam_list_ssh_public_keys_response *out)
{
    if (!open_list(call, in->marker, in->max_items))
        return FAILED;
    list_make_empty(call->arena, &out->ssh_public_keys);
    out->is_truncated = arena_bool(call->arena, false);
    return DONE;
}
