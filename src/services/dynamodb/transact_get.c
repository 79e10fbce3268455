/*
 * transact_get.c: TransactGetItems: up to 100 items of several tables, as they are at one moment.
 *
 * A read's snapshot shows all items as they were after the same write, so no read conflicts with a write.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
 */
#include "dynamodb_internal.h"

/* One Get. */
struct get {
    const struct dynamodb_get *asked;
    struct expressions expressions;
    const struct table *table;
    struct item_key key;
    struct stored stored;
};

struct gets {
    struct get *items;
    size_t count;
};

/* ---- checking ---- */

static bool get_check(const struct call *call, const struct dynamodb_get *asked,
                      struct expressions *expressions)
{
    struct expression_texts texts = {
        .projection = asked->projection_expression,
        .names = &asked->expression_attribute_names,
    };

    return dynamodb_attributes_check(call, &asked->key) &&
           dynamodb_expressions_read(call, &texts, expressions);
}

/* What can be said without the tables. */
static bool request_check(const struct call *call, const struct dynamodb_transact_get_items_input *in,
                          struct gets *gets)
{
    for (size_t i = 0; i < in->transact_items.count; i++) {
        struct get *get = list_add(call->arena, gets);
        get->asked = in->transact_items.items[i].get;
        if (!get_check(call, get->asked, &get->expressions))
            return false;
    }
    return true;
}

static bool tables_find(const struct call *call, struct gets *gets)
{
    for (size_t i = 0; i < gets->count; i++) {
        struct get *get = &gets->items[i];
        get->table = call_resource(call, i)->row;
        if (!dynamodb_transaction_table_open(
                call, get->table, arena_format(call->arena, "transactItems.%zu.member.get", i + 1)))
            return false;
    }
    for (size_t i = 0; i < gets->count; i++)
        if (!dynamodb_key_sizes_check(call, &gets->items[i].table->keys, &gets->items[i].asked->key))
            return false;
    return true;
}

static bool key_read(const struct call *call, struct get *get)
{
    const struct key_schema *schema = &get->table->keys;

    return dynamodb_key_of_request(call, schema, &get->asked->key, &get->key) &&
           dynamodb_key_paths_check(call, schema, &get->expressions, "Key");
}

static bool cancel(const struct call *call, const struct gets *gets, const struct failure *failures)
{
    dynamodb_transaction_cancel(call, failures, gets->count);
    return false;
}

/* What is wrong with a key is the reason of its Get, and the only one, as for writes. */
static bool keys_read(const struct call *call, struct gets *gets)
{
    struct failure *failures = arena_alloc(call->arena, gets->count * sizeof *failures);

    for (size_t i = 0; i < gets->count; i++)
        if (!key_read(call, &gets->items[i])) {
            failures[i] = take_failure(call);
            return cancel(call, gets, failures);
        }
    return true;
}

static bool admit(const struct call *call, const struct gets *gets)
{
    struct failure *failures = arena_alloc(call->arena, gets->count * sizeof *failures);
    bool all = true;

    for (size_t i = 0; i < gets->count; i++)
        if (!dynamodb_throughput_admit(call, gets->items[i].table, NULL)) {
            failures[i] = take_failure(call);
            all = false;
        }
    return all || cancel(call, gets, failures);
}

static bool repeats_check(const struct call *call, const struct gets *gets)
{
    struct item_places places = dynamodb_places_for(call->arena, gets->count);

    for (size_t i = 0; i < gets->count; i++)
        if (!dynamodb_places_add(&places, gets->items[i].table->row.id, gets->items[i].key))
            return dynamodb_transaction_refuse_repeated(call);
    return true;
}

/* ---- reading ---- */

/* For a refusal, which shows the bytes of all items. */
static int64_t bytes_from(const struct call *call, const struct gets *gets, size_t first)
{
    int64_t bytes = 0;

    for (size_t i = first; i < gets->count; i++) {
        struct stored stored;
        dynamodb_stored_find(call, gets->items[i].table, &gets->items[i].key, &stored);
        bytes += stored.size_bytes;
    }
    return bytes;
}

static bool items_read(const struct call *call, struct gets *gets)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < gets->count; i++) {
        struct get *get = &gets->items[i];
        dynamodb_stored_read(call, get->table, &get->key, &get->stored);
        bytes += get->stored.size_bytes;
        if (bytes > MAX_TRANSACTION_BYTES)
            return dynamodb_transaction_refuse_size(call, bytes + bytes_from(call, gets, i + 1));
    }
    return true;
}

/* A missing item is an empty response, an item of which nothing is projected an empty item. */
static void respond(const struct call *call, const struct get *get, struct dynamodb_item_response *response)
{
    const struct projection *projection = get->expressions.projection;

    if (!get->stored.id)
        return;
    response->item = dynamodb_item_decode(call->arena, get->stored.blob);
    if (projection)
        response->item = dynamodb_projection_apply(call->arena, projection, &response->item);
    if (response->item.count == 0)
        list_make_empty(call->arena, &response->item);
}

static void show_capacity(const struct call *call, const struct gets *gets, str asked,
                          struct dynamodb_consumed_capacity_list *shown)
{
    static const bool consistent = true;
    struct table_uses uses = {.factor = 2};

    for (size_t i = 0; i < gets->count; i++)
        dynamodb_use_add(call, &uses, gets->items[i].table,
                         dynamodb_read_units(gets->items[i].stored.size_bytes, &consistent), NULL);
    dynamodb_uses_show(call, &uses, USE_READS, asked, shown);
}

/* ---- the operation ---- */

void dynamodb_transact_get_context(const struct call *call,
                                   const struct dynamodb_transact_get_items_input *in,
                                   const struct resource *resource, struct context_list *context)
{
    struct expressions read = {0};
    size_t at = 0;

    while (call_resource(call, at) != resource)
        at++;
    const struct dynamodb_get *asked = in->transact_items.items[at].get;
    const struct expressions *expressions =
        dynamodb_read_for_context(call, get_check(call, asked, &read), &read);
    dynamodb_access_in_context(call, resource->row,
                               &(struct access){.expressions = expressions, .attributes = &asked->key},
                               context);
    dynamodb_select_in_context(call, (str){0}, expressions, (str){0}, context);
    context_add(call, context, S("dynamodb:EnclosingOperation"), S("TransactGetItems"));
}

enum outcome dynamodb_transact_get_items(const struct call *call,
                                         const struct dynamodb_transact_get_items_input *in,
                                         struct dynamodb_transact_get_items_output *out)
{
    struct gets gets = {0};

    if (!request_check(call, in, &gets) || !tables_find(call, &gets) || !keys_read(call, &gets) ||
        !admit(call, &gets) || !repeats_check(call, &gets) || !items_read(call, &gets))
        return FAILED;
    for (size_t i = 0; i < gets.count; i++)
        respond(call, &gets.items[i], list_add(call->arena, &out->responses));
    show_capacity(call, &gets, in->return_consumed_capacity, &out->consumed_capacity);
    return DONE;
}
