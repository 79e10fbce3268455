/*
 * batch_write.c: BatchWriteItem: puts and deletes of up to 25 items in several tables.
 *
 * A request that is invalid in any part writes nothing.  Of a valid request, what is written is bounded, so
 * that nobody holds the engine: the requests that are left come back as UnprocessedItems.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

#include "base/check.h"

enum {
    MAX_REQUESTS = 25,
    MAX_WRITTEN_BYTES = 4 * 1024 * 1024, /* of the items as they are or were; as large as a transaction */
};

/* ---- checking ---- */

static bool attributes_check(const struct call *call, const struct dynamodb_write_request *request)
{
    if (!request->put_request == !request->delete_request)
        return dynamodb_refuse(call,
                               S("Supplied AttributeValue has more than one datatypes set, must contain "
                                 "exactly one of the supported datatypes"));
    return dynamodb_attributes_check(call, request->put_request ? &request->put_request->item
                                                                : &request->delete_request->key);
}

static struct write write_of(const struct dynamodb_write_request *request)
{
    if (request->put_request)
        return (struct write){.kind = WRITE_PUTS, .given = &request->put_request->item};
    return (struct write){.kind = WRITE_DELETES, .given = &request->delete_request->key};
}

/* What can be said without the tables. */
static bool requests_read(const struct call *call, const struct dynamodb_batch_write_item_input *in,
                          struct write_set *set)
{
    for (size_t i = 0; i < in->request_items.count; i++) {
        const struct dynamodb_write_requests *requests = &in->request_items.items[i].value;
        for (size_t k = 0; k < requests->count; k++) {
            if (!attributes_check(call, &requests->items[k]))
                return false;
            *(struct write *)list_add(call->arena, set) = write_of(&requests->items[k]);
        }
    }
    return set->count <= MAX_REQUESTS ||
           dynamodb_refuse(call, S("Too many items requested for the BatchWriteItem call"));
}

static bool request_check(const struct call *call, const struct dynamodb_batch_write_item_input *in,
                          struct write_set *set)
{
    if (dynamodb_set_was_checked(call, set))
        return set->valid;
    return dynamodb_set_checked(call, set, requests_read(call, in, set));
}

static bool key_read(const struct call *call, struct write *write)
{
    const struct key_schema *schema = &write->table->keys;

    if (write->kind == WRITE_DELETES)
        return dynamodb_key_of_request(call, schema, write->given, &write->key);
    return dynamodb_key_of_batched_item(call, schema, write->given, &write->key) &&
           dynamodb_put_keys_check(call, write);
}

static bool tables_find(const struct call *call, const struct dynamodb_batch_write_item_input *in,
                        struct write_set *set)
{
    size_t at = 0;

    for (size_t i = 0; i < in->request_items.count; i++) {
        const struct table *table = dynamodb_table_at(call, i);
        if (!table || !dynamodb_table_serves(call, table))
            return false;
        for (size_t k = 0; k < in->request_items.items[i].value.count; k++, at++) {
            set->items[at].table = table;
            set->items[at].failure = (struct failure){0};
        }
    }
    check(at == set->count);
    return true;
}

/* Writes to a table whose throughput is used up fail.  False, with the last one's failure: all of them do. */
static bool throughput_check(const struct call *call, struct write_set *set)
{
    bool any = false;

    for (size_t i = 0; i < set->count; i++) {
        bool admitted = dynamodb_throughput_admit(call, set->items[i].table, NULL);
        set->items[i].failure = admitted ? (struct failure){0} : call->progress->failure;
        any = any || admitted;
    }
    if (any)
        take_failure(call);
    return any;
}

/* Find the key of each item.  False: fail() has been called. */
static bool address(const struct call *call, const struct dynamodb_batch_write_item_input *in,
                    struct write_set *set)
{
    if (!request_check(call, in, set) || !tables_find(call, in, set))
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (!key_read(call, &set->items[i]))
            return false;
    if (dynamodb_set_repeats(call, set))
        return dynamodb_refuse(call, S("Provided list of item keys contains duplicates"));
    return throughput_check(call, set);
}

/* ---- writing ---- */

static bool is_throttled(const struct write *write)
{
    return write->failure.error != NULL;
}

static enum outcome plan_all(const struct call *call, struct write_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        enum outcome outcome =
            is_throttled(&set->items[i]) ? DONE : dynamodb_plan_write(call, &set->items[i]);
        if (outcome != DONE)
            return outcome;
    }
    return DONE;
}

/* The number of writes that have room, as far as they are planned. */
static size_t count_with_room(const struct write_set *set)
{
    int64_t bytes = 0;
    size_t count = 0;

    for (; count < set->count && bytes <= MAX_WRITTEN_BYTES; count++)
        bytes += is_throttled(&set->items[count]) ? 0 : dynamodb_write_bytes(&set->items[count]);
    return count;
}

/* Nothing is drafted for a batch of which a part is throttled. */
static size_t count_to_draft(const struct write_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (is_throttled(&set->items[i]))
            return 0;
    return count_with_room(set);
}

static size_t apply(const struct call *call, struct write_set *set)
{
    size_t count = count_with_room(set);

    for (size_t i = 0; i < count; i++)
        if (!is_throttled(&set->items[i]))
            dynamodb_write_apply(call, &set->items[i]);
    dynamodb_drafts_end(call, set);
    return count;
}

/* The requests from number `done` on are left for another call, and those that are throttled. */
static void leave(const struct call *call, const struct dynamodb_batch_write_item_input *in,
                  const struct write_set *set, size_t done, struct dynamodb_batch_write_item_output *out)
{
    size_t at = 0;

    list_make_empty(call->arena, &out->unprocessed_items);
    for (size_t i = 0; i < in->request_items.count; i++) {
        const struct dynamodb_batch_write_item_request_map_entry *asked = &in->request_items.items[i];
        struct dynamodb_batch_write_item_request_map_entry left = {.key = asked->key};
        for (size_t k = 0; k < asked->value.count; k++, at++)
            if (at >= done || is_throttled(&set->items[at]))
                *list_add(call->arena, &left.value) = asked->value.items[k];
        if (left.value.count > 0)
            *list_add(call->arena, &out->unprocessed_items) = left;
    }
}

/* ---- the operation ---- */

void dynamodb_batch_write_context(const struct call *call, const struct dynamodb_batch_write_item_input *in,
                                  const struct resource *resource, struct context_list *context)
{
    const struct table *table = resource->row;

    for (size_t i = 0; i < in->request_items.count; i++) {
        const struct dynamodb_write_requests *requests = &in->request_items.items[i].value;
        for (size_t k = 0; k < requests->count && str_equal(in->request_items.items[i].key, table->given);
             k++) {
            struct write write = write_of(&requests->items[k]);
            if (requests->items[k].put_request || requests->items[k].delete_request)
                dynamodb_access_in_context(call, table, &(struct access){.attributes = write.given}, context);
        }
    }
}

void dynamodb_batch_write_item_prepare(const struct call *call,
                                       const struct dynamodb_batch_write_item_input *in)
{
    struct write_set *set = arena_new(call->arena, struct write_set);

    *set = dynamodb_set_anew(prepared(call));
    if (address(call, in, set))
        dynamodb_set_prepare(call, set);
    leave_prepared(call, set);
}

enum outcome dynamodb_batch_write_item(const struct call *call,
                                       const struct dynamodb_batch_write_item_input *in,
                                       struct dynamodb_batch_write_item_output *out)
{
    struct write_set set = dynamodb_set_begin(call);

    if (!address(call, in, &set))
        return FAILED;
    enum outcome outcome = dynamodb_drafts_write(call, &set, count_to_draft(&set));
    if (outcome == DONE)
        outcome = plan_all(call, &set);
    if (outcome != DONE)
        return outcome;
    size_t done = apply(call, &set);
    if (done < set.count)
        reply_is_long(call);
    leave(call, in, &set, done, out);
    set.count = done;
    dynamodb_set_capacity(call, &set, USE_PLAIN, in->return_consumed_capacity, &out->consumed_capacity);
    dynamodb_set_collections(call, &set, in->return_item_collection_metrics, &out->item_collection_metrics);
    return DONE;
}
