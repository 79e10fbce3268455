/*
 * transact_write.c: TransactWriteItems: up to 100 actions, all of them or none.
 *
 * All actions are done in one run of the handler, and the engine runs one after the other: so no transaction
 * sees half of another one, and none is ever in progress or in conflict.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
#include "dynamodb_internal.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "wire/json.h"

#include <stdlib.h>

/* What the kinds of actions share. */
struct asked {
    enum write_kind kind;
    const struct dynamodb_attribute_map *given;
    str condition, update, return_values_on_failure;
    const struct str_map *names;
    const struct dynamodb_attribute_map *values;
};

static struct asked check_of(const struct dynamodb_condition_check *action)
{
    return (struct asked){
        .kind = WRITE_CHECKS,
        .given = &action->key,
        .condition = action->condition_expression,
        .return_values_on_failure = action->return_values_on_condition_check_failure,
        .names = &action->expression_attribute_names,
        .values = &action->expression_attribute_values,
    };
}

static struct asked put_of(const struct dynamodb_put *action)
{
    return (struct asked){
        .kind = WRITE_PUTS,
        .given = &action->item,
        .condition = action->condition_expression,
        .return_values_on_failure = action->return_values_on_condition_check_failure,
        .names = &action->expression_attribute_names,
        .values = &action->expression_attribute_values,
    };
}

static struct asked update_of(const struct dynamodb_update *action)
{
    return (struct asked){
        .kind = WRITE_UPDATES,
        .given = &action->key,
        .condition = action->condition_expression,
        .update = action->update_expression,
        .return_values_on_failure = action->return_values_on_condition_check_failure,
        .names = &action->expression_attribute_names,
        .values = &action->expression_attribute_values,
    };
}

static struct asked delete_of(const struct dynamodb_delete *action)
{
    return (struct asked){
        .kind = WRITE_DELETES,
        .given = &action->key,
        .condition = action->condition_expression,
        .return_values_on_failure = action->return_values_on_condition_check_failure,
        .names = &action->expression_attribute_names,
        .values = &action->expression_attribute_values,
    };
}

/* The kinds in the order of the model's permissions, which is that of the call's resources. */
static const struct kind {
    enum write_kind kind;
    const char *member;
} kinds[] = {
    {WRITE_CHECKS, "conditionCheck"},
    {WRITE_PUTS, "put"},
    {WRITE_UPDATES, "update"},
    {WRITE_DELETES, "delete"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The item's action of that kind; false when it has none. */
static bool read_action(const struct dynamodb_transact_write_item *item, enum write_kind kind,
                        struct asked *asked)
{
    *asked = (struct asked){0};
    if (kind == WRITE_CHECKS && item->condition_check)
        *asked = check_of(item->condition_check);
    else if (kind == WRITE_PUTS && item->put)
        *asked = put_of(item->put);
    else if (kind == WRITE_UPDATES && item->update)
        *asked = update_of(item->update);
    else if (kind == WRITE_DELETES && item->delete)
        *asked = delete_of(item->delete);
    return asked->given != NULL;
}

/* ---- checking ---- */

static bool read_only_action(const struct call *call, const struct dynamodb_transact_write_item *item,
                             struct asked *asked)
{
    struct asked read;
    int actions = 0;

    for (int k = 0; k < KINDS; k++)
        if (read_action(item, kinds[k].kind, &read)) {
            *asked = read;
            actions++;
        }
    if (actions == 0)
        return dynamodb_refuse(
            call, S("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"));
    return actions == 1 || dynamodb_refuse(call, S("TransactItems can only contain one of Check, Put, Update "
                                                   "or Delete"));
}

static bool expressions_read(const struct call *call, const struct asked *asked,
                             struct expressions *expressions)
{
    struct expression_texts texts = {
        .condition = asked->condition,
        .update = asked->update,
        .names = asked->names,
        .values = asked->values,
        .value_expressions = "ConditionExpression is",
    };

    return dynamodb_expressions_read(call, &texts, expressions) &&
           dynamodb_attributes_check(call, asked->given);
}

static bool action_read(const struct call *call, const struct dynamodb_transact_write_item *item,
                        struct write *write)
{
    struct asked asked = {0};

    if (!read_only_action(call, item, &asked))
        return false;
    write->kind = asked.kind;
    write->given = asked.given;
    write->return_values_on_failure = asked.return_values_on_failure;
    return expressions_read(call, &asked, &write->expressions);
}

static void add_hash(struct text *hashes, str text)
{
    struct sha256 hash = sha256(text);

    text_add(hashes, (str){(const char *)hash.bytes, sizeof hash.bytes});
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct json_member *)a)->name, ((const struct json_member *)b)->name);
}

static int by_text(const void *a, const void *b)
{
    return str_compare(((const struct json *)a)->text, ((const struct json *)b)->text);
}

static void sort_members(const struct json *value);

/* Only sets have lists with these names: the attributes of an item have objects. */
static void sort_member(const struct json_member *member)
{
    bool is_set = str_equal(member->name, S("SS")) || str_equal(member->name, S("NS")) ||
                  str_equal(member->name, S("BS"));

    if (is_set && json_is(&member->value, JSON_ARRAY) && member->value.count > 1)
        qsort(member->value.items, member->value.count, sizeof *member->value.items, by_text);
    else
        sort_members(&member->value);
}

/* Clients send maps and sets in any order; the repeated request is the same one. */
static void sort_members(const struct json *value)
{
    if (json_is(value, JSON_OBJECT) && value->count > 1)
        qsort(value->members, value->count, sizeof *value->members, by_name);
    for (size_t i = 0; json_is(value, JSON_OBJECT) && i < value->count; i++)
        sort_member(&value->members[i]);
    for (size_t i = 0; json_is(value, JSON_ARRAY) && i < value->count; i++)
        sort_members(&value->items[i]);
}

static str sorted_json(struct arena *arena, const struct dynamodb_transact_write_item *action)
{
    const struct json *sorted =
        json_parse(arena, model_to_json(arena, &DYNAMODB_TRANSACT_WRITE_ITEM, action), NULL);
    struct json_writer writer = json_writer_in(arena);

    check(sorted);
    sort_members(sorted);
    json_value(&writer, sorted);
    return json_written(&writer);
}

/*
 * After the check, which gives all numbers their one text.  The JSON of one action is forgotten before the
 * next one is written: that of the whole request may be large.
 */
static str fingerprint_of(const struct call *call, const struct dynamodb_transact_write_items_input *in)
{
    struct text hashes = text_in(call->arena);

    text_reserve(&hashes, (in->transact_items.count + 2) * SHA256_SIZE);
    add_hash(&hashes, in->return_consumed_capacity);
    add_hash(&hashes, in->return_item_collection_metrics);
    for (size_t i = 0; i < in->transact_items.count; i++) {
        struct arena_mark mark = arena_mark(call->arena);
        add_hash(&hashes, sorted_json(call->arena, &in->transact_items.items[i]));
        arena_rewind(call->arena, mark);
    }
    struct sha256 hash = sha256(text_str(&hashes));
    return arena_copy(call->arena, (str){(const char *)hash.bytes, sizeof hash.bytes});
}

static bool actions_read(const struct call *call, const struct dynamodb_transact_write_items_input *in,
                         struct write_set *set)
{
    for (size_t i = 0; i < in->transact_items.count; i++)
        if (!action_read(call, &in->transact_items.items[i], list_add(call->arena, set)))
            return false;
    if (str_present(in->client_request_token))
        set->fingerprint = fingerprint_of(call, in);
    return true;
}

static bool request_check(const struct call *call, const struct dynamodb_transact_write_items_input *in,
                          struct write_set *set)
{
    if (dynamodb_set_was_checked(call, set))
        return set->valid;
    return dynamodb_set_checked(call, set, actions_read(call, in, set));
}

static bool tables_find(const struct call *call, struct write_set *set)
{
    size_t next = 0;

    for (int k = 0; k < KINDS; k++)
        for (size_t i = 0; i < set->count; i++) {
            if (set->items[i].kind != kinds[k].kind)
                continue;
            set->items[i].table = call_resource(call, next++)->row;
            if (!dynamodb_transaction_table_open(
                    call, set->items[i].table,
                    arena_format(call->arena, "transactItems.%zu.member.%s", i + 1, kinds[k].member)))
                return false;
        }
    return true;
}

static void keys_find(const struct call *call, struct write_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        set->items[i].failure =
            dynamodb_write_find_key(call, &set->items[i]) ? (struct failure){0} : take_failure(call);
}

/*
 * AWS checks all keys before it reads an item, and ends at the first that is wrong: no other action has a
 * reason then (recorded by the tests of ScyllaDB's Alternator, test_transact.py, which run against AWS).
 */
static bool keys_check(const struct call *call, struct write_set *set)
{
    size_t first = 0;

    while (first < set->count && !set->items[first].failure.error)
        first++;
    if (first == set->count)
        return true;
    for (size_t i = first + 1; i < set->count; i++)
        set->items[i].failure = (struct failure){0};
    dynamodb_set_cancel(call, set);
    return false;
}

static void admit(const struct call *call, struct write_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!dynamodb_throughput_admit(call, set->items[i].table, NULL))
            set->items[i].failure = take_failure(call);
}

static bool keys_read(const struct call *call, struct write_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!dynamodb_key_sizes_check(call, &set->items[i].table->keys, set->items[i].given))
            return false;
    keys_find(call, set);
    if (dynamodb_set_repeats(call, set))
        return dynamodb_transaction_refuse_repeated(call);
    return keys_check(call, set);
}

static bool address(const struct call *call, const struct dynamodb_transact_write_items_input *in,
                    struct write_set *set)
{
    if (!request_check(call, in, set) || !tables_find(call, set) || !keys_read(call, set))
        return false;
    admit(call, set);
    return true;
}

/* ---- the operation ---- */

static size_t index_of(const struct call *call, const struct resource *resource)
{
    size_t index = 0;

    while (call_resource(call, index) != resource)
        index++;
    return index;
}

void dynamodb_transact_write_context(const struct call *call,
                                     const struct dynamodb_transact_write_items_input *in,
                                     const struct resource *resource, struct context_list *context)
{
    size_t left = index_of(call, resource);
    struct expressions read = {0};
    struct asked asked;

    for (int k = 0; k < KINDS; k++)
        for (size_t i = 0; i < in->transact_items.count; i++) {
            if (!read_action(&in->transact_items.items[i], kinds[k].kind, &asked) || left-- > 0)
                continue;
            const struct expressions *expressions =
                dynamodb_read_for_context(call, expressions_read(call, &asked, &read), &read);
            dynamodb_access_in_context(
                call, resource->row, &(struct access){.expressions = expressions, .attributes = asked.given},
                context);
            dynamodb_return_values_in_context(call, (str){0}, asked.return_values_on_failure, context);
            context_add(call, context, S("dynamodb:EnclosingOperation"), S("TransactWriteItems"));
            return;
        }
    check(false); /* each resource belongs to an action */
}

void dynamodb_transact_write_items_prepare(const struct call *call,
                                           const struct dynamodb_transact_write_items_input *in)
{
    struct write_set *set = arena_new(call->arena, struct write_set);

    *set = dynamodb_set_anew(prepared(call));
    if (address(call, in, set))
        dynamodb_set_prepare(call, set);
    leave_prepared(call, set);
}

enum outcome dynamodb_transact_write_items(const struct call *call,
                                           const struct dynamodb_transact_write_items_input *in,
                                           struct dynamodb_transact_write_items_output *out)
{
    struct write_set set = dynamodb_set_begin(call);
    str token = in->client_request_token;
    bool done = false;

    if (!address(call, in, &set) ||
        (str_present(token) && !dynamodb_token_check(call, token, set.fingerprint, &done)))
        return FAILED;
    if (done) {
        dynamodb_set_repeat(call, &set, in->return_consumed_capacity, &out->consumed_capacity);
        return DONE;
    }
    enum outcome outcome = dynamodb_set_transact(call, &set);
    if (outcome != DONE)
        return outcome;
    if (str_present(token))
        dynamodb_token_store(call, token, set.fingerprint);
    dynamodb_set_capacity(call, &set, USE_WRITES, in->return_consumed_capacity, &out->consumed_capacity);
    dynamodb_set_collections(call, &set, in->return_item_collection_metrics, &out->item_collection_metrics);
    return DONE;
}
