/*
 * legacy_updates.c: AttributeUpdates: an action for each attribute.
 *
 * ADD and DELETE are those of update expressions; ADD also appends to lists, which update expressions do by
 * SET and list_append().
 */
#include "dynamodb_internal.h"

#define INVALID "One or more parameter values were invalid: "

enum {
    SET_TYPES = 1u << VALUE_SS | 1u << VALUE_NS | 1u << VALUE_BS,
    ADDED_TYPES = SET_TYPES | 1u << VALUE_N | 1u << VALUE_L,
};

static bool refuse_type(const struct call *call, const char *action, enum value_type type)
{
    return dynamodb_refuse_request(call,
                                   arena_format(call->arena, INVALID "%s is not supported for the type %.*s",
                                                action, STR_ARGS(dynamodb_value_type_name(type))));
}

static bool value_check(const struct call *call, enum dynamodb_attribute_action action,
                        struct dynamodb_attribute_value *value)
{
    str problem;

    if (!dynamodb_value_check(call->arena, dynamodb_value_layer(call), value, &problem))
        return dynamodb_refuse_request(call, problem);
    enum value_type type = dynamodb_value_type(value);
    if (action == DYNAMODB_ATTRIBUTE_ACTION_DELETE && !(SET_TYPES & 1u << type))
        return refuse_type(call, "DELETE action with value", type);
    return action != DYNAMODB_ATTRIBUTE_ACTION_ADD || (ADDED_TYPES & 1u << type) ||
           refuse_type(call, "ADD action", type);
}

/* ---- operands ---- */

/* list_append(if_not_exists(name, []), value) */
static struct node *append_node(struct arena *arena, str name, struct node *value)
{
    struct dynamodb_attribute_value *none = arena_new(arena, struct dynamodb_attribute_value);
    struct node *old =
        dynamodb_node_of_function(arena, IF_NOT_EXISTS, dynamodb_node_of_attribute(arena, name));
    struct node *append = dynamodb_node_of_function(arena, LIST_APPEND, old);

    none->is = DYNAMODB_ATTRIBUTE_VALUE_L;
    list_make_empty(arena, &none->l);
    dynamodb_node_add(arena, old, dynamodb_node_of_value(arena, none));
    dynamodb_node_add(arena, append, value);
    return append;
}

/* ---- actions ---- */

static struct action action_of(struct arena *arena, str name, enum dynamodb_attribute_action action,
                               const struct dynamodb_attribute_value *value)
{
    static const enum action_kind kinds[] = {[DYNAMODB_ATTRIBUTE_ACTION_PUT] = ACTION_SET,
                                             [DYNAMODB_ATTRIBUTE_ACTION_ADD] = ACTION_ADD,
                                             [DYNAMODB_ATTRIBUTE_ACTION_DELETE] = ACTION_DELETE};
    struct action made = {.kind = kinds[action]};

    list_add(arena, &made.path)->name = name;
    if (!value) {
        made.kind = ACTION_REMOVE;
        return made;
    }
    made.operand = dynamodb_node_of_value(arena, value);
    if (made.kind == ACTION_ADD && dynamodb_value_type(value) == VALUE_L) {
        made.kind = ACTION_SET;
        made.operand = append_node(arena, name, made.operand);
    }
    return made;
}

static bool update_read(const struct call *call,
                        const struct dynamodb_attribute_value_update_map_entry *entry, struct update *update)
{
    const struct dynamodb_attribute_value_update *asked = &entry->value;
    enum dynamodb_attribute_action action = str_present(asked->action)
                                                ? dynamodb_attribute_action_of(asked->action)
                                                : DYNAMODB_ATTRIBUTE_ACTION_PUT;
    struct dynamodb_attribute_value *value = NULL;

    if (str_empty(entry->key))
        return dynamodb_refuse_request(call, dynamodb_empty_attribute_name);
    if (!asked->value && action != DYNAMODB_ATTRIBUTE_ACTION_DELETE)
        return dynamodb_refuse_request(
            call, S(INVALID "Only DELETE action is allowed when no attribute value is specified"));
    if (asked->value) {
        value = arena_new(call->arena, struct dynamodb_attribute_value);
        *value = *asked->value;
        if (!value_check(call, action, value))
            return false;
    }
    *list_add(call->arena, update) = action_of(call->arena, entry->key, action, value);
    return true;
}

bool dynamodb_legacy_updates_read(const struct call *call, const struct legacy_parameters *legacy,
                                  struct expressions *expressions)
{
    const struct dynamodb_attribute_value_update_map *updates = legacy->attribute_updates;

    if (!updates || !updates->items)
        return true;
    expressions->update.of_attributes = true;
    for (size_t i = 0; i < updates->count; i++)
        if (!update_read(call, &updates->items[i], &expressions->update))
            return false;
    return true;
}
