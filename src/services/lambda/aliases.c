/*
 * aliases.c: names for versions, which may share an alias's invocations between two of them.
 */
#include "destinations.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "base/hash.h"

enum { MAX_PAGE = 50 };

/* The function's ARN, or that of one of its versions or aliases. */
static str arn_of(const struct call *call, const struct function *function, str qualifier)
{
    return arena_concat(call->arena, function->arn, S(":"), qualifier);
}

static struct function_name name_of(const struct function *function, str qualifier)
{
    return (struct function_name){.account = function->row.account,
                                  .region = function->row.region,
                                  .name = function->row.name,
                                  .qualifier = qualifier};
}

static const struct lambda_alias_row *find(const struct call *call, const struct function *function,
                                           str alias)
{
    struct function_name name = name_of(function, alias);

    return lambda_alias_find(call, &name);
}

/* ---- describing ---- */

static const struct lambda_alias_routing_configuration *routing_of(const struct call *call,
                                                                   const struct lambda_alias_row *alias)
{
    struct lambda_alias_routing_configuration *routing =
        arena_new(call->arena, struct lambda_alias_routing_configuration);
    struct lambda_double_map_entry *entry = list_add(call->arena, &routing->additional_version_weights);

    entry->key = lambda_version_text(call->arena, *alias->other_number);
    entry->value = *alias->weight;
    return routing;
}

static void describe(const struct call *call, const struct function *function,
                     const struct lambda_alias_row *alias, struct lambda_alias_configuration *out)
{
    out->alias_arn = arn_of(call, function, alias->alias);
    out->name = alias->alias;
    out->function_version = lambda_version_text(call->arena, alias->number);
    out->description = alias->description;
    if (alias->other_number)
        out->routing_config = routing_of(call, alias);
    out->revision_id = alias->revision;
}

/* ---- the versions of an alias ---- */

/* False: the function has no such version, and fail() has been called. */
static bool version_read(const struct call *call, const struct function *function, str version,
                         int64_t *number)
{
    struct function_name name = name_of(function, version);
    struct function found;

    if (lambda_version_find(call, &name, &found) && !found.alias) {
        *number = found.row.number;
        return true;
    }
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: %.*s",
         STR_ARGS(arn_of(call, function, version)));
    return false;
}

/* May the alias send some of its invocations to that version, too? */
static bool other_check(const struct call *call, const struct lambda_alias_row *alias)
{
    if (!alias->other_number)
        return true;
    if (alias->number == LATEST) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "$LATEST is not supported for an alias pointing to more than 1 version");
        fail_details(call, arena_new(call->arena, struct lambda_invalid_parameter_value_exception));
        return false;
    }
    if (*alias->other_number != alias->number)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Invalid function version %lld. Function version %lld is already included in routing configuration.",
         (long long)alias->number, (long long)alias->number);
    return false;
}

/* Set the alias's second version; a routing without versions removes it. */
static bool routing_read(const struct call *call, const struct function *function,
                         const struct lambda_alias_routing_configuration *routing,
                         struct lambda_alias_row *alias)
{
    if (!routing)
        return true;
    alias->other_number = NULL;
    alias->weight = NULL;
    if (routing->additional_version_weights.count == 0)
        return true;
    if (routing->additional_version_weights.count > 1) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Number of items in AdditionalVersionWeights cannot be greater than 1");
        return false;
    }
    const struct lambda_double_map_entry *entry = routing->additional_version_weights.items;
    int64_t number;
    if (!version_read(call, function, entry->key, &number))
        return false;
    alias->other_number = arena_i64(call->arena, number);
    alias->weight = &entry->value;
    return true;
}

/* ---- operations ---- */

enum outcome lambda_create_alias(const struct call *call, const struct lambda_create_alias_request *in,
                                 struct lambda_alias_configuration *out)
{
    const struct function *function = lambda_function_of(call);

    if (!call_resource(call, 0)->row)
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: %.*s:%.*s",
                    STR_ARGS(call_resource(call, 0)->arn), STR_ARGS(in->function_version));
    if (!function)
        return FAILED;
    struct lambda_alias_row alias = {.function_id = function->row.id,
                                     .alias = in->name,
                                     .description = str_present(in->description) ? in->description : S(""),
                                     .revision = random_uuid(call->arena)};
    if (!version_read(call, function, in->function_version, &alias.number))
        return FAILED;
    if (find(call, function, in->name))
        return fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION, "Alias already exists: %.*s",
                    STR_ARGS(arn_of(call, function, in->name)));
    if (!routing_read(call, function, in->routing_config, &alias) || !other_check(call, &alias))
        return FAILED;
    lambda_add_alias(call->txn, &alias);
    describe(call, function, &alias, out);
    return DONE;
}

enum outcome lambda_update_alias(const struct call *call, const struct lambda_update_alias_request *in,
                                 struct lambda_alias_configuration *out)
{
    const struct function *function = lambda_function_of(call);
    const struct lambda_alias_row *found = function ? find(call, function, in->name) : NULL;

    if (!function)
        return FAILED;
    if (!found)
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Alias not found: %.*s",
                    STR_ARGS(arn_of(call, function, in->name)));
    struct lambda_alias_row alias = *found;
    if (!lambda_revision_check(call, in->revision_id, alias.revision) ||
        (str_present(in->function_version) &&
         !version_read(call, function, in->function_version, &alias.number)) ||
        !routing_read(call, function, in->routing_config, &alias) || !other_check(call, &alias))
        return FAILED;
    if (str_present(in->description))
        alias.description = in->description;
    alias.revision = random_uuid(call->arena);
    lambda_update_alias_row(call->txn, &alias);
    lambda_events_reroute(call, function, found, &alias);
    if (alias.number != found->number)
        lambda_provisioned_follow(call, function->row.id);
    describe(call, function, &alias, out);
    return DONE;
}

enum outcome lambda_get_alias(const struct call *call, const struct lambda_get_alias_request *in,
                              struct lambda_alias_configuration *out)
{
    const struct function *function = lambda_function_of(call);
    const struct lambda_alias_row *alias = function ? find(call, function, in->name) : NULL;

    if (!function)
        return FAILED;
    if (!alias)
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Cannot find alias arn: %.*s",
                    STR_ARGS(arn_of(call, function, in->name)));
    describe(call, function, alias, out);
    return DONE;
}

enum outcome lambda_list_aliases(const struct call *call, const struct lambda_list_aliases_request *in,
                                 struct lambda_list_aliases_response *out)
{
    const struct function *function = lambda_function_of(call);
    int64_t number;
    struct page page;

    if (!function || !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page) ||
        (str_present(in->function_version) && !version_read(call, function, in->function_version, &number)))
        return FAILED;
    struct lambda_alias_rows rows =
        lambda_list_aliases_page(call->txn, &(struct lambda_list_aliases_page_params){
                                                .function_id = function->row.id,
                                                .number = str_present(in->function_version) ? &number : NULL,
                                                .after = page.after,
                                                .limit = page_rows(&page),
                                            });
    list_make_empty(call->arena, &out->aliases);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].alias); i++)
        describe(call, function, &rows.items[i], list_add(call->arena, &out->aliases));
    out->next_marker = page_end(call, &page);
    return DONE;
}

/* An alias that does not exist is deleted, too. */
enum outcome lambda_delete_alias(const struct call *call, const struct lambda_delete_alias_request *in,
                                 struct lambda_delete_alias_output *out)
{
    const struct function *function = call_resource(call, 0)->row;
    const struct lambda_alias_row *alias = function ? find(call, function, in->name) : NULL;

    (void)out;
    if (!alias)
        return DONE;
    lambda_qualifier_forget(call, function->row.id, alias->alias);
    lambda_remove_alias(call->txn, &(struct lambda_remove_alias_params){.id = alias->id});
    return DONE;
}
