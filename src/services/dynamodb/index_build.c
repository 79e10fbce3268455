/*
 * index_build.c: fills an index that is made for a table with items.
 *
 * A timer reads the table in the order of a scan, some items in a slice, and stores how far it has come in
 * the batch of the entries.  Until the end, the index holds exactly the items up to there: changes of
 * later ones are left to the timer.  Items whose attributes cannot be the index's key are
 * left out, as on AWS.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

#include "aws/arn.h"

enum {
    ITEMS_PER_SLICE = 250,
    BYTES_PER_SLICE = 2 * 1024 * 1024,
};

static void set_timer(const struct call *call, int64_t index_id)
{
    str id = arena_format(call->arena, "%lld", (long long)index_id);

    timer_set(call, &DYNAMODB_BUILD_INDEX, id, call->now_ms + dynamodb_table_delay_ms(),
              &(struct dynamodb_build_index_input){.index_id = index_id});
}

void dynamodb_index_build(const struct call *call, const struct table *table, const struct index *index)
{
    dynamodb_add_backfill(call->txn, &(struct dynamodb_backfill_row){.index_id = index->id,
                                                                     .table_id = table->row.id,
                                                                     .hash_key = S(""),
                                                                     .range_key = S("")});
    set_timer(call, index->id);
}

const struct index *dynamodb_backfilling_index(const struct table *table)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        if (table->indexes.items[i].backfilling)
            return &table->indexes.items[i];
    return NULL;
}

static bool has_begun(const struct call *call, const struct index *index)
{
    struct dynamodb_backfill_row reached;

    return !dynamodb_find_backfill(call->txn, &(struct dynamodb_find_backfill_params){.index_id = index->id},
                                   &reached) ||
           reached.hash_key.size > 0;
}

const struct index *dynamodb_allocating_index(const struct call *call, const struct table *table)
{
    const struct index *index = dynamodb_backfilling_index(table);

    return index && dynamodb_table_delay_ms() > 0 && !has_begun(call, index) ? index : NULL;
}

bool dynamodb_index_has_reached(const struct call *call, const struct index *index,
                                const struct item_key *key)
{
    struct dynamodb_backfill_row reached;

    if (!index->backfilling)
        return true;
    dynamodb_find_backfill(call->txn, &(struct dynamodb_find_backfill_params){.index_id = index->id},
                           &reached);
    int order = str_compare(key->hash, reached.hash_key);
    return order < 0 || (order == 0 && str_compare(key->range, reached.range_key) <= 0);
}

/* The table of that index, NULL when it has been deleted. */
static const struct table *table_of(const struct call *call, int64_t index_id)
{
    struct dynamodb_find_index_table_row row;
    struct resource found = {0};

    if (!dynamodb_find_index_table(call->txn, &(struct dynamodb_find_index_table_params){.id = index_id},
                                   &row))
        return NULL;
    str arn =
        arn_build(call->arena, &(struct arn){.service = S("dynamodb"),
                                             .region = row.region,
                                             .account = row.account,
                                             .resource = arena_join(call->arena, S("table/"), row.name)});
    return dynamodb_locate_arn(call, arn, &found) ? found.row : NULL;
}

static const struct index *index_of(const struct table *table, int64_t index_id)
{
    for (size_t i = 0; i < table->indexes.count; i++)
        if (table->indexes.items[i].id == index_id)
            return &table->indexes.items[i];
    return NULL;
}

/* Add the entries of the next items.  False: there are no more. */
static bool fill(const struct call *call, const struct table *table, const struct index *index,
                 struct dynamodb_backfill_row *reached)
{
    struct dynamodb_items_after_params params = {
        .table_id = table->row.id, .hash_key = reached->hash_key, .range_key = reached->range_key};
    struct dynamodb_items_after_cursor cursor = dynamodb_items_after_open(call->txn, &params);
    struct dynamodb_items_after_row row;
    struct slice slice = {ITEMS_PER_SLICE, BYTES_PER_SLICE, false};
    bool more = true;

    while (!slice_is_spent(call, &slice)) {
        more = dynamodb_items_after_next(&cursor, &row);
        if (!more)
            break;
        dynamodb_entry_add(call, table, index,
                           &(struct stored){.id = row.id, .size_bytes = row.size_bytes, .blob = row.item});
        reached->hash_key = arena_copy(call->arena, row.hash_key);
        reached->range_key = arena_copy(call->arena, row.range_key);
        slice_spend(&slice, 1, row.size_bytes);
    }
    dynamodb_items_after_close(&cursor);
    return more;
}

enum outcome dynamodb_build_index(const struct call *call, const struct dynamodb_build_index_input *in,
                                  struct dynamodb_build_index_output *out)
{
    const struct table *table = table_of(call, in->index_id);
    const struct index *index = table ? index_of(table, in->index_id) : NULL;
    struct dynamodb_backfill_row reached;

    (void)out;
    if (!index || !dynamodb_find_backfill(
                      call->txn, &(struct dynamodb_find_backfill_params){.index_id = index->id}, &reached))
        return DONE;
    if (!fill(call, table, index, &reached)) {
        dynamodb_remove_backfill(call->txn, &(struct dynamodb_remove_backfill_params){.index_id = index->id});
        return DONE;
    }
    dynamodb_move_backfill(call->txn, &reached);
    slice_again(call, &DYNAMODB_BUILD_INDEX, arena_format(call->arena, "%lld", (long long)index->id), in);
    return DONE;
}
