/*
 * lookup_tables.c: lookup tables, whose columns queries add to their rows.
 */
#include "lookup_tables.h"

#include "services/tags/tags.h"
#include "wire/json.h"

#include "aws/arn.h"

enum { MOST_TABLES = 100, TABLES_PER_PAGE = 50 };

/* ---- finding ---- */

static str arn_of(const struct call *call, str name)
{
    return arn(call, S("logs"), arena_join(call->arena, S("lookup-table:"), name));
}

bool logs_is_lookup_table(const struct call *call, str arn)
{
    return str_starts_with(arn, arn_of(call, S("")));
}

static bool find(const struct call *call, str name, struct logs_lookup_table_row *table)
{
    struct logs_find_lookup_table_params key = {
        .account = call->account, .region = call->region, .name = name};

    return logs_find_lookup_table(call->txn, &key, table);
}

static void tags_in_table_context(const struct call *call, const struct resource *resource,
                                  struct context_list *context)
{
    tags_in_context(call, resource->arn, context);
}

static bool locate(const struct call *call, str name, struct resource *found)
{
    struct logs_lookup_table_row *table = arena_new(call->arena, struct logs_lookup_table_row);

    found->arn = arn_of(call, name);
    if (find(call, name, table)) {
        found->row = table;
        found->add_context = tags_in_table_context;
    }
    return true;
}

/* An ARN of another account or region names nothing here. */
bool logs_locate_lookup_table(const struct call *call, str given, struct resource *found)
{
    if (logs_is_lookup_table(call, given))
        return locate(call, str_from(given, arn_of(call, S("")).size), found);
    found->arn = given;
    if (str_starts_with(given, S("arn:")))
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified lookup table ARN is invalid.");
    return false;
}

bool logs_locate_created_lookup_table(const struct call *call,
                                      const struct logs_create_lookup_table_request *in,
                                      struct resource *found)
{
    return locate(call, in->lookup_table_name, found);
}

/* The table of the request.  NULL: it does not exist, and fail() has been called. */
static const struct logs_lookup_table_row *table_of(const struct call *call)
{
    const struct logs_lookup_table_row *table = call_resource(call, 0)->row;

    if (!table)
        fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified lookup table does not exist.");
    return table;
}

/* ---- creating, updating, deleting ---- */

void logs_create_lookup_table_prepare(const struct call *call,
                                      const struct logs_create_lookup_table_request *in)
{
    leave_prepared(call, (void *)logs_lookup_content(call, in->table_body, in->query_id));
}

void logs_update_lookup_table_prepare(const struct call *call,
                                      const struct logs_update_lookup_table_request *in)
{
    leave_prepared(call, (void *)logs_lookup_content(call, in->table_body, in->query_id));
}

static bool may_be_made(const struct call *call)
{
    struct logs_count_lookup_tables_params key = {.account = call->account, .region = call->region};
    struct logs_count_lookup_tables_row found;

    if (call_resource(call, 0)->row) {
        fail(call, &LOGS_RESOURCE_ALREADY_EXISTS_EXCEPTION, "The specified lookup table already exists.");
        return false;
    }
    logs_count_lookup_tables(call->txn, &key, &found);
    if (found.count >= MOST_TABLES)
        fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
    return found.count < MOST_TABLES;
}

/* Store what the request gives as the table's content. */
static enum outcome take_content(const struct call *call, str table_body, str query_id,
                                 struct logs_lookup_table_row *table)
{
    const struct lookup_content *content = logs_lookup_content(call, table_body, query_id);
    enum outcome outcome = content ? logs_lookup_content_store(call, content) : FAILED;

    if (outcome != DONE)
        return outcome;
    table->fields = content->fields;
    table->records = content->rows;
    table->size = (int64_t)content->csv.size;
    table->content = content->id;
    return DONE;
}

enum outcome logs_create_lookup_table(const struct call *call,
                                      const struct logs_create_lookup_table_request *in,
                                      struct logs_create_lookup_table_response *out)
{
    struct logs_lookup_table_row table = {.account = call->account,
                                          .region = call->region,
                                          .name = in->lookup_table_name,
                                          .description = in->description,
                                          .kms_key_id = in->kms_key_id,
                                          .updated_ms = call->now_ms};

    if (!may_be_made(call))
        return FAILED;
    enum outcome outcome = take_content(call, in->table_body, in->query_id, &table);
    if (outcome != DONE)
        return outcome;
    logs_add_lookup_table(call->txn, &table);
    out->lookup_table_arn = call_resource(call, 0)->arn;
    out->created_at = arena_i64(call->arena, call->now_ms);
    return logs_tags_put(call, out->lookup_table_arn, &in->tags) ? DONE : FAILED;
}

enum outcome logs_update_lookup_table(const struct call *call,
                                      const struct logs_update_lookup_table_request *in,
                                      struct logs_update_lookup_table_response *out)
{
    const struct logs_lookup_table_row *before = table_of(call);

    if (!before)
        return FAILED;
    struct logs_lookup_table_row table = *before;
    enum outcome outcome = take_content(call, in->table_body, in->query_id, &table);
    if (outcome != DONE)
        return outcome;
    table.updated_ms = call->now_ms;
    if (str_present(in->description))
        table.description = in->description;
    if (str_present(in->kms_key_id))
        table.kms_key_id = str_empty(in->kms_key_id) ? (str){0} : in->kms_key_id;
    logs_update_lookup_table_row(call->txn, &table);
    logs_lookup_content_release(call, before->content);
    out->lookup_table_arn = in->lookup_table_arn;
    out->last_updated_time = arena_i64(call->arena, call->now_ms);
    return DONE;
}

enum outcome logs_delete_lookup_table(const struct call *call,
                                      const struct logs_delete_lookup_table_request *in,
                                      struct logs_delete_lookup_table_output *out)
{
    const struct logs_lookup_table_row *table = table_of(call);

    (void)out;
    if (!table)
        return FAILED;
    tags_remove_all(call, in->lookup_table_arn);
    logs_remove_lookup_table(call->txn, &(struct logs_remove_lookup_table_params){.id = table->id});
    logs_lookup_content_release(call, table->content);
    return DONE;
}

/* ---- reading ---- */

enum outcome logs_get_lookup_table(const struct call *call, const struct logs_get_lookup_table_request *in,
                                   struct logs_get_lookup_table_response *out)
{
    const struct logs_lookup_table_row *table = table_of(call);

    if (!table)
        return FAILED;
    out->lookup_table_arn = in->lookup_table_arn;
    out->lookup_table_name = table->name;
    out->description = table->description;
    out->table_body = (str){logs_lookup_content_read(call, table->content, table->size), (size_t)table->size};
    out->size_bytes = arena_i64(call->arena, table->size);
    out->last_updated_time = arena_i64(call->arena, table->updated_ms);
    out->kms_key_id = table->kms_key_id;
    return DONE;
}

static void describe(const struct call *call, const struct logs_lookup_table_row *row,
                     struct logs_lookup_table *table)
{
    const struct json *fields = json_parse(call->arena, row->fields, NULL);

    *table = (struct logs_lookup_table){.lookup_table_arn = arn_of(call, row->name),
                                        .lookup_table_name = row->name,
                                        .description = row->description,
                                        .records_count = arena_i64(call->arena, row->records),
                                        .size_bytes = arena_i64(call->arena, row->size),
                                        .last_updated_time = arena_i64(call->arena, row->updated_ms),
                                        .kms_key_id = row->kms_key_id};
    check(json_is(fields, JSON_ARRAY));
    for (uint32_t i = 0; i < fields->count; i++)
        *list_add(call->arena, &table->table_fields) = fields->items[i].text;
}

enum outcome logs_describe_lookup_tables(const struct call *call,
                                         const struct logs_describe_lookup_tables_request *in,
                                         struct logs_describe_lookup_tables_response *out)
{
    const int64_t most = TABLES_PER_PAGE, *limit = in->max_results ? in->max_results : &most;
    str prefix = str_present(in->lookup_table_name_prefix) ? in->lookup_table_name_prefix : S("");
    struct logs_lookup_table_row row;
    struct page page;

    if (*limit < 1)
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "1 validation error detected: Value '%lld' at 'maxResults' failed to satisfy constraint: "
                    "Member must have value greater than or equal to 1",
                    (long long)*limit);
    if (!logs_page_open(call, in->next_token, limit, &page))
        return FAILED;
    struct logs_list_lookup_tables_params params = {.account = call->account,
                                                    .region = call->region,
                                                    .from = logs_names_from(call, prefix, &page),
                                                    .end = logs_prefix_end(call, prefix)};
    struct logs_list_lookup_tables_cursor cursor = logs_list_lookup_tables_open(call->txn, &params);
    list_make_empty(call->arena, &out->lookup_tables);
    while (logs_list_lookup_tables_next(&cursor, &row) && page_takes(&page, row.name))
        describe(call, &row, list_add(call->arena, &out->lookup_tables));
    logs_list_lookup_tables_close(&cursor);
    out->next_token = page_end(call, &page);
    return DONE;
}

/* ---- queries ---- */

/* The first of the names that the table does not have as a column; absent: it has all. */
static str missing_column(const struct json *fields, const struct insights_texts *names)
{
    for (size_t i = 0; i < names->count; i++) {
        uint32_t at = 0;
        while (at < fields->count && !str_equal(fields->items[at].text, names->items[i]))
            at++;
        if (at == fields->count)
            return names->items[i];
    }
    return (str){0};
}

static bool lookup_check(const struct call *call, const struct insights_lookup *lookup,
                         struct insights_problem *problem)
{
    struct logs_lookup_table_row table;

    if (!find(call, lookup->table, &table)) {
        fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified lookup table does not exist: %.*s",
             STR_ARGS(lookup->table));
        return false;
    }
    const struct json *fields = json_parse(call->arena, table.fields, NULL);
    check(json_is(fields, JSON_ARRAY));
    str missing = missing_column(fields, &lookup->keys);
    if (!str_present(missing))
        missing = missing_column(fields, &lookup->outputs);
    if (str_present(missing))
        *problem = (struct insights_problem){
            .start = lookup->start,
            .end = lookup->end,
            .message = arena_format(call->arena, "the lookup table %.*s has no column %.*s",
                                    STR_ARGS(lookup->table), STR_ARGS(missing))};
    return !str_present(missing);
}

bool logs_lookups_check(const struct call *call, const struct insights_program *program,
                        struct insights_problem *problem)
{
    *problem = (struct insights_problem){0};
    for (size_t i = 0; i < program->lookups.count; i++)
        if (!lookup_check(call, &program->lookups.items[i], problem))
            return false;
    return true;
}

char *logs_lookup_table_read(const struct call *call, str name, size_t *size)
{
    struct logs_lookup_table_row table;

    if (!find(call, name, &table))
        return NULL;
    *size = (size_t)table.size;
    return logs_lookup_content_read(call, table.content, table.size);
}
