/*
 * subscriptions.c: subscription filters: putting, listing, deleting.
 *
 * A group has up to two, each with a function as its destination.
 */
#include "subscription.h"

#include "engine/delivery.h"

enum { MAX_SUBSCRIPTIONS = 2, MAX_REGEX_FILTERS = 5 };

str logs_subscription_target(const struct call *call, int64_t subscription_id)
{
    return arena_format(call->arena, "logs/subscription/%lld", (long long)subscription_id);
}

static bool refuse(const struct call *call, str problem)
{
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
    return false;
}

/* ---- operations ---- */

static bool room_check(const struct call *call, const struct group *group, str name, bool has_regex)
{
    struct logs_count_subscriptions_row others = {0};

    logs_count_subscriptions(
        call->txn, &(struct logs_count_subscriptions_params){.group_id = group->row.id, .name = name},
        &others);
    if (others.subscriptions < MAX_SUBSCRIPTIONS && (!has_regex || others.with_regex < MAX_REGEX_FILTERS))
        return true;
    fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
    return false;
}

static bool request_check(const struct call *call, const struct logs_put_subscription_filter_request *in,
                          struct pattern *pattern)
{
    str problem;

    if (!logs_pattern_parse(call->arena, in->filter_pattern, pattern, &problem))
        return refuse(call, problem);
    if (in->apply_on_transformed_logs && *in->apply_on_transformed_logs)
        return refuse(call, S("The log group has no transformer, so applyOnTransformedLogs cannot be true."));
    return true;
}

static void store(const struct call *call, const struct group *group,
                  const struct logs_put_subscription_filter_request *in, bool has_regex)
{
    logs_put_subscription(call->txn,
                          &(struct logs_put_subscription_params){
                              .group_id = group->row.id,
                              .name = in->filter_name,
                              .pattern = in->filter_pattern,
                              .destination_arn = in->destination_arn,
                              .distribution = str_present(in->distribution)
                                                  ? in->distribution
                                                  : logs_distribution_text(LOGS_DISTRIBUTION_BY_LOG_STREAM),
                              .has_regex = has_regex,
                              .created_ms = call->now_ms,
                          });
    logs_recount_subscriptions(call->txn, &(struct logs_recount_subscriptions_params){.id = group->row.id});
}

enum outcome logs_put_subscription_filter(const struct call *call,
                                          const struct logs_put_subscription_filter_request *in,
                                          struct logs_put_subscription_filter_output *out)
{
    const struct group *group;
    struct pattern pattern;

    (void)out;
    if (!logs_destination_check(call, in->destination_arn, in->role_arn) || !(group = logs_group_of(call)) ||
        !logs_standard_check(call, group, S("Subscription filters")) || !request_check(call, in, &pattern) ||
        !room_check(call, group, in->filter_name, pattern.has_regex) ||
        !logs_destination_allows(call, group->row.name, in->destination_arn))
        return FAILED;
    if (logs_destination_leads_to(call, in->destination_arn, group, (str){0}))
        return fail(
            call, &LOGS_INVALID_PARAMETER_EXCEPTION,
            "The function writes to this log group, directly or by other subscriptions: each event would "
            "cause another one.");
    store(call, group, in, pattern.has_regex);
    return DONE;
}

static void remove_one(const struct call *call, int64_t id)
{
    logs_remove_subscription(call->txn, &(struct logs_remove_subscription_params){.id = id});
    delivery_drop(call, logs_subscription_target(call, id));
}

enum outcome logs_delete_subscription_filter(const struct call *call,
                                             const struct logs_delete_subscription_filter_request *in,
                                             struct logs_delete_subscription_filter_output *out)
{
    const struct group *group = logs_group_of(call);
    struct logs_find_subscription_row row;

    (void)out;
    if (!group)
        return FAILED;
    if (!logs_find_subscription(
            call->txn,
            &(struct logs_find_subscription_params){.group_id = group->row.id, .name = in->filter_name},
            &row))
        return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION,
                    "The specified subscription filter does not exist.");
    remove_one(call, row.id);
    logs_recount_subscriptions(call->txn, &(struct logs_recount_subscriptions_params){.id = group->row.id});
    return DONE;
}

void logs_subscriptions_remove(const struct call *call, const struct group *group)
{
    struct logs_subscriptions_of_group_rows rows = logs_subscriptions_of_group(
        call->txn, &(struct logs_subscriptions_of_group_params){.group_id = group->row.id});

    for (size_t i = 0; i < rows.count; i++)
        remove_one(call, rows.items[i].id);
}

static void describe(const struct call *call, const struct group *group,
                     const struct logs_subscriptions_of_group_row *row,
                     struct logs_subscription_filter *filter)
{
    filter->filter_name = row->name;
    filter->log_group_name = group->row.name;
    filter->filter_pattern = row->pattern;
    filter->destination_arn = row->destination_arn;
    filter->distribution = row->distribution;
    filter->apply_on_transformed_logs = arena_bool(call->arena, false);
    filter->creation_time = arena_i64(call->arena, row->created_ms);
}

enum outcome logs_describe_subscription_filters(const struct call *call,
                                                const struct logs_describe_subscription_filters_request *in,
                                                struct logs_describe_subscription_filters_response *out)
{
    const struct group *group = logs_group_of(call);
    str prefix = str_present(in->filter_name_prefix) ? in->filter_name_prefix : S("");
    struct page page;

    if (!group || !logs_page_open(call, in->next_token, in->limit, &page))
        return FAILED;
    list_make_empty(call->arena, &out->subscription_filters);
    struct logs_subscriptions_of_group_rows rows = logs_subscriptions_of_group(
        call->txn, &(struct logs_subscriptions_of_group_params){.group_id = group->row.id});
    for (size_t i = 0; i < rows.count; i++)
        if (str_starts_with(rows.items[i].name, prefix) && !page_is_past(&page, rows.items[i].name) &&
            page_takes(&page, rows.items[i].name))
            describe(call, group, &rows.items[i], list_add(call->arena, &out->subscription_filters));
    out->next_token = page_end(call, &page);
    return DONE;
}
