/*
 * partiql_write.c: INSERT, UPDATE, DELETE and EXISTS as writes of one item (write.c).
 *
 * An INSERT has the condition that the item is not there, an UPDATE that it is.
 */
#include "indexes.h"
#include "partiql_run.h"

#include "base/list.h"

static struct node *existence(struct arena *arena, const struct table *table, enum function function)
{
    struct node *path = arena_new(arena, struct node), *node = arena_new(arena, struct node);

    path->kind = NODE_PATH;
    list_add(arena, &path->path)->name = table->keys.items[0].name;
    node->kind = NODE_FUNCTION;
    node->function = function;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
    *list_add(arena, &node->operands) = path;
    return node;
}

/* ---- INSERT ---- */

static bool key_attributes_check(const struct call *call, const struct pql_run *run)
{
    const struct key_schema *keys = &run->table->keys;

    for (size_t i = 0; i < keys->count; i++) {
        const struct dynamodb_attribute_value *value =
            dynamodb_item_get(&run->statement.item, keys->items[i].name);
        if (!value)
            return dynamodb_refuse(call, arena_format(call->arena,
                                                      "Key attribute should be present in the item: Key %.*s",
                                                      STR_ARGS(keys->items[i].name)));
        if (!dynamodb_pql_key_type_check(call, &keys->items[i], value))
            return false;
    }
    return true;
}

static bool insert_of(const struct call *call, struct pql_run *run, struct write *write)
{
    write->kind = WRITE_PUTS;
    write->given = &run->statement.item;
    write->inserts = true;
    write->expressions.condition = existence(call->arena, run->table, ATTRIBUTE_NOT_EXISTS);
    /* A transaction refuses the item as TransactWriteItems does. */
    run->faulty_key = !(run->in_transaction || key_attributes_check(call, run)) ||
                      !dynamodb_key_of_item(call, &run->table->keys, write->given, &write->key);
    return !run->faulty_key && dynamodb_put_keys_check(call, write);
}

/* ---- writes with a WHERE ---- */

static bool refuse_exists(const struct call *call)
{
    return dynamodb_refuse(call, S("EXISTS() must contain a single item read with additional condition"));
}

static bool refuse_incomplete(const struct call *call, const struct pql_run *run)
{
    return dynamodb_refuse(call, run->in_transaction ? dynamodb_key_mismatch
                                                     : S("Where clause does not contain a mandatory equality "
                                                         "on all key attributes"));
}

static bool key_of(const struct call *call, struct pql_run *run, struct node_list *rest, struct write *write)
{
    struct dynamodb_attribute_map *key = arena_new(call->arena, struct dynamodb_attribute_map);
    enum key_result result = dynamodb_pql_key(call, run, key, rest);

    if (result == KEY_INCOMPLETE && run->statement.exists)
        return refuse_exists(call);
    write->given = key;
    bool named = result == KEY_FOUND || (result == KEY_INCOMPLETE && refuse_incomplete(call, run));
    run->faulty_key = !named || !dynamodb_key_of_request(call, &run->table->keys, key, &write->key);
    return !run->faulty_key;
}

static bool where_of(const struct call *call, struct pql_run *run, struct write *write)
{
    static const enum write_kind kinds[] = {[STATEMENT_SELECT] = WRITE_CHECKS,
                                            [STATEMENT_UPDATE] = WRITE_UPDATES,
                                            [STATEMENT_DELETE] = WRITE_DELETES};
    struct node_list rest;

    write->kind = kinds[run->statement.kind];
    if (!key_of(call, run, &rest, write))
        return false;
    if (run->statement.exists && (rest.count == 0 || str_present(run->statement.index_name)))
        return refuse_exists(call);
    if (write->kind == WRITE_UPDATES)
        // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
        *list_add(call->arena, &rest) = existence(call->arena, run->table, ATTRIBUTE_EXISTS);
    write->expressions.condition = dynamodb_pql_all_of(call->arena, &rest);
    write->expressions.update = run->statement.update;
    return dynamodb_update_keys_check(call, &run->table->keys, &write->expressions.update) &&
           dynamodb_key_paths_check(call, &run->table->keys, &write->expressions, "Key");
}

bool dynamodb_pql_write(const struct call *call, struct pql_run *run, struct write *write)
{
    *write = (struct write){.return_values = run->statement.return_values,
                            .return_values_on_failure = run->return_values_on_failure,
                            .of_statement = true,
                            .expressions = {.scope = run->expressions.scope},
                            .table = run->table};
    return run->statement.kind == STATEMENT_INSERT ? insert_of(call, run, write) : where_of(call, run, write);
}

bool dynamodb_pql_write_anew(const struct call *call, struct pql_run *run, struct write *write)
{
    struct write prepared = *write;

    if (!dynamodb_pql_write(call, run, write))
        return false;
    if (!prepared.worked_out)
        return true;
    prepared.table = write->table;
    prepared.key = write->key;
    *write = prepared;
    return true;
}

struct dynamodb_attribute_map dynamodb_pql_returned(const struct call *call, const struct write *write)
{
    struct dynamodb_attribute_map attributes = {0};

    if (write->kind == WRITE_UPDATES)
        dynamodb_update_return(call, write->return_values, write, &attributes);
    else if (str_present(write->return_values) && write->stored.id)
        attributes = write->stored.item;
    return attributes;
}
