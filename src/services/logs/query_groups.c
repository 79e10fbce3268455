/*
 * query_groups.c: the groups of a query: those that the request names, or those of its SOURCE command.
 *
 * SOURCE needs the permission for all names with the prefix, and for each group that it selects: so nobody
 * learns by it which groups exist, and a Deny on one of them applies.
 */
#include "query.h"

#include "base/hash.h"

#include "wire/json.h"

#include <stdlib.h>

enum {
    MOST_GROUPS = 50,
    MOST_EXAMINED = 2000, /* by SOURCE, on the engine */
};

static bool refuse(const struct call *call, const struct error *error, const char *sentence)
{
    fail(call, error, "%s", sentence);
    return false;
}

/* ---- of the request ---- */

/* The group number i, as the request names it: the resources are in the order of its parameters. */
static str name_of(const struct logs_start_query_request *in, size_t i)
{
    const struct str_list *names = &in->log_group_names;
    size_t single = str_present(in->log_group_name) ? 1 : 0;

    if (i < single)
        return in->log_group_name;
    i -= single;
    return i < names->count ? names->items[i] : in->log_group_identifiers.items[i - names->count];
}

/* As AWS passes on what another service of its own has answered. */
static bool refuse_missing(const struct call *call, str name)
{
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION,
         "Log group '%.*s' does not exist for account ID '%.*s' (Service: AWSLogs; Status Code: 400; Error "
         "Code: ResourceNotFoundException; Request ID: %.*s; Proxy: null)",
         STR_ARGS(name), STR_ARGS(call->account), STR_ARGS(random_uuid(call->arena)));
    return false;
}

static bool named_groups(const struct call *call, const struct logs_start_query_request *in,
                         struct query_groups *groups)
{
    size_t count = (str_present(in->log_group_name) ? 1 : 0) + in->log_group_names.count +
                   in->log_group_identifiers.count;

    if (count > MOST_GROUPS)
        return refuse(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "A query can include at most 50 log groups.");
    for (size_t i = 0; i < count; i++) {
        const struct resource *resource = call_resource(call, i);
        if (!resource->row)
            return refuse_missing(call, name_of(in, i));
        *list_add(call->arena, groups) = resource;
    }
    return true;
}

/* ---- of SOURCE ---- */

struct selection {
    const struct insights_source *source;
    struct query_groups *groups;
    size_t examined;
};

static bool has_class(const struct insights_source *source, str class)
{
    if (source->classes.count == 0)
        return logs_log_group_class_of(class) == LOGS_LOG_GROUP_CLASS_STANDARD;
    return str_is_one_of(class, source->classes.items, source->classes.count);
}

/* Has an earlier prefix selected it? */
static bool was_selected(const struct insights_source *source, size_t before, str name)
{
    for (size_t i = 0; i < before; i++)
        if (str_starts_with(name, source->prefixes.items[i]))
            return true;
    return false;
}

/* False: fail() has been called. */
static bool select_group(const struct call *call, str name, struct query_groups *groups)
{
    struct resource *resource = arena_new(call->arena, struct resource);

    if (groups->count == MOST_GROUPS)
        return refuse(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                      "SOURCE selects more than 50 log groups. Use longer prefixes.");
    logs_locate_group(call, name, resource);
    *list_add(call->arena, groups) = resource;
    return authorize_action(call, S("logs:StartQuery"), resource);
}

static bool select_prefix(const struct call *call, struct selection *selection, size_t index, str prefix)
{
    const struct resource all = {.arn =
                                     logs_stream_arn(call, arena_join(call->arena, prefix, S("*")), S(""))};
    struct logs_list_groups_params params = {.account = call->account,
                                             .region = call->region,
                                             .from = prefix,
                                             .end = logs_prefix_end(call, prefix)};
    struct logs_list_groups_row row;
    bool good = true;

    if (!authorize_action(call, S("logs:StartQuery"), &all))
        return false;
    struct logs_list_groups_cursor cursor = logs_list_groups_open(call->txn, &params);
    while (good && logs_list_groups_next(&cursor, &row)) {
        if (++selection->examined > MOST_EXAMINED)
            good = refuse(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                          "SOURCE would have to look at more than 2,000 log groups. Use longer prefixes.");
        else if (has_class(selection->source, row.class) && !was_selected(selection->source, index, row.name))
            good = select_group(call, row.name, selection->groups);
    }
    logs_list_groups_close(&cursor);
    return good;
}

/* There are no linked accounts: another account has no groups here. */
static bool is_of_account(const struct call *call, const struct insights_source *source)
{
    return source->accounts.count == 0 ||
           str_is_one_of(call->account, source->accounts.items, source->accounts.count);
}

static bool source_groups(const struct call *call, const struct insights_source *source,
                          struct query_groups *groups)
{
    struct selection selection = {.source = source, .groups = groups};

    if (source->prefixes.count == 0 && !select_prefix(call, &selection, 0, S("")))
        return false;
    for (size_t i = 0; i < source->prefixes.count; i++)
        if (!select_prefix(call, &selection, i, source->prefixes.items[i]))
            return false;
    if (!is_of_account(call, source))
        *groups = (struct query_groups){0};
    return groups->count > 0 || refuse(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION,
                                       "SOURCE selects no log group: none has such a name and class.");
}

/* ---- of subqueries ---- */

static bool subquery_group(const struct call *call, str identifier, struct query_groups *groups)
{
    struct resource *resource = arena_new(call->arena, struct resource);

    logs_locate_group(call, identifier, resource);
    if (!authorize_action(call, S("logs:StartQuery"), resource))
        return false;
    if (!resource->row)
        return refuse(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
    *list_add(call->arena, groups) = resource;
    return true;
}

static bool may_unmask(const struct call *call, const struct insights_program *program,
                       const struct query_groups *groups)
{
    for (size_t i = 0; program->unmasks && i < groups->count; i++)
        if (!authorize_action(call, S("logs:Unmask"), groups->items[i]))
            return false;
    return true;
}

static bool subquery_groups(const struct call *call, const struct insights_program *program,
                            const struct query_groups *outer, struct query_groups *groups)
{
    *groups = (struct query_groups){0};
    if (!program->source)
        *groups = *outer;
    else if (!(str_present(program->source->group) ? subquery_group(call, program->source->group, groups)
                                                   : source_groups(call, program->source, groups)))
        return false;
    return may_unmask(call, program, groups);
}

/* ---- all ---- */

bool logs_query_groups_find(const struct call *call, const struct logs_start_query_request *in,
                            const struct insights_program *program, struct all_query_groups *groups)
{
    const struct insights_subqueries *inner = &program->subqueries;
    struct query_groups *own = &groups->own;

    groups->of_subqueries = arena_alloc(call->arena, (inner->count + 1) * sizeof *groups->of_subqueries);
    if (!(program->source ? source_groups(call, program->source, own) : named_groups(call, in, own)) ||
        !may_unmask(call, program, own))
        return false;
    for (size_t i = 0; i < inner->count; i++)
        if (!subquery_groups(call, inner->items[i]->program, own, &groups->of_subqueries[i]))
            return false;
    return true;
}

void logs_query_groups_write(const struct call *call, const struct query_groups *groups, str *ids, str *names)
{
    struct json_writer id_writer = json_writer_in(call->arena), name_writer = json_writer_in(call->arena);

    json_open_array(&id_writer);
    json_open_array(&name_writer);
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = groups->items[i]->row;
        bool again = false;
        for (size_t before = 0; before < i; before++)
            again = again || ((const struct group *)groups->items[before]->row)->row.id == group->row.id;
        if (again)
            continue;
        json_i64(&id_writer, group->row.id);
        json_string(&name_writer, group->row.name);
    }
    json_close_array(&id_writer);
    json_close_array(&name_writer);
    *ids = json_written(&id_writer);
    *names = json_written(&name_writer);
}

str logs_subquery_groups_write(const struct call *call, const struct insights_program *program,
                               const struct all_query_groups *groups)
{
    struct json_writer writer = json_writer_in(call->arena);
    str ids, names;

    json_open_array(&writer);
    for (size_t i = 0; i < program->subqueries.count; i++) {
        logs_query_groups_write(call, &groups->of_subqueries[i], &ids, &names);
        json_raw(&writer, ids);
    }
    json_close_array(&writer);
    return json_written(&writer);
}

/* ---- ListLogGroupsForQuery ---- */

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static void add_names(const struct call *call, const struct json *ids, struct str_list *names)
{
    for (uint32_t i = 0; ids && i < ids->count; i++) {
        struct logs_find_group_name_row found;
        struct logs_find_group_name_params key = {0};
        if (str_to_i64(ids->items[i].text, &key.id) && logs_find_group_name(call->txn, &key, &found) &&
            !str_empty(found.account))
            *list_add(call->arena, names) = found.name;
    }
}

/* Of the query and its subqueries, those that still exist; a name may be there several times. */
static struct str_list names_of(const struct call *call, const struct logs_query_row *query)
{
    const struct json *inner = json_parse(call->arena, query->subquery_group_ids, NULL);
    struct str_list names = {0};

    add_names(call, json_parse(call->arena, query->group_ids, NULL), &names);
    for (uint32_t i = 0; inner && i < inner->count; i++)
        add_names(call, &inner->items[i], &names);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, by_name);
    return names;
}

enum outcome logs_list_log_groups_for_query(const struct call *call,
                                            const struct logs_list_log_groups_for_query_request *in,
                                            struct logs_list_log_groups_for_query_response *out)
{
    struct logs_query_row query;
    struct page page;

    if (!logs_query_find(call, in->query_id, &query) ||
        !logs_page_open(call, in->next_token, in->max_results, &page))
        return FAILED;
    struct str_list names = names_of(call, &query);
    list_make_empty(call->arena, &out->log_group_identifiers);
    for (size_t i = 0; i < names.count; i++) {
        bool is_again = i > 0 && str_equal(names.items[i], names.items[i - 1]);
        if (is_again || page_is_past(&page, names.items[i]))
            continue;
        if (!page_takes(&page, names.items[i]))
            break;
        *list_add(call->arena, &out->log_group_identifiers) = names.items[i];
    }
    out->next_token = page_end(call, &page);
    return DONE;
}
