/*
 * configuration.c: a function's settings: checked, stored, described.
 *
 * Settings with an effect are columns; other settings, which clients only read again, are stored as JSON of
 * AWS's own shape.
 */
#include "code.h"
#include "lambda_internal.h"
#include "runtimes.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/time.h"

enum {
    MAX_TIMEOUT_SECONDS = 900,
    MAX_MEMORY_MB = 10240,
    DEFAULT_STORAGE_MB = 512,
    MAX_STORAGE_MB = 10240,
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

/* ---- settings that are not columns, as a request of UpdateFunctionConfiguration, which has them all ---- */

static struct lambda_update_function_configuration_request settings_of(const struct call *call,
                                                                       const struct function *function)
{
    struct lambda_update_function_configuration_request settings = {0};

    if (str_present(function->row.settings))
        model_from_json(call->arena, &LAMBDA_UPDATE_FUNCTION_CONFIGURATION_REQUEST, function->row.settings,
                        &settings);
    return settings;
}

/* A part of an earlier request that this one does not mention stays. */
static const struct lambda_logging_config *merged_logging(const struct call *call,
                                                          const struct lambda_logging_config *before,
                                                          const struct lambda_logging_config *given)
{
    struct lambda_logging_config *merged = arena_new(call->arena, struct lambda_logging_config);

    if (before)
        *merged = *before;
    if (given)
        model_merge(&LAMBDA_LOGGING_CONFIG, merged, given);
    return merged;
}

/* Set the columns of the logging configuration.  Levels belong to JSON, which has defaults for them. */
static void apply_logging(const struct lambda_logging_config *logging, struct lambda_function_row *row)
{
    bool is_json = lambda_log_format_of(logging->log_format) == LAMBDA_LOG_FORMAT_JSON;
    int64_t application = (int64_t)lambda_application_log_level_of(logging->application_log_level);
    int64_t system = (int64_t)lambda_system_log_level_of(logging->system_log_level);

    if (str_present(logging->log_group))
        row->log_group = logging->log_group;
    row->application_level = !is_json ? 0 : application ? application : LAMBDA_APPLICATION_LOG_LEVEL_INFO;
    row->system_level = !is_json ? 0 : system ? system : LAMBDA_SYSTEM_LOG_LEVEL_INFO;
}

static bool levels_check(const struct call *call, const struct lambda_logging_config *given,
                         const struct function *function)
{
    if (!given || function->row.application_level != 0 ||
        (!str_present(given->application_log_level) && !str_present(given->system_log_level)))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "ApplicationLogLevel and SystemLogLevel can only be set when LogFormat is JSON.");
    return false;
}

/* Columns are not stored twice.  An empty text takes an optional setting off. */
static void drop_columns(struct lambda_function_settings *settings)
{
    settings->runtime = settings->handler = (str){0};
    settings->timeout = settings->memory_size = NULL;
    settings->environment = NULL;
    settings->layers = (struct str_list){0};
    if (str_empty(settings->kms_key_arn))
        settings->kms_key_arn = (str){0};
    if (settings->dead_letter_config && str_empty(settings->dead_letter_config->target_arn))
        settings->dead_letter_config = NULL;
}

/* What a request does not mention stays as it was. */
static void keep_settings(const struct call *call, const struct lambda_function_settings *in,
                          struct function *function)
{
    struct lambda_update_function_configuration_request kept = settings_of(call, function),
                                                        given = {.function_settings = *in};
    struct lambda_function_settings *settings = &kept.function_settings;

    given.function_settings.logging_config =
        merged_logging(call, settings->logging_config, in->logging_config);
    model_merge(&LAMBDA_UPDATE_FUNCTION_CONFIGURATION_REQUEST, &kept, &given);
    apply_logging(settings->logging_config, &function->row);
    drop_columns(settings);
    function->row.settings = model_to_json(call->arena, &LAMBDA_UPDATE_FUNCTION_CONFIGURATION_REQUEST, &kept);
}

void lambda_description_set(const struct call *call, struct function *function, str description)
{
    struct lambda_update_function_configuration_request settings = settings_of(call, function);

    settings.function_settings.description = description;
    function->row.settings =
        model_to_json(call->arena, &LAMBDA_UPDATE_FUNCTION_CONFIGURATION_REQUEST, &settings);
}

/* ---- durable functions ---- */

static bool durable_apply(const struct call *call, const struct lambda_durable_config *config, bool is_new,
                          struct lambda_function_row *row)
{
    enum { DEFAULT_RETENTION_DAYS = 14 };
    const char *problem = NULL;

    if (!config)
        return true;
    if (!is_new && !row->execution_seconds)
        problem = "Durable execution can only be enabled when a function is created.";
    else if (!config->execution_timeout && !row->execution_seconds)
        problem = "ExecutionTimeout is required in DurableConfig.";
    if (problem) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", problem);
        return false;
    }
    if (config->execution_timeout)
        row->execution_seconds = config->execution_timeout;
    if (config->retention_period_in_days)
        row->retention_days = config->retention_period_in_days;
    else if (!row->retention_days)
        row->retention_days = arena_i64(call->arena, DEFAULT_RETENTION_DAYS);
    return true;
}

static const struct lambda_durable_config *durable_of(const struct call *call,
                                                      const struct lambda_function_row *row,
                                                      const struct lambda_durable_config *stored)
{
    struct lambda_durable_config *config = arena_new(call->arena, struct lambda_durable_config);

    *config = (struct lambda_durable_config){.execution_timeout = row->execution_seconds,
                                             .retention_period_in_days = row->retention_days};
    if (stored && !str_empty(stored->kms_key_arn))
        config->kms_key_arn = stored->kms_key_arn;
    return row->execution_seconds ? config : NULL;
}

/* ---- applying ---- */

static bool storage_check(const struct call *call, const struct lambda_ephemeral_storage *storage)
{
    return !storage || at_most(call, "ephemeralStorage.size", &storage->size, MAX_STORAGE_MB);
}

static bool snap_start_check(const struct call *call, const struct function *function)
{
    const struct lambda_update_function_configuration_request settings = settings_of(call, function);
    const struct lambda_snap_start *snap_start = settings.function_settings.snap_start;

    if (!snap_start || !str_present(snap_start->apply_on) ||
        lambda_snap_start_apply_on_of(snap_start->apply_on) !=
            LAMBDA_SNAP_START_APPLY_ON_PUBLISHED_VERSIONS ||
        lambda_runtime_takes_snapshots(lambda_runtime_find(function->row.runtime)))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "%.*s is not supported for SnapStart enabled functions.", STR_ARGS(function->row.runtime));
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
    if (!at_most(call, "timeout", in->timeout, MAX_TIMEOUT_SECONDS) ||
        !at_most(call, "memorySize", in->memory_size, MAX_MEMORY_MB) ||
        !lambda_runtime_check(call, row->runtime) || !storage_check(call, in->ephemeral_storage) ||
        !durable_apply(call, in->durable_config, row->id == 0, row))
        return false;
    if (in->environment)
        row->variables =
            model_to_json(call->arena, &LAMBDA_ENVIRONMENT_VARIABLES, &in->environment->variables);
    keep_settings(call, in, function);
    return levels_check(call, in->logging_config, function) && snap_start_check(call, function);
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
    bool is_own = str_equal(arn_account(function->row.role), function->row.account);

    if (is_own && lambda_function_role(call, function))
        return true;
    if (!is_own)
        fail(call, &LAMBDA_ACCESS_DENIED_EXCEPTION, "Cross-account pass role is not allowed.");
    else
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
    struct lambda_update_function_configuration_request settings = settings_of(call, function);
    const struct lambda_ephemeral_storage *storage = settings.function_settings.ephemeral_storage;

    return storage ? storage->size : DEFAULT_STORAGE_MB;
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

static const struct lambda_snap_start_response *snap_start_of(const struct call *call,
                                                              const struct lambda_function_settings *settings)
{
    struct lambda_snap_start_response *snap_start = arena_new(call->arena, struct lambda_snap_start_response);
    str given = settings->snap_start ? settings->snap_start->apply_on : (str){0};

    *snap_start = (struct lambda_snap_start_response){
        .apply_on =
            str_present(given) ? given : lambda_snap_start_apply_on_text(LAMBDA_SNAP_START_APPLY_ON_NONE),
        .optimization_status =
            lambda_snap_start_optimization_status_text(LAMBDA_SNAP_START_OPTIMIZATION_STATUS_OFF)};
    return snap_start;
}

static const struct lambda_vpc_config_response *vpc_of(const struct call *call,
                                                       const struct lambda_vpc_config *vpc)
{
    static const bool ipv6_by_default = false;
    struct lambda_vpc_config_response *shown = arena_new(call->arena, struct lambda_vpc_config_response);

    if (!vpc)
        return NULL;
    *shown = (struct lambda_vpc_config_response){
        .subnet_ids = vpc->subnet_ids,
        .security_group_ids = vpc->security_group_ids,
        .vpc_id = S(""),
        .ipv6_allowed_for_dual_stack =
            vpc->ipv6_allowed_for_dual_stack ? vpc->ipv6_allowed_for_dual_stack : &ipv6_by_default,
    };
    return shown;
}

static const struct lambda_tracing_config_response *
tracing_of(const struct call *call, const struct lambda_function_settings *settings)
{
    struct lambda_tracing_config_response *tracing =
        arena_new(call->arena, struct lambda_tracing_config_response);
    str given = settings->tracing_config ? settings->tracing_config->mode : (str){0};

    tracing->mode = str_present(given) ? given : lambda_tracing_mode_text(LAMBDA_TRACING_MODE_PASS_THROUGH);
    return tracing;
}

static const struct lambda_logging_config *logging_of(const struct call *call,
                                                      const struct lambda_function_row *row)
{
    struct lambda_logging_config *logging = arena_new(call->arena, struct lambda_logging_config);
    bool is_json = row->application_level != 0;

    *logging = (struct lambda_logging_config){
        .log_format = lambda_log_format_text(is_json ? LAMBDA_LOG_FORMAT_JSON : LAMBDA_LOG_FORMAT_TEXT),
        .log_group = row->log_group,
    };
    if (is_json) {
        logging->application_log_level =
            lambda_application_log_level_text((enum lambda_application_log_level)row->application_level);
        logging->system_log_level =
            lambda_system_log_level_text((enum lambda_system_log_level)row->system_level);
    }
    return logging;
}

str lambda_code_sha256(const struct call *call, str sha256)
{
    str digest = S("");

    if (lambda_code_is_hot(sha256))
        return S("hot-reloading-hash-not-available"); /* in LocalStack's words */
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

/*
 * A function without an interpreter is Failed, so that clients that wait for it, as Terraform does, end with
 * the reason.
 */
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

static void describe_settings(const struct call *call, const struct lambda_function_settings *settings,
                              struct lambda_function_configuration *out)
{
    out->description = str_present(settings->description) ? settings->description : S("");
    out->vpc_config = vpc_of(call, settings->vpc_config);
    out->dead_letter_config = settings->dead_letter_config;
    out->kms_key_arn = settings->kms_key_arn;
    out->tracing_config = tracing_of(call, settings);
    out->ephemeral_storage =
        settings->ephemeral_storage ? settings->ephemeral_storage : default_storage(call);
    out->snap_start = snap_start_of(call, settings);
}

struct lambda_function_configuration *lambda_configuration_of(const struct call *call,
                                                              const struct function *function)
{
    struct lambda_function_configuration *out = arena_new(call->arena, struct lambda_function_configuration);
    const struct lambda_function_row *row = &function->row;

    struct lambda_update_function_configuration_request stored = settings_of(call, function);
    const struct lambda_function_settings *settings = &stored.function_settings;

    describe_settings(call, settings, out);
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
    out->runtime_version_config = runtime_version_of(call, function);
    out->logging_config = logging_of(call, row);
    out->durable_config = durable_of(call, row, settings->durable_config);
    return out;
}
