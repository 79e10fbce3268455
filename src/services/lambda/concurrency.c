/*
 * concurrency.c: how many invocations may run at once: of the account, and of a function with reserved
 * concurrency.
 *
 * A synchronous invocation is in flight from the moment that it is accepted, others while they run; an
 * invocation that would be one too many is refused.  The sandboxes of a function are never more than it may
 * have invocations in flight (scheduler.c), so its handlers never run more often at once either.  Provisioned
 * sandboxes claim their part of what is reserved, whether they are busy or not.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
#include "code.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "engine/count.h"

enum {
    ACCOUNT_CONCURRENCY = 1000, /* AWS's default for an account, in each region */
    LEAST_UNRESERVED = 100,     /* of these, no function can reserve the last ones */
    CODE_BYTES = 50 * 1024 * 1024,
};

static const int64_t ALL_CODE_BYTES = INT64_C(75) * 1024 * 1024 * 1024;

/* What the functions of this account and region reserve. */
static int64_t reserved_sum(const struct call *call)
{
    struct lambda_sum_reserved_row sum = {0};

    lambda_sum_reserved(
        call->txn, &(struct lambda_sum_reserved_params){.account = call->account, .region = call->region},
        &sum);
    return sum.reserved;
}

int64_t lambda_concurrency_limit(const struct call *call, const struct function *function)
{
    return function->row.reserved ? *function->row.reserved : ACCOUNT_CONCURRENCY - reserved_sum(call);
}

static int64_t in_flight_of(const struct call *call, int64_t function_id, int64_t version_id)
{
    struct lambda_count_in_flight_of_version_row row = {0};

    lambda_count_in_flight_of_version(call->txn,
                                      &(struct lambda_count_in_flight_of_version_params){
                                          .function_id = function_id, .version_id = version_id},
                                      &row);
    return row.count;
}

/*
 * The provisioned sandboxes of the function's versions that one more invocation, of the given version, leaves
 * idle: other versions' invocations cannot have them.
 */
static int64_t left_idle(const struct call *call, const struct function *function)
{
    struct lambda_list_provisioned_versions_rows versions = lambda_list_provisioned_versions(
        call->txn, &(struct lambda_list_provisioned_versions_params){.function_id = function->row.id});
    int64_t idle = 0;

    for (size_t i = 0; i < versions.count; i++) {
        int64_t id = versions.items[i].version_id;
        int64_t taken = in_flight_of(call, function->row.id, id) + (id == function->row.version_id);
        int64_t provisioned = lambda_provisioned_sandboxes(call, id);
        idle += provisioned > taken ? provisioned - taken : 0;
    }
    return idle;
}

/* Does the function have no place for one more invocation of that version? */
static bool function_is_full(const struct call *call, const struct function *function, int64_t most)
{
    struct lambda_count_in_flight_row row = {0};
    int64_t idle = lambda_provisioned_of(call, function->row.id) > 0 ? left_idle(call, function) : 0;

    lambda_count_in_flight(
        call->txn, &(struct lambda_count_in_flight_params){.function_id = function->row.id, .most = most},
        &row);
    return row.count + idle >= most;
}

/* Are that many invocations in flight of all functions here that reserve nothing? */
static bool account_has(const struct call *call, int64_t most)
{
    struct lambda_count_all_in_flight_row all = {0};
    struct lambda_count_unreserved_in_flight_row unreserved = {0};

    lambda_count_all_in_flight(call->txn, &(struct lambda_count_all_in_flight_params){.most = most}, &all);
    if (all.count < most)
        return false;
    lambda_count_unreserved_in_flight(call->txn,
                                      &(struct lambda_count_unreserved_in_flight_params){
                                          .account = call->account, .region = call->region, .most = most},
                                      &unreserved);
    return unreserved.count >= most;
}

bool lambda_concurrency_is_free(const struct call *call, const struct function *function)
{
    int64_t most = lambda_concurrency_limit(call, function);

    return function->row.reserved ? !function_is_full(call, function, most) : !account_has(call, most);
}

str lambda_throttle_sentence(const struct call *call, const struct function *function)
{
    int64_t most = lambda_concurrency_limit(call, function);

    if (!function->row.reserved)
        return arena_format(
            call->arena,
            "the functions without reserved concurrency have all %lld invocations in flight that "
            "the account allows them, so the trigger takes no messages",
            (long long)most);
    if (most == 0)
        return S("the function's reserved concurrency is 0, so its trigger takes no messages");
    return arena_format(
        call->arena,
        "the function has all %lld invocations in flight that its reserved concurrency allows, so its "
        "trigger takes no messages",
        (long long)most);
}

bool lambda_concurrency_check(const struct call *call, const struct function *function)
{
    static const struct metric throttles = {"AWS/Lambda", "Throttles", "FunctionName", "Count"};
    struct lambda_too_many_requests_exception *details =
        arena_new(call->arena, struct lambda_too_many_requests_exception);

    if (lambda_concurrency_is_free(call, function))
        return true;
    count_at_once(call, &throttles, function->row.name, 1);
    *details = (struct lambda_too_many_requests_exception){
        .type = S("User"),
        .reason = lambda_throttle_reason_text(
            function->row.reserved
                ? LAMBDA_THROTTLE_REASON_RESERVED_FUNCTION_CONCURRENT_INVOCATION_LIMIT_EXCEEDED
                : LAMBDA_THROTTLE_REASON_CONCURRENT_INVOCATION_LIMIT_EXCEEDED)};
    fail(call, &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION, "Rate Exceeded.");
    fail_details(call, details);
    return false;
}

/* ---- reserved concurrency ---- */

/* AWS's answers about the account's concurrency have no Type. */
static void drop_type(const struct call *call)
{
    fail_details(call, arena_new(call->arena, struct lambda_invalid_parameter_value_exception));
}

static void refuse_unreserved(const struct call *call, const char *what)
{
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Specified %s for function decreases account's UnreservedConcurrentExecution below its minimum "
         "value of [%d].",
         what, LEAST_UNRESERVED);
    drop_type(call);
}

static int64_t unreserved_of(const struct call *call)
{
    return ACCOUNT_CONCURRENCY - reserved_sum(call) - lambda_provisioned_sum(call);
}

static bool unreserved_check(const struct call *call, const char *what, int64_t left)
{
    if (left >= LEAST_UNRESERVED)
        return true;
    refuse_unreserved(call, what);
    return false;
}

bool lambda_provisioned_check(const struct call *call, int64_t requested, int64_t before)
{
    int64_t unreserved = unreserved_of(call) + before;

    if (requested <= unreserved)
        return unreserved_check(call, "ConcurrentExecutions", unreserved - requested);
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
         "[%lld].",
         (long long)unreserved);
    drop_type(call);
    return false;
}

static bool reservation_check(const struct call *call, const struct function *function, int64_t reserved)
{
    int64_t provisioned = lambda_provisioned_of(call, function->row.id);
    int64_t counted = function->row.reserved ? *function->row.reserved : provisioned;

    if (reserved < provisioned) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             " ReservedConcurrentExecutions  %lld should not be lower than function's total provisioned "
             "concurrency [%lld].",
             (long long)reserved, (long long)provisioned);
        drop_type(call);
        return false;
    }
    return unreserved_check(call, "ReservedConcurrentExecutions", unreserved_of(call) + counted - reserved);
}

enum outcome lambda_put_function_concurrency(const struct call *call,
                                             const struct lambda_put_function_concurrency_request *in,
                                             struct lambda_concurrency *out)
{
    const struct resource *resource = call_resource(call, 0);
    const struct function *function = lambda_unqualified_of(call);

    if (!resource->row && !lambda_is_qualified(resource->arn))
        return lambda_latest_missing(call);
    if (!function || !reservation_check(call, function, in->reserved_concurrent_executions))
        return FAILED;
    out->reserved_concurrent_executions = arena_i64(call->arena, in->reserved_concurrent_executions);
    lambda_set_reserved(
        call->txn, &(struct lambda_set_reserved_params){.id = function->row.id,
                                                        .reserved = out->reserved_concurrent_executions});
    lambda_function_reschedule(call, function->row.id);
    return DONE;
}

enum outcome lambda_get_function_concurrency(const struct call *call,
                                             const struct lambda_get_function_concurrency_request *in,
                                             struct lambda_get_function_concurrency_response *out)
{
    const struct function *function = lambda_unqualified_of(call);

    (void)in;
    if (!function)
        return FAILED;
    out->reserved_concurrent_executions = function->row.reserved;
    return DONE;
}

enum outcome lambda_delete_function_concurrency(const struct call *call,
                                                const struct lambda_delete_function_concurrency_request *in,
                                                struct lambda_delete_function_concurrency_output *out)
{
    const struct function *function = lambda_unqualified_of(call);

    (void)in;
    (void)out;
    if (!function)
        return FAILED;
    lambda_set_reserved(call->txn, &(struct lambda_set_reserved_params){.id = function->row.id});
    lambda_function_reschedule(call, function->row.id);
    return DONE;
}

/* ---- the account ---- */

bool lambda_code_storage_check(const struct call *call, int64_t added, int64_t given_back)
{
    struct lambda_sum_code_row code = {0};

    lambda_sum_code(
        call->txn, &(struct lambda_sum_code_params){.account = call->account, .region = call->region}, &code);
    if (added <= given_back || code.size + added - given_back <= ALL_CODE_BYTES)
        return true;
    fail(call, &LAMBDA_CODE_STORAGE_EXCEEDED_EXCEPTION, "Code storage limit exceeded.");
    return false;
}

enum outcome lambda_get_account_settings(const struct call *call,
                                         const struct lambda_get_account_settings_request *in,
                                         struct lambda_get_account_settings_response *out)
{
    struct lambda_account_limit *limit = arena_new(call->arena, struct lambda_account_limit);
    struct lambda_account_usage *usage = arena_new(call->arena, struct lambda_account_usage);
    const struct lambda_sum_code_params here = {.account = call->account, .region = call->region};
    struct lambda_sum_code_row code = {0};

    (void)in;
    lambda_sum_code(call->txn, &here, &code);
    *limit = (struct lambda_account_limit){
        .total_code_size = arena_i64(call->arena, ALL_CODE_BYTES),
        .code_size_unzipped = arena_i64(call->arena, UNZIPPED_BYTES),
        .code_size_zipped = arena_i64(call->arena, CODE_BYTES),
        .concurrent_executions = arena_i64(call->arena, ACCOUNT_CONCURRENCY),
        .unreserved_concurrent_executions = arena_i64(call->arena, unreserved_of(call)),
    };
    *usage = (struct lambda_account_usage){.total_code_size = arena_i64(call->arena, code.size),
                                           .function_count = arena_i64(call->arena, code.functions)};
    out->account_limit = limit;
    out->account_usage = usage;
    return DONE;
}
