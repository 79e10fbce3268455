/*
 * launch.c: the parameters with which the server starts a sandbox.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
#include "code.h"
#include "lambda_internal.h"
#include "reports.h"
#include "runtimes.h"
#include "sandboxes.h"

#include "sts_model.h"

#include <string.h>
#include <unistd.h>

enum { SESSION_SECONDS = 12 * 3600, MARGIN_MS = 60 * MS_PER_S, BYTES_PER_MB = 1024 * 1024 };

/* Temporary credentials of the function's role.  NULL: *problem says why. */
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

static bool is_family(const struct runtime *runtime, const char *family)
{
    return strcmp(runtime->family, family) == 0;
}

static bool is_provided(const struct runtime *runtime)
{
    return is_family(runtime, "provided");
}

/* The machine's folders that the interpreter needs inside. */
static struct str_list folders_of(const struct call *call, const struct interpreter *interpreter)
{
    struct str_list folders = {0};

    for (size_t i = 0; i < INTERPRETER_FOLDERS && interpreter->folders[i]; i++)
        *list_add(call->arena, &folders) = str_of(interpreter->folders[i]);
    return folders;
}

/* Node.js and Python: our bootstraps, which find the handler in the environment. */
static void add_bootstrap(const struct call *call, const struct interpreter *interpreter, str bootstrap,
                          struct sandbox_start_input *in)
{
    *list_add(call->arena, &in->command) = str_of(interpreter->path);
    *list_add(call->arena, &in->command) = bootstrap;
    if (str_present(in->layers))
        *list_add(call->arena, &in->command) = S("/opt");
}

/* Ruby: AWS's gem. */
static void add_ruby(const struct call *call, const struct function *function,
                     const struct interpreter *interpreter, struct sandbox_start_input *in)
{
    const str arguments[] = {str_of(interpreter->path), S("-I"), str_of(interpreter->library),
                             S("/var/runtime/bootstrap.rb"), function->row.handler};

    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        *list_add(call->arena, &in->command) = arguments[i];
}

static void add_interpreter(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox,
                            const struct interpreter *interpreter, struct sandbox_start_input *in)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);

    if (is_family(runtime, "nodejs"))
        add_bootstrap(call, interpreter, S("/var/runtime/bootstrap.mjs"), in);
    else if (is_family(runtime, "python"))
        add_bootstrap(call, interpreter, S("/var/runtime/bootstrap.py"), in);
    else if (is_family(runtime, "java"))
        lambda_java_command(call, function, sandbox, interpreter, in);
    else
        add_ruby(call, function, interpreter, in);
    in->framed_output = arena_bool(call->arena, true);
}

/* A shell starts the wrapper, as in AWS's runtimes: one that is missing is exit status 127. */
static void add_wrapper(const struct call *call, str wrapper, struct str_list *command)
{
    *list_add(call->arena, command) = S("/bin/sh");
    *list_add(call->arena, command) = S("-c");
    *list_add(call->arena, command) = S("exec \"$0\" \"$@\"");
    *list_add(call->arena, command) = wrapper;
}

/*
 * The function's wrapper script, if it has one, gets the interpreter's command as its arguments:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
 */
static void set_interpreter(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox, struct sandbox_start_input *in)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);
    const struct interpreter *interpreter = lambda_runtime_interpreter(runtime);

    /* The server then reports it like any program that cannot be started. */
    if (!interpreter) {
        in->problem = lambda_runtime_problem(call, runtime);
        return;
    }
    str wrapper = str_map_get(&in->environment, S("AWS_LAMBDA_EXEC_WRAPPER"));
    in->runtime =
        arena_format(call->arena, "%.*s/%s", STR_ARGS(lambda_options()->runtimes_folder), runtime->family);
    in->folders = folders_of(call, interpreter);
    if (str_present(wrapper) && !str_empty(wrapper))
        add_wrapper(call, wrapper, &in->command);
    add_interpreter(call, function, sandbox, interpreter, in);
}

/* A layer may bring the bootstrap. */
static str provided_bootstrap(const struct call *call, const struct sandbox_start_input *in)
{
    str own = arena_join(call->arena, in->code, S("/bootstrap"));
    bool of_layer = str_present(in->layers) && access(own.data, F_OK) != 0;

    return of_layer ? S("/opt/bootstrap") : S("/var/task/bootstrap");
}

static void set_command(const struct call *call, const struct function *function,
                        const struct lambda_get_sandbox_row *sandbox, struct sandbox_start_input *in)
{
    if (is_provided(lambda_runtime_find(function->row.runtime)))
        *list_add(call->arena, &in->command) = provided_bootstrap(call, in);
    else
        set_interpreter(call, function, sandbox, in);
}

/* Add a variable that AWS sets unless the function's configuration does. */
static void add_default(const struct call *call, struct str_map *environment, const struct str_map *own,
                        str name, str value)
{
    if (!str_present(str_map_get(own, name)))
        str_map_add(call->arena, environment, name, value);
}

/* Where Ruby looks for the packages of functions and layers: those of its runtime's version, and of ours. */
static void add_ruby_defaults(const struct call *call, struct str_map *environment, const struct str_map *own,
                              const struct runtime *runtime)
{
    const struct interpreter *interpreter = lambda_runtime_interpreter(runtime);
    const char *version = interpreter ? interpreter->version : runtime->version;

    add_default(call, environment, own, S("RUBYLIB"), S("/var/task:/opt/ruby/lib"));
    add_default(call, environment, own, S("GEM_PATH"),
                arena_format(call->arena,
                             "/var/task/vendor/bundle/ruby/%s.0:/opt/ruby/gems/%s.0:"
                             "/var/task/vendor/bundle/ruby/%s.0:/opt/ruby/gems/%s.0",
                             runtime->version, runtime->version, version, version));
}

static void add_configured(const struct call *call, struct str_map *environment,
                           const struct function *function, const struct runtime *runtime)
{
    struct str_map own = {0};

    if (str_present(function->row.variables))
        model_from_json(call->arena, &LAMBDA_ENVIRONMENT_VARIABLES, function->row.variables, &own);
    for (size_t i = 0; i < own.count; i++)
        str_map_add(call->arena, environment, own.items[i].key, own.items[i].value);
    add_default(call, environment, &own, S("PATH"),
                S("/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"));
    add_default(
        call, environment, &own, S("LD_LIBRARY_PATH"),
        S("/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"));
    add_default(call, environment, &own, S("LANG"), S("en_US.UTF-8"));
    add_default(call, environment, &own, S("TZ"), S(":UTC"));
    if (is_family(runtime, "java")) /* AWS's machines have LANG's locale; every machine has this one */
        add_default(call, environment, &own, S("LC_ALL"), S("C.UTF-8"));
    if (is_family(runtime, "ruby"))
        add_ruby_defaults(call, environment, &own, runtime);
    if (is_family(runtime,
                  "nodejs")) /* the SDK beside our bootstrap may need a newer Node.js than the machine's */
        add_default(call, environment, &own, S("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"),
                    S("true"));
}

/* What the runtime needs to know when the function's log is JSON. */
static void add_log_format(const struct call *call, struct str_map *environment,
                           const struct function *function)
{
    enum lambda_application_log_level level =
        (enum lambda_application_log_level)function->row.application_level;

    if (!lambda_log_is_json(function))
        return;
    str_map_add(call->arena, environment, S("AWS_LAMBDA_LOG_FORMAT"),
                lambda_log_format_text(LAMBDA_LOG_FORMAT_JSON));
    str_map_add(call->arena, environment, S("AWS_LAMBDA_LOG_LEVEL"),
                lambda_application_log_level_text(level));
}

static void add_reserved(const struct call *call, struct str_map *environment,
                         const struct function *function, const struct lambda_get_sandbox_row *sandbox,
                         const struct runtime *runtime)
{
    const struct str_map_entry reserved[] = {
        {S("_HANDLER"), function->row.handler},
        {S("LAMBDA_TASK_ROOT"), S("/var/task")},
        {S("LAMBDA_RUNTIME_DIR"), S("/var/runtime")},
        {S("AWS_REGION"), function->row.region},
        {S("AWS_DEFAULT_REGION"), function->row.region},
        {S("AWS_LAMBDA_FUNCTION_NAME"), function->row.name},
        {S("AWS_LAMBDA_FUNCTION_VERSION"), lambda_version_text(call->arena, function->row.number)},
        {S("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), arena_decimal(call->arena, function->row.memory_mb)},
        {S("PWD"), S("/var/task")},
        {S("SHLVL"), S("0")},
        {S("AWS_XRAY_CONTEXT_MISSING"), S("LOG_ERROR")},
        {S("AWS_LAMBDA_INITIALIZATION_TYPE"),
         sandbox->provisioned ? S("provisioned-concurrency") : S("on-demand")},
        {S("AWS_LAMBDA_LOG_GROUP_NAME"), function->row.log_group},
        {S("AWS_LAMBDA_LOG_STREAM_NAME"), sandbox->log_stream},
    };

    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        str_map_add(call->arena, environment, reserved[i].key, reserved[i].value);
    add_log_format(call, environment, function);
    if (is_provided(runtime))
        return;
    str_map_add(call->arena, environment, S("_LAMBDA_TELEMETRY_LOG_FD"), S("1")); /* standard output */
    str_map_add(call->arena, environment, S("AWS_EXECUTION_ENV"),
                arena_format(call->arena, "AWS_Lambda_%s", runtime->name));
}

static void add_credentials(const struct call *call, struct str_map *environment,
                            const struct sts_credentials *credentials)
{
    str_map_add(call->arena, environment, S("AWS_ACCESS_KEY_ID"), credentials->access_key_id);
    str_map_add(call->arena, environment, S("AWS_SECRET_ACCESS_KEY"), credentials->secret_access_key);
    str_map_add(call->arena, environment, S("AWS_SESSION_TOKEN"), credentials->session_token);
}

/*
 * Extensions share everything with the function but what its runtime alone needs:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
static void add_extensions(const struct call *call, struct sandbox_start_input *in,
                           const struct str_list *extensions)
{
    const str runtime_only[] = {S("_HANDLER"),
                                S("AWS_EXECUTION_ENV"),
                                S("AWS_LAMBDA_LOG_GROUP_NAME"),
                                S("AWS_LAMBDA_LOG_STREAM_NAME"),
                                S("AWS_XRAY_CONTEXT_MISSING"),
                                S("AWS_XRAY_DAEMON_ADDRESS"),
                                S("LAMBDA_RUNTIME_DIR"),
                                S("LAMBDA_TASK_ROOT"),
                                S("_AWS_XRAY_DAEMON_ADDRESS"),
                                S("_AWS_XRAY_DAEMON_PORT"),
                                S("_LAMBDA_TELEMETRY_LOG_FD")};

    for (size_t i = 0; i < extensions->count; i++)
        *list_add(call->arena, &in->extensions) =
            arena_concat(call->arena, S("/opt/extensions/"), extensions->items[i]);
    for (size_t i = 0; extensions->count > 0 && i < sizeof runtime_only / sizeof *runtime_only; i++)
        *list_add(call->arena, &in->runtime_only) = runtime_only[i];
}

bool lambda_sandbox_start(const struct call *call, const struct function *function,
                          const struct lambda_get_sandbox_row *sandbox, const struct str_list *extensions,
                          int64_t *retire_ms, str *problem)
{
    const struct runtime *runtime = lambda_runtime_find(function->row.runtime);
    const struct sts_credentials *credentials = assume_role(call, function, problem);
    struct sandbox_start_input in = {
        .sandbox_id = sandbox->id,
        .function_name = function->row.name,
        .port_variable = S("AWS_LAMBDA_RUNTIME_API"),
        .endpoint_variable = S("AWS_ENDPOINT_URL"),
        .code = lambda_code_is_hot(sandbox->package) ? sandbox->package
                                                     : lambda_unpacked_folder(call, sandbox->package),
        .layers = lambda_unpacked_folder(call, sandbox->layers),
        .memory_bytes = arena_i64(call->arena, function->row.memory_mb * BYTES_PER_MB),
        .storage_bytes = arena_i64(call->arena, lambda_function_storage_mb(call, function) * BYTES_PER_MB),
    };

    if (!credentials)
        return false;
    add_reserved(call, &in.environment, function, sandbox, runtime);
    add_credentials(call, &in.environment, credentials);
    add_configured(call, &in.environment, function, runtime);
    set_command(call, function, sandbox, &in);
    add_extensions(call, &in, extensions);
    *retire_ms = credentials->expiration - function->row.timeout_seconds * MS_PER_S - MARGIN_MS;
    sandbox_start_effect(call, &in);
    return true;
}
