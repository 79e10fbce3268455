/*
 * principals.c: the roles and users that policies name as principals.
 *
 * As on AWS, a policy is stored with their unique ids and shown with their ARNs.  So a new role is not taken
 * for a deleted one of the same name, and the id of a deleted one is shown as it is.  All else of a document
 * stays as it was written.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

#include "aws/arn.h"
#include "aws/policy_document.h"

static const str SESSION = STR_INIT("assumed-role/");

struct rewriting {
    const struct call *call;
    /* What is written in place of a principal; absent: it does not exist. */
    str (*replace)(const struct call *call, str principal);
    str source, missing;
    struct text out;
    size_t taken; /* bytes of the source that are copied to out, or replaced */
};

/* ---- finding principals in a document ---- */

/* A text with escapes is not part of its source. */
static bool is_part(str source, str text)
{
    return text.data >= source.data && text.data + text.size <= source.data + source.size;
}

/* False: the principal does not exist. */
static bool rewrite(struct rewriting *rewriting, const struct json *principal)
{
    if (!json_is(principal, JSON_STRING) || !is_part(rewriting->source, principal->text))
        return true;
    str replacement = rewriting->replace(rewriting->call, principal->text);
    size_t start = (size_t)(principal->text.data - rewriting->source.data);
    if (!str_present(replacement)) {
        rewriting->missing = principal->text;
        return false;
    }
    text_add(&rewriting->out,
             str_head(str_from(rewriting->source, rewriting->taken), start - rewriting->taken));
    text_add(&rewriting->out, replacement);
    rewriting->taken = start + principal->text.size;
    return true;
}

static bool rewrite_all(struct rewriting *rewriting, const struct json *principals)
{
    for (uint32_t i = 0; json_is(principals, JSON_ARRAY) && i < principals->count; i++)
        if (!rewrite(rewriting, &principals->items[i]))
            return false;
    return rewrite(rewriting, principals);
}

/* In the order of the text. */
static bool rewrite_statement(struct rewriting *rewriting, const struct json *statement)
{
    for (uint32_t i = 0; json_is(statement, JSON_OBJECT) && i < statement->count; i++) {
        const struct json_member *member = &statement->members[i];
        bool names = str_equal(member->name, S("Principal")) || str_equal(member->name, S("NotPrincipal"));
        if (names && !rewrite_all(rewriting, json_get(&member->value, S("AWS"))))
            return false;
    }
    return true;
}

/* Escapes that no text needs are written without, so that every principal is part of the source. */
static str without_escapes(const struct call *call, str document)
{
    struct json_writer writer = json_writer_in(call->arena);
    const struct json *json = json_parse(call->arena, document, NULL);

    if (str_index(document, '\\') < 0 || !json)
        return document;
    json_value(&writer, json);
    return json_written(&writer);
}

static bool rewrite_document(struct rewriting *rewriting, str document)
{
    rewriting->source = without_escapes(rewriting->call, document);
    rewriting->out = text_in(rewriting->call->arena);
    struct policy_document policy = policy_document_read(rewriting->call->arena, rewriting->source);
    for (size_t i = 0; i < policy.count; i++)
        if (!rewrite_statement(rewriting, &policy.statements[i]))
            return false;
    text_add(&rewriting->out, str_from(rewriting->source, rewriting->taken));
    return true;
}

/* ---- names and ids ---- */

/* An identity's ARN, or a session's: then *session is its name, and else absent. */
static bool find_by_arn(const struct call *call, str text, const struct arn *arn, struct identity *identity,
                        str *session)
{
    bool of_session = str_equal(arn->service, S("sts"));
    const struct identity_kind *kind =
        str_starts_with(arn->resource, S("user/")) ? &IAM_USER_KIND : &IAM_ROLE_KIND;
    str name = arn_name(text);

    *session = of_session ? name : (str){0};
    if (of_session) {
        name = str_from(arn->resource, SESSION.size);
        name = str_head(name, (size_t)str_index(name, '/'));
    }
    return iam_identity_find(call->txn, call->arena, kind, arn->account, name, identity) &&
           (of_session || str_equal(identity->arn, text));
}

static bool find_by_id(const struct call *call, str text, struct identity *identity, str *session)
{
    str id = {0};

    str_next(&text, ':', &id);
    *session = text;
    return iam_identity_find_unique(call->txn, call->arena, id, identity);
}

/* Not an account, nor a federated user. */
static bool names_one(const struct arn *arn)
{
    if (str_equal(arn->service, S("iam")))
        return !str_equal(arn->resource, S("root"));
    return str_starts_with(arn->resource, SESSION) &&
           str_index(str_from(arn->resource, SESSION.size), '/') > 0;
}

/* Other accounts may be elsewhere: what they do not have here keeps its ARN. */
static str id_of(const struct call *call, str principal)
{
    struct identity identity;
    struct arn arn;
    str session;

    if (iam_is_unique_id(principal))
        return find_by_id(call, principal, &identity, &session) ? principal : (str){0};
    if (!arn_parse(principal, &arn) || !names_one(&arn))
        return principal;
    if (!find_by_arn(call, principal, &arn, &identity, &session))
        return str_equal(arn.account, call->account) ? (str){0} : principal;
    if (!str_present(session))
        return identity.row.unique_id;
    return arena_concat(call->arena, identity.row.unique_id, S(":"), session);
}

static str arn_of(const struct call *call, str principal)
{
    struct identity identity;
    str session;

    if (!iam_is_unique_id(principal) || !find_by_id(call, principal, &identity, &session))
        return principal;
    return str_present(session) ? iam_session_principal(call->arena, &identity, session).arn : identity.arn;
}

bool iam_policy_bind(const struct call *call, str document, str *bound, str *missing)
{
    struct rewriting rewriting = {.call = call, .replace = id_of};
    bool exist = rewrite_document(&rewriting, document);

    *bound = text_str(&rewriting.out);
    *missing = rewriting.missing;
    return exist;
}

bool iam_bind_policy(const struct call *call, str document, str *bound)
{
    str missing;

    return iam_policy_bind(call, document, bound, &missing);
}

str iam_show_policy(const struct call *call, str bound)
{
    struct rewriting rewriting = {.call = call, .replace = arn_of};

    if (str_find(bound, IAM_ROLE_KIND.id_prefix) < 0 && str_find(bound, IAM_USER_KIND.id_prefix) < 0)
        return bound;
    rewrite_document(&rewriting, bound);
    return text_str(&rewriting.out);
}
