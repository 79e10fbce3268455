/*
 * table_find.c: from names and ARNs to tables.
 *
 * A request names a table of its own region.  Another account's table takes its ARN, and an operation that
 * AWS lists; the table's policy lets no other account do anything else.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "stream_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "services/tags/tags.h"

/* The second word of table/NAME/stream/LABEL; absent in the ARN of a table. */
static str part_of(str text)
{
    struct arn arn = {0};
    str rest, word = {0};

    arn_parse(text, &arn);
    rest = arn.resource;
    for (int i = 0; i < 3; i++)
        if (!str_next(&rest, '/', &word))
            return (str){0};
    return word;
}

enum resource_kind dynamodb_resource_kind(const struct resource *resource)
{
    str part = part_of(resource->arn);

    return str_equal(part, S("stream"))   ? RESOURCE_STREAM
           : str_equal(part, S("backup")) ? RESOURCE_BACKUP
                                          : RESOURCE_TABLE;
}

static bool refuse_arn(const struct call *call, const char *problem, str given)
{
    return dynamodb_refuse(call, arena_format(call->arena, "1 validation error detected: %s in '%.*s'",
                                              problem, STR_ARGS(given)));
}

/* arn:aws:dynamodb:<region>:<account>:table/<name>; false: fail() has been called. */
static bool read_arn(const struct call *call, str text, struct table *table)
{
    struct arn arn;
    bool parsed = arn_parse(text, &arn);

    table->region = arn.region;
    table->account = arn.account;
    table->name = str_from(arn.resource, sizeof "table/" - 1);
    if (!parsed || !str_equal(arn.service, S("dynamodb")) || str_index(arn.resource, ':') >= 0)
        return dynamodb_refuse(call, S("Invalid table ARN"));
    if (!str_equal(arn.partition, S("aws")))
        return refuse_arn(call, "Invalid AWS partition", text);
    return str_starts_with(arn.resource, S("table/")) || refuse_arn(call, "Invalid resource type", text);
}

static struct key_schema keys_of(struct arena *arena, const struct dynamodb_find_table_row *row)
{
    struct key_attribute *attributes = arena_alloc(arena, 2 * sizeof *attributes);

    attributes[0] = (struct key_attribute){row->hash_name, row->hash_type};
    attributes[1] = (struct key_attribute){row->range_name, row->range_type};
    return (struct key_schema){
        .items = attributes, .count = str_present(row->range_name) ? 2 : 1, .hash_count = 1};
}

/* What a table's policy may let other accounts do. */
static const struct operation *const cross_account[] = {
    &DYNAMODB_PUT_ITEM,
    &DYNAMODB_GET_ITEM,
    &DYNAMODB_UPDATE_ITEM,
    &DYNAMODB_DELETE_ITEM,
    &DYNAMODB_QUERY,
    &DYNAMODB_SCAN,
    &DYNAMODB_BATCH_GET_ITEM,
    &DYNAMODB_BATCH_WRITE_ITEM,
    &DYNAMODB_TRANSACT_GET_ITEMS,
    &DYNAMODB_TRANSACT_WRITE_ITEMS,
    &DYNAMODB_DESCRIBE_TABLE,
    &DYNAMODB_UPDATE_TABLE,
    &DYNAMODB_DELETE_TABLE,
    &DYNAMODB_TAG_RESOURCE,
    &DYNAMODB_UNTAG_RESOURCE,
    &DYNAMODB_LIST_TAGS_OF_RESOURCE,
};

static bool is_own(const struct call *call, str account)
{
    return !call->caller || str_equal(call->caller->account, account);
}

/*
 * Does the policy count for this request?  Always for requests of other services, which have none of these.
 */
static bool may_govern(const struct call *call, const struct table *table)
{
    if (is_own(call, table->account) || !call->operation || call->operation->service != &DYNAMODB_SERVICE)
        return true;
    for (size_t i = 0; i < sizeof cross_account / sizeof *cross_account; i++)
        if (call->operation->handler == cross_account[i]->handler)
            return true;
    return false;
}

static str policy_of(const struct call *call, const struct table *table)
{
    struct dynamodb_policy_row policy = {0};

    if (table->row.has_policy && may_govern(call, table))
        dynamodb_read_policy(call->txn, &(struct dynamodb_read_policy_params){.id = table->row.id}, &policy);
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

bool dynamodb_locate_anywhere(const struct call *call, str given, struct resource *found)
{
    struct table *table = arena_new(call->arena, struct table);

    *table = (struct table){.given = given, .account = call->account, .region = call->region, .name = given};
    found->row = table;
    if (str_starts_with(given, S("arn:")) && !read_arn(call, given, table))
        return false;
    found->arn = table->arn = table_arn(call, table);
    if (find(call, table)) {
        found->add_context = tags_add_context;
        found->policy = policy_of(call, table);
    }
    return true;
}

bool dynamodb_locate_table(const struct call *call, str given, struct resource *found)
{
    if (!dynamodb_locate_anywhere(call, given, found))
        return false;
    const struct table *table = found->row;
    return str_equal(table->region, call->region) || refuse_arn(call, "Invalid AWS region", given);
}

bool dynamodb_refuse_other_account(const struct call *call, const struct resource *found)
{
    return is_own(call, arn_account(found->arn)) ||
           dynamodb_refuse(call, S("This action is only supported by accounts that match the resource "
                                   "owner\xe2\x80\x99s account."));
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
    if (dynamodb_locate_stream_arn(call, text, found))
        return ((const struct stream *)found->row)->row.id != 0;
    bool well = dynamodb_locate_anywhere(call, text, found);
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
    return dynamodb_table_serves(call, table) &&
           (reads_pages(call) || dynamodb_throughput_admit(call, table, NULL));
}

bool dynamodb_table_is_made(const struct table *table)
{
    return table->row.id && !dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING) &&
           !dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_DELETING);
}

bool dynamodb_table_serves(const struct call *call, const struct table *table)
{
    if (dynamodb_table_is_made(table))
        return true;
    fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found");
    return false;
}
