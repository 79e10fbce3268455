/*
 * documents.c: policy documents in requests and replies.
 */
#include "services/iam/iam_internal.h"

#include "aws/arn.h"
#include "wire/percent.h"

bool iam_document_check(const struct call *call, enum policy_kind kind, str document)
{
    struct arena parsed = {0};
    str problem;

    const struct policy *policy = iam_policy_parse(&parsed, kind, document, &problem);
    if (policy)
        iam_policy_warn(call, policy);
    else
        fail(call, &IAM_MALFORMED_POLICY_DOCUMENT_EXCEPTION, "%.*s", STR_ARGS(problem));
    arena_free(&parsed);
    return policy != NULL;
}

static bool is_unknown(const struct call *call, str principal)
{
    str prefix = iam_arn(call->arena, call->account, S(""), S(""), S(""));
    str rest = str_from(principal, prefix.size), type;
    struct identity identity;

    if (!str_starts_with(principal, prefix) || !str_next(&rest, '/', &type))
        return false;
    const struct identity_kind *kind = str_equal(type, IAM_ROLE_KIND.word) ? &IAM_ROLE_KIND : &IAM_USER_KIND;
    return !iam_identity_find(call->txn, call->arena, kind, call->account, arn_name(principal), &identity) ||
           !str_equal(identity.arn, principal);
}

str iam_unknown_principal(const struct call *call, const struct policy *policy)
{
    size_t position = 0;
    str principal;

    while (iam_policy_next_aws_principal(policy, &position, &principal))
        if (is_unknown(call, principal))
            return principal;
    return (str){0};
}

int64_t iam_document_size(str document)
{
    int64_t size = 0;

    for (size_t i = 0; i < document.size; i++)
        size += !char_is_space(document.data[i]);
    return size;
}

str iam_document_reply(const struct call *call, str document)
{
    return str_present(document) ? percent_encode(call->arena, document) : document;
}
