/*
 * describe_groups.c: the list of groups.
 */
#include "logs_internal.h"

static void describe(struct call *call, const struct logs_list_groups_row *row, struct logs_log_group *group)
{
    group->log_group_name = row->name;
    group->creation_time = arena_i64(call->arena, row->created_ms);
    group->arn = arena_join(call->arena, log_group_arn(call, row->name), S(":*"));
}

static void describe_whole(struct call *call, const struct logs_list_groups_row *row,
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

static struct logs_list_groups_rows list(struct call *call, const struct logs_describe_log_groups_request *in,
                                         str prefix, str end, int64_t limit)
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

/* Those that are named; names of groups that are not there are passed over. */
static enum outcome describe_named(struct call *call, const struct logs_describe_log_groups_request *in,
                                   struct logs_describe_log_groups_response *out)
{
    for (size_t i = 0; i < in->log_group_identifiers.count; i++) {
        str name = log_group_name(call, in->log_group_identifiers.items[i]);
        struct logs_list_groups_rows rows = list(call, &(struct logs_describe_log_groups_request){0}, name,
                                                 arena_join(call->arena, name, S("\0")), 1);
        if (rows.count > 0)
            describe_whole(call, &rows.items[0], list_add(call->arena, &out->log_groups));
    }
    return DONE;
}

/* A page token is the last name listed. */
enum outcome logs_describe_log_groups(struct call *call, const struct logs_describe_log_groups_request *in,
                                      struct logs_describe_log_groups_response *out)
{
    if (!authorize(call, log_stream_arn(call, S(""), S("")), (str){0}))
        return FAILED;
    if (str_present(in->log_group_name_prefix) && str_present(in->log_group_name_pattern))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    list_make_empty(call->arena, &out->log_groups);
    if (in->log_group_identifiers.count > 0)
        return describe_named(call, in, out);

    int64_t limit = in->limit ? *in->limit : PAGE_SIZE;
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
