/*
 * partiql_where.c: what the condition of a statement says about keys.
 *
 * A SELECT reads the partitions that its condition names by = and IN, also in all branches of an OR, and
 * filters their items by the whole condition.  A write names the whole key by =.
 */
#include "partiql_run.h"

#include "base/list.h"

static const struct path *path_of(const struct node *node)
{
    return node->kind == NODE_PATH ? &node->path : NULL;
}

static bool is_attribute(const struct node *node, str name)
{
    const struct path *path = path_of(node);

    return path && path->count == 1 && str_equal(path->items[0].name, name);
}

/* The value that the node compares the attribute with by =, or NULL. */
static const struct dynamodb_attribute_value *equal_value(const struct node *node, str name)
{
    struct node *const *operands = node->operands.items;

    if (node->kind != NODE_COMPARISON || node->comparator != EQUAL)
        return NULL;
    for (int i = 0; i < 2; i++)
        if (is_attribute(operands[i], name) && operands[1 - i]->kind == NODE_VALUE)
            return operands[1 - i]->value;
    return NULL;
}

static void add_value(struct arena *arena, struct value_pointers *values,
                      const struct dynamodb_attribute_value *value)
{
    // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
    *list_add(arena, values) = value;
}

/* ---- partitions ---- */

static bool add_choices(struct arena *arena, const struct node *node, str name, struct value_pointers *values)
{
    if (!is_attribute(node->operands.items[0], name))
        return false;
    for (size_t i = 1; i < node->operands.count; i++) {
        if (node->operands.items[i]->kind != NODE_VALUE)
            return false;
        add_value(arena, values, node->operands.items[i]->value);
    }
    return true;
}

bool dynamodb_pql_values(struct arena *arena, const struct node *node, str name,
                         struct value_pointers *values)
{
    const struct dynamodb_attribute_value *value = equal_value(node, name);

    if (value)
        add_value(arena, values, value);
    return value || (node->kind == NODE_IN && add_choices(arena, node, name, values));
}

/* Add the values to which the condition restricts the attribute; false: it does not. */
static bool restricts(struct arena *arena, const struct node *node, str name, struct value_pointers *values)
{
    size_t before = values->count;
    bool all = node->kind == NODE_OR, any = false;

    if (node->kind != NODE_AND && node->kind != NODE_OR)
        return dynamodb_pql_values(arena, node, name, values);
    for (size_t i = 0; i < node->operands.count && !any; i++) {
        bool restricted = restricts(arena, node->operands.items[i], name, values);
        all = all && restricted;
        any = restricted && node->kind == NODE_AND;
        if (!restricted)
            values->count = before;
        if (node->kind == NODE_OR && !restricted)
            return false;
        before = values->count;
    }
    return all || any;
}

void dynamodb_pql_conjuncts(struct arena *arena, struct node *node, struct node_list *conjuncts)
{
    if (node->kind != NODE_AND) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
        *list_add(arena, conjuncts) = node;
        return;
    }
    for (size_t i = 0; i < node->operands.count; i++)
        dynamodb_pql_conjuncts(arena, node->operands.items[i], conjuncts);
}

/*
 * Add the value unless an equal one is there.  Values that cannot be keys, which are refused later, differ
 * from all.
 */
static void add_distinct(struct value_pointers *values, struct positions *found,
                         const struct dynamodb_attribute_value *value)
{
    bool scalar = dynamodb_value_is_scalar(value);
    uint64_t hash = scalar ? keyed_hash(value->s) + value->is : 0, slot = hash;

    for (size_t i; scalar && positions_next(found, &slot, &i);)
        if (values->items[i]->is == value->is && str_equal(values->items[i]->s, value->s))
            return;
    if (scalar)
        positions_add(found, hash, values->count);
    values->items[values->count++] = value;
}

/* Each value once, up to the first one more than a SELECT may name. */
static void make_distinct(struct arena *arena, struct value_pointers *values)
{
    struct positions found = positions_for(arena, MAX_READS + 1);
    struct value_pointers distinct = {values->items, 0};

    for (size_t i = 0; i < values->count && distinct.count <= MAX_READS; i++)
        add_distinct(&distinct, &found, values->items[i]);
    values->count = distinct.count;
}

void dynamodb_pql_analyse(struct arena *arena, struct pql_run *run)
{
    struct value_pointers values = {0};

    run->conjuncts = (struct node_list){0};
    run->partitions = (struct value_pointers){0};
    if (!run->statement.where)
        return;
    dynamodb_pql_conjuncts(arena, run->statement.where, &run->conjuncts);
    if (run->keys->count == 0 || !restricts(arena, run->statement.where, run->keys->items[0].name, &values))
        return;
    make_distinct(arena, &values);
    run->partitions = values;
}

bool dynamodb_pql_term(struct arena *arena, const struct node *node, struct key_term *term)
{
    struct key_condition one = {0};
    str problem;
    bool single = node->kind == NODE_COMPARISON || node->kind == NODE_BETWEEN || node->kind == NODE_FUNCTION;

    if (!single || !dynamodb_key_condition_read(arena, node, &one, &problem) || one.count != 1 ||
        !one.items[0].first)
        return false;
    *term = one.items[0];
    return true;
}

/* ---- whole keys ---- */

bool dynamodb_pql_key_type_check(const struct call *call, const struct key_attribute *attribute,
                                 const struct dynamodb_attribute_value *value)
{
    return dynamodb_key_has_type(value, attribute->type) ||
           dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "Key attribute's data type should match its data type in table's "
                                        "schema: Key %.*s",
                                        STR_ARGS(attribute->name)));
}

/* Does the statement read one item?  EXISTS is a condition of a write. */
static bool reads_item(const struct statement *statement)
{
    return statement->kind == STATEMENT_SELECT && !statement->exists;
}

/*
 * The value that the condition names for the attribute by =, or, in a read, by an IN of one value; or NULL.
 */
static const struct dynamodb_attribute_value *named_value(const struct pql_run *run, const struct node *node,
                                                          str name)
{
    struct node *const *operands = node->operands.items;
    bool single = reads_item(&run->statement) && node->kind == NODE_IN && node->operands.count == 2 &&
                  is_attribute(operands[0], name) && operands[1]->kind == NODE_VALUE;

    return single ? operands[1]->value : equal_value(node, name);
}

/* The attribute of the key that the condition names, or NULL. */
static const struct key_attribute *key_attribute_of(const struct pql_run *run, const struct node *node,
                                                    const struct dynamodb_attribute_value **value)
{
    const struct key_schema *keys = &run->table->keys;

    for (size_t i = 0; i < keys->count; i++)
        if ((*value = named_value(run, node, keys->items[i].name)))
            return &keys->items[i];
    return NULL;
}

/* What a condition is for the key. */
enum use { NAMES_KEY, IS_OTHER, CONTRADICTS, IS_REFUSED };

/* The condition names another value than an earlier one: EXISTS tests it, and a read finds nothing whole. */
static enum use name_again(const struct call *call, const struct pql_run *run, str name)
{
    if (run->statement.exists)
        return IS_OTHER;
    if (reads_item(&run->statement))
        return CONTRADICTS;
    dynamodb_refuse(call, arena_format(call->arena,
                                       "Multiple conditions on same key %.*s. Only single item "
                                       "Update/Insert/Delete are supported",
                                       STR_ARGS(name)));
    return IS_REFUSED;
}

/* Add what the condition names to the key.  A transaction finds values of wrong types with the whole key. */
static enum use add_to_key(const struct call *call, const struct pql_run *run, const struct node *node,
                           struct dynamodb_attribute_map *key)
{
    const struct dynamodb_attribute_value *value;
    const struct key_attribute *attribute = key_attribute_of(run, node, &value);

    if (!attribute)
        return IS_OTHER;
    const struct dynamodb_attribute_value *earlier = dynamodb_item_get(key, attribute->name);
    if (earlier)
        return dynamodb_value_equal(call->arena, earlier, value) ? NAMES_KEY
                                                                 : name_again(call, run, attribute->name);
    if (!run->in_transaction && !dynamodb_pql_key_type_check(call, attribute, value))
        return IS_REFUSED;
    *list_add(call->arena, key) = (struct dynamodb_attribute_map_entry){attribute->name, *value};
    return NAMES_KEY;
}

enum key_result dynamodb_pql_key(const struct call *call, const struct pql_run *run,
                                 struct dynamodb_attribute_map *key, struct node_list *rest)
{
    *key = (struct dynamodb_attribute_map){0};
    *rest = (struct node_list){0};
    for (size_t i = 0; i < run->conjuncts.count; i++) {
        enum use use = add_to_key(call, run, run->conjuncts.items[i], key);
        if (use == IS_REFUSED || use == CONTRADICTS)
            return use == IS_REFUSED ? KEY_REFUSED : KEY_INCOMPLETE;
        if (use == IS_OTHER)
            // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
            *list_add(call->arena, rest) = run->conjuncts.items[i];
    }
    return key->count == run->table->keys.count ? KEY_FOUND : KEY_INCOMPLETE;
}

const struct node *dynamodb_pql_all_of(struct arena *arena, const struct node_list *conditions)
{
    struct node *node;

    if (conditions->count < 2)
        return conditions->count == 0 ? NULL : conditions->items[0];
    node = arena_new(arena, struct node);
    *node = (struct node){.kind = NODE_AND, .operands = *conditions};
    return node;
}
