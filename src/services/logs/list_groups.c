/*
 * list_groups.c: ListLogGroups: groups by parts of their names.
 *
 * A pattern has up to five alternatives, "^/aws/lam|orders": each is a part of a name, or with "^" its
 * beginning.  As in describe_groups.c, a call reads a bounded number of groups.
 */
#include "logs_internal.h"

static bool name_matches(str name, str pattern)
{
    str part;

    if (!str_present(pattern))
        return true;
    while (str_next(&pattern, '|', &part))
        if (str_starts_with(part, S("^")) ? str_starts_with(name, str_from(part, 1))
                                          : str_find(name, part) >= 0)
            return true;
    return false;
}

static bool is_selected(const struct logs_list_log_groups_request *in, const struct logs_list_groups_row *row)
{
    return (!str_present(in->log_group_class) || str_equal(in->log_group_class, row->class)) &&
           name_matches(row->name, in->log_group_name_pattern);
}

static void list(const struct call *call, const struct logs_list_log_groups_request *in, struct page *page,
                 struct logs_list_log_groups_response *out)
{
    struct logs_list_groups_params params = {.account = call->account,
                                             .region = call->region,
                                             .from = logs_names_from(call, S(""), page),
                                             .end = logs_prefix_end(call, S(""))};
    struct logs_list_groups_cursor cursor = logs_list_groups_open(call->txn, &params);
    struct logs_list_groups_row row;

    while (logs_list_groups_next(&cursor, &row)) {
        bool selected = is_selected(in, &row);
        if (!page_passes(call, page, row.name, selected))
            break;
        if (selected)
            *list_add(call->arena, &out->log_groups) =
                (struct logs_log_group_summary){.log_group_name = row.name,
                                                .log_group_arn = logs_group_arn(call, row.name),
                                                .log_group_class = row.class};
    }
    logs_list_groups_close(&cursor);
}

enum outcome logs_list_log_groups(const struct call *call, const struct logs_list_log_groups_request *in,
                                  struct logs_list_log_groups_response *out)
{
    struct page page;

    if (!logs_page_open(call, in->next_token, in->limit, &page))
        return FAILED;
    page.most_examined = MAX_EXAMINED_GROUPS;
    list_make_empty(call->arena, &out->log_groups);
    list(call, in, &page, out);
    out->next_token = page_end(call, &page);
    return DONE;
}
