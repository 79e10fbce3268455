/*
 * batch_get.c: BatchGetItem: up to 100 items of any tables.
 *
 * All keys are checked before the first item is read.  The items come in the order of their keys; when they
 * exceed 16 MB, or take too much memory, or the read's time is up, the keys that are left come back as
 * UnprocessedKeys.  AWS also
 * stops after 1 MB of one partition: a table here is one partition, so that bound is not applied.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
#include "dynamodb_internal.h"
#include "tables.h"

#include "base/check.h"

enum {
    MAX_KEYS = 100,
    MAX_KEY_ATTRIBUTES = 2,
    MAX_REPLY_BYTES = 16 * 1024 * 1024,
    MAX_MEMORY_BYTES = 64 * 1024 * 1024, /* decoded, an item of small values is many times as large */
};

/* The part of the request about one table. */
struct batch_part {
    str given; /* the client's name for the table */
    const struct dynamodb_keys_and_attributes *asked;
    struct expressions expressions;
    const struct table *table;
    struct item_key *keys;
    bool throttled;
};

struct batch {
    struct batch_part *items;
    size_t count;
    int64_t size_bytes; /* of the items read, and of the one that had no room */
    bool any_read;
};

/* ---- checking ---- */

/* Both keys have been checked, so equal values are equal texts. */
static bool are_equal(const struct call *call, const struct dynamodb_attribute_map *a,
                      const struct dynamodb_attribute_map *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct dynamodb_attribute_value *other = dynamodb_item_get(b, a->items[i].key);
        if (!other || !dynamodb_value_equal(call->arena, &a->items[i].value, other))
            return false;
    }
    return true;
}

/*
 * Is the key equal to one among `seen`?  Keys with more attributes than a schema has cannot be right: they
 * are not compared.
 */
static bool is_repeated(const struct call *call, struct positions *seen,
                        const struct dynamodb_attribute_map *keys, size_t at)
{
    if (keys[at].count > MAX_KEY_ATTRIBUTES)
        return false;
    uint64_t hash = dynamodb_map_hash(&keys[at]), slot = hash;
    for (size_t i; positions_next(seen, &slot, &i);)
        if (are_equal(call, &keys[i], &keys[at]))
            return true;
    positions_add(seen, hash, at);
    return false;
}

static bool refuse_duplicates(const struct call *call)
{
    return dynamodb_refuse(call, S("Provided list of item keys contains duplicates"));
}

static bool keys_check(const struct call *call, const struct dynamodb_keys_and_attributes *asked)
{
    struct positions seen = positions_for(call->arena, asked->keys.count);

    for (size_t i = 0; i < asked->keys.count; i++) {
        if (!dynamodb_attributes_check(call, &asked->keys.items[i]))
            return false;
        if (is_repeated(call, &seen, asked->keys.items, i))
            return refuse_duplicates(call);
    }
    return true;
}

static bool expressions_read(const struct call *call, const struct dynamodb_keys_and_attributes *asked,
                             struct expressions *expressions)
{
    struct expression_texts texts = {
        .projection = asked->projection_expression,
        .names = &asked->expression_attribute_names,
        .legacy.attributes_to_get = &asked->attributes_to_get,
    };

    return dynamodb_expressions_read(call, &texts, expressions);
}

/* The parameters of all tables are of one kind. */
static bool kinds_check(const struct call *call, const struct dynamodb_batch_get_item_input *in)
{
    bool expression = false, older = false;

    for (size_t i = 0; i < in->request_items.count; i++) {
        const struct dynamodb_keys_and_attributes *asked = &in->request_items.items[i].value;
        expression = expression || str_present(asked->projection_expression);
        older = older || asked->attributes_to_get.items;
    }
    return !expression || !older ||
           dynamodb_refuse(call, S("Can not use both expression and non-expression parameters in the same "
                                   "request: Non-expression parameters: {AttributesToGet} Expression "
                                   "parameters: {ProjectionExpression}"));
}

/* What can be said without the tables. */
static bool request_check(const struct call *call, const struct dynamodb_batch_get_item_input *in,
                          struct batch *batch)
{
    size_t keys = 0;

    if (!kinds_check(call, in))
        return false;
    for (size_t i = 0; i < in->request_items.count; i++) {
        const struct dynamodb_batch_get_request_map_entry *entry = &in->request_items.items[i];
        struct batch_part *part = list_add(call->arena, batch);
        *part = (struct batch_part){.given = entry->key, .asked = &entry->value};
        keys += entry->value.keys.count;
        if (!keys_check(call, part->asked))
            return false;
        if (keys > MAX_KEYS)
            return dynamodb_refuse(call, S("Too many items requested for the BatchGetItem call"));
        if (!expressions_read(call, part->asked, &part->expressions))
            return false;
    }
    return true;
}

static bool keys_read(const struct call *call, struct batch_part *part)
{
    const struct dynamodb_key_list *keys = &part->asked->keys;

    part->keys = arena_alloc(call->arena, keys->count * sizeof *part->keys);
    for (size_t i = 0; i < keys->count; i++)
        if (!dynamodb_key_of_request(call, &part->table->keys, &keys->items[i], &part->keys[i]))
            return false;
    return true;
}

static bool tables_check(const struct call *call, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_part *part = &batch->items[i];
        part->table = dynamodb_table_at(call, i);
        if (!part->table || !dynamodb_table_serves(call, part->table) || !keys_read(call, part) ||
            !dynamodb_key_paths_check(call, &part->table->keys, &part->expressions, "Key"))
            return false;
    }
    return true;
}

/* Find the tables whose throughput is used up.  False, with the last one's failure: all of them. */
static bool throughput_check(const struct call *call, struct batch *batch)
{
    bool any = false;

    for (size_t i = 0; i < batch->count; i++) {
        batch->items[i].throttled = !dynamodb_throughput_admit(call, batch->items[i].table, NULL);
        any = any || !batch->items[i].throttled;
    }
    if (any)
        take_failure(call);
    return any;
}

/* Several parts may be about the same table, by different names. */
static bool parts_differ(const struct call *call, const struct batch *batch)
{
    struct item_places places = dynamodb_places_for(call->arena, batch->count > 1 ? MAX_KEYS : 0);

    for (size_t i = 0; batch->count > 1 && i < batch->count; i++) {
        const struct batch_part *part = &batch->items[i];
        for (size_t j = 0; j < part->asked->keys.count; j++)
            if (!dynamodb_places_add(&places, part->table->row.id, part->keys[j]))
                return refuse_duplicates(call);
    }
    return true;
}

/* ---- reading ---- */

/* The first key is always read, so that the client comes to an end. */
static bool is_full(const struct call *call, const struct batch *batch)
{
    return batch->any_read &&
           (batch->size_bytes > MAX_REPLY_BYTES || call->arena->held > MAX_MEMORY_BYTES || time_is_up(call));
}

/* Add the item, if it exists, and its units.  False: it has no room in the reply. */
static bool read_one(const struct call *call, struct batch *batch, const struct batch_part *part, size_t at,
                     struct dynamodb_item_list *found, double *units)
{
    const struct projection *projection = part->expressions.projection;
    struct stored stored;

    dynamodb_stored_read(call, part->table, &part->keys[at], &stored);
    batch->any_read = true;
    batch->size_bytes += stored.size_bytes;
    if (batch->size_bytes > MAX_REPLY_BYTES)
        return false;
    *units += dynamodb_read_units(stored.size_bytes, part->asked->consistent_read);
    if (!stored.id)
        return true;
    struct dynamodb_attribute_map item = dynamodb_item_decode(call->arena, stored.blob);
    *list_add(call->arena, found) =
        projection ? dynamodb_projection_apply(call->arena, projection, &item) : item;
    return true;
}

/* The keys from `at` on are left for another request. */
static void leave(const struct call *call, const struct batch_part *part, size_t at,
                  struct dynamodb_batch_get_item_output *out)
{
    struct dynamodb_batch_get_request_map_entry *left = list_add(call->arena, &out->unprocessed_keys);

    *left = (struct dynamodb_batch_get_request_map_entry){.key = part->given, .value = *part->asked};
    left->value.keys.items += at;
    left->value.keys.count -= at;
}

static void read_part(const struct call *call, struct batch *batch, const struct batch_part *part, str asked,
                      struct dynamodb_batch_get_item_output *out)
{
    struct dynamodb_item_list *found;
    double units = 0;
    size_t at = 0;

    out->responses.items[out->responses.count] = (struct dynamodb_item_list_map_entry){.key = part->given};
    found = &out->responses.items[out->responses.count++].value;
    list_make_empty(call->arena, found);
    for (; at < part->asked->keys.count && !part->throttled && !is_full(call, batch); at++)
        if (!read_one(call, batch, part, at, found, &units))
            break;
    if (at < part->asked->keys.count)
        leave(call, part, at, out);
    const struct dynamodb_consumed_capacity *consumed = dynamodb_capacity_of(call, part->table, asked, units);
    if (consumed)
        *list_add(call->arena, &out->consumed_capacity) = *consumed;
}

/* ---- the operation ---- */

void dynamodb_batch_get_context(const struct call *call, const struct dynamodb_batch_get_item_input *in,
                                const struct resource *resource, struct context_list *context)
{
    const struct table *table = resource->row;
    const struct dynamodb_keys_and_attributes *asked = NULL;
    struct expressions read = {0};

    for (size_t i = 0; i < in->request_items.count; i++)
        if (str_equal(in->request_items.items[i].key, table->given))
            asked = &in->request_items.items[i].value;
    check(asked != NULL);
    const struct expressions *expressions = dynamodb_read_for_context(
        call, keys_check(call, asked) && expressions_read(call, asked, &read), &read);
    for (size_t i = 0; i < asked->keys.count; i++)
        dynamodb_access_in_context(
            call, table,
            &(struct access){.expressions = i == 0 ? expressions : NULL, .attributes = &asked->keys.items[i]},
            context);
    dynamodb_select_in_context(call, (str){0}, expressions, (str){0}, context);
}

enum outcome dynamodb_batch_get_item(const struct call *call, const struct dynamodb_batch_get_item_input *in,
                                     struct dynamodb_batch_get_item_output *out)
{
    struct batch batch = {0};

    if (!request_check(call, in, &batch) || !tables_check(call, &batch) || !parts_differ(call, &batch) ||
        !throughput_check(call, &batch))
        return FAILED;
    out->responses.items = arena_alloc(call->arena, batch.count * sizeof *out->responses.items);
    list_make_empty(call->arena, &out->unprocessed_keys);
    for (size_t i = 0; i < batch.count; i++)
        read_part(call, &batch, &batch.items[i], in->return_consumed_capacity, out);
    return DONE;
}
