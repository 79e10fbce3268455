/*
 * group_find.c: from names and ARNs to groups and streams.
 */
#include "lookup_tables.h"

#include "aws/arn.h"

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

/* ---- what requests name ---- */

/* The group of that name, whether it exists or not; the caller sets the ARN. */
static void locate(const struct call *call, str name, struct resource *found)
{
    struct logs_find_group_params key = {.account = call->account, .region = call->region, .name = name};
    struct group *group = arena_new(call->arena, struct group);

    group->arn = logs_group_arn(call, name);
    if (!logs_find_group(call->txn, &key, &group->row))
        return;
    found->row = group;
    found->add_context = logs_tags_in_context;
}

bool logs_locate_stream(const struct call *call, str group_identifier, str stream_name,
                        struct resource *found)
{
    str name = logs_group_name(call, group_identifier);

    locate(call, name, found);
    found->arn = logs_stream_arn(call, name, stream_name);
    found->policy = logs_resource_policy_of(call, logs_group_arn(call, name));
    return true;
}

bool logs_locate_group(const struct call *call, str identifier, struct resource *found)
{
    return logs_locate_stream(call, identifier, S(""), found);
}

bool logs_locate_tagged(const struct call *call, str identifier, struct resource *found)
{
    if (logs_is_lookup_table(call, identifier))
        return logs_locate_lookup_table(call, identifier, found);
    str name = logs_group_name(call, identifier);

    locate(call, name, found);
    found->arn = logs_group_arn(call, name);
    return true;
}

/* A group that clients name by its name or by an identifier. */
static bool locate_one(const struct call *call, str name, str identifier, str stream_name,
                       struct resource *found)
{
    if (str_present(name) != str_present(identifier))
        return logs_locate_stream(call, str_present(name) ? name : identifier, stream_name, found);
    if (str_present(name))
        fail(call, &LOGS_VALIDATION_EXCEPTION,
             "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    else
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
             "Exactly one of logGroupName and logGroupIdentifier must be specified.");
    return false;
}

bool logs_locate_one_group(const struct call *call, str name, str identifier, struct resource *found)
{
    return locate_one(call, name, identifier, S(""), found);
}

bool logs_locate_described_group(const struct call *call, const struct logs_describe_log_streams_request *in,
                                 struct resource *found)
{
    return logs_locate_one_group(call, in->log_group_name, in->log_group_identifier, found);
}

bool logs_locate_filtered_group(const struct call *call, const struct logs_filter_log_events_request *in,
                                struct resource *found)
{
    return logs_locate_one_group(call, in->log_group_name, in->log_group_identifier, found);
}

bool logs_locate_read_group(const struct call *call, const struct logs_get_log_events_request *in,
                            struct resource *found)
{
    return logs_locate_one_group(call, in->log_group_name, in->log_group_identifier, found);
}

bool logs_locate_read_stream(const struct call *call, const struct logs_get_log_events_request *in,
                             struct resource *found)
{
    return locate_one(call, in->log_group_name, in->log_group_identifier, in->log_stream_name, found);
}

/* The ARN of a lookup table, or of a group or a stream, in any of AWS's forms. */
bool logs_locate_arn(const struct call *call, str text, struct resource *found)
{
    static const str kind = STR_INIT("log-group:");
    struct arn arn = {0};
    str name;

    found->arn = text;
    if (!arn_parse(text, &arn))
        return false;
    struct call there = call_in(call, arn.account, arn.region);
    if (logs_is_lookup_table(&there, text))
        return logs_locate_lookup_table(&there, text, found) && found->row;
    if (!str_starts_with(arn.resource, kind))
        return false;
    str rest = str_from(arn.resource, kind.size);
    if (str_next(&rest, ':', &name))
        locate(&there, name, found);
    return found->row;
}

const struct group *logs_group_of(const struct call *call)
{
    const struct group *group = call_resource(call, 0)->row;

    if (!group)
        fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
    return group;
}

bool logs_group_is_standard(const struct group *group)
{
    return logs_log_group_class_of(group->row.class) == LOGS_LOG_GROUP_CLASS_STANDARD;
}

bool logs_standard_check(const struct call *call, const struct group *group, str what)
{
    if (logs_group_is_standard(group))
        return true;
    fail(call, &LOGS_INVALID_OPERATION_EXCEPTION, "%.*s are not supported for log groups of class %.*s.",
         STR_ARGS(what), STR_ARGS(group->row.class));
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

/* UTF-8 has no byte FF, so this is above all names with the prefix. */
str logs_prefix_end(const struct call *call, str prefix)
{
    return arena_join(call->arena, prefix, S("\xff"));
}

bool logs_page_open(const struct call *call, str token, const int64_t *limit, struct page *page)
{
    if (page_begin(call, token, limit ? *limit : PAGE_SIZE, page))
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    return false;
}

str logs_names_from(const struct call *call, str prefix, const struct page *page)
{
    str behind = str_empty(page->after) ? S("") : arena_join(call->arena, page->after, S("\0"));

    return str_compare(behind, prefix) > 0 ? behind : prefix;
}
