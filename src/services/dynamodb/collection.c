/*
 * collection.c: item collections: the items of one partition key, with their entries in local indexes.
 *
 * Only tables with local indexes have them.  Their sizes are counted, so ItemCollectionMetrics are exact.  A
 * write that would make one larger than 10 GB is refused; each write of a request is compared with the size
 * before the request.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
 */
#include "dynamodb_internal.h"
#include "pages.h"

static const int64_t gigabyte = (int64_t)1024 * 1024 * 1024;

static bool has_collections(const struct table *table)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        if (table->indexes.items[i].local)
            return true;
    return false;
}

int64_t dynamodb_collection_growth(const struct table *table, const struct entry_change *entries,
                                   int64_t item_bytes)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        if (table->indexes.items[i].local)
            item_bytes += entries[i].after_bytes - entries[i].before_bytes;
    return item_bytes;
}

int64_t dynamodb_collection_share(const struct table *table, const struct entry_change *entries,
                                  int64_t item_bytes)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        if (table->indexes.items[i].local)
            item_bytes += entries[i].after_bytes;
    return item_bytes;
}

static int64_t bytes_of(const struct call *call, const struct table *table, str hash)
{
    struct dynamodb_read_collection_row row = {0};

    dynamodb_read_collection(
        call->txn, &(struct dynamodb_read_collection_params){.table_id = table->row.id, .hash_key = hash},
        &row);
    return row.bytes;
}

bool dynamodb_collection_fits(const struct call *call, const struct table *table, str hash, int64_t growth)
{
    if (growth <= 0 || !has_collections(table) ||
        bytes_of(call, table, hash) + growth <= dynamodb_collection_limit_bytes())
        return true;
    fail(call, &DYNAMODB_ITEM_COLLECTION_SIZE_LIMIT_EXCEEDED_EXCEPTION, "Collection size exceeded");
    return false;
}

void dynamodb_collection_grow(const struct call *call, const struct table *table, str hash, int64_t bytes)
{
    if (bytes == 0 || !has_collections(table))
        return;
    dynamodb_grow_collection(call->txn, &(struct dynamodb_grow_collection_params){
                                            .table_id = table->row.id, .hash_key = hash, .bytes = bytes});
    if (bytes < 0)
        dynamodb_remove_empty_collection(call->txn, &(struct dynamodb_remove_empty_collection_params){
                                                        .table_id = table->row.id, .hash_key = hash});
}

const struct dynamodb_item_collection_metrics *
dynamodb_collection_metrics(const struct call *call, const struct write *write, str asked)
{
    struct dynamodb_item_collection_metrics *metrics =
        arena_new(call->arena, struct dynamodb_item_collection_metrics);
    struct key_schema partition = {.items = write->table->keys.items, .count = 1, .hash_count = 1};

    if (dynamodb_return_item_collection_metrics_of(asked) != DYNAMODB_RETURN_ITEM_COLLECTION_METRICS_SIZE ||
        !has_collections(write->table))
        return NULL;
    metrics->item_collection_key = dynamodb_key_attributes(call->arena, &partition, write->given);
    int64_t whole = bytes_of(call, write->table, write->key.hash) / gigabyte;
    *list_add(call->arena, &metrics->size_estimate_range_gb) = (double)whole;
    *list_add(call->arena, &metrics->size_estimate_range_gb) = (double)(whole + 1);
    return metrics;
}
