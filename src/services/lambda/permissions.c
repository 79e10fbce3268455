/*
 * permissions.c: the policies of functions, versions and aliases, one statement at a time; what layers'
 * policies have in common with them.
 */
#include "lambda_internal.h"

#include "aws/arn.h"
#include "aws/policy_document.h"
#include "base/hash.h"

enum { MAX_POLICY_BYTES = 20480 };

/* The members of a new policy before its statements. */
static const str POLICY_HEAD = STR_INIT("\"Version\":\"2012-10-17\",\"Id\":\"default\"");

static void store_policy(const struct call *call, const struct function *function, str policy)
{
    str revision = random_uuid(call->arena);

    if (function->alias)
        lambda_set_alias_policy(call->txn, &(struct lambda_set_alias_policy_params){.id = function->alias->id,
                                                                                    .policy = policy,
                                                                                    .revision = revision});
    else
        lambda_set_policy(call->txn, &(struct lambda_set_policy_params){.id = function->row.version_id,
                                                                        .policy = policy,
                                                                        .revision = revision});
}

void lambda_policy_principal(const struct call *call, struct json_writer *writer, str principal)
{
    int64_t account;

    json_name(writer, S("Principal"));
    if (str_equal(principal, S("*"))) {
        json_string(writer, principal);
        return;
    }
    json_open_object(writer);
    if (str_to_i64(principal, &account))
        json_field(writer, S("AWS"), arn_of_root(call->arena, principal));
    else if (str_starts_with(principal, S("arn:")))
        json_field(writer, S("AWS"), principal);
    else
        json_field(writer, S("Service"), principal);
    json_close_object(writer);
}

static void add_condition(struct json_writer *writer, str operator, str key, str value)
{
    if (!str_present(value))
        return;
    json_name(writer, operator);
    json_open_object(writer);
    json_field(writer, key, value);
    json_close_object(writer);
}

static bool has_string_conditions(const struct lambda_add_permission_request *in)
{
    return str_present(in->source_account) || str_present(in->principal_org_id) ||
           str_present(in->function_url_auth_type) || str_present(in->event_source_token);
}

static void add_string_conditions(struct json_writer *writer, const struct lambda_add_permission_request *in)
{
    if (!has_string_conditions(in))
        return;
    json_name(writer, S("StringEquals"));
    json_open_object(writer);
    json_field(writer, S("AWS:SourceAccount"), in->source_account);
    json_field(writer, S("lambda:FunctionUrlAuthType"), in->function_url_auth_type);
    json_field(writer, S("aws:PrincipalOrgID"), in->principal_org_id);
    json_field(writer, S("lambda:EventSourceToken"), in->event_source_token);
    json_close_object(writer);
}

static bool is_via_url(const struct lambda_add_permission_request *in)
{
    return in->invoked_via_function_url && *in->invoked_via_function_url;
}

static bool has_conditions(const struct lambda_add_permission_request *in)
{
    return str_present(in->source_arn) || has_string_conditions(in) || is_via_url(in);
}

/* Each of the two conditions about URLs is for one action. */
static bool url_conditions_check(const struct call *call, const struct lambda_add_permission_request *in)
{
    if (str_present(in->function_url_auth_type) && !str_equal(in->action, S("lambda:InvokeFunctionUrl"))) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
        return false;
    }
    if (is_via_url(in) && !str_equal(in->action, S("lambda:InvokeFunction"))) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action");
        return false;
    }
    return true;
}

static str statement_of(const struct call *call, const struct lambda_add_permission_request *in,
                        const struct function *function)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("Sid"), in->statement_id);
    json_field(&writer, S("Effect"), S("Allow"));
    lambda_policy_principal(call, &writer, in->principal);
    json_field(&writer, S("Action"), in->action);
    json_field(&writer, S("Resource"), lambda_function_asked_arn(call->arena, function));
    if (has_conditions(in)) {
        json_name(&writer, S("Condition"));
        json_open_object(&writer);
        add_string_conditions(&writer, in);
        add_condition(&writer, S("ArnLike"), S("AWS:SourceArn"), in->source_arn);
        add_condition(&writer, S("Bool"), S("lambda:InvokedViaFunctionUrl"),
                      is_via_url(in) ? S("true") : (str){0});
        json_close_object(&writer);
    }
    json_close_object(&writer);
    return json_written(&writer);
}

static bool is_latest(const struct function *function)
{
    return str_equal(function->qualifier, S("$LATEST"));
}

/*
 * Bind the statement to the principal that it names, see policy_bind().  Only a principal can make a
 * statement of ours invalid.
 */
static bool bind_statement(const struct call *call, str *statement)
{
    struct policy_document none = policy_document_read(call->arena, (str){0});
    str policy = policy_document_add(call->arena, &none, POLICY_HEAD, *statement);

    if (is_resource_policy(call, policy) && policy_bind(call, policy, &policy)) {
        struct json_writer writer = json_writer_in(call->arena);
        json_value(&writer, policy_document_read(call->arena, policy).statements);
        *statement = json_written(&writer);
        return true;
    }
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The provided principal was invalid. Please check the principal and try again.");
    return false;
}

bool lambda_policy_add(const struct call *call, str old, str sid, str statement, str *policy)
{
    struct policy_document document = policy_document_read(call->arena, old);

    if (policy_document_find(&document, sid)) {
        fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
             "The statement id (%.*s) provided already exists. Please provide a new statement id, or remove "
             "the existing statement.",
             STR_ARGS(sid));
        return false;
    }
    if (!bind_statement(call, &statement))
        return false;
    *policy = policy_document_add(call->arena, &document, POLICY_HEAD, statement);
    if (policy->size <= MAX_POLICY_BYTES)
        return true;
    fail(call, &LAMBDA_POLICY_LENGTH_EXCEEDED_EXCEPTION,
         "The final policy size (%zu) is bigger than the limit (%d).", policy->size, MAX_POLICY_BYTES);
    return false;
}

bool lambda_policy_remove(const struct call *call, str old, str sid, str *policy)
{
    struct policy_document document = policy_document_read(call->arena, old);
    bool found = document.count > 0 && policy_document_find(&document, sid);

    if (document.count == 0)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "No policy is associated with the given resource.");
    else if (!found)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Statement %.*s is not found in resource policy.",
             STR_ARGS(sid));
    else
        *policy = policy_document_remove(call->arena, &document, sid);
    return found;
}

/* A service's principal is a host name of AWS. */
static bool principal_check(const struct call *call, str principal)
{
    int64_t account;

    if (str_equal(principal, S("*")) || str_to_i64(principal, &account) ||
        str_starts_with(principal, S("arn:")) || str_ends_with(principal, S(".amazonaws.com")) ||
        str_ends_with(principal, S(".amazonaws.com.cn")) || str_ends_with(principal, S(".amazon.com")))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The provided principal was invalid. Please check the principal and try again.");
    return false;
}

enum outcome lambda_add_permission(const struct call *call, const struct lambda_add_permission_request *in,
                                   struct lambda_add_permission_response *out)
{
    const struct function *function = lambda_qualified_of(call);
    str policy;

    if (!function || !url_conditions_check(call, in) || !principal_check(call, in->principal) ||
        !lambda_revision_check(call, in->revision_id, lambda_function_revision(function)))
        return FAILED;
    if (is_latest(function))
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "We currently do not support adding policies for $LATEST.");
    out->statement = statement_of(call, in, function);
    if (!lambda_policy_add(call, lambda_function_policy(function), in->statement_id, out->statement, &policy))
        return FAILED;
    store_policy(call, function, policy);
    return DONE;
}

/*
 * The principal in AddPermission's form; an account, which the policy has as its root, may have either form.
 */
static void add_removed_principal(const struct call *call, const struct json *principal,
                                  struct context_list *context)
{
    str aws = json_get_str(principal, S("AWS")), service = json_get_str(principal, S("Service"));

    if (json_is(principal, JSON_STRING))
        context_add(call, context, S("lambda:Principal"), principal->text);
    if (str_present(service))
        context_add(call, context, S("lambda:Principal"), service);
    if (str_present(aws))
        context_add(call, context, S("lambda:Principal"), aws);
    if (str_present(aws) && str_equal(aws, arn_of_root(call->arena, arn_account(aws))))
        context_add(call, context, S("lambda:Principal"), arn_account(aws));
}

void lambda_removed_principal(const struct call *call, const struct lambda_remove_permission_request *in,
                              const struct resource *resource, struct context_list *context)
{
    const struct function *function = resource->row;
    struct policy_document policy = policy_document_read(
        call->arena, policy_shown(call, function ? lambda_function_policy(function) : (str){0}));
    const struct json *statement = policy_document_find(&policy, in->statement_id);

    if (statement)
        add_removed_principal(call, json_get(statement, S("Principal")), context);
}

/* AWS looks for the policy of a function before it looks for the function. */
static enum outcome fail_removal(const struct call *call)
{
    str arn = call_resource(call, 0)->arn;

    if (lambda_is_qualified(arn))
        return FAILED;
    return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "No policy found for: %.*s", STR_ARGS(arn));
}

enum outcome lambda_remove_permission(const struct call *call,
                                      const struct lambda_remove_permission_request *in,
                                      struct lambda_remove_permission_output *out)
{
    const struct function *function = lambda_qualified_of(call);
    str policy;

    (void)out;
    if (!function)
        return fail_removal(call);
    if (!lambda_revision_check(call, in->revision_id, lambda_function_revision(function)))
        return FAILED;
    if (!lambda_policy_remove(call, is_latest(function) ? (str){0} : lambda_function_policy(function),
                              in->statement_id, &policy))
        return FAILED;
    store_policy(call, function, policy);
    return DONE;
}

/* Does the request name a version by its number?  AWS looks for its policy, not for the version. */
static bool is_version(const struct call *call)
{
    struct function_name name;
    int64_t number;

    return lambda_function_name_parse(call_resource(call, 0)->arn, &name) &&
           lambda_version_number(name.qualifier, &number) && number != LATEST;
}

enum outcome lambda_get_policy(const struct call *call, const struct lambda_get_policy_request *in,
                               struct lambda_get_policy_response *out)
{
    const struct function *function =
        is_version(call) ? call_resource(call, 0)->row : lambda_qualified_of(call);

    (void)in;
    if (!function && !is_version(call))
        return FAILED;
    if (!function || !str_present(lambda_function_policy(function)) || is_latest(function))
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    out->policy = policy_shown(call, lambda_function_policy(function));
    out->revision_id = lambda_function_revision(function);
    return DONE;
}
