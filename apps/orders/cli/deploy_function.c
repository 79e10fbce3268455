/*
 * deploy_function.c: the function and its trigger.
 *
 * On AWS a new role is known everywhere only after some seconds, and a function that is being changed refuses
 * the next change until it is settled: deploy waits for both.
 */
#include "orders/cli/deploy.h"

#include "base/hash.h"

#include "lambda_model.h"

enum { ROLE_PATIENCE_SECONDS = 60, FUNCTION_PATIENCE_SECONDS = 120, BATCH_SIZE = 10 };

#ifdef __aarch64__
#define ARCHITECTURE "arm64"
#else
#define ARCHITECTURE "x86_64"
#endif

static struct str_map_entry variables[] = {{STR_INIT("TABLE_NAME"), STR_INIT(ORDERS_TABLE)}};
static const struct lambda_environment environment = {.variables = {variables, 1}};

/* IAM has not yet passed the role or its permissions on to Lambda. */
static bool role_is_too_new(const struct failure *failure)
{
    return failed_with(failure, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION) &&
           (str_find(failure->message, S("cannot be assumed")) >= 0 ||
            str_find(failure->message, S("does not have permissions")) >= 0);
}

/* Repeat one call while it fails only because the role is new or the function busy. */
static bool call_patiently(struct orders *orders, const struct operation *operation, const void *in,
                           void *out)
{
    struct patience patience = patience_of(ROLE_PATIENCE_SECONDS);

    while (!orders_call(orders, operation, in, out)) {
        bool passes = role_is_too_new(&orders->failure) ||
                      failed_with(&orders->failure, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION);
        if (!passes || !patience_wait(&patience))
            return false;
    }
    return true;
}

/* ---- the function ---- */

static bool get_function(struct orders *orders, struct lambda_function_configuration *actual)
{
    struct lambda_get_function_configuration_request in = {.function_name = S(ORDERS_FUNCTION)};

    *actual = (struct lambda_function_configuration){0};
    return orders_call(orders, &LAMBDA_GET_FUNCTION_CONFIGURATION, &in, actual);
}

static bool await_function(struct orders *orders)
{
    struct patience patience = patience_of(FUNCTION_PATIENCE_SECONDS);
    struct lambda_function_configuration actual;

    do {
        if (!get_function(orders, &actual))
            return false;
    } while (
        (str_equal(actual.state, S("Pending")) || str_equal(actual.last_update_status, S("InProgress"))) &&
        patience_wait(&patience));
    return true;
}

static str *architecture(const struct deployment *deployment)
{
    static str names[] = {STR_INIT(ARCHITECTURE), STR_INIT("x86_64")};

    return deployment->flavor->is_native ? &names[0] : &names[1];
}

static enum deploy_change create_function(const struct deployment *deployment)
{
    struct orders *orders = deployment->orders;
    struct lambda_function_code code = {.zip_file = deployment->zip};
    struct lambda_create_function_request in = {
        .function_name = S(ORDERS_FUNCTION),
        .function_settings.runtime = str_of(deployment->flavor->runtime),
        .role = deployment->role_arn,
        .function_settings.handler = str_of(deployment->flavor->handler),
        .code = &code,
        .function_settings.description =
            S("Takes orders from OrderQueue and puts them into the table Orders"),
        .function_settings.timeout = &deployment->timeout_seconds,
        .function_settings.memory_size = &deployment->flavor->memory_mb,
        .function_settings.environment = &environment,
        .architectures = {architecture(deployment), 1},
    };
    struct lambda_function_configuration out = {0};

    return call_patiently(orders, &LAMBDA_CREATE_FUNCTION, &in, &out) && await_function(orders)
               ? CHANGE_CREATED
               : CHANGE_FAILED;
}

static bool same_number(const int64_t *actual, int64_t wanted)
{
    return actual && *actual == wanted;
}

static bool same_configuration(const struct deployment *deployment,
                               const struct lambda_function_configuration *actual)
{
    return str_equal(actual->runtime, str_of(deployment->flavor->runtime)) &&
           str_equal(actual->handler, str_of(deployment->flavor->handler)) &&
           str_equal(actual->role, deployment->role_arn) &&
           same_number(actual->timeout, deployment->timeout_seconds) &&
           same_number(actual->memory_size, deployment->flavor->memory_mb) && actual->environment &&
           str_equal(str_map_get(&actual->environment->variables, variables[0].key), variables[0].value);
}

static bool same_code(const struct deployment *deployment, const struct lambda_function_configuration *actual)
{
    struct sha256 hash = sha256(deployment->zip);

    return str_equal(actual->code_sha256, base64_encode(deployment->orders->arena, HASH_STR(hash)));
}

static bool update_code(const struct deployment *deployment)
{
    struct lambda_update_function_code_request in = {
        .function_name = S(ORDERS_FUNCTION),
        .zip_file = deployment->zip,
        .architectures = {architecture(deployment), 1},
    };
    struct lambda_function_configuration out = {0};

    return call_patiently(deployment->orders, &LAMBDA_UPDATE_FUNCTION_CODE, &in, &out) &&
           await_function(deployment->orders);
}

static bool update_configuration(const struct deployment *deployment)
{
    struct lambda_update_function_configuration_request in = {
        .function_name = S(ORDERS_FUNCTION),
        .role = deployment->role_arn,
        .function_settings.runtime = str_of(deployment->flavor->runtime),
        .function_settings.handler = str_of(deployment->flavor->handler),
        .function_settings.timeout = &deployment->timeout_seconds,
        .function_settings.memory_size = &deployment->flavor->memory_mb,
        .function_settings.environment = &environment,
    };
    struct lambda_function_configuration out = {0};

    return call_patiently(deployment->orders, &LAMBDA_UPDATE_FUNCTION_CONFIGURATION, &in, &out) &&
           await_function(deployment->orders);
}

enum deploy_change deploy_function(struct deployment *deployment)
{
    struct orders *orders = deployment->orders;
    struct lambda_function_configuration actual;

    if (!get_function(orders, &actual))
        return failed_with(&orders->failure, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION)
                   ? create_function(deployment)
                   : CHANGE_FAILED;
    bool code_stays = same_code(deployment, &actual);
    bool configuration_stays = same_configuration(deployment, &actual);
    if (!code_stays && !update_code(deployment))
        return CHANGE_FAILED;
    if (!configuration_stays && !update_configuration(deployment))
        return CHANGE_FAILED;
    return code_stays && configuration_stays ? CHANGE_NONE : CHANGE_UPDATED;
}

/* ---- the trigger ---- */

static struct str_list response_types(const struct deployment *deployment)
{
    static str names[] = {STR_INIT("ReportBatchItemFailures")};

    return (struct str_list){names, deployment->flavor->reports_failures ? 1 : 0};
}

static bool await_trigger(struct orders *orders, str uuid)
{
    struct patience patience = patience_of(FUNCTION_PATIENCE_SECONDS);
    struct lambda_get_event_source_mapping_request in = {.uuid = uuid};
    struct lambda_event_source_mapping_configuration out;

    do {
        out = (struct lambda_event_source_mapping_configuration){0};
        if (!orders_call(orders, &LAMBDA_GET_EVENT_SOURCE_MAPPING, &in, &out))
            return false;
    } while (!str_equal(out.state, S("Enabled")) && patience_wait(&patience));
    return true;
}

static enum deploy_change create_trigger(const struct deployment *deployment)
{
    int64_t batch_size = BATCH_SIZE;
    struct lambda_create_event_source_mapping_request in = {
        .event_source_arn = deployment->queue_arn,
        .function_name = S(ORDERS_FUNCTION),
        .mapping_settings.batch_size = &batch_size,
        .mapping_settings.function_response_types = response_types(deployment),
    };
    struct lambda_event_source_mapping_configuration out = {0};

    return call_patiently(deployment->orders, &LAMBDA_CREATE_EVENT_SOURCE_MAPPING, &in, &out) &&
                   await_trigger(deployment->orders, out.uuid)
               ? CHANGE_CREATED
               : CHANGE_FAILED;
}

static bool same_trigger(const struct deployment *deployment,
                         const struct lambda_event_source_mapping_configuration *actual)
{
    bool disabled = str_equal(actual->state, S("Disabled")) || str_equal(actual->state, S("Disabling"));

    return !disabled && same_number(actual->batch_size, BATCH_SIZE) &&
           actual->function_response_types.count == response_types(deployment).count;
}

static enum deploy_change update_trigger(const struct deployment *deployment, str uuid)
{
    int64_t batch_size = BATCH_SIZE;
    bool enabled = true;
    struct lambda_update_event_source_mapping_request in = {
        .uuid = uuid,
        .mapping_settings.enabled = &enabled,
        .mapping_settings.batch_size = &batch_size,
        .mapping_settings.function_response_types = response_types(deployment),
    };
    struct lambda_event_source_mapping_configuration out = {0};

    return call_patiently(deployment->orders, &LAMBDA_UPDATE_EVENT_SOURCE_MAPPING, &in, &out) &&
                   await_trigger(deployment->orders, uuid)
               ? CHANGE_UPDATED
               : CHANGE_FAILED;
}

enum deploy_change deploy_trigger(struct deployment *deployment)
{
    struct lambda_list_event_source_mappings_request in = {.event_source_arn = deployment->queue_arn,
                                                           .function_name = S(ORDERS_FUNCTION)};
    struct lambda_list_event_source_mappings_response out = {0};

    if (!orders_call(deployment->orders, &LAMBDA_LIST_EVENT_SOURCE_MAPPINGS, &in, &out))
        return CHANGE_FAILED;
    if (out.event_source_mappings.count == 0)
        return create_trigger(deployment);
    const struct lambda_event_source_mapping_configuration *actual = &out.event_source_mappings.items[0];
    return same_trigger(deployment, actual) ? CHANGE_NONE : update_trigger(deployment, actual->uuid);
}
