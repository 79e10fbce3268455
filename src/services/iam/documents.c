/*
 * documents.c: policy documents in requests and replies.
 */
#include "services/iam/iam_internal.h"

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
