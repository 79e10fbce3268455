/*
 * configuration.c: a function's settings: checked, stored, described.
 *
 * Settings with an effect are columns; other settings, which clients only read again, are stored as JSON of
 * AWS's own shape.
 */
#include "lambda_internal.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

enum {
    MAX_TIMEOUT_SECONDS = 900,
    MAX_MEMORY_MB = 10240,
    MAX_VARIABLES_BYTES = 4096,
    DEFAULT_STORAGE_MB = 512,
};

static bool at_most(const struct call *call, const char *member, const int64_t *value, int64_t most)
{
    if (!value || *value <= most)
        return true;
    fail(call, &LAMBDA_VALIDATION_EXCEPTION,
         "1 validation error detected: Value '%lld' at '%s' failed to satisfy constraint: "
         "Member must have value less than or equal to %lld",
         (long long)*value, member, (long long)most);
    return false;
}

/* ---- environment variables ---- */

/* https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
static bool is_reserved(str name)
{
    static const char *const reserved[] = {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        NULL,
    };

    for (const char *const *at = reserved; *at; at++)
        if (str_equal(name, str_of(*at)))
            return true;
    return false;
}

static bool variables_check(const struct call *call, const struct str_map *variables, str json)
{
    struct text bad = text_in(call->arena);

    for (size_t i = 0; i < variables->count; i++) {
        if (!is_reserved(variables->items[i].key))
            continue;
        if (bad.size > 0)
            text_add(&bad, S(", "));
        text_add(&bad, variables->items[i].key);
    }
    if (bad.size > 0) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Lambda was unable to configure your environment variables because the environment variables "
             "you have "
             "provided contains reserved keys that are currently not supported for modification. "
             "Reserved keys used in this request: %.*s",
             STR_ARGS(text_str(&bad)));
        return false;
    }
    if (json.size > MAX_VARIABLES_BYTES) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Lambda was unable to configure your environment variables because the environment variables "
             "you have "
             "provided exceeded the 4KB limit. String measured: %.*s",
             STR_ARGS(json));
        return false;
    }
    return true;
}

static bool apply_variables(const struct call *call, const struct lambda_environment *environment,
                            struct function *function)
{
    if (!environment)
        return true;
    str json = model_to_json(call->arena, &LAMBDA_ENVIRONMENT_VARIABLES, &environment->variables);
    function->row.variables = json;
    return variables_check(call, &environment->variables, json);
}

/* ---- settings that are only stored ---- */

static const struct lambda_vpc_config_response *vpc_of(const struct call *call,
                                                       const struct lambda_vpc_config *vpc)
{
    struct lambda_vpc_config_response *kept = arena_new(call->arena, struct lambda_vpc_config_response);

    *kept = (struct lambda_vpc_config_response){
        .subnet_ids = vpc->subnet_ids,
        .security_group_ids = vpc->security_group_ids,
        .vpc_id = S(""),
        .ipv6_allowed_for_dual_stack = vpc->ipv6_allowed_for_dual_stack,
    };
    return kept;
}

static const struct lambda_tracing_config_response *tracing_of(const struct call *call, str mode)
{
    struct lambda_tracing_config_response *kept =
        arena_new(call->arena, struct lambda_tracing_config_response);

    kept->mode = mode;
    return kept;
}

static const struct lambda_logging_config *logging_of(const struct call *call,
                                                      const struct function *function)
{
    struct lambda_logging_config *kept = arena_new(call->arena, struct lambda_logging_config);

    *kept = (struct lambda_logging_config){.log_format = lambda_log_format_text(LAMBDA_LOG_FORMAT_TEXT),
                                           .log_group = function->row.log_group};
    return kept;
}

static void keep_settings(const struct call *call, const struct lambda_function_settings *in,
                          struct function *function)
{
    struct lambda_function_configuration settings = {0};

    if (str_present(function->row.settings))
        model_from_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, function->row.settings, &settings);
    if (str_present(in->description) || !str_present(settings.description))
        settings.description = str_present(in->description) ? in->description : S("");
    if (in->vpc_config)
        settings.vpc_config = vpc_of(call, in->vpc_config);
    if (in->dead_letter_config)
        settings.dead_letter_config =
            str_empty(in->dead_letter_config->target_arn) ? NULL : in->dead_letter_config;
    if (str_present(in->kms_key_arn))
        settings.kms_key_arn = str_empty(in->kms_key_arn) ? (str){0} : in->kms_key_arn;
    if (in->tracing_config && str_present(in->tracing_config->mode))
        settings.tracing_config = tracing_of(call, in->tracing_config->mode);
    if (in->ephemeral_storage)
        settings.ephemeral_storage = in->ephemeral_storage;
    function->row.settings = model_to_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, &settings);
}

void lambda_description_set(const struct call *call, struct function *function, str description)
{
    struct lambda_function_configuration settings = {0};

    model_from_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, function->row.settings, &settings);
    settings.description = description;
    function->row.settings = model_to_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, &settings);
}

/* ---- applying ---- */

static bool runtime_check(const struct call *call, str runtime)
{
    if (lambda_runtime_find(runtime))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Value %.*s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: %.*s "
         "or be a valid ARN",
         STR_ARGS(runtime), STR_ARGS(lambda_runtime_names(call->arena)));
    return false;
}

bool lambda_configuration_apply(const struct call *call, const struct lambda_function_settings *in,
                                struct function *function)
{
    struct lambda_function_row *row = &function->row;

    if (str_present(in->runtime))
        row->runtime = in->runtime;
    if (str_present(in->handler))
        row->handler = in->handler;
    if (in->timeout)
        row->timeout_seconds = *in->timeout;
    if (in->memory_size)
        row->memory_mb = *in->memory_size;
    if (in->logging_config && str_present(in->logging_config->log_group))
        row->log_group = in->logging_config->log_group;
    if (!at_most(call, "timeout", in->timeout, MAX_TIMEOUT_SECONDS) ||
        !at_most(call, "memorySize", in->memory_size, MAX_MEMORY_MB) || !runtime_check(call, row->runtime) ||
        !apply_variables(call, in->environment, function))
        return false;
    keep_settings(call, in, function);
    return true;
}

bool lambda_architectures_check(const struct call *call, const struct str_list *architectures)
{
    if (architectures->count <= 1)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Functions must have exactly one architecture.");
    return false;
}

bool lambda_configuration_check_new(const struct call *call, const struct lambda_create_function_request *in)
{
    if (!str_present(in->function_settings.runtime) || !str_present(in->function_settings.handler)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
        return false;
    }
    return lambda_architectures_check(call, &in->architectures);
}

/* The service that gets the role, and the function that the request names first. */
static void add_role_context(const struct call *call, const struct resource *resource,
                             struct context_list *context)
{
    (void)resource;
    context_add(call, context, S("iam:AssociatedResourceArn"), call_resource(call, 0)->arn);
    context_add(call, context, S("iam:PassedToService"), S("lambda.amazonaws.com"));
}

bool lambda_locate_role(const struct call *call, str role_arn, struct resource *found)
{
    (void)call;
    *found = (struct resource){.arn = role_arn, .add_context = add_role_context};
    return true;
}

/* Only EC2 knows the VPC of the subnets: its value is unknown. */
static void add_vpc(const struct call *call, const struct lambda_function_settings *in,
                    struct context_list *context)
{
    if (in->vpc_config && in->vpc_config->subnet_ids.count > 0)
        context_add(call, context, S("lambda:VpcIds"), (str){0});
}

void lambda_new_vpc(const struct call *call, const struct lambda_create_function_request *in,
                    const struct resource *resource, struct context_list *context)
{
    (void)resource;
    add_vpc(call, &in->function_settings, context);
}

void lambda_changed_vpc(const struct call *call,
                        const struct lambda_update_function_configuration_request *in,
                        const struct resource *resource, struct context_list *context)
{
    (void)resource;
    add_vpc(call, &in->function_settings, context);
}

bool lambda_execution_role_check(const struct call *call, const struct function *function)
{
    if (lambda_function_role(call, function))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The role defined for the function cannot be assumed by Lambda.");
    return false;
}

/* ---- describing ---- */

static const struct lambda_environment_response *environment_of(const struct call *call,
                                                                const struct function *function)
{
    struct lambda_environment_response *environment =
        arena_new(call->arena, struct lambda_environment_response);

    if (!str_present(function->row.variables) ||
        !model_from_json(call->arena, &LAMBDA_ENVIRONMENT_VARIABLES, function->row.variables,
                         &environment->variables))
        return NULL;
    if (environment->variables.count == 0)
        list_make_empty(call->arena, &environment->variables);
    return environment;
}

int64_t lambda_function_storage_mb(const struct call *call, const struct function *function)
{
    struct lambda_function_configuration settings = {0};

    if (str_present(function->row.settings))
        model_from_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, function->row.settings, &settings);
    return settings.ephemeral_storage ? settings.ephemeral_storage->size : DEFAULT_STORAGE_MB;
}

static const struct lambda_ephemeral_storage *default_storage(const struct call *call)
{
    struct lambda_ephemeral_storage *storage = arena_new(call->arena, struct lambda_ephemeral_storage);

    storage->size = DEFAULT_STORAGE_MB;
    return storage;
}

static const struct lambda_runtime_version_config *runtime_version_of(const struct call *call,
                                                                      const struct function *function)
{
    struct lambda_runtime_version_config *config =
        arena_new(call->arena, struct lambda_runtime_version_config);

    config->runtime_version_arn = lambda_runtime_version_arn(call, function);
    return config;
}

static const struct lambda_snap_start_response *no_snap_start(const struct call *call)
{
    struct lambda_snap_start_response *snap_start = arena_new(call->arena, struct lambda_snap_start_response);

    *snap_start = (struct lambda_snap_start_response){
        .apply_on = lambda_snap_start_apply_on_text(LAMBDA_SNAP_START_APPLY_ON_NONE),
        .optimization_status =
            lambda_snap_start_optimization_status_text(LAMBDA_SNAP_START_OPTIMIZATION_STATUS_OFF)};
    return snap_start;
}

str lambda_code_sha256(const struct call *call, str sha256)
{
    str digest = S("");

    hex_decode(call->arena, sha256, &digest);
    return base64_encode(call->arena, digest);
}

str lambda_time_text(const struct call *call, int64_t ms)
{
    str time = time_iso8601_ms(call->arena, ms);

    return arena_join(call->arena, str_head(time, time.size - 1), S("+0000"));
}

static struct lambda_layer_list layers_of(const struct call *call, const struct function *function)
{
    struct lambda_layer_set_rows rows = lambda_layer_set(call, function->row.layers);
    struct lambda_layer_list layers = {0};

    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &layers) = (struct lambda_layer){
            .arn = rows.items[i].arn, .code_size = arena_i64(call->arena, rows.items[i].package_size)};
    return layers;
}

/* A function without an interpreter is Failed, so that clients that wait for it, as Terraform does, end with
 * the reason. */
static void set_state(const struct call *call, const struct function *function,
                      struct lambda_function_configuration *out)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);

    out->state = lambda_state_text(LAMBDA_STATE_ACTIVE);
    if (!runtime || lambda_runtime_is_installed(runtime))
        return;
    out->state = lambda_state_text(LAMBDA_STATE_FAILED);
    out->state_reason_code = lambda_state_reason_code_text(LAMBDA_STATE_REASON_CODE_INVALID_RUNTIME);
    out->state_reason = lambda_runtime_problem(call, runtime);
}

struct lambda_function_configuration *lambda_configuration_of(const struct call *call,
                                                              const struct function *function)
{
    struct lambda_function_configuration *out = arena_new(call->arena, struct lambda_function_configuration);
    const struct lambda_function_row *row = &function->row;

    model_from_json(call->arena, &LAMBDA_FUNCTION_CONFIGURATION, row->settings, out);
    out->function_name = row->name;
    out->function_arn = lambda_function_asked_arn(call->arena, function);
    out->runtime = row->runtime;
    out->role = row->role;
    out->handler = row->handler;
    out->code_size = arena_i64(call->arena, row->package_size);
    out->timeout = arena_i64(call->arena, row->timeout_seconds);
    out->memory_size = arena_i64(call->arena, row->memory_mb);
    out->last_modified = lambda_time_text(call, row->modified_ms);
    out->code_sha256 = lambda_code_sha256(call, row->package);
    out->version = lambda_version_text(call->arena, row->number);
    out->environment = environment_of(call, function);
    out->revision_id = row->revision;
    set_state(call, function, out);
    out->last_update_status = lambda_last_update_status_text(LAMBDA_LAST_UPDATE_STATUS_SUCCESSFUL);
    out->package_type = lambda_package_type_text(LAMBDA_PACKAGE_TYPE_ZIP);
    *list_add(call->arena, &out->architectures) = row->architecture;
    out->layers = layers_of(call, function);
    out->snap_start = no_snap_start(call);
    out->runtime_version_config = runtime_version_of(call, function);
    out->logging_config = logging_of(call, function);
    if (!out->tracing_config)
        out->tracing_config = tracing_of(call, lambda_tracing_mode_text(LAMBDA_TRACING_MODE_PASS_THROUGH));
    if (!out->ephemeral_storage)
        out->ephemeral_storage = default_storage(call);
    return out;
}
