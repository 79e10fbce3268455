#pragma once

/*
 * account_index_policies.h: account policies of the type FIELD_INDEX_POLICY.
 */
#include "logs_internal.h"

/*
 * The account policy operations for this type.  put fills *policy with what was stored; describe adds the
 * policies that the page takes to the reply.  False: fail() has been called.
 */
bool logs_account_index_put(const struct call *call, const struct logs_put_account_policy_request *in,
                            struct logs_account_policy *policy);
bool logs_account_index_delete(const struct call *call, const struct logs_delete_account_policy_request *in);
bool logs_account_index_describe(const struct call *call,
                                 const struct logs_describe_account_policies_request *in, struct page *page,
                                 struct logs_describe_account_policies_response *out);
