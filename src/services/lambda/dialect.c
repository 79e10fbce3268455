/*
 * dialect.c: settings that no function can have are refused with their request, in Lambda's words, before the
 * engine sees it: a request has room for a hundred thousand layers, or variables.
 */
#include "engine/dialect.h"

#include "base/text.h"
#include "engine/call.h"
#include "lambda_model.h"

#include <string.h>

enum { MAX_VARIABLES_BYTES = 4096, MOST_LAYERS = 5 };

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

static bool reserved_check(const struct call *call, const struct str_map *variables)
{
    struct text bad = text_in(call->arena);

    for (size_t i = 0; i < variables->count; i++) {
        if (!is_reserved(variables->items[i].key))
            continue;
        if (bad.size > 0)
            text_add(&bad, S(", "));
        text_add(&bad, variables->items[i].key);
    }
    if (bad.size == 0)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Lambda was unable to configure your environment variables because the environment variables you "
         "have provided contains reserved keys that are currently not supported for modification. "
         "Reserved keys used in this request: %.*s",
         STR_ARGS(text_str(&bad)));
    return false;
}

static bool variables_check(const struct call *call, const struct lambda_environment *environment)
{
    if (!environment)
        return true;
    if (!reserved_check(call, &environment->variables))
        return false;
    str json = model_to_json(call->arena, &LAMBDA_ENVIRONMENT_VARIABLES, &environment->variables);
    if (json.size <= MAX_VARIABLES_BYTES)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Lambda was unable to configure your environment variables because the environment variables you "
         "have provided exceeded the 4KB limit. String measured: %.*s",
         STR_ARGS(json));
    return false;
}

/* ---- texts of the function's process ---- */

/* A process gets them up to their first NUL.  AWS documents no sentence. */
static bool has_no_nul(const struct call *call, const char *what, str text)
{
    if (!str_present(text) || !memchr(text.data, '\0', text.size))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s must not contain NUL characters.", what);
    return false;
}

static bool texts_check(const struct call *call, const struct lambda_function_settings *settings)
{
    const struct lambda_environment *environment = settings->environment;

    for (size_t i = 0; environment && i < environment->variables.count; i++)
        if (!has_no_nul(call, "Environment variables", environment->variables.items[i].value))
            return false;
    return has_no_nul(call, "The handler", settings->handler);
}

/* ---- layers ---- */

static bool layers_check(const struct call *call, const struct str_list *layers)
{
    if (layers->count <= MOST_LAYERS)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Cannot reference more than %d layers.",
         MOST_LAYERS);
    return false;
}

/* ---- requests ---- */

/* NULL: the request sets nothing of a function. */
static const struct lambda_function_settings *settings_in(const struct shape *shape, const void *in)
{
    if (shape == &LAMBDA_CREATE_FUNCTION_REQUEST)
        return &((const struct lambda_create_function_request *)in)->function_settings;
    if (shape == &LAMBDA_UPDATE_FUNCTION_CONFIGURATION_REQUEST)
        return &((const struct lambda_update_function_configuration_request *)in)->function_settings;
    return NULL;
}

static bool validate_lambda(const struct call *call, const struct shape *shape, const void *in)
{
    if (!validate_coral(call, shape, in))
        return false;
    const struct lambda_function_settings *settings = settings_in(shape, in);
    return !settings || (variables_check(call, settings->environment) && texts_check(call, settings) &&
                         layers_check(call, &settings->layers));
}

const struct dialect LAMBDA_DIALECT = {
    .clock_skew_ms = SHORT_CLOCK_SKEW_MS,
    .validate = validate_lambda,
    .mismatch_sentence = coral_mismatch_sentence,
};
