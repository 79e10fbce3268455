/*
 * event_config.c: a function's event invoke configs: how often and how long its asynchronous invocations are
 * tried, and where their records go.
 *
 * There is one for each qualifier by which the function is invoked; $LATEST is the one of invocations without
 * a qualifier.
 */
#include "destinations.h"
#include "lambda_internal.h"

#include "aws/arn.h"

enum { MAX_PAGE = 50 };

static const str latest = STR_INIT("$LATEST");

str lambda_event_qualifier(str function_arn)
{
    struct function_name name = {0};

    if (str_present(function_arn))
        lambda_function_name_parse(function_arn, &name);
    return str_present(name.qualifier) ? name.qualifier : latest;
}

bool lambda_event_config_find(const struct call *call, const struct function *function, str function_arn,
                              struct lambda_event_config_row *config)
{
    return lambda_find_event_config(
        call->txn,
        &(struct lambda_find_event_config_params){.function_id = function->row.id,
                                                  .qualifier = lambda_event_qualifier(function_arn)},
        config);
}

/* ---- showing ---- */

static void describe(const struct call *call, const struct function *function,
                     const struct lambda_event_config_row *row,
                     struct lambda_function_event_invoke_config *out)
{
    struct lambda_destination_config *destinations = arena_new(call->arena, struct lambda_destination_config);
    struct lambda_on_success *on_success = arena_new(call->arena, struct lambda_on_success);
    struct lambda_on_failure *on_failure = arena_new(call->arena, struct lambda_on_failure);

    on_success->destination = row->on_success;
    on_failure->destination = row->on_failure;
    destinations->on_success = on_success;
    destinations->on_failure = on_failure;
    out->destination_config = destinations;
    out->function_arn = arena_concat(call->arena, function->arn, S(":"), row->qualifier);
    out->last_modified = arena_i64(call->arena, row->modified_ms);
    out->maximum_retry_attempts = row->retries;
    out->maximum_event_age_in_seconds = row->age_seconds;
}

/* The function of the request, or NULL: it does not exist, and fail() has been called. */
static const struct function *function_of(const struct call *call)
{
    const struct function *function = lambda_version_of(call);

    if (function)
        return function;
    take_failure(call);
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The function doesn't exist.");
    return NULL;
}

static str qualifier_of(const struct function *function)
{
    return str_present(function->qualifier) ? function->qualifier : latest;
}

/* The ARN of the request, whether that version exists or not. */
static enum outcome fail_missing(const struct call *call)
{
    str arn = call_resource(call, 0)->arn;

    return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION,
                "The function %.*s%s doesn't have an EventInvokeConfig", STR_ARGS(arn),
                lambda_is_qualified(arn) ? "" : ":$LATEST");
}

/* ---- checking ---- */

static bool refuse(const struct call *call, const char *what, str destination)
{
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Orderly does not support %s as a destination yet (%.*s); see docs/compatibility.md.", what,
         STR_ARGS(destination));
    return false;
}

/* "OnSuccess(destination=…)" as Java shows it; "null" when the request has none. */
static str side_text(const struct call *call, const char *side, bool given, str destination)
{
    return given ? arena_format(call->arena, "%s(destination=%.*s)", side,
                                STR_ARGS(str_present(destination) ? destination : S("null")))
                 : S("null");
}

/* The destinations that the request itself has, with one whose service cannot be a destination. */
static bool refuse_config(const struct call *call, const struct lambda_destination_config *config)
{
    const struct lambda_on_success *success = config->on_success;
    const struct lambda_on_failure *failure = config->on_failure;
    str success_text = side_text(call, "OnSuccess", success, success ? success->destination : (str){0});
    str failure_text = side_text(call, "OnFailure", failure, failure ? failure->destination : (str){0});

    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The provided destination config DestinationConfig(onSuccess=%.*s, onFailure=%.*s) is invalid.",
         STR_ARGS(success_text), STR_ARGS(failure_text));
    return false;
}

static bool service_check(const struct call *call, str destination)
{
    struct arn arn;

    if (lambda_destination_of(destination))
        return true;
    if (!arn_parse(destination, &arn))
        return refuse(call, "that", destination);
    if (str_equal(arn.service, S("events")))
        return refuse(call, "an EventBridge event bus", destination);
    if (str_equal(arn.service, S("s3")))
        return refuse(call, "an S3 bucket", destination);
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The destination ARN %.*s is invalid.",
         STR_ARGS(destination));
    return false;
}

/* Is the destination of a service that has no destinations, ours or AWS's? */
static bool is_foreign(str destination)
{
    struct arn arn;

    return arn_parse(destination, &arn) && !lambda_destination_of(destination) &&
           !str_equal(arn.service, S("events")) && !str_equal(arn.service, S("s3"));
}

static bool config_check(const struct call *call, const struct lambda_destination_config *config)
{
    if (!config || (!(config->on_success && is_foreign(config->on_success->destination)) &&
                    !(config->on_failure && is_foreign(config->on_failure->destination))))
        return true;
    return refuse_config(call, config);
}

static bool is_itself(const struct function *function, str destination)
{
    return str_equal(destination, function->arn) ||
           (str_starts_with(destination, function->arn) && destination.data[function->arn.size] == ':');
}

bool lambda_destination_check(const struct call *call, const struct function *function, str destination)
{
    if (str_empty(destination))
        return true;
    if (!service_check(call, destination))
        return false;
    const struct destination *kind = lambda_destination_of(destination);
    if (is_itself(function, destination)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "You can't specify the function as a destination for itself.");
        return false;
    }
    if (!lambda_destination_exists(call, destination)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The destination ARN %.*s is invalid.",
             STR_ARGS(destination));
        return false;
    }
    if (lambda_destination_allows(call, function, kind, destination))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The function's execution role does not have permissions to call %s on %.*s", kind->action,
         STR_ARGS(destination));
    return false;
}

/* ---- changing ---- */

static str given(str destination)
{
    return str_empty(destination) ? (str){0} : destination;
}

/* A destination that the request names replaces the one of the row; an empty one removes it. */
static void set_destinations(const struct lambda_destination_config *config,
                             struct lambda_event_config_row *row)
{
    if (config && config->on_success)
        row->on_success = given(config->on_success->destination);
    if (config && config->on_failure)
        row->on_failure = given(config->on_failure->destination);
}

static enum outcome store(const struct call *call, const struct function *function,
                          const struct lambda_event_invoke_settings *settings,
                          struct lambda_event_config_row *row,
                          struct lambda_function_event_invoke_config *out)
{
    if (!settings->maximum_retry_attempts && !settings->maximum_event_age_in_seconds &&
        !settings->destination_config)
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "You must specify at least one of error handling or destination setting.");
    if (settings->maximum_retry_attempts)
        row->retries = settings->maximum_retry_attempts;
    if (settings->maximum_event_age_in_seconds)
        row->age_seconds = settings->maximum_event_age_in_seconds;
    set_destinations(settings->destination_config, row);
    if (!config_check(call, settings->destination_config) ||
        !lambda_destination_check(call, function, row->on_failure) ||
        !lambda_destination_check(call, function, row->on_success))
        return FAILED;
    row->modified_ms = call->now_ms;
    lambda_put_event_config(call->txn, row);
    describe(call, function, row, out);
    return DONE;
}

enum outcome
lambda_put_function_event_invoke_config(const struct call *call,
                                        const struct lambda_put_function_event_invoke_config_request *in,
                                        struct lambda_function_event_invoke_config *out)
{
    const struct function *function = function_of(call);

    if (!function)
        return FAILED;
    struct lambda_event_config_row row = {.function_id = function->row.id,
                                          .qualifier = qualifier_of(function)};
    return store(call, function, &in->event_invoke_settings, &row, out);
}

/*
 * The config of the request.  False: it does not exist, nor does its function, perhaps; fail() has been
 * called.
 */
static bool find(const struct call *call, const struct function **function,
                 struct lambda_event_config_row *row)
{
    *function = call_resource(call, 0)->row;
    if (*function && lambda_find_event_config(
                         call->txn,
                         &(struct lambda_find_event_config_params){.function_id = (*function)->row.id,
                                                                   .qualifier = qualifier_of(*function)},
                         row))
        return true;
    fail_missing(call);
    return false;
}

enum outcome lambda_update_function_event_invoke_config(
    const struct call *call, const struct lambda_update_function_event_invoke_config_request *in,
    struct lambda_function_event_invoke_config *out)
{
    const struct function *function;
    struct lambda_event_config_row row;

    return function_of(call) && find(call, &function, &row)
               ? store(call, function, &in->event_invoke_settings, &row, out)
               : FAILED;
}

enum outcome
lambda_get_function_event_invoke_config(const struct call *call,
                                        const struct lambda_get_function_event_invoke_config_request *in,
                                        struct lambda_function_event_invoke_config *out)
{
    const struct function *function;
    struct lambda_event_config_row row;

    (void)in;
    if (!find(call, &function, &row))
        return FAILED;
    describe(call, function, &row, out);
    return DONE;
}

enum outcome lambda_delete_function_event_invoke_config(
    const struct call *call, const struct lambda_delete_function_event_invoke_config_request *in,
    struct lambda_delete_function_event_invoke_config_output *out)
{
    const struct function *function;
    struct lambda_event_config_row row;

    (void)in;
    (void)out;
    if (!find(call, &function, &row))
        return FAILED;
    lambda_remove_event_config(call->txn, &(struct lambda_remove_event_config_params){
                                              .function_id = function->row.id, .qualifier = row.qualifier});
    return DONE;
}

enum outcome
lambda_list_function_event_invoke_configs(const struct call *call,
                                          const struct lambda_list_function_event_invoke_configs_request *in,
                                          struct lambda_list_function_event_invoke_configs_response *out)
{
    const struct function *function = function_of(call);
    struct page page;

    if (!function || !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_event_config_rows rows = lambda_list_event_configs(
        call->txn, &(struct lambda_list_event_configs_params){
                       .function_id = function->row.id, .after = page.after, .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->function_event_invoke_configs);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].qualifier); i++)
        describe(call, function, &rows.items[i], list_add(call->arena, &out->function_event_invoke_configs));
    out->next_marker = page_end(call, &page);
    return DONE;
}
