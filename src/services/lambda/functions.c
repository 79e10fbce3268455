/*
 * functions.c: making, changing and showing functions.
 *
 * $LATEST is made with its function, and is the only version that changes.
 */
#include "code.h"
#include "destinations.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "base/log.h"
#include "services/tags/tags.h"

enum {
    DEFAULT_TIMEOUT_SECONDS = 3,
    DEFAULT_MEMORY_MB = 128,
    MAX_NAME = 64,
};

/* ---- code ---- */

/* Where a request has its code: in itself, or (bucket is "hot-reload") in a folder. */
struct source {
    str zip, bucket, key;
};

static bool source_check(const struct call *call, const struct source *source)
{
    bool is_stored = str_present(source->bucket) || str_present(source->key);

    if (str_present(source->zip) && is_stored)
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Please do not provide other FunctionCode parameters when providing a ZipFile.");
    else if (!str_present(source->zip) && (!str_present(source->bucket) || !str_present(source->key)))
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Please provide a source for function code.");
    else
        return true;
    return false;
}

static bool package_check(const struct call *call, str zip, struct function *function)
{
    struct call there = lambda_call_of_function(call, function);
    struct package package;

    if (!lambda_package_check(call, zip, &package) ||
        !lambda_code_storage_check(&there, package.size, function->row.package_size))
        return false;
    function->row.package = package.sha256;
    function->row.package_size = package.size;
    function->row.unpacked_size = package.unpacked_size;
    return true;
}

/* Check the code, and name it in the function's row.  False: fail() has been called. */
static bool code_check(const struct call *call, const struct source *source, struct function *function,
                       const struct lambda_layer_set_rows *layers)
{
    bool good = str_present(source->zip) ? package_check(call, source->zip, function)
                                         : lambda_hot_code_set(call, source->key, function);

    return good && lambda_function_size_check(call, function, layers);
}

/* PARKED: a part of the package is stored, and the call runs again. */
static enum outcome code_store(const struct call *call, const struct source *source,
                               const struct function *function)
{
    return str_present(source->zip) ? lambda_package_store(call, source->zip, function->row.package) : DONE;
}

bool lambda_revision_check(const struct call *call, str given, str current)
{
    if (!str_present(given) || str_equal(given, current))
        return true;
    fail(call, &LAMBDA_PRECONDITION_FAILED_EXCEPTION,
         "The Revision Id provided does not match the latest Revision Id. Call the "
         "GetFunction/GetAlias API to retrieve the latest Revision Id");
    return false;
}

/* ---- CreateFunction ---- */

static struct function new_function(const struct call *call, const struct function_name *name,
                                    const struct lambda_create_function_request *in)
{
    str architecture = in->architectures.count > 0 ? in->architectures.items[0]
                                                   : lambda_architecture_text(LAMBDA_ARCHITECTURE_X86_64);

    return (struct function){
        .arn = lambda_function_arn(call->arena, name),
        .row =
            {
                .account = name->account,
                .region = name->region,
                .name = name->name,
                .role = in->role,
                .code_signing =
                    str_empty(in->code_signing_config_arn) ? (str){0} : in->code_signing_config_arn,
                .timeout_seconds = DEFAULT_TIMEOUT_SECONDS,
                .memory_mb = DEFAULT_MEMORY_MB,
                .architecture = architecture,
                .log_group = arena_format(call->arena, "/aws/lambda/%.*s", STR_ARGS(name->name)),
                .revision = random_uuid(call->arena),
                .modified_ms = call->now_ms,
            },
    };
}

static bool name_check(const struct call *call, const struct function_name *name)
{
    if (name->name.size <= MAX_NAME && !str_present(name->qualifier))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "1 validation error detected: Value '%.*s' at 'functionName' failed to satisfy constraint: "
         "Member must have length less than or equal to %d",
         STR_ARGS(name->name), MAX_NAME);
    return false;
}

void lambda_create_function_prepare(const struct call *call, const struct lambda_create_function_request *in)
{
    lambda_package_prepare(call, in->code->zip_file);
}

enum outcome lambda_create_function(const struct call *call, const struct lambda_create_function_request *in,
                                    struct lambda_function_configuration *out)
{
    struct function_name name = lambda_function_name_of(call, in->function_name);

    if (!name_check(call, &name))
        return FAILED;
    if (call_resource(call, 0)->row)
        return fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "Function already exist: %.*s",
                    STR_ARGS(name.name));
    const struct source source = {in->code->zip_file, in->code->s3_bucket, in->code->s3_key};
    struct function function = new_function(call, &name, in);
    struct lambda_layer_set_rows layers;
    if (!lambda_configuration_check_new(call, in) ||
        !lambda_code_signing_check(call, name.account, in->code_signing_config_arn) ||
        !lambda_configuration_apply(call, &in->function_settings, &function) ||
        !lambda_execution_role_check(call, &function) || !lambda_dead_letter_check(call, &function) ||
        !lambda_layers_find(call, &in->function_settings.layers, &function, &layers) ||
        !source_check(call, &source) || !code_check(call, &source, &function, &layers))
        return FAILED;
    if (code_store(call, &source, &function) == PARKED)
        return PARKED;
    if (!lambda_resource_tags_put(call, function.arn, &in->tags))
        return FAILED;
    function.row.id = lambda_add_function(call->txn, &function.row);
    lambda_layer_set_store(call, function.row.layers, &layers);
    function.row.version_id = lambda_add_version(call->txn, &function.row);
    if (in->publish && *in->publish) {
        struct function latest = function;
        bool is_new;
        if (!lambda_publish(call, &latest, (str){0}, &function, &is_new))
            return FAILED;
        function.qualifier = (str){0}; /* AWS's answer has the function's own ARN */
    }
    *out = *lambda_configuration_of(call, &function);
    if (str_present(out->state_reason))
        log_warn("a function cannot be started", log_field("function", function.arn),
                 log_field("reason", out->state_reason));
    lambda_configuration_creating(call, out);
    out->revision_id = random_uuid(call->arena); /* the revision of an active function is another one */
    return DONE;
}

/* ---- changes ---- */

/* The revision of a function whose update is complete is another one. */
static void show_update(const struct call *call, struct lambda_function_configuration *out)
{
    lambda_configuration_updating(call, out);
    out->revision_id = random_uuid(call->arena);
}

static void store_change(const struct call *call, struct function *function)
{
    function->row.revision = random_uuid(call->arena);
    function->row.modified_ms = call->now_ms;
    function->row.generation++;
    lambda_update_version(call->txn, &function->row);
    lambda_sandboxes_retire(call, function);
}

void lambda_update_function_code_prepare(const struct call *call,
                                         const struct lambda_update_function_code_request *in)
{
    if (lambda_function_of(call))
        lambda_package_prepare(call, in->zip_file);
}

enum outcome lambda_update_function_code(const struct call *call,
                                         const struct lambda_update_function_code_request *in,
                                         struct lambda_function_configuration *out)
{
    const struct function *located = lambda_function_of(call);
    const struct source source = {in->zip_file, in->s3_bucket, in->s3_key};

    if (!located || !lambda_revision_check(call, in->revision_id, located->row.revision) ||
        !lambda_architectures_check(call, &in->architectures) || !source_check(call, &source))
        return FAILED;
    struct function function = *located;
    str replaced = function.row.package;
    if (in->architectures.count > 0)
        function.row.architecture = in->architectures.items[0];
    struct lambda_layer_set_rows layers = lambda_layer_set(call, function.row.layers);
    if (!code_check(call, &source, &function, &layers))
        return FAILED;
    if (!in->dry_run || !*in->dry_run) {
        if (code_store(call, &source, &function) == PARKED)
            return PARKED;
        store_change(call, &function);
        lambda_package_release(call, replaced);
        if (in->publish && *in->publish) {
            struct function latest = function;
            bool is_new;
            if (!lambda_publish(call, &latest, (str){0}, &function, &is_new))
                return FAILED;
        }
    }
    *out = *lambda_configuration_of(call, &function);
    if (function.row.number != LATEST)
        lambda_configuration_creating(call, out);
    else if (!in->dry_run || !*in->dry_run)
        show_update(call, out);
    return DONE;
}

static bool role_change(const struct call *call, str role, struct function *function)
{
    if (!str_present(role))
        return true;
    function->row.role = role;
    return lambda_execution_role_check(call, function);
}

enum outcome
lambda_update_function_configuration(const struct call *call,
                                     const struct lambda_update_function_configuration_request *in,
                                     struct lambda_function_configuration *out)
{
    const struct function *located = lambda_function_of(call);

    if (!located || !lambda_revision_check(call, in->revision_id, located->row.revision))
        return FAILED;
    struct function function = *located;
    if (!lambda_configuration_apply(call, &in->function_settings, &function) ||
        !role_change(call, in->role, &function))
        return FAILED;
    bool may_differ = in->function_settings.dead_letter_config || str_present(in->role);
    if (may_differ && !lambda_dead_letter_check(call, &function))
        return FAILED;
    struct lambda_layer_set_rows layers;
    if (in->function_settings.layers.items &&
        (!lambda_layers_find(call, &in->function_settings.layers, &function, &layers) ||
         !lambda_function_size_check(call, &function, &layers)))
        return FAILED;
    store_change(call, &function);
    if (in->function_settings.layers.items) {
        lambda_layer_set_store(call, function.row.layers, &layers);
        lambda_layer_set_release(call, located->row.layers);
    }
    *out = *lambda_configuration_of(call, &function);
    show_update(call, out);
    return DONE;
}

/* ---- showing ---- */

static const struct lambda_function_code_location *location_of(const struct call *call,
                                                               const struct function *function)
{
    struct lambda_function_code_location *location =
        arena_new(call->arena, struct lambda_function_code_location);

    location->repository_type = S("S3");
    location->location = lambda_code_is_hot(function->row.package)
                             ? arena_join(call->arena, S("file://"), function->row.package)
                             : lambda_package_url(call, function->row.package);
    return location;
}

/* NULL: the function reserves nothing. */
static const struct lambda_concurrency *concurrency_of(const struct call *call,
                                                       const struct function *function)
{
    struct lambda_concurrency *concurrency = arena_new(call->arena, struct lambda_concurrency);

    concurrency->reserved_concurrent_executions = function->row.reserved;
    return function->row.reserved ? concurrency : NULL;
}

enum outcome lambda_get_function(const struct call *call, const struct lambda_get_function_request *in,
                                 struct lambda_get_function_response *out)
{
    const struct function *function = lambda_version_of(call);

    (void)in;
    if (!function)
        return FAILED;
    out->configuration = lambda_configuration_of(call, function);
    out->code = location_of(call, function);
    out->tags = tags_of(call->txn, call->arena, function->arn);
    out->concurrency = concurrency_of(call, function);
    return DONE;
}

enum outcome lambda_get_function_configuration(const struct call *call,
                                               const struct lambda_get_function_configuration_request *in,
                                               struct lambda_function_configuration *out)
{
    const struct function *function = lambda_version_of(call);

    (void)in;
    if (!function)
        return FAILED;
    *out = *lambda_configuration_of(call, function);
    return DONE;
}
