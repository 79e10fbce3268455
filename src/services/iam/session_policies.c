/*
 * session_policies.c: the policies that a new session is given, as one document.
 */
#include "services/iam/sts_sessions.h"

#include "wire/json.h"

enum { MAX_SESSION_POLICY_SIZE = 2048, MAX_POLICY_ARNS = 10 };

/* Statements of several documents in one policy must not share Sids. */
static void add_statement(struct json_writer *writer, const struct json *statement)
{
    json_open_object(writer);
    for (uint32_t i = 0; i < statement->count; i++) {
        if (str_equal(statement->members[i].name, S("Sid")))
            continue;
        json_name(writer, statement->members[i].name);
        json_value(writer, &statement->members[i].value);
    }
    json_close_object(writer);
}

/* The statements of an older version, in which ${…} is text, for a document of the version with variables. */
static const struct json *without_variables(struct arena *arena, const struct json *statements)
{
    struct json_writer writer = json_writer_in(arena);
    struct text text = text_in(arena);

    json_value(&writer, statements);
    str rest = json_written(&writer);
    for (ptrdiff_t at; (at = str_find(rest, S("${"))) >= 0; rest = str_from(rest, (size_t)at + 2)) {
        text_add(&text, str_head(rest, (size_t)at));
        text_add(&text, S("${$}{"));
    }
    text_add(&text, rest);
    return json_parse(arena, text_str(&text), NULL);
}

static void add_statements(const struct call *call, struct json_writer *writer, str document)
{
    const struct json *json = json_parse(call->arena, document, NULL);
    const struct json *statements = json_get(json, S("Statement"));

    if (!str_equal(json_get_str(json, S("Version")), S("2012-10-17")))
        statements = without_variables(call->arena, statements);
    if (json_is(statements, JSON_OBJECT))
        add_statement(writer, statements);
    for (uint32_t i = 0; json_is(statements, JSON_ARRAY) && i < statements->count; i++)
        add_statement(writer, &statements->items[i]);
}

static bool check_session_policy(const struct call *call, str document)
{
    struct arena parsed = {0};
    str problem;

    bool valid = iam_policy_parse(&parsed, POLICY_SESSION, document, &problem) != NULL;
    if (!valid)
        fail(call, &STS_MALFORMED_POLICY_DOCUMENT_EXCEPTION, "%.*s", STR_ARGS(problem));
    arena_free(&parsed);
    return valid;
}

static bool check_size(const struct call *call, str document)
{
    if (document.size <= MAX_SESSION_POLICY_SIZE)
        return true;
    fail(call, &STS_PACKED_POLICY_TOO_LARGE_EXCEPTION,
         "Packed policy consumes %zu%% of allotted space, please use smaller policy.",
         document.size * 100 / MAX_SESSION_POLICY_SIZE);
    return false;
}

/*
 * A session policy of AWS or of the session's account: a caller learns nothing about other accounts'
 * policies.
 */
static str session_document(const struct call *call, str account, str arn)
{
    struct managed_policy policy;

    if (!str_present(arn) || !iam_managed_policy_find(call->txn, call->arena, arn, &policy) ||
        !(policy.aws || str_equal(policy.row.account, account)))
        return (str){0};
    return iam_managed_policy_document(call->txn, arn);
}

static bool add_managed(const struct call *call, struct json_writer *writer, str account,
                        const struct sts_policy_descriptor_type_list *arns)
{
    if (arns->count > MAX_POLICY_ARNS) {
        fail(call, &STS_VALIDATION_ERROR, "The number of session policy ARNs exceeds the limit of %d.",
             MAX_POLICY_ARNS);
        return false;
    }
    for (size_t i = 0; i < arns->count; i++) {
        str arn = arns->items[i].arn;
        str document = session_document(call, account, arn);
        if (!str_present(document)) {
            fail(call, &STS_MALFORMED_POLICY_DOCUMENT_EXCEPTION,
                 "Policy %.*s does not exist or is not attachable.", STR_ARGS(arn));
            return false;
        }
        add_statements(call, writer, document);
    }
    return true;
}

bool sts_session_policy(const struct call *call, str account, str document,
                        const struct sts_policy_descriptor_type_list *arns, str *policy)
{
    struct json_writer writer = json_writer_in(call->arena);
    bool given = str_present(document);

    *policy = document;
    if (given && !(check_size(call, document) && check_session_policy(call, document)))
        return false;
    if (arns->count == 0)
        return true;
    json_open_object(&writer);
    json_field(&writer, S("Version"), S("2012-10-17"));
    json_name(&writer, S("Statement"));
    json_open_array(&writer);
    if (given)
        add_statements(call, &writer, document);
    if (!add_managed(call, &writer, account, arns))
        return false;
    json_close_array(&writer);
    json_close_object(&writer);
    *policy = json_written(&writer);
    return check_session_policy(call, *policy);
}

const int64_t *sts_packed_size(const struct call *call, str document)
{
    return arena_i64(call->arena, (int64_t)(document.size * 100 / MAX_SESSION_POLICY_SIZE));
}
