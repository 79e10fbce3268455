/*
 * write_set.c: the writes of one request to several items, for BatchWriteItem and transactions.
 *
 * All writes are planned before the first one is stored: a plan reads the items as they were before the
 * request, which is right because no two writes are about the same item.  As with one write (write.c), a
 * worker may have computed the results before.
 */
#include "dynamodb_internal.h"
#include "pages.h"

enum { MAX_PREPARED_BYTES = 16 * 1024 * 1024 }; /* of items, in the memory of a call that waits */

/* ---- errors of the request itself ---- */

struct write_set dynamodb_set_begin(const struct call *call)
{
    const struct write_set *left = call->preparing ? NULL : prepared(call);

    return left ? *left : (struct write_set){0};
}

struct write_set dynamodb_set_anew(const struct write_set *before)
{
    return (struct write_set){.attempts = before ? before->attempts : 0};
}

bool dynamodb_set_was_checked(const struct call *call, const struct write_set *set)
{
    if (set->checked && !set->valid)
        fail(call, set->failure.error, "%.*s", STR_ARGS(set->failure.message));
    return set->checked;
}

bool dynamodb_set_checked(const struct call *call, struct write_set *set, bool valid)
{
    set->checked = true;
    set->valid = valid;
    set->failure = call->progress->failure;
    return valid;
}

bool dynamodb_set_repeats(const struct call *call, const struct write_set *set)
{
    struct item_places places = dynamodb_places_for(call->arena, set->count);

    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->items[i];
        if (!write->failure.error && !dynamodb_places_add(&places, write->table->row.id, write->key))
            return true;
    }
    return false;
}

/* ---- planning ---- */

/* The handler works out the rest itself. */
void dynamodb_set_prepare(const struct call *call, struct write_set *set)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < set->count && bytes <= MAX_PREPARED_BYTES; i++) {
        if (set->items[i].failure.error)
            continue;
        dynamodb_write_prepare(call, &set->items[i]);
        bytes += dynamodb_write_bytes(&set->items[i]);
    }
    dynamodb_drafts_begin(set);
}

/* Plan one write; its failure becomes the reason.  PARKED: the call moves to a worker. */
static enum outcome plan(const struct call *call, struct write *write)
{
    enum outcome outcome = write->failure.error ? DONE : dynamodb_plan_write(call, write);

    if (outcome != FAILED)
        return outcome;
    write->failure = take_failure(call);
    return DONE;
}

/* Workers have computed the write several times, and each time the item has changed meanwhile. */
static void give_up(const struct call *call, struct write *write)
{
    dynamodb_count_conflict(call, write->table);
    fail(call, &DYNAMODB_TRANSACTION_CONFLICT_EXCEPTION, "Transaction is ongoing for the item");
    write->failure = take_failure(call);
}

/* For a refusal, which shows the bytes of all items; of a write that nobody has computed, the stored ones. */
static int64_t bytes_of_all(const struct call *call, const struct write_set *set)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->items[i];
        struct stored stored = {.size_bytes = dynamodb_write_bytes(write)};
        if (!write->worked_out && !write->failure.error)
            dynamodb_stored_find(call, write->table, &write->key, &stored);
        bytes += stored.size_bytes;
    }
    return bytes;
}

/* The engine itself computes writes of LARGE_ITEM_BYTES together, and no more. */
static enum outcome plan_all(const struct call *call, struct write_set *set, bool *cancelled)
{
    int64_t bytes = 0, late_bytes = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct write *write = &set->items[i];
        if (late_bytes > LARGE_ITEM_BYTES && !dynamodb_write_is_ready(call, write)) {
            give_up(call, write);
            *cancelled = true;
            continue;
        }
        if (plan(call, write) == PARKED)
            return PARKED;
        *cancelled |= write->failure.error != NULL;
        bytes += dynamodb_write_bytes(write);
        late_bytes += write->late ? dynamodb_write_bytes(write) : 0;
        if (bytes > MAX_TRANSACTION_BYTES) {
            dynamodb_transaction_refuse_size(call, bytes_of_all(call, set));
            return FAILED;
        }
        if (late_bytes > LARGE_ITEM_BYTES && may_move_to_worker(call))
            return move_to_worker(call);
    }
    return DONE;
}

enum outcome dynamodb_set_cancel(const struct call *call, const struct write_set *set)
{
    struct failure *failures = arena_alloc(call->arena, set->count * sizeof *failures);

    for (size_t i = 0; i < set->count; i++)
        failures[i] = set->items[i].failure;
    return dynamodb_transaction_cancel(call, failures, set->count);
}

/* A transaction that will be refused for its size has no drafts. */
static enum outcome write_drafts(const struct call *call, struct write_set *set)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < set->count; i++)
        bytes += dynamodb_write_bytes(&set->items[i]);
    return dynamodb_drafts_write(call, set, bytes <= MAX_TRANSACTION_BYTES ? set->count : 0);
}

enum outcome dynamodb_set_transact(const struct call *call, struct write_set *set)
{
    bool cancelled = false;
    enum outcome outcome = write_drafts(call, set);

    if (outcome == DONE)
        outcome = plan_all(call, set, &cancelled);
    if (outcome != DONE)
        return outcome;
    if (cancelled)
        return dynamodb_set_cancel(call, set);
    for (size_t i = 0; i < set->count; i++)
        dynamodb_write_apply(call, &set->items[i]);
    dynamodb_drafts_end(call, set);
    return DONE;
}

/* ---- what the reply shows ---- */

void dynamodb_set_capacity(const struct call *call, const struct write_set *set, enum use_kind kind,
                           str asked, struct dynamodb_consumed_capacity_list *shown)
{
    struct table_uses uses = {.factor = kind == USE_PLAIN ? 1 : 2};

    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i].failure.error)
            dynamodb_use_add(call, &uses, set->items[i].table,
                             dynamodb_write_units(dynamodb_write_bytes(&set->items[i])),
                             set->items[i].index_units);
    dynamodb_uses_show(call, &uses, kind, asked, shown);
}

void dynamodb_set_repeat(const struct call *call, const struct write_set *set, str asked,
                         struct dynamodb_consumed_capacity_list *shown)
{
    static const bool consistent = true;
    struct table_uses uses = {.factor = 2};

    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->items[i];
        struct stored stored = {0};
        if (!write->failure.error)
            dynamodb_stored_find(call, write->table, &write->key, &stored);
        dynamodb_use_add(call, &uses, write->table, dynamodb_read_units(stored.size_bytes, &consistent),
                         NULL);
    }
    dynamodb_uses_show(dynamodb_as_reading(call), &uses, USE_READS, asked, shown);
}

static struct dynamodb_item_collection_metrics_list *
collections_of(const struct call *call, str table, struct dynamodb_item_collection_metrics_list_map *shown)
{
    for (size_t i = 0; i < shown->count; i++)
        if (str_equal(shown->items[i].key, table))
            return &shown->items[i].value;
    struct dynamodb_item_collection_metrics_list_map_entry *added = list_add(call->arena, shown);
    added->key = table;
    return &added->value;
}

/* For each write: is it the last one in its collection? */
static bool *last_in_collections(const struct call *call, const struct write_set *set)
{
    bool *is_last = arena_alloc(call->arena, set->count + 1);
    struct item_places places = dynamodb_places_for(call->arena, set->count);

    for (size_t i = set->count; i-- > 0;) {
        struct item_key collection = {set->items[i].key.hash, S("")};
        is_last[i] = dynamodb_places_add(&places, set->items[i].table->row.id, collection);
    }
    return is_last;
}

void dynamodb_set_collections(const struct call *call, const struct write_set *set, str asked,
                              struct dynamodb_item_collection_metrics_list_map *shown)
{
    const bool *is_last = last_in_collections(call, set);

    for (size_t i = 0; i < set->count; i++) {
        const struct write *write = &set->items[i];
        const struct dynamodb_item_collection_metrics *metrics =
            write->kind == WRITE_CHECKS || write->failure.error || !is_last[i]
                ? NULL
                : dynamodb_collection_metrics(call, write, asked);
        if (metrics)
            *list_add(call->arena, collections_of(call, write->table->given, shown)) = *metrics;
    }
}
