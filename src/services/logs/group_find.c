/*
 * group_find.c: from names and ARNs to groups and streams.
 */
#include "logs_internal.h"

str logs_group_arn(const struct call *call, str name)
{
    return arn(call, S("logs"), arena_join(call->arena, S("log-group:"), name));
}

str logs_stream_arn(const struct call *call, str group_name, str stream_name)
{
    return arn(call, S("logs"),
               arena_format(call->arena, "log-group:%.*s:log-stream:%.*s", STR_ARGS(group_name),
                            STR_ARGS(stream_name)));
}

str logs_group_name(const struct call *call, str identifier)
{
    str own = logs_group_arn(call, S(""));

    return str_starts_with(identifier, own) ? str_from(identifier, own.size) : identifier;
}

bool logs_group_open(const struct call *call, struct group_address address, str stream_name,
                     struct group *group)
{
    return logs_group_open_in_context(call, address, stream_name, (struct context_list){0}, group);
}

static bool group_find(const struct call *call, str name, struct group *group)
{
    struct logs_find_group_params key = {.account = call->account, .region = call->region, .name = name};

    return logs_find_group(call->txn, &key, &group->row);
}

bool logs_group_open_in_context(const struct call *call, struct group_address address, str stream_name,
                                struct context_list context, struct group *group)
{
    if (str_present(address.name) == str_present(address.identifier)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
             "Exactly one of logGroupName and logGroupIdentifier must be specified.");
        return false;
    }
    str name = str_present(address.name) ? address.name : logs_group_name(call, address.identifier);
    group->arn = logs_group_arn(call, name);
    str resource = str_present(stream_name) ? logs_stream_arn(call, name, stream_name)
                                            : arena_join(call->arena, group->arn, S(":*"));
    bool found = group_find(call, name, group);
    if (found) {
        context.supply = logs_tags_in_context;
        context.source = group;
    }
    if (!authorize_in_context(call, resource, (str){0}, &context))
        return false;
    if (found)
        return true;
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
    return false;
}

bool logs_stream_find(const struct call *call, const struct group *group, str name, int64_t *stream_id)
{
    struct logs_find_stream_row row;

    if (!logs_find_stream(call->txn,
                          &(struct logs_find_stream_params){.group_id = group->row.id, .name = name}, &row)) {
        fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log stream does not exist.");
        return false;
    }
    *stream_id = row.id;
    return true;
}

int64_t logs_group_oldest_ms(const struct call *call, const int64_t *retention_days)
{
    check(!retention_days || *retention_days > 0);
    return retention_days ? call->now_ms - *retention_days * DAY_MS : 0;
}

/* No byte of a name in UTF-8 is FF. */
str logs_prefix_end(const struct call *call, str prefix)
{
    return arena_join(call->arena, prefix, S("\xff"));
}

str logs_names_from(const struct call *call, str prefix, str token)
{
    str behind = str_present(token) ? arena_join(call->arena, token, S("\0")) : S("");

    return str_compare(behind, prefix) > 0 ? behind : prefix;
}

bool logs_group_may_unmask(const struct call *call, const struct group *group, const bool *unmask)
{
    struct context_list context = {.supply = logs_tags_in_context, .source = group};

    return !unmask || !*unmask ||
           authorize_action_in_context(call, S("logs:Unmask"), arena_join(call->arena, group->arn, S(":*")),
                                       (str){0}, &context);
}
