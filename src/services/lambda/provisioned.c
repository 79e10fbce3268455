/*
 * provisioned.c: provisioned concurrency: sandboxes that are started before they are needed, and kept.
 *
 * A row asks for sandboxes of the version that its qualifier names.  A poller for each function makes the
 * number of provisioned sandboxes what the rows ask for: after a change of the rows or of an alias, after the
 * end of a sandbox, and at the server's start.  When a sandbox fails to start, its rows have FAILED until
 * they are put again.
 */
#include "lambda_internal.h"
#include "sandboxes.h"

enum { MAX_PAGE = 50, AGAIN_MS = 250 };

void lambda_provisioned_follow(const struct call *call, int64_t function_id)
{
    spawn(call, &LAMBDA_KEEP_PROVISIONED, arena_decimal(call->arena, function_id),
          &(struct lambda_keep_provisioned_request){.function_id = function_id});
}

/* ---- sums ---- */

int64_t lambda_provisioned_sum(const struct call *call)
{
    struct lambda_sum_provisioned_row sum = {0};

    lambda_sum_provisioned(
        call->txn, &(struct lambda_sum_provisioned_params){.account = call->account, .region = call->region},
        &sum);
    return sum.requested;
}

int64_t lambda_provisioned_of(const struct call *call, int64_t function_id)
{
    struct lambda_sum_provisioned_of_row sum = {0};

    lambda_sum_provisioned_of(call->txn,
                              &(struct lambda_sum_provisioned_of_params){.function_id = function_id}, &sum);
    return sum.requested;
}

/* ---- describing ---- */

/* The sandboxes that the version has: all, and those that have initialized. */
static struct lambda_count_provisioned_row sandboxes_of(const struct call *call, int64_t version_id)
{
    struct lambda_count_provisioned_row count = {0};

    lambda_count_provisioned(call->txn, &(struct lambda_count_provisioned_params){.version_id = version_id},
                             &count);
    return count;
}

int64_t lambda_provisioned_sandboxes(const struct call *call, int64_t version_id)
{
    return sandboxes_of(call, version_id).present;
}

static str status_of(const struct lambda_provision_row *row, int64_t available)
{
    if (str_present(row->problem))
        return lambda_provisioned_concurrency_status_enum_text(
            LAMBDA_PROVISIONED_CONCURRENCY_STATUS_ENUM_FAILED);
    return lambda_provisioned_concurrency_status_enum_text(
        available >= row->requested ? LAMBDA_PROVISIONED_CONCURRENCY_STATUS_ENUM_READY
                                    : LAMBDA_PROVISIONED_CONCURRENCY_STATUS_ENUM_IN_PROGRESS);
}

/* available: the sandboxes of the version that have initialized. */
static struct lambda_provisioned_concurrency
description_of(const struct call *call, const struct lambda_provision_row *row, int64_t available)
{
    int64_t own = available < row->requested ? available : row->requested;

    return (struct lambda_provisioned_concurrency){
        .requested_provisioned_concurrent_executions = arena_i64(call->arena, row->requested),
        .available_provisioned_concurrent_executions = arena_i64(call->arena, own),
        .allocated_provisioned_concurrent_executions = arena_i64(call->arena, own),
        .status = status_of(row, available),
        .status_reason = row->problem,
        .last_modified = lambda_time_text(call, row->modified_ms),
    };
}

/* ---- the version of a request ---- */

/* The published version or the alias of a request.  NULL: fail() has been called. */
static const struct function *target_of(const struct call *call)
{
    const struct function *function = lambda_qualified_of(call);

    if (!function || function->alias || function->row.number != LATEST)
        return function;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The function resource provided must be an alias or a published version.");
    return NULL;
}

static bool find(const struct call *call, const struct function *function, str qualifier,
                 struct lambda_provision_row *row)
{
    return lambda_find_provision(
        call->txn,
        &(struct lambda_find_provision_params){.function_id = function->row.id, .qualifier = qualifier}, row);
}

/* ---- PutProvisionedConcurrencyConfig ---- */

/* Neither $LATEST nor an alias of it. */
static bool version_check(const struct call *call, const struct function *function)
{
    if (function->row.number != LATEST)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    return false;
}

/* A version has one configuration, by its own number or by an alias. */
static bool conflict_check(const struct call *call, const struct function *function)
{
    str number = lambda_version_text(call->arena, function->row.number);
    struct lambda_provision_row row;

    if (function->alias && find(call, function, number, &row)) {
        fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
             "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
             "version");
        return false;
    }
    struct lambda_has_provisioned_alias_row any;
    if (!function->alias &&
        lambda_has_provisioned_alias(call->txn,
                                     &(struct lambda_has_provisioned_alias_params){
                                         .function_id = function->row.id, .number = function->row.number},
                                     &any)) {
        fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
             "Version is pointed by a Provisioned Concurrency alias");
        return false;
    }
    return true;
}

static bool weights_check(const struct call *call, const struct function *function)
{
    if (!function->alias || !function->alias->other_number)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Alias with weights can not be used with Provisioned Concurrency");
    return false;
}

static bool amount_check(const struct call *call, const struct function *function, int64_t requested,
                         int64_t before)
{
    int64_t others = lambda_provisioned_of(call, function->row.id) - before;

    if (!function->row.reserved)
        return lambda_provisioned_check(call, requested, before);
    if (others + requested <= *function->row.reserved)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
         "function");
    return false;
}

enum outcome
lambda_put_provisioned_concurrency_config(const struct call *call,
                                          const struct lambda_put_provisioned_concurrency_config_request *in,
                                          struct lambda_put_provisioned_concurrency_config_response *out)
{
    const struct function *function = lambda_qualified_of(call);
    struct lambda_provision_row row = {0};

    if (!function || !version_check(call, function))
        return FAILED;
    find(call, function, function->qualifier, &row);
    if (!weights_check(call, function) ||
        !amount_check(call, function, in->provisioned_concurrent_executions, row.requested) ||
        !conflict_check(call, function))
        return FAILED;
    row = (struct lambda_provision_row){.function_id = function->row.id,
                                        .qualifier = function->qualifier,
                                        .requested = in->provisioned_concurrent_executions,
                                        .modified_ms = call->now_ms};
    lambda_put_provision(call->txn, &row);
    lambda_provisioned_follow(call, function->row.id);
    out->provisioned_concurrency = description_of(call, &row, 0);
    return DONE;
}

/* ---- other operations ---- */

enum outcome
lambda_get_provisioned_concurrency_config(const struct call *call,
                                          const struct lambda_get_provisioned_concurrency_config_request *in,
                                          struct lambda_get_provisioned_concurrency_config_response *out)
{
    const struct function *function = target_of(call);
    struct lambda_provision_row row;

    (void)in;
    if (!function)
        return FAILED;
    if (!find(call, function, function->qualifier, &row))
        return fail(call, &LAMBDA_PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND_EXCEPTION,
                    "No Provisioned Concurrency Config found for this function");
    out->provisioned_concurrency =
        description_of(call, &row, sandboxes_of(call, function->row.version_id).available);
    return DONE;
}

enum outcome lambda_delete_provisioned_concurrency_config(
    const struct call *call, const struct lambda_delete_provisioned_concurrency_config_request *in,
    struct lambda_delete_provisioned_concurrency_config_output *out)
{
    const struct function *function = target_of(call);

    (void)in;
    (void)out;
    if (!function)
        return FAILED;
    lambda_provisioned_remove(call, function->row.id, function->qualifier);
    return DONE;
}

void lambda_provisioned_remove(const struct call *call, int64_t function_id, str qualifier)
{
    if (lambda_remove_provision(call->txn, &(struct lambda_remove_provision_params){
                                               .function_id = function_id, .qualifier = qualifier}) > 0)
        lambda_provisioned_follow(call, function_id);
}

/* The version that a row asks for.  False: it does not exist any more. */
static bool version_of(const struct call *call, const struct function *latest, str qualifier,
                       struct function *function)
{
    const struct function_name name = {.account = latest->row.account,
                                       .region = latest->row.region,
                                       .name = latest->row.name,
                                       .qualifier = qualifier};

    return lambda_version_find(call, &name, function);
}

enum outcome lambda_list_provisioned_concurrency_configs(
    const struct call *call, const struct lambda_list_provisioned_concurrency_configs_request *in,
    struct lambda_list_provisioned_concurrency_configs_response *out)
{
    const struct function *latest = lambda_function_of(call);
    struct function function;
    struct page page;

    if (!latest || !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_provision_rows rows = lambda_list_provisions(
        call->txn, &(struct lambda_list_provisions_params){
                       .function_id = latest->row.id, .after = page.after, .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->provisioned_concurrency_configs);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].qualifier); i++) {
        if (!version_of(call, latest, rows.items[i].qualifier, &function))
            continue;
        *list_add(call->arena, &out->provisioned_concurrency_configs) =
            (struct lambda_provisioned_concurrency_config_list_item){
                .function_arn = lambda_function_asked_arn(call->arena, &function),
                .provisioned_concurrency = description_of(
                    call, &rows.items[i], sandboxes_of(call, function.row.version_id).available),
            };
    }
    out->next_marker = page_end(call, &page);
    return DONE;
}

/* ---- keeping the sandboxes ---- */

/*
 * Provisioned sandboxes of versions that no row asks for, or too many, become ordinary ones, which end when
 * idle.
 */
static void let_go(const struct call *call, int64_t version_id, int64_t count)
{
    lambda_unprovision(call->txn,
                       &(struct lambda_unprovision_params){.version_id = version_id, .most = count});
}

/* Give the version that number of provisioned sandboxes.  False: some could not be started yet. */
static bool provide(const struct call *call, const struct function *function, int64_t requested)
{
    int64_t present = sandboxes_of(call, function->row.version_id).present;

    if (present > requested)
        let_go(call, function->row.version_id, present - requested);
    if (present >= requested)
        return true;
    int64_t allowed = lambda_sandboxes_allowed(call, function, requested - present);
    for (int64_t i = 0; i < allowed; i++)
        lambda_sandbox_add(call, function, true);
    return allowed == requested - present;
}

static int64_t requested_of(const struct call *call, const struct function *latest, int64_t version_id,
                            const struct lambda_provision_rows *rows)
{
    struct function function;
    int64_t sum = 0;

    for (size_t i = 0; i < rows->count; i++)
        if (!str_present(rows->items[i].problem) &&
            version_of(call, latest, rows->items[i].qualifier, &function) &&
            function.row.version_id == version_id)
            sum += rows->items[i].requested;
    return sum;
}

/* False: some sandboxes could not be started yet. */
static bool provide_all(const struct call *call, const struct function *latest)
{
    enum { MOST_ROWS = 1000 }; /* each asks for one sandbox at least, of at most that many */
    struct lambda_provision_rows rows = lambda_list_provisions(
        call->txn, &(struct lambda_list_provisions_params){
                       .function_id = latest->row.id, .after = S(""), .limit = MOST_ROWS});
    struct lambda_list_provisioned_versions_rows versions = lambda_list_provisioned_versions(
        call->txn, &(struct lambda_list_provisioned_versions_params){.function_id = latest->row.id});
    struct function function;
    bool complete = true;

    for (size_t i = 0; i < versions.count; i++) {
        int64_t id = versions.items[i].version_id;
        int64_t requested = requested_of(call, latest, id, &rows), present = sandboxes_of(call, id).present;
        if (present > requested)
            let_go(call, id, present - requested);
    }
    for (size_t i = 0; i < rows.count; i++)
        if (!str_present(rows.items[i].problem) &&
            version_of(call, latest, rows.items[i].qualifier, &function))
            complete &= provide(call, &function, requested_of(call, latest, function.row.version_id, &rows));
    return complete;
}

enum outcome lambda_keep_provisioned(const struct call *call,
                                     const struct lambda_keep_provisioned_request *in,
                                     struct lambda_keep_provisioned_output *out)
{
    struct lambda_latest_of_row row;
    struct function latest;

    (void)out;
    answer_unsynced(call);
    if (call->last_run ||
        !lambda_latest_of(call->txn, &(struct lambda_latest_of_params){.function_id = in->function_id},
                          &row) ||
        !lambda_version_get(call, row.id, &latest))
        return DONE;
    struct call there = lambda_call_of_function(call, &latest);
    return provide_all(&there, &latest) ? DONE : spawn_rest(call, call->now_ms + AGAIN_MS);
}

void lambda_provisioned_failed(const struct call *call, const struct function *function)
{
    struct lambda_provision_rows rows = lambda_list_provisions(
        call->txn, &(struct lambda_list_provisions_params){
                       .function_id = function->row.id, .after = S(""), .limit = MAX_PAGE});
    struct function named;

    for (size_t i = 0; i < rows.count; i++)
        if (version_of(call, function, rows.items[i].qualifier, &named) &&
            named.row.version_id == function->row.version_id)
            lambda_set_provision_problem(call->txn, &(struct lambda_set_provision_problem_params){
                                                        .function_id = function->row.id,
                                                        .qualifier = rows.items[i].qualifier,
                                                        .problem = S("FUNCTION_ERROR_INIT_FAILURE")});
}

void lambda_provisioned_resume(const struct call *call)
{
    struct lambda_list_provisioned_functions_rows rows = lambda_list_provisioned_functions(call->txn);

    for (size_t i = 0; i < rows.count; i++)
        lambda_provisioned_follow(call, rows.items[i].function_id);
}
