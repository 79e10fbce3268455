/*
 * describe_groups.c: the list of groups.
 */
#include "logs_internal.h"

#include <stdlib.h>

static void describe(const struct call *call, const struct logs_list_groups_row *row,
                     struct logs_log_group *group)
{
    group->log_group_name = row->name;
    group->creation_time = arena_i64(call->arena, row->created_ms);
    group->arn = arena_join(call->arena, log_group_arn(call, row->name), S(":*"));
}

static void describe_whole(const struct call *call, const struct logs_list_groups_row *row,
                           struct logs_log_group *group)
{
    describe(call, row, group);
    group->log_group_arn = log_group_arn(call, row->name);
    group->log_group_class = row->class;
    group->kms_key_id = row->kms_key_id;
    group->retention_in_days = row->retention_days;
    group->metric_filter_count = arena_i64(call->arena, 0);
    group->stored_bytes = arena_i64(call->arena, row->stored_bytes);
    group->deletion_protection_enabled = arena_bool(call->arena, row->deletion_protected);
}

static struct logs_list_groups_rows list(const struct call *call,
                                         const struct logs_describe_log_groups_request *in, str prefix,
                                         str end, int64_t limit)
{
    return logs_list_groups(call->txn, &(struct logs_list_groups_params){
                                           .account = call->account,
                                           .region = call->region,
                                           .after = str_present(in->next_token) ? in->next_token : S(""),
                                           .prefix = prefix,
                                           .prefix_end = end,
                                           .part = in->log_group_name_pattern,
                                           .only_class = in->log_group_class,
                                           .limit = limit,
                                       });
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

/* The names in the request's identifiers, in order. */
static struct str_list names_of(const struct call *call, const struct str_list *identifiers)
{
    struct str_list names = {0};

    for (size_t i = 0; i < identifiers->count; i++)
        *list_add(call->arena, &names) = log_group_name(call, identifiers->items[i]);
    qsort(names.items, names.count, sizeof *names.items, by_name);
    return names;
}

/* Those that are named; names of groups that are not there are passed over. */
static void describe_named(const struct call *call, const struct logs_describe_log_groups_request *in,
                           int64_t limit, struct logs_describe_log_groups_response *out)
{
    struct logs_describe_log_groups_request all = {.next_token = in->next_token};
    struct str_list names = names_of(call, &in->log_group_identifiers);

    for (size_t i = 0; i < names.count; i++) {
        str name = names.items[i];
        if (i > 0 && str_equal(name, names.items[i - 1]))
            continue;
        struct logs_list_groups_rows rows = list(call, &all, name, arena_join(call->arena, name, S("\0")), 1);
        if (rows.count == 0)
            continue;
        if ((int64_t)out->log_groups.count == limit) {
            out->next_token = out->log_groups.items[limit - 1].log_group_name;
            break;
        }
        describe_whole(call, &rows.items[0], list_add(call->arena, &out->log_groups));
    }
}

/* A page token is the last name listed. */
enum outcome logs_describe_log_groups(const struct call *call,
                                      const struct logs_describe_log_groups_request *in,
                                      struct logs_describe_log_groups_response *out)
{
    if (!authorize(call, log_stream_arn(call, S(""), S("")), (str){0}))
        return FAILED;
    if (str_present(in->log_group_name_prefix) && str_present(in->log_group_name_pattern))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    if (in->log_group_identifiers.count > 0 &&
        (str_present(in->log_group_name_prefix) || str_present(in->log_group_name_pattern) ||
         str_present(in->log_group_class) || in->account_identifiers.count > 0))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "LogGroup identifiers can be combined with includeLinkedAccounts only.");
    list_make_empty(call->arena, &out->log_groups);
    int64_t limit = in->limit ? *in->limit : PAGE_SIZE;
    if (in->log_group_identifiers.count > 0) {
        describe_named(call, in, limit, out);
        return DONE;
    }

    str prefix = str_present(in->log_group_name_prefix) ? in->log_group_name_prefix : S("");
    struct logs_list_groups_rows rows = list(call, in, prefix, log_prefix_end(call, prefix), limit + 1);
    bool more = (int64_t)rows.count > limit;
    for (size_t i = 0; i < rows.count - more; i++) {
        struct logs_log_group *group = list_add(call->arena, &out->log_groups);
        if (str_present(in->log_group_name_pattern) && !str_empty(in->log_group_name_pattern))
            describe(call, &rows.items[i], group);
        else
            describe_whole(call, &rows.items[i], group);
    }
    if (more)
        out->next_token = rows.items[limit - 1].name;
    return DONE;
}
