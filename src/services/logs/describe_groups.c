/*
 * describe_groups.c: the list of groups.
 *
 * A page token is the last name that was read.  A call reads a bounded number of groups, so a page may have
 * few groups or none and yet not be the last.
 */
#include "logs_internal.h"

#include <stdlib.h>

/* What the list of a pattern has: the other members are for those who name the groups or their prefix. */
static void describe_briefly(const struct call *call, const struct logs_list_groups_row *row,
                             struct logs_log_group *group)
{
    group->log_group_name = row->name;
    group->creation_time = arena_i64(call->arena, row->created_ms);
    group->arn = arena_join(call->arena, logs_group_arn(call, row->name), S(":*"));
    group->log_group_arn = logs_group_arn(call, row->name);
    group->log_group_class = row->class;
    group->metric_filter_count = arena_i64(call->arena, row->metric_filters);
}

static void describe(const struct call *call, const struct logs_list_groups_row *row,
                     struct logs_log_group *group)
{
    describe_briefly(call, row, group);
    group->kms_key_id = row->kms_key_id;
    group->retention_in_days = row->retention_days;
    group->stored_bytes = arena_i64(call->arena, row->stored_bytes);
    group->deletion_protection_enabled = arena_bool(call->arena, row->deletion_protected);
}

/* The groups to list. */
struct selection {
    str from, end;   /* names; the end is excluded */
    str part, class; /* absent: any */
};

/* A request for one of the two lesser classes gets both. */
static bool is_lesser(str class)
{
    return logs_log_group_class_of(class) == LOGS_LOG_GROUP_CLASS_INFREQUENT_ACCESS ||
           logs_log_group_class_of(class) == LOGS_LOG_GROUP_CLASS_ESSENTIALS;
}

static bool is_selected(const struct selection *selection, const struct logs_list_groups_row *row)
{
    if (str_present(selection->class) && !str_equal(selection->class, row->class) &&
        !(is_lesser(selection->class) && is_lesser(row->class)))
        return false;
    return !str_present(selection->part) || str_find(row->name, selection->part) >= 0;
}

static void list(const struct call *call, const struct selection *selection, struct page *page,
                 struct logs_describe_log_groups_response *out)
{
    struct logs_list_groups_params params = {
        .account = call->account, .region = call->region, .from = selection->from, .end = selection->end};
    struct logs_list_groups_cursor cursor = logs_list_groups_open(call->txn, &params);
    struct logs_list_groups_row row;

    while (logs_list_groups_next(&cursor, &row)) {
        bool selected = is_selected(selection, &row);
        if (!page_passes(call, page, row.name, selected))
            break;
        if (selected && str_present(selection->part))
            describe_briefly(call, &row, list_add(call->arena, &out->log_groups));
        else if (selected)
            describe(call, &row, list_add(call->arena, &out->log_groups));
    }
    logs_list_groups_close(&cursor);
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
        *list_add(call->arena, &names) = logs_group_name(call, identifiers->items[i]);
    qsort(names.items, names.count, sizeof *names.items, by_name);
    return names;
}

/* The named groups; missing ones are skipped. */
static void describe_named(const struct call *call, const struct logs_describe_log_groups_request *in,
                           struct page *page, struct logs_describe_log_groups_response *out)
{
    struct str_list names = names_of(call, &in->log_group_identifiers);

    for (size_t i = 0; i < names.count && !page->more; i++) {
        str name = names.items[i];
        struct selection selection = {.from = name, .end = arena_join(call->arena, name, S("\0"))};
        if ((i == 0 || !str_equal(name, names.items[i - 1])) && !page_is_past(page, name))
            list(call, &selection, page, out);
    }
}

static bool request_check(const struct call *call, const struct logs_describe_log_groups_request *in)
{
    bool by_text = str_present(in->log_group_name_prefix) || str_present(in->log_group_name_pattern);

    if (str_present(in->log_group_name_prefix) && str_present(in->log_group_name_pattern)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
             "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
        return false;
    }
    if (in->log_group_identifiers.count == 0 ||
        (!by_text && !str_present(in->log_group_class) && in->account_identifiers.count == 0))
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
         "LogGroup identifiers can be combined with includeLinkedAccounts only.");
    return false;
}

enum outcome logs_describe_log_groups(const struct call *call,
                                      const struct logs_describe_log_groups_request *in,
                                      struct logs_describe_log_groups_response *out)
{
    struct page page;

    if (!request_check(call, in) || !logs_page_open(call, in->next_token, in->limit, &page))
        return FAILED;
    page.most_examined = MAX_EXAMINED_GROUPS;
    list_make_empty(call->arena, &out->log_groups);
    if (in->log_group_identifiers.count > 0) {
        describe_named(call, in, &page, out);
        out->next_token = page_end(call, &page);
        return DONE;
    }

    str prefix = str_present(in->log_group_name_prefix) ? in->log_group_name_prefix : S("");
    struct selection selection = {
        .from = logs_names_from(call, prefix, &page),
        .end = logs_prefix_end(call, prefix),
        .part = in->log_group_name_pattern,
        .class = in->log_group_class,
    };
    list(call, &selection, &page, out);
    out->next_token = page_end(call, &page);
    return DONE;
}
