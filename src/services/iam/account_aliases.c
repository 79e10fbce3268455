/*
 * account_aliases.c: the name that an account may have besides its number.
 *
 * An account has at most one; no two accounts have the same.  Here an alias is not part of any address.
 */
#include "services/iam/iam_internal.h"

/* The account's alias, or absent. */
static str alias_of_account(const struct call *call)
{
    struct iam_find_account_alias_row row;

    if (!iam_find_account_alias(call->txn, &(struct iam_find_account_alias_params){call->account}, &row))
        return (str){0};
    return row.alias;
}

/* Replaces the account's other alias. */
enum outcome iam_create_account_alias(const struct call *call,
                                      const struct iam_create_account_alias_request *in,
                                      struct iam_create_account_alias_output *out)
{
    struct iam_find_alias_owner_row owner;

    (void)out;
    if (iam_find_alias_owner(call->txn, &(struct iam_find_alias_owner_params){in->account_alias}, &owner))
        return fail(call, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "The account alias %.*s already exists.",
                    STR_ARGS(in->account_alias));
    iam_set_account_alias(call->txn,
                          &(struct iam_set_account_alias_params){call->account, in->account_alias});
    return DONE;
}

enum outcome iam_delete_account_alias(const struct call *call,
                                      const struct iam_delete_account_alias_request *in,
                                      struct iam_delete_account_alias_output *out)
{
    (void)out;
    if (!str_equal(alias_of_account(call), in->account_alias))
        return fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The account alias with name %.*s cannot be found.",
                    STR_ARGS(in->account_alias));
    iam_remove_account_alias(call->txn, &(struct iam_remove_account_alias_params){call->account});
    return DONE;
}

enum outcome iam_list_account_aliases(const struct call *call,
                                      const struct iam_list_account_aliases_request *in,
                                      struct iam_list_account_aliases_response *out)
{
    str alias = alias_of_account(call);
    struct page page;

    if (!iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    list_make_empty(call->arena, &out->account_aliases);
    if (str_present(alias) && iam_page_takes(&page, alias))
        *list_add(call->arena, &out->account_aliases) = alias;
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
