/*
 * deletion.c: deleting a function, or one of its versions; what an alias or a version had beside its row.
 *
 * Callers that wait for what is deleted are woken, and find that it is gone.  Its invocations are
 * unreachable: they are removed some at a time, and so are the versions of a function that has many.
 */
#include "batches.h"
#include "code.h"
#include "destinations.h"
#include "durable.h"
#include "invocations.h"
#include "lambda_internal.h"
#include "sandboxes.h"
#include "sources.h"

#include "base/text.h"
#include "services/tags/tags.h"

enum { INVOCATIONS_PER_RUN = 100, VERSIONS_PER_RUN = 20 };

/* ---- invocations ---- */

static void remove_later(const struct call *call, const struct lambda_remove_invocations_request *in)
{
    str id = arena_format(call->arena, "%lld/%lld", (long long)in->function_id,
                          in->version_id ? (long long)*in->version_id : 0);

    slice_again(call, &LAMBDA_REMOVE_INVOCATIONS, id, in);
}

/* version_id: only those of one version; or NULL. */
static void forget_invocations(const struct call *call, const struct function *function,
                               const int64_t *version_id)
{
    const struct lambda_list_sync_params of = {.function_id = function->row.id, .version_id = version_id};
    struct lambda_list_sync_rows waiting = lambda_list_sync(call->txn, &of);

    remove_later(call, &(struct lambda_remove_invocations_request){.function_id = of.function_id,
                                                                   .version_id = version_id});
    for (size_t i = 0; i < waiting.count; i++)
        wake(call, lambda_invocation_answer(call, waiting.items[i].request_id));
}

/* An event whose alias has got another version is that version's.  False: nothing invokes it any more. */
static bool move_event(const struct call *call, int64_t function_id,
                       const struct lambda_any_invocation_row *row)
{
    struct function function;

    if (row->kind != LAMBDA_INVOCATION_KIND_EVENT || row->durable ||
        !lambda_event_route(call, function_id, row->function_arn, &function))
        return false;
    lambda_event_move(call, row->id, &function);
    return true;
}

static void remove_one(const struct call *call, const struct lambda_any_invocation_row *row)
{
    lambda_invocation_remove(call, row->id);
    if (row->batch_id)
        lambda_gathered_remove(call, *row->batch_id);
    if (row->mapping_id) /* no answer ends its batch */
        lambda_poller_run_now(call, *row->mapping_id);
    if (row->durable == LAMBDA_INVOCATION_DURABLE_CHAINED)
        lambda_chained_invocation_lost(call, *row->execution_id, row->operation_id);
}

enum outcome lambda_remove_invocations(const struct call *call,
                                       const struct lambda_remove_invocations_request *in,
                                       struct lambda_remove_invocations_output *out)
{
    const struct lambda_any_invocation_params of = {.function_id = in->function_id,
                                                    .version_id = in->version_id};
    struct lambda_any_invocation_row row;
    int count = 0;

    (void)out;
    while (lambda_any_invocation(call->txn, &of, &row)) {
        if (!in->version_id || !move_event(call, in->function_id, &row))
            remove_one(call, &row);
        if (++count == INVOCATIONS_PER_RUN || slice_is_over(call)) {
            remove_later(call, in);
            break;
        }
    }
    return DONE;
}

/* ---- a qualifier ---- */

void lambda_qualifier_forget(const struct call *call, int64_t function_id, str qualifier)
{
    lambda_remove_url(call->txn,
                      &(struct lambda_remove_url_params){.function_id = function_id, .qualifier = qualifier});
    lambda_remove_event_config(call->txn, &(struct lambda_remove_event_config_params){
                                              .function_id = function_id, .qualifier = qualifier});
    lambda_provisioned_remove(call, function_id, qualifier);
}

/* ---- a version ---- */

/* The names of the aliases that invoke the version, in brackets; absent if no alias does. */
static str references_to(const struct call *call, const struct function *function)
{
    enum { MOST = 100 };
    struct lambda_alias_rows rows =
        lambda_list_aliases_page(call->txn, &(struct lambda_list_aliases_page_params){
                                                .function_id = function->row.id,
                                                .number = &function->row.number,
                                                .after = S(""),
                                                .limit = MOST,
                                            });
    struct text names = text_in(call->arena);

    if (rows.count == 0)
        return (str){0};
    for (size_t i = 0; i < rows.count; i++)
        text_format(&names, "%s%.*s", i > 0 ? ", " : "[", STR_ARGS(rows.items[i].alias));
    text_add(&names, S("]"));
    return text_str(&names);
}

static enum outcome delete_version(const struct call *call, const struct function *function)
{
    str references = references_to(call, function);

    if (str_present(references))
        return fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
                    "Unable to delete version because the following aliases reference it: %.*s",
                    STR_ARGS(references));
    lambda_sandboxes_kill(call, function, &function->row.version_id);
    forget_invocations(call, function, &function->row.version_id);
    lambda_executions_drop(call, function->row.id, &function->row.version_id);
    lambda_qualifier_forget(call, function->row.id, lambda_version_text(call->arena, function->row.number));
    lambda_remove_version(call->txn, &(struct lambda_remove_version_params){.id = function->row.version_id});
    lambda_package_release(call, function->row.package);
    lambda_layer_set_release(call, function->row.layers);
    return DONE;
}

static bool may_name_alias(str qualifier)
{
    int64_t number;

    return !lambda_version_number(qualifier, &number) && str_find(qualifier, S("$")) < 0;
}

/*
 * A version that does not exist is deleted, too, if its function exists.  An alias need not exist to be
 * refused.
 */
static enum outcome delete_qualified(const struct call *call, const struct function_name *name)
{
    struct function_name unqualified = *name;
    struct function function;

    if (may_name_alias(name->qualifier))
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Deletion of aliases is not currently supported.");
    unqualified.qualifier = (str){0};
    if (!lambda_version_find(call, &unqualified, &function))
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: %.*s",
                    STR_ARGS(lambda_function_arn(call->arena, &unqualified)));
    return lambda_version_find(call, name, &function) ? delete_version(call, &function) : DONE;
}

/* ---- a function ---- */

/* Adds the size of its package to *bytes.  False: the function has no versions any more. */
static bool remove_oldest_version(const struct call *call, int64_t function_id, int64_t *bytes)
{
    struct lambda_oldest_version_row row;

    if (!lambda_oldest_version(call->txn, &(struct lambda_oldest_version_params){.function_id = function_id},
                               &row))
        return false;
    *bytes += row.package_size;
    lambda_remove_version(call->txn, &(struct lambda_remove_version_params){.id = row.id});
    lambda_package_release(call, row.package);
    lambda_layer_set_release(call, row.layers);
    return true;
}

static void remove_rest(const struct call *call, const struct lambda_remove_versions_request *in)
{
    slice_again(call, &LAMBDA_REMOVE_VERSIONS, arena_decimal(call->arena, in->function_id), in);
}

/* The function is gone; its first versions went with it. */
enum outcome lambda_remove_versions(const struct call *call, const struct lambda_remove_versions_request *in,
                                    struct lambda_remove_versions_output *out)
{
    int64_t bytes = 0;
    int count = 0;

    (void)out;
    while (remove_oldest_version(call, in->function_id, &bytes))
        if (++count == VERSIONS_PER_RUN || slice_is_over(call)) {
            remove_rest(call, in);
            break;
        }
    lambda_shrink_code_sum(call->txn, &(struct lambda_shrink_code_sum_params){
                                          .account = in->account, .region = in->region, .bytes = bytes});
    return DONE;
}

static void remove_versions(const struct call *call, const struct function *function)
{
    const struct lambda_remove_versions_request rest = {
        .function_id = function->row.id, .account = function->row.account, .region = function->row.region};
    int64_t bytes = 0;
    int count = 0;

    while (count < VERSIONS_PER_RUN && remove_oldest_version(call, function->row.id, &bytes))
        count++;
    if (count == VERSIONS_PER_RUN)
        remove_rest(call, &rest);
}

static enum outcome delete_function(const struct call *call)
{
    const struct function *function = lambda_function_of(call);

    if (!function)
        return FAILED;
    int64_t id = function->row.id;
    lambda_sandboxes_kill(call, function, NULL);
    forget_invocations(call, function, NULL);
    lambda_executions_drop(call, id, NULL);
    lambda_retries_drop(call, id);
    lambda_remove_urls(call->txn, &(struct lambda_remove_urls_params){.function_id = id});
    lambda_remove_event_configs(call->txn, &(struct lambda_remove_event_configs_params){.function_id = id});
    lambda_remove_provisions(call->txn, &(struct lambda_remove_provisions_params){.function_id = id});
    lambda_remove_aliases(call->txn, &(struct lambda_remove_aliases_params){.function_id = id});
    remove_versions(call, function);
    lambda_remove_function(call->txn, &(struct lambda_remove_function_params){.id = id});
    tags_remove_all(call, function->arn);
    return DONE;
}

enum outcome lambda_delete_function(const struct call *call, const struct lambda_delete_function_request *in,
                                    struct lambda_delete_function_response *out)
{
    struct function_name name;

    if (!lambda_function_name_open(call, in->function_name, in->qualifier, &name))
        return FAILED;
    out->status_code = arena_i64(call->arena, 204);
    if (str_equal(name.qualifier, S("$LATEST")))
        return fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "$LATEST version cannot be deleted without deleting the function.");
    return str_present(name.qualifier) ? delete_qualified(call, &name) : delete_function(call);
}
