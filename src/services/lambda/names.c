/*
 * names.c: parses the names of functions, and locates the version of a function that a request names.
 */
#include "batches.h"
#include "lambda_internal.h"

#include "aws/arn.h"
#include "services/tags/tags.h"
#include "wire/json.h"

enum { ACCOUNT_DIGITS = 12, MOST_PARTS = 8 };

static bool is_account(str part)
{
    for (size_t i = 0; i < part.size; i++)
        if (part.data[i] < '0' || part.data[i] > '9')
            return false;
    return part.size == ACCOUNT_DIGITS;
}

struct parts {
    str items[MOST_PARTS];
    size_t count, next;
};

static bool split(str text, struct parts *parts)
{
    str rest = text;

    *parts = (struct parts){0};
    while (str_present(rest)) {
        if (parts->count == MOST_PARTS || !str_next(&rest, ':', &parts->items[parts->count]) ||
            str_empty(parts->items[parts->count]))
            return false;
        parts->count++;
    }
    return true;
}

static str take(struct parts *parts)
{
    return parts->next < parts->count ? parts->items[parts->next++] : (str){0};
}

static bool next_is(const struct parts *parts, str word)
{
    return parts->next < parts->count && str_equal(parts->items[parts->next], word);
}

/* Is the next part an account?  A single part of twelve digits is a name. */
static bool next_is_account(const struct parts *parts, size_t ahead)
{
    size_t at = parts->next + ahead;

    return at + 1 < parts->count && is_account(parts->items[at]);
}

bool lambda_function_name_parse(str text, struct function_name *name)
{
    struct parts parts;

    *name = (struct function_name){0};
    if (!split(text, &parts))
        return false;
    if (next_is(&parts, S("arn"))) {
        parts.next = 2;
        if (parts.count < 6 || !str_equal(take(&parts), S("lambda")))
            return false;
    }
    if (next_is_account(&parts, 1))
        name->region = take(&parts);
    if (next_is_account(&parts, 0))
        name->account = take(&parts);
    if (next_is(&parts, S("function")) && parts.next + 1 < parts.count)
        take(&parts);
    name->name = take(&parts);
    name->qualifier = take(&parts);
    return str_present(name->name) && parts.next == parts.count;
}

struct function_name lambda_function_name_of(const struct call *call, str text)
{
    struct function_name name;

    if (!lambda_function_name_parse(text, &name))
        name = (struct function_name){.name = text};
    if (!str_present(name.account))
        name.account = call->account;
    if (!str_present(name.region))
        name.region = call->region;
    return name;
}

bool lambda_function_name_open(const struct call *call, str text, str qualifier, struct function_name *name)
{
    *name = lambda_function_name_of(call, text);
    if (!str_equal(name->region, call->region)) {
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION,
             "Functions from '%.*s' are not reachable in this region ('%.*s')", STR_ARGS(name->region),
             STR_ARGS(call->region));
        return false;
    }
    if (str_present(qualifier) && str_present(name->qualifier) && !str_equal(qualifier, name->qualifier)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The derived qualifier from the function name does not match the specified qualifier.");
        return false;
    }
    if (str_present(qualifier))
        name->qualifier = qualifier;
    return true;
}

str lambda_function_arn(struct arena *arena, const struct function_name *name)
{
    bool qualified = str_present(name->qualifier);

    return arn_build(arena,
                     &(struct arn){.service = S("lambda"),
                                   .region = name->region,
                                   .account = name->account,
                                   .resource = arena_concat(arena, S("function:"), name->name,
                                                            qualified ? S(":") : S(""), name->qualifier)});
}

str lambda_function_asked_arn(struct arena *arena, const struct function *function)
{
    if (!str_present(function->qualifier))
        return function->arn;
    return arena_concat(arena, function->arn, S(":"), function->qualifier);
}

static void add_context(const struct call *call, const struct resource *resource,
                        struct context_list *context)
{
    const struct function *function = resource->row;

    tags_in_context(call, function->arn, context);
}

str lambda_function_policy(const struct function *function)
{
    return function->alias ? function->alias->policy : function->row.policy;
}

str lambda_function_revision(const struct function *function)
{
    return function->alias ? function->alias->revision : function->row.revision;
}

/* The resource of a version, whether the version exists or not. */
static void locate(const struct call *call, const struct function_name *name, struct resource *found)
{
    struct function *function = arena_new(call->arena, struct function);

    found->arn = lambda_function_arn(call->arena, name);
    if (!lambda_version_find(call, name, function))
        return;
    found->row = function;
    found->policy = lambda_function_policy(function);
    found->add_context = add_context;
}

bool lambda_locate_function(const struct call *call, str text, str qualifier, struct resource *found)
{
    struct function_name name;

    if (!lambda_function_name_open(call, text, qualifier, &name))
        return false;
    locate(call, &name, found);
    return true;
}

/* CreateFunction does not evaluate the policy of an existing function. */
bool lambda_locate_new_function(const struct call *call, const struct lambda_create_function_request *in,
                                struct resource *found)
{
    bool located = lambda_locate_function(call, in->function_name, (str){0}, found);

    found->policy = (str){0};
    return located;
}

bool lambda_locate_arn(const struct call *call, str text, struct resource *found)
{
    static const str mapping = STR_INIT("event-source-mapping:");
    struct function_name name;
    struct arn arn;

    found->arn = text;
    if (!arn_parse(text, &arn))
        return false;
    if (str_starts_with(arn.resource, mapping))
        lambda_mapping_locate(call, arn.account, arn.region, str_from(arn.resource, mapping.size), found);
    else if (str_starts_with(arn.resource, S("code-signing-config:")))
        lambda_locate_code_signing_config(call, text, found);
    else if (str_starts_with(arn.resource, S("function:")) && lambda_function_name_parse(text, &name))
        locate(call, &name, found);
    return found->row;
}

void lambda_describe(const struct call *call, str text, struct json_writer *state)
{
    struct resource found = {0};
    struct arn arn;

    if (!arn_parse(text, &arn) || !str_starts_with(arn.resource, S("function:")))
        return;
    if (!lambda_locate_arn(call, text, &found)) {
        json_null(state);
        return;
    }
    json_open_object(state);
    json_field(state, S("revisionId"), ((const struct function *)found.row)->row.revision);
    json_close_object(state);
}

static const struct function *missing(const struct call *call)
{
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: %.*s",
         STR_ARGS(call_resource(call, 0)->arn));
    return NULL;
}

bool lambda_is_qualified(str text)
{
    struct function_name name;

    return lambda_function_name_parse(text, &name) && str_present(name.qualifier);
}

enum outcome lambda_latest_missing(const struct call *call)
{
    str arn = call_resource(call, 0)->arn;

    return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: %.*s%s", STR_ARGS(arn),
                lambda_is_qualified(arn) ? "" : ":$LATEST");
}

const struct function *lambda_unqualified_of(const struct call *call)
{
    if (!lambda_is_qualified(call_resource(call, 0)->arn))
        return lambda_function_of(call);
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
         "operation. Please specify either a function name or an unqualified function ARN.");
    return NULL;
}

const struct function *lambda_qualified_of(const struct call *call)
{
    const struct resource *resource = call_resource(call, 0);
    struct function_name name;
    int64_t number;

    if (resource->row)
        return resource->row;
    if (!lambda_function_name_parse(resource->arn, &name) || lambda_version_number(name.qualifier, &number) ||
        str_find(name.qualifier, S("$")) >= 0)
        return missing(call);
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Cannot find alias arn: %.*s", STR_ARGS(resource->arn));
    return NULL;
}

const struct function *lambda_version_of(const struct call *call)
{
    const struct function *function = call_resource(call, 0)->row;

    return function ? function : missing(call);
}

const struct function *lambda_function_of(const struct call *call)
{
    const struct function *function = call_resource(call, 0)->row;

    return function && !function->alias && function->row.number == LATEST ? function : missing(call);
}

struct call lambda_call_of_function(const struct call *call, const struct function *function)
{
    return call_in(call, function->row.account, function->row.region);
}

const struct principal *lambda_principal(const struct call *call, const struct function *function)
{
    return service_principal(call, S("lambda.amazonaws.com"), function->arn);
}

const struct principal *lambda_function_role(const struct call *call, const struct function *function)
{
    struct call lambdas = call_as(call, lambda_principal(call, function));

    return role_principal(&lambdas, function->row.role, function->row.name);
}
