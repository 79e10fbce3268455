/*
 * documents.c: policy documents on their way in and out.
 */
#include "services/iam/iam_internal.h"

#include "base/text.h"

bool document_check(const struct call *call, enum policy_kind kind, str document)
{
    struct arena parsed = {0};
    str problem;

    const struct policy *policy = policy_parse(&parsed, kind, document, &problem);
    if (policy)
        policy_warn(policy);
    else
        fail(call, &IAM_MALFORMED_POLICY_DOCUMENT_EXCEPTION, "%.*s", STR_ARGS(problem));
    arena_free(&parsed);
    return policy != NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int64_t document_size(str document)
{
    int64_t size = 0;

    for (size_t i = 0; i < document.size; i++)
        size += !is_space(document.data[i]);
    return size;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

str document_reply(const struct call *call, str document)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    struct text text = text_in(call->arena);

    if (!str_present(document))
        return document;
    for (size_t i = 0; i < document.size; i++) {
        unsigned char c = (unsigned char)document.data[i];
        if (is_unreserved(document.data[i])) {
            text_add_char(&text, document.data[i]);
        } else {
            text_add_char(&text, '%');
            text_add_char(&text, DIGITS[c >> 4]);
            text_add_char(&text, DIGITS[c & 15]);
        }
    }
    return text_str(&text);
}
