/*
 * management.c: settings of a function that AWS's own runtimes and loop detection use, stored and shown; and
 * the words of states that are over before the next request can see them.
 */
#include "lambda_internal.h"
#include "runtimes.h"

#include "base/hash.h"

#include <string.h>

/* ---- states ---- */

static const str CREATING_REASON = STR_INIT("The function is being created.");

void lambda_configuration_creating(const struct call *call, struct lambda_function_configuration *out)
{
    (void)call;
    out->state = lambda_state_text(LAMBDA_STATE_PENDING);
    out->state_reason = CREATING_REASON;
    out->state_reason_code = lambda_state_reason_code_text(LAMBDA_STATE_REASON_CODE_CREATING);
    out->last_update_status = (str){0};
}

void lambda_configuration_updating(const struct call *call, struct lambda_function_configuration *out)
{
    (void)call;
    out->last_update_status = lambda_last_update_status_text(LAMBDA_LAST_UPDATE_STATUS_IN_PROGRESS);
    out->last_update_status_reason = CREATING_REASON;
    out->last_update_status_reason_code = lambda_state_reason_code_text(LAMBDA_STATE_REASON_CODE_CREATING);
}

/* ---- the version of a runtime ---- */

str lambda_runtime_version_arn(const struct call *call, const struct function *function)
{
    struct sha256 digest = sha256(function->row.runtime);

    return arena_format(call->arena, "arn:aws:lambda:%.*s::runtime:%.*s", STR_ARGS(function->row.region),
                        STR_ARGS(hex_encode(call->arena, HASH_STR(digest))));
}

str lambda_runtime_version_text(const struct call *call, const struct runtime *runtime, const char *version)
{
    static const char provided[] = "provided.";

    if (version)
        return arena_format(call->arena, "%s:%s.v1", runtime->family, version);
    bool is_provided = strncmp(runtime->name, provided, strlen(provided)) == 0;
    return arena_format(call->arena, "%s:%s.v1", runtime->family,
                        is_provided ? runtime->name + strlen(provided) : runtime->name);
}

/* ---- runtime management ---- */

static str update_mode_of(const struct function *function)
{
    return str_present(function->row.update_mode)
               ? function->row.update_mode
               : lambda_update_runtime_on_text(LAMBDA_UPDATE_RUNTIME_ON_AUTO);
}

/* A version's ARN, with its number. */
static str version_arn(const struct call *call, const struct function *function)
{
    return arena_concat(call->arena, function->arn, S(":"),
                        lambda_version_text(call->arena, function->row.number));
}

static bool mode_check(const struct call *call, const struct lambda_put_runtime_management_config_request *in)
{
    bool manual = lambda_update_runtime_on_of(in->update_runtime_on) == LAMBDA_UPDATE_RUNTIME_ON_MANUAL;

    if (manual == (str_present(in->runtime_version_arn) && in->runtime_version_arn.size > 0))
        return true;
    if (manual)
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "RuntimeVersionArn is required when UpdateRuntimeOn is Manual.");
    else
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "RuntimeVersionArn is only valid when UpdateRuntimeOn is Manual.");
    return false;
}

enum outcome
lambda_put_runtime_management_config(const struct call *call,
                                     const struct lambda_put_runtime_management_config_request *in,
                                     struct lambda_put_runtime_management_config_response *out)
{
    const struct function *function = lambda_version_of(call);

    if (!function || !mode_check(call, in))
        return FAILED;
    lambda_set_runtime_management(call->txn, &(struct lambda_set_runtime_management_params){
                                                 .id = function->row.version_id,
                                                 .update_mode = in->update_runtime_on,
                                                 .runtime_version = in->runtime_version_arn});
    out->update_runtime_on = in->update_runtime_on;
    out->runtime_version_arn = in->runtime_version_arn;
    out->function_arn = version_arn(call, function);
    return DONE;
}

enum outcome
lambda_get_runtime_management_config(const struct call *call,
                                     const struct lambda_get_runtime_management_config_request *in,
                                     struct lambda_get_runtime_management_config_response *out)
{
    const struct function *function = lambda_version_of(call);

    (void)in;
    if (!function)
        return FAILED;
    out->update_runtime_on = update_mode_of(function);
    out->runtime_version_arn = function->row.runtime_version;
    out->function_arn = version_arn(call, function);
    return DONE;
}

/* ---- recursive loops ---- */

enum outcome
lambda_put_function_recursion_config(const struct call *call,
                                     const struct lambda_put_function_recursion_config_request *in,
                                     struct lambda_put_function_recursion_config_response *out)
{
    const struct function *function = lambda_unqualified_of(call);

    if (!function)
        return FAILED;
    lambda_set_recursion(call->txn, &(struct lambda_set_recursion_params){.id = function->row.id,
                                                                          .recursion = in->recursive_loop});
    out->recursive_loop = in->recursive_loop;
    return DONE;
}

enum outcome
lambda_get_function_recursion_config(const struct call *call,
                                     const struct lambda_get_function_recursion_config_request *in,
                                     struct lambda_get_function_recursion_config_response *out)
{
    const struct function *function = lambda_unqualified_of(call);

    (void)in;
    if (!function)
        return FAILED;
    out->recursive_loop = str_present(function->row.recursion)
                              ? function->row.recursion
                              : lambda_recursive_loop_text(LAMBDA_RECURSIVE_LOOP_TERMINATE);
    return DONE;
}
