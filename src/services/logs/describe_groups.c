/*
 * describe_groups.c: the list of groups.
 *
 * A page token is the last name that was looked at.  A call looks at a bounded number of groups, so a page
 * may have few groups or none and yet not be the last.
 */
#include "logs_internal.h"

#include <stdlib.h>

enum { MAX_EXAMINED = 10000 };

static void describe(const struct call *call, const struct logs_list_groups_row *row,
                     struct logs_log_group *group)
{
    group->log_group_name = row->name;
    group->creation_time = arena_i64(call->arena, row->created_ms);
    group->arn = arena_join(call->arena, logs_group_arn(call, row->name), S(":*"));
}

static void describe_whole(const struct call *call, const struct logs_list_groups_row *row,
                           struct logs_log_group *group)
{
    describe(call, row, group);
    group->log_group_arn = logs_group_arn(call, row->name);
    group->log_group_class = row->class;
    group->kms_key_id = row->kms_key_id;
    group->retention_in_days = row->retention_days;
    group->metric_filter_count = arena_i64(call->arena, 0);
    group->stored_bytes = arena_i64(call->arena, row->stored_bytes);
    group->deletion_protection_enabled = arena_bool(call->arena, row->deletion_protected);
}

/* Which groups are listed. */
struct selection {
    str from, end;   /* names, the end not included */
    str part, class; /* absent: any */
    int64_t limit;
    bool brief; /* a search by a part of the name shows little */
};

/* Who asks for one of the two lesser classes gets both. */
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

/* Returns the token of the next page; absent when there is none. */
static str list(const struct call *call, const struct selection *selection,
                struct logs_describe_log_groups_response *out)
{
    struct logs_list_groups_params params = {
        .account = call->account, .region = call->region, .from = selection->from, .end = selection->end};
    struct logs_list_groups_cursor cursor = logs_list_groups_open(call->txn, &params);
    struct logs_list_groups_row row;
    str last = {0}, token = {0};
    size_t examined = 0;

    while (logs_list_groups_next(&cursor, &row)) {
        bool selected = is_selected(selection, &row);
        bool full = selected && (int64_t)out->log_groups.count == selection->limit;
        if (full || examined == MAX_EXAMINED || (examined > 0 && time_is_up(call))) {
            token = last;
            break;
        }
        examined++;
        last = row.name;
        if (selected)
            (selection->brief ? describe : describe_whole)(call, &row,
                                                           list_add(call->arena, &out->log_groups));
    }
    logs_list_groups_close(&cursor);
    return token;
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

/* Those that are named; names of groups that are not there are passed over. */
static void describe_named(const struct call *call, const struct logs_describe_log_groups_request *in,
                           int64_t limit, struct logs_describe_log_groups_response *out)
{
    struct str_list names = names_of(call, &in->log_group_identifiers);
    str from = logs_names_from(call, S(""), in->next_token);

    for (size_t i = 0; i < names.count; i++) {
        str name = names.items[i];
        size_t before = out->log_groups.count;
        struct selection selection = {
            .from = name, .end = arena_join(call->arena, name, S("\0")), .limit = (int64_t)before + 1};
        if ((i > 0 && str_equal(name, names.items[i - 1])) || str_compare(name, from) < 0)
            continue;
        list(call, &selection, out);
        if ((int64_t)out->log_groups.count > limit) {
            out->log_groups.count--;
            out->next_token = out->log_groups.items[limit - 1].log_group_name;
            break;
        }
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
    int64_t limit = in->limit ? *in->limit : PAGE_SIZE;

    if (!request_check(call, in))
        return FAILED;
    list_make_empty(call->arena, &out->log_groups);
    if (in->log_group_identifiers.count > 0) {
        describe_named(call, in, limit, out);
        return DONE;
    }

    str prefix = str_present(in->log_group_name_prefix) ? in->log_group_name_prefix : S("");
    struct selection selection = {
        .from = logs_names_from(call, prefix, in->next_token),
        .end = logs_prefix_end(call, prefix),
        .part = in->log_group_name_pattern,
        .class = in->log_group_class,
        .limit = limit,
        .brief = !str_empty(in->log_group_name_pattern),
    };
    out->next_token = list(call, &selection, out);
    return DONE;
}
