/*
 * code_signing.c: code signing configs, and the functions that have one.
 *
 * They are stored only: signatures of packages are not verified.
 */
#include "lambda_internal.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "services/tags/tags.h"

enum { MAX_PAGE = 50 };

/* ---- the config of a request ---- */

static str new_arn(const struct call *call)
{
    unsigned long long number = (unsigned long long)random_u64();

    return arn_build(
        call->arena,
        &(struct arn){.service = S("lambda"),
                      .region = call->region,
                      .account = call->account,
                      .resource = arena_format(call->arena, "code-signing-config:csc-0%016llx", number)});
}

/* Only the configs of the request's own region can be seen. */
static bool find(const struct call *call, str arn, struct lambda_code_signing_row *row)
{
    return str_equal(arn_region(arn), call->region) &&
           lambda_find_code_signing(call->txn, &(struct lambda_find_code_signing_params){.arn = arn}, row);
}

bool lambda_locate_code_signing_config(const struct call *call, str arn, struct resource *found)
{
    struct lambda_code_signing_row *row = arena_new(call->arena, struct lambda_code_signing_row);

    found->arn = arn;
    if (find(call, arn, row)) {
        found->row = row;
        found->add_context = tags_add_context;
    }
    return true;
}

/* NULL: it does not exist, and fail() has been called. */
static const struct lambda_code_signing_row *config_of(const struct call *call)
{
    const struct resource *resource = call_resource(call, 0);

    if (!resource->row) {
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION,
             "The Lambda code signing configuration %.*s can not be found.", STR_ARGS(resource->arn));
        fail_details(call, arena_new(call->arena, struct lambda_resource_not_found_exception));
    }
    return resource->row;
}

/* ---- showing ---- */

static struct lambda_code_signing_config describe(const struct call *call,
                                                  const struct lambda_code_signing_row *row)
{
    struct lambda_allowed_publishers *publishers = arena_new(call->arena, struct lambda_allowed_publishers);
    struct lambda_code_signing_policies *policies =
        arena_new(call->arena, struct lambda_code_signing_policies);

    model_from_json(call->arena, &LAMBDA_ALLOWED_PUBLISHERS, row->publishers, publishers);
    policies->untrusted_artifact_on_deployment = row->policy;
    return (struct lambda_code_signing_config){
        .code_signing_config_id = arn_last(row->arn),
        .code_signing_config_arn = row->arn,
        .description = row->description,
        .allowed_publishers = publishers,
        .code_signing_policies = policies,
        .last_modified = lambda_time_text(call, row->modified_ms),
    };
}

static const struct lambda_code_signing_config *shown(const struct call *call,
                                                      const struct lambda_code_signing_row *row)
{
    struct lambda_code_signing_config *config = arena_new(call->arena, struct lambda_code_signing_config);

    *config = describe(call, row);
    return config;
}

enum outcome lambda_get_code_signing_config(const struct call *call,
                                            const struct lambda_get_code_signing_config_request *in,
                                            struct lambda_get_code_signing_config_response *out)
{
    const struct lambda_code_signing_row *row = config_of(call);

    (void)in;
    if (!row)
        return FAILED;
    out->code_signing_config = shown(call, row);
    return DONE;
}

enum outcome lambda_list_code_signing_configs(const struct call *call,
                                              const struct lambda_list_code_signing_configs_request *in,
                                              struct lambda_list_code_signing_configs_response *out)
{
    struct page page;

    if (!lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_code_signing_rows rows = lambda_list_code_signing(
        call->txn, &(struct lambda_list_code_signing_params){.account = call->account,
                                                             .region = call->region,
                                                             .after = page.after,
                                                             .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->code_signing_configs);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].arn); i++)
        *list_add(call->arena, &out->code_signing_configs) = describe(call, &rows.items[i]);
    out->next_marker = page_end(call, &page);
    return DONE;
}

enum outcome lambda_list_functions_by_code_signing_config(
    const struct call *call, const struct lambda_list_functions_by_code_signing_config_request *in,
    struct lambda_list_functions_by_code_signing_config_response *out)
{
    const struct lambda_code_signing_row *config = config_of(call);
    struct page page;

    if (!config || !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_list_signed_functions_rows rows = lambda_list_signed_functions(
        call->txn, &(struct lambda_list_signed_functions_params){
                       .code_signing = config->arn, .after = page.after, .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->function_arns);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++)
        *list_add(call->arena, &out->function_arns) =
            lambda_function_arn(call->arena, &(struct function_name){.account = rows.items[i].account,
                                                                     .region = rows.items[i].region,
                                                                     .name = rows.items[i].name});
    out->next_marker = page_end(call, &page);
    return DONE;
}

/* ---- making, changing, deleting ---- */

/* Set what the request has; the rest stays. */
static void apply(const struct call *call, str description,
                  const struct lambda_allowed_publishers *publishers,
                  const struct lambda_code_signing_policies *policies, struct lambda_code_signing_row *row)
{
    if (str_present(description))
        row->description = description;
    if (publishers)
        row->publishers = model_to_json(call->arena, &LAMBDA_ALLOWED_PUBLISHERS, publishers);
    if (policies && str_present(policies->untrusted_artifact_on_deployment))
        row->policy = policies->untrusted_artifact_on_deployment;
    row->modified_ms = call->now_ms;
}

enum outcome lambda_create_code_signing_config(const struct call *call,
                                               const struct lambda_create_code_signing_config_request *in,
                                               struct lambda_create_code_signing_config_response *out)
{
    struct lambda_code_signing_row row = {
        .arn = new_arn(call),
        .account = call->account,
        .region = call->region,
        .policy = lambda_code_signing_policy_text(LAMBDA_CODE_SIGNING_POLICY_WARN),
    };

    apply(call, in->description, in->allowed_publishers, in->code_signing_policies, &row);
    if (!lambda_resource_tags_put(call, row.arn, &in->tags))
        return FAILED;
    lambda_add_code_signing(call->txn, &row);
    out->code_signing_config = shown(call, &row);
    return DONE;
}

enum outcome lambda_update_code_signing_config(const struct call *call,
                                               const struct lambda_update_code_signing_config_request *in,
                                               struct lambda_update_code_signing_config_response *out)
{
    const struct lambda_code_signing_row *located = config_of(call);

    if (!located)
        return FAILED;
    struct lambda_code_signing_row row = *located;
    apply(call, in->description, in->allowed_publishers, in->code_signing_policies, &row);
    lambda_update_code_signing(call->txn, &row);
    out->code_signing_config = shown(call, &row);
    return DONE;
}

static bool is_used(const struct call *call, str arn)
{
    return lambda_list_signed_functions(
               call->txn,
               &(struct lambda_list_signed_functions_params){.code_signing = arn, .after = S(""), .limit = 1})
               .count > 0;
}

enum outcome lambda_delete_code_signing_config(const struct call *call,
                                               const struct lambda_delete_code_signing_config_request *in,
                                               struct lambda_delete_code_signing_config_response *out)
{
    const struct lambda_code_signing_row *row = config_of(call);

    (void)in, (void)out;
    if (!row)
        return FAILED;
    if (is_used(call, row->arn))
        return fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
                    "The code signing configuration %.*s is in use by at least one function.",
                    STR_ARGS(row->arn));
    lambda_remove_code_signing(call->txn, &(struct lambda_remove_code_signing_params){.arn = row->arn});
    tags_remove_all(call, row->arn);
    return DONE;
}

/* ---- functions ---- */

bool lambda_code_signing_check(const struct call *call, str account, str arn)
{
    struct lambda_code_signing_row row;

    if (!str_present(arn) || str_empty(arn) ||
        (str_equal(arn_account(arn), account) && find(call, arn, &row)))
        return true;
    fail(call, &LAMBDA_CODE_SIGNING_CONFIG_NOT_FOUND_EXCEPTION,
         "The code signing configuration cannot be found. Check that the provided configuration is not "
         "deleted: %.*s.",
         STR_ARGS(arn));
    return false;
}

static void set(const struct call *call, const struct function *function, str arn)
{
    lambda_set_code_signing(
        call->txn, &(struct lambda_set_code_signing_params){.id = function->row.id, .code_signing = arn});
}

enum outcome
lambda_put_function_code_signing_config(const struct call *call,
                                        const struct lambda_put_function_code_signing_config_request *in,
                                        struct lambda_put_function_code_signing_config_response *out)
{
    str account = arn_account(call_resource(call, 0)->arn);
    const struct function *function = NULL;

    if (lambda_code_signing_check(call, account, in->code_signing_config_arn))
        function = lambda_function_of(call);
    if (!function)
        return FAILED;
    set(call, function, in->code_signing_config_arn);
    out->code_signing_config_arn = in->code_signing_config_arn;
    out->function_name = function->row.name;
    return DONE;
}

enum outcome lambda_delete_function_code_signing_config(
    const struct call *call, const struct lambda_delete_function_code_signing_config_request *in,
    struct lambda_delete_function_code_signing_config_output *out)
{
    const struct function *function = lambda_function_of(call);

    (void)in, (void)out;
    if (!function)
        return FAILED;
    set(call, function, (str){0});
    return DONE;
}

/* AWS's answer for a function without a config is empty. */
enum outcome
lambda_get_function_code_signing_config(const struct call *call,
                                        const struct lambda_get_function_code_signing_config_request *in,
                                        struct lambda_get_function_code_signing_config_response *out)
{
    const struct function *function = lambda_function_of(call);

    (void)in;
    if (!function)
        return FAILED;
    out->code_signing_config_arn = function->row.code_signing;
    if (str_present(function->row.code_signing))
        out->function_name = function->row.name;
    return DONE;
}
