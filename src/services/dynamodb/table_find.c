/*
 * table_find.c: from names and ARNs to tables.
 */
#include "dynamodb_internal.h"

#include "aws/arn.h"
#include "services/tags/tags.h"

/* arn:aws:dynamodb:<region>:<account>:table/<name> */
static bool read_arn(str text, struct table *table)
{
    struct arn arn;
    bool parsed = arn_parse(text, &arn);

    table->region = arn.region;
    table->account = arn.account;
    table->name = str_from(arn.resource, sizeof "table/" - 1);
    return parsed && str_equal(arn.service, S("dynamodb")) && str_starts_with(arn.resource, S("table/")) &&
           str_index(arn.resource, ':') < 0;
}

static struct key_schema keys_of(struct arena *arena, const struct dynamodb_find_table_row *row)
{
    struct key_attribute *attributes = arena_alloc(arena, 2 * sizeof *attributes);

    attributes[0] = (struct key_attribute){row->hash_name, row->hash_type};
    attributes[1] = (struct key_attribute){row->range_name, row->range_type};
    return (struct key_schema){attributes, str_present(row->range_name) ? 2 : 1, 1};
}

static str policy_of(const struct call *call, const struct dynamodb_find_table_row *row)
{
    struct dynamodb_read_policy_row policy = {0};

    if (row->has_policy)
        dynamodb_read_policy(call->txn, &(struct dynamodb_read_policy_params){.id = row->id}, &policy);
    return policy.policy;
}

/* Fill the row and the keys of the table that account, region and name say.  False: no table has them. */
static bool find(const struct call *call, struct table *table)
{
    if (!dynamodb_find_table(call->txn,
                             &(struct dynamodb_find_table_params){
                                 .account = table->account, .region = table->region, .name = table->name},
                             &table->row))
        return false;
    table->keys = keys_of(call->arena, &table->row);
    dynamodb_indexes_read(call, table);
    return true;
}

static str table_arn(const struct call *call, const struct table *table)
{
    return arn_build(call->arena,
                     &(struct arn){.service = S("dynamodb"),
                                   .region = table->region,
                                   .account = table->account,
                                   .resource = arena_join(call->arena, S("table/"), table->name)});
}

bool dynamodb_table_of_id(const struct call *call, int64_t id, struct table *table)
{
    struct dynamodb_find_table_name_row row;

    if (!dynamodb_find_table_name(call->txn, &(struct dynamodb_find_table_name_params){.id = id}, &row))
        return false;
    *table =
        (struct table){.given = row.name, .account = row.account, .region = row.region, .name = row.name};
    table->arn = table_arn(call, table);
    return find(call, table);
}

bool dynamodb_locate_table(const struct call *call, str given, struct resource *found)
{
    struct table *table = arena_new(call->arena, struct table);

    *table = (struct table){.given = given, .account = call->account, .region = call->region, .name = given};
    found->row = table;
    if (str_starts_with(given, S("arn:")) && !read_arn(given, table))
        return dynamodb_refuse(call, S("Invalid table ARN"));
    found->arn = table->arn = table_arn(call, table);
    if (find(call, table)) {
        found->add_context = tags_add_context;
        found->policy = policy_of(call, &table->row);
    }
    return true;
}

bool dynamodb_locate_index(const struct call *call, str given, str name, struct resource *found)
{
    if (!dynamodb_locate_table(call, given, found))
        return false;
    if (str_present(name))
        found->arn = dynamodb_index_arn(call->arena, found->row, name);
    if (str_present(name))
        found->add_context = NULL; /* an index has no tags */
    return true;
}

bool dynamodb_locate_arn(const struct call *call, str text, struct resource *found)
{
    bool well = dynamodb_locate_table(call, text, found);

    if (!well)
        take_failure(call);
    return well && found->add_context;
}

const struct table *dynamodb_table_at(const struct call *call, size_t index)
{
    const struct table *table = call_resource(call, index)->row;

    return dynamodb_table_name_check(call, table->name) ? table : NULL;
}

const struct table *dynamodb_table_of(const struct call *call)
{
    return dynamodb_table_at(call, 0);
}

/* dynamodb_page_begin() knows the index whose throughput such a request uses. */
static bool reads_pages(const struct call *call)
{
    return call->operation == &DYNAMODB_QUERY || call->operation == &DYNAMODB_SCAN ||
           dynamodb_is_select(call);
}

bool dynamodb_table_open(const struct call *call, const struct table *table)
{
    if (table->row.id && !dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING) &&
        !dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_DELETING))
        return reads_pages(call) || dynamodb_throughput_admit(call, table, NULL);
    fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found");
    return false;
}
