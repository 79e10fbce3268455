/*
 * list_groups.c: ListLogGroups: groups by parts of their names.
 *
 * A pattern has up to five alternatives, "^/aws/lam|orders": each is a part of a name, or with "^" its
 * beginning.  As in describe_groups.c, a call reads a bounded number of groups.  Filters by tags and by field
 * indexes look at each group that is selected otherwise.
 */
#include "aws/wildcard.h"
#include "field_indexes.h"
#include "services/tags/tags.h"

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

/* A filter with '*' is a pattern, in any case; another one is the exact value.  '!' before it negates it. */
static bool value_matches(struct arena *arena, str filter, str value)
{
    bool negated = str_starts_with(filter, S("!"));
    str text = negated ? str_from(filter, 1) : filter;
    struct wildcard pattern = wildcard_compile(arena, text, true, false);
    bool same =
        str_index(text, '*') >= 0 ? wildcard_match_nocase(pattern.text, value) : str_equal(text, value);

    return same != negated;
}

static bool has_tag(struct arena *arena, const struct str_map *tags, const struct logs_tag_filter *filter)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (!str_equal(tags->items[i].key, filter->key))
            continue;
        bool matches = filter->values.count == 0;
        for (size_t j = 0; j < filter->values.count && !matches; j++)
            matches = value_matches(arena, filter->values.items[j], tags->items[i].value);
        return matches;
    }
    return false;
}

static bool tags_match(const struct call *call, const struct logs_list_log_groups_request *in, str name)
{
    struct str_map tags;

    if (in->log_group_tags.count == 0)
        return true;
    tags = tags_of(call->txn, call->arena, logs_group_arn(call, name));
    for (size_t i = 0; i < in->log_group_tags.count; i++)
        if (!has_tag(call->arena, &tags, &in->log_group_tags.items[i]))
            return false;
    return true;
}

static bool indexes_match(const struct call *call, const struct logs_list_log_groups_request *in, str name)
{
    struct logs_find_group_params key = {.account = call->account, .region = call->region, .name = name};
    struct group group = {0};

    if (in->field_index_names.count == 0)
        return true;
    if (!logs_find_group(call->txn, &key, &group.row))
        return false;
    for (size_t i = 0; i < in->field_index_names.count; i++)
        if (!logs_index_has(call, &group, in->field_index_names.items[i]))
            return false;
    return true;
}

static bool is_selected(const struct call *call, const struct logs_list_log_groups_request *in,
                        const struct logs_list_groups_row *row)
{
    struct arena_mark mark = arena_mark(call->arena);
    bool selected = (!str_present(in->log_group_class) || str_equal(in->log_group_class, row->class)) &&
                    name_matches(row->name, in->log_group_name_pattern) && tags_match(call, in, row->name) &&
                    indexes_match(call, in, row->name);

    arena_rewind(call->arena, mark);
    return selected;
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
        bool selected = is_selected(call, in, &row);
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
