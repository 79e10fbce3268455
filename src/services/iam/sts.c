/*
 * sts.c: GetCallerIdentity, GetAccessKeyInfo, and assuming a role.
 */
#include "services/iam/sts_sessions.h"

#include "wire/json.h"

enum {
    DEFAULT_SECONDS = 3600,
    MAX_CHAINED_SECONDS = 3600,
    MAX_SESSION_POLICY_SIZE = 2048,
    MAX_POLICY_ARNS = 10,
};

enum outcome sts_get_caller_identity(const struct call *call,
                                     const struct sts_get_caller_identity_request *in,
                                     struct sts_get_caller_identity_response *out)
{
    (void)in;
    out->user_id = call->caller->id;
    out->account = call->caller->account;
    out->arn = call->caller->arn;
    return DONE;
}

/* Any account's key, as on AWS, and whether it is active, inactive or expired. */
enum outcome sts_get_access_key_info(const struct call *call,
                                     const struct sts_get_access_key_info_request *in,
                                     struct sts_get_access_key_info_response *out)
{
    struct iam_find_access_key_row key;
    struct iam_find_session_row session;

    if (is_session_of_key(call->caller))
        return sts_refuse_session(call);
    if (iam_find_access_key(call->txn, &(struct iam_find_access_key_params){in->access_key_id}, &key))
        out->account = key.account;
    else if (iam_find_session(call->txn, &(struct iam_find_session_params){in->access_key_id}, &session))
        out->account = session.account;
    else
        return fail(call, &STS_VALIDATION_ERROR, "The access key ID %.*s does not exist.",
                    STR_ARGS(in->access_key_id));
    return DONE;
}

/* A missing role trusts nobody, so only a server that does not enforce policies gets here without a role. */
static const struct identity *role_of(const struct call *call)
{
    const struct resource *role = call_resource(call, 0);

    if (!role->row)
        fail(call, &STS_ACCESS_DENIED,
             "User: %.*s is not authorized to perform: sts:AssumeRole on resource: %.*s",
             STR_ARGS(call->caller->arn), STR_ARGS(role->arn));
    return role->row;
}

static bool check_duration(const struct call *call, const struct identity *role, const int64_t *seconds)
{
    if (!seconds || call->caller->kind == PRINCIPAL_SERVICE)
        return true;
    if (*seconds > *role->row.max_session_seconds) {
        fail(call, &STS_VALIDATION_ERROR,
             "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
        return false;
    }
    if (call->caller->kind == PRINCIPAL_ROLE && *seconds > MAX_CHAINED_SECONDS) {
        fail(call, &STS_VALIDATION_ERROR,
             "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
             "chaining.");
        return false;
    }
    return true;
}

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
 * A session policy of AWS or of the role's account: a caller learns nothing about other accounts' policies.
 */
static str session_document(const struct call *call, const struct identity *role, str arn)
{
    struct managed_policy policy;

    if (!str_present(arn) || !iam_managed_policy_find(call->txn, call->arena, arn, &policy) ||
        !(policy.aws || str_equal(policy.row.account, role->row.account)))
        return (str){0};
    return iam_managed_policy_document(call->txn, arn);
}

static bool add_managed(const struct call *call, struct json_writer *writer, const struct identity *role,
                        const struct sts_assume_role_request *in)
{
    if (in->policy_arns.count > MAX_POLICY_ARNS) {
        fail(call, &STS_VALIDATION_ERROR, "The number of session policy ARNs exceeds the limit of %d.",
             MAX_POLICY_ARNS);
        return false;
    }
    for (size_t i = 0; i < in->policy_arns.count; i++) {
        str arn = in->policy_arns.items[i].arn;
        str document = session_document(call, role, arn);
        if (!str_present(document)) {
            fail(call, &STS_MALFORMED_POLICY_DOCUMENT_EXCEPTION,
                 "Policy %.*s does not exist or is not attachable.", STR_ARGS(arn));
            return false;
        }
        add_statements(call, writer, document);
    }
    return true;
}

/* All session policies as one; absent without any.  False: fail() has been called. */
static bool session_policy(const struct call *call, const struct identity *role,
                           const struct sts_assume_role_request *in, str *policy)
{
    struct json_writer writer = json_writer_in(call->arena);
    bool given = str_present(in->policy);

    *policy = in->policy;
    if (given && !(check_size(call, in->policy) && check_session_policy(call, in->policy)))
        return false;
    if (in->policy_arns.count == 0)
        return true;
    json_open_object(&writer);
    json_field(&writer, S("Version"), S("2012-10-17"));
    json_name(&writer, S("Statement"));
    json_open_array(&writer);
    if (given)
        add_statements(call, &writer, in->policy);
    if (!add_managed(call, &writer, role, in))
        return false;
    json_close_array(&writer);
    json_close_object(&writer);
    *policy = json_written(&writer);
    return check_session_policy(call, *policy);
}

/* Sessions that Lambda opens for a function are those of the function's own sandboxes. */
static str function_arn(const struct principal *caller)
{
    bool is_lambda = caller->kind == PRINCIPAL_SERVICE && str_equal(caller->name, S("lambda.amazonaws.com"));

    return is_lambda ? caller->source_arn : (str){0};
}

static const struct sts_credentials *open_session(const struct call *call, const struct identity *role,
                                                  const struct sts_assume_role_request *in, str policy)
{
    struct iam_insert_session_params session = {
        .account = role->row.account,
        .role_name = role->row.name,
        .owner = role->row.unique_id,
        .session_name = in->role_session_name,
        .session_policy = policy,
        .function_arn = function_arn(call->caller),
    };

    return sts_session_open(call, &session, in->duration_seconds ? *in->duration_seconds : DEFAULT_SECONDS,
                            in->minimum_session_token_size);
}

static void note_use(const struct call *call, const struct identity *role)
{
    struct iam_set_last_used_params params = {
        .last_used_ms = &call->now_ms,
        .last_used_region = call->region,
        .id = role->row.id,
    };
    iam_set_last_used(call->txn, &params);
}

enum outcome sts_assume_role(const struct call *call, const struct sts_assume_role_request *in,
                             struct sts_assume_role_response *out)
{
    struct sts_assumed_role_user *user = arena_new(call->arena, struct sts_assumed_role_user);
    const struct identity *role = role_of(call);
    str policy;

    if (!role || !sts_mfa_check(call, in->serial_number, in->token_code) ||
        !check_duration(call, role, in->duration_seconds) || !session_policy(call, role, in, &policy))
        return FAILED;
    struct principal session = iam_session_principal(call->arena, role, in->role_session_name);
    *user = (struct sts_assumed_role_user){.assumed_role_id = session.id, .arn = session.arn};
    note_use(call, role);
    out->credentials = open_session(call, role, in, policy);
    out->assumed_role_user = user;
    if (str_present(policy))
        out->packed_policy_size =
            arena_i64(call->arena, (int64_t)(in->policy.size * 100 / MAX_SESSION_POLICY_SIZE));
    return DONE;
}
