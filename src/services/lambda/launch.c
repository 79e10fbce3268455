/*
 * launch.c: what the server is told when it has to start a sandbox for a function.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
#include "lambda_internal.h"

#include "sts_model.h"
#include "wire/json.h"

#include <string.h>

enum { SESSION_SECONDS = 12 * 3600, MARGIN_MS = 60 * MS_PER_S, BYTES_PER_MB = 1024 * 1024 };

/* Temporary credentials of the function's role.  NULL: *problem says why there are none. */
static const struct sts_credentials *assume_role(const struct call *call, const struct function *function,
                                                 str *problem)
{
    struct sts_assume_role_request in = {
        .role_arn = function->row.role,
        .role_session_name = function->row.name,
        .duration_seconds = arena_i64(call->arena, SESSION_SECONDS),
    };
    struct sts_assume_role_response *out = arena_new(call->arena, struct sts_assume_role_response);
    struct failure failure;

    if (invoke(call, lambda_principal(call, function), &STS_ASSUME_ROLE, &in, out, &failure) == DONE)
        return out->credentials;
    *problem =
        arena_format(call->arena, "The role defined for the function cannot be assumed by Lambda. %.*s",
                     STR_ARGS(failure.message));
    return NULL;
}

static bool is_provided(const struct runtime *runtime)
{
    return strcmp(runtime->family, "provided") == 0;
}

static bool is_node(const struct runtime *runtime)
{
    return strcmp(runtime->family, "nodejs") == 0;
}

/* What of the machine is shown where it is, for the interpreter to run. */
static void add_folders(struct json_writer *writer, const struct interpreter *interpreter)
{
    json_name(writer, S("folders"));
    json_open_array(writer);
    for (size_t i = 0; i < INTERPRETER_FOLDERS && interpreter->folders[i]; i++)
        json_string(writer, str_of(interpreter->folders[i]));
    json_close_array(writer);
}

static void add_interpreter(const struct call *call, struct json_writer *writer,
                            const struct runtime *runtime)
{
    const struct interpreter *interpreter = lambda_runtime_interpreter(runtime);

    /* The server then says so as of any program that cannot be started. */
    if (!interpreter->path) {
        json_field(writer, S("problem"),
                   arena_format(call->arena, "%s is not installed on this machine.", runtime->family));
        return;
    }
    json_field(
        writer, S("runtime"),
        arena_format(call->arena, "%.*s/%s", STR_ARGS(lambda_options()->runtimes_folder), runtime->family));
    add_folders(writer, interpreter);
    json_name(writer, S("command"));
    json_open_array(writer);
    json_string(writer, str_of(interpreter->path));
    json_string(writer, is_node(runtime) ? S("/var/runtime/bootstrap.mjs") : S("/var/runtime/bootstrap.py"));
    json_close_array(writer);
}

static void add_command(const struct call *call, struct json_writer *writer, const struct runtime *runtime)
{
    if (!is_provided(runtime)) {
        add_interpreter(call, writer, runtime);
        return;
    }
    json_name(writer, S("command"));
    json_open_array(writer);
    json_string(writer, S("/var/task/bootstrap"));
    json_close_array(writer);
}

/* What AWS sets unless the function's configuration does. */
static void add_default(struct json_writer *writer, const struct str_map *own, str name, str value)
{
    if (!str_present(str_map_get(own, name)))
        json_field(writer, name, value);
}

static void add_configured(const struct call *call, struct json_writer *writer,
                           const struct function *function, const struct runtime *runtime)
{
    struct str_map own = {0};

    if (str_present(function->row.variables))
        model_from_json(call->arena, &LAMBDA_ENVIRONMENT_VARIABLES, function->row.variables, &own);
    for (size_t i = 0; i < own.count; i++)
        json_field(writer, own.items[i].key, own.items[i].value);
    add_default(writer, &own, S("PATH"), S("/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin"));
    add_default(
        writer, &own, S("LD_LIBRARY_PATH"),
        S("/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"));
    add_default(writer, &own, S("LANG"), S("en_US.UTF-8"));
    add_default(writer, &own, S("TZ"), S(":UTC"));
    add_default(writer, &own, S("AWS_ENDPOINT_URL"), lambda_options()->endpoint);
    if (is_node(runtime)) /* the SDK beside our bootstrap may be newer than the machine's Node.js */
        add_default(writer, &own, S("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"), S("true"));
}

static void add_reserved(const struct call *call, struct json_writer *writer, const struct function *function,
                         const struct runtime *runtime)
{
    json_field(writer, S("_HANDLER"), function->row.handler);
    json_field(writer, S("LAMBDA_TASK_ROOT"), S("/var/task"));
    json_field(writer, S("LAMBDA_RUNTIME_DIR"), S("/var/runtime"));
    json_field(writer, S("AWS_REGION"), function->row.region);
    json_field(writer, S("AWS_DEFAULT_REGION"), function->row.region);
    json_field(writer, S("AWS_LAMBDA_FUNCTION_NAME"), function->row.name);
    json_field(writer, S("AWS_LAMBDA_FUNCTION_VERSION"), S("$LATEST"));
    json_field(writer, S("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
               arena_decimal(call->arena, function->row.memory_mb));
    json_field(writer, S("PWD"), S("/var/task"));
    json_field(writer, S("SHLVL"), S("0"));
    json_field(writer, S("AWS_XRAY_CONTEXT_MISSING"), S("LOG_ERROR"));
    json_field(writer, S("AWS_LAMBDA_INITIALIZATION_TYPE"), S("on-demand"));
    json_field(writer, S("AWS_LAMBDA_LOG_GROUP_NAME"), function->row.log_group);
    if (!is_provided(runtime))
        json_field(writer, S("AWS_EXECUTION_ENV"), arena_format(call->arena, "AWS_Lambda_%s", runtime->name));
}

static void add_credentials(struct json_writer *writer, const struct sts_credentials *credentials)
{
    json_field(writer, S("AWS_ACCESS_KEY_ID"), credentials->access_key_id);
    json_field(writer, S("AWS_SECRET_ACCESS_KEY"), credentials->secret_access_key);
    json_field(writer, S("AWS_SESSION_TOKEN"), credentials->session_token);
}

bool lambda_sandbox_start(const struct call *call, const struct function *function,
                          const struct lambda_get_sandbox_row *sandbox, int64_t *retire_ms, str *problem)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);
    struct json_writer writer = json_writer_in(call->arena);
    str code = arena_join(call->arena, lambda_unpacked_folder(call, sandbox->package), S("/code"));
    const struct sts_credentials *credentials = assume_role(call, function, problem);
    json_open_object(&writer);
    json_field(&writer, S("sandboxId"), sandbox->id);
    json_field(&writer, S("functionName"), function->row.name);
    json_field(&writer, S("portVariable"), S("AWS_LAMBDA_RUNTIME_API"));
    if (!credentials)
        return false;
    add_command(call, &writer, runtime);
    json_field(&writer, S("code"), code);
    json_i64_field(&writer, S("memoryBytes"), function->row.memory_mb * BYTES_PER_MB);
    json_i64_field(&writer, S("storageBytes"), lambda_function_storage_mb(call, function) * BYTES_PER_MB);
    json_name(&writer, S("environment"));
    json_open_object(&writer);
    add_reserved(call, &writer, function, runtime);
    json_field(&writer, S("AWS_LAMBDA_LOG_STREAM_NAME"), sandbox->log_stream);
    add_credentials(&writer, credentials);
    add_configured(call, &writer, function, runtime);
    json_close_object(&writer);
    json_close_object(&writer);
    *retire_ms = credentials->expiration - function->row.timeout_seconds * MS_PER_S - MARGIN_MS;
    effect_begin(call, S("sandbox.start"), sandbox->id, json_written(&writer));
    return true;
}
