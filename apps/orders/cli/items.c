/*
 * items.c: DynamoDB's attribute values in plain words.
 */
#include "orders/cli/items.h"

#include "base/hash.h"

/* A number has its text in the same place. */
static bool is_text(const struct dynamodb_attribute_value *value)
{
    return value->is == DYNAMODB_ATTRIBUTE_VALUE_S || value->is == DYNAMODB_ATTRIBUTE_VALUE_N;
}

str item_text(const struct dynamodb_attribute_map *item, str name)
{
    for (size_t i = 0; i < item->count; i++) {
        const struct dynamodb_attribute_value *value = &item->items[i].value;
        if (str_equal(item->items[i].key, name) && is_text(value))
            return value->s;
    }
    return (str){0};
}

static void write_binary(struct json_writer *writer, str bytes)
{
    json_string(writer, base64_encode(writer->text.arena, bytes));
}

static void write_set(struct json_writer *writer, const struct str_list *set,
                      void (*write)(struct json_writer *, str))
{
    json_open_array(writer);
    for (size_t i = 0; i < set->count; i++)
        write(writer, set->items[i]);
    json_close_array(writer);
}

static void write_value(struct json_writer *writer, const struct dynamodb_attribute_value *value);

static void write_list(struct json_writer *writer, const struct dynamodb_attribute_value_list *list)
{
    json_open_array(writer);
    for (size_t i = 0; i < list->count; i++)
        write_value(writer, &list->items[i]);
    json_close_array(writer);
}

static void write_value(struct json_writer *writer, const struct dynamodb_attribute_value *value)
{
    switch (value->is) {
    case DYNAMODB_ATTRIBUTE_VALUE_S:
        json_string(writer, value->s);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_N:
        json_raw(writer, value->n);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_B:
        write_binary(writer, value->b);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_BOOL:
        json_bool(writer, *value->bool_);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_SS:
        write_set(writer, &value->ss, json_string);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_NS:
        write_set(writer, &value->ns, json_raw);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_BS:
        write_set(writer, &value->bs, write_binary);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_M:
        item_write_json(writer, &value->m);
        break;
    case DYNAMODB_ATTRIBUTE_VALUE_L:
        write_list(writer, &value->l);
        break;
    default:
        json_null(writer);
    }
}

void item_write_json(struct json_writer *writer, const struct dynamodb_attribute_map *item)
{
    json_open_object(writer);
    for (size_t i = 0; i < item->count; i++) {
        json_name(writer, item->items[i].key);
        write_value(writer, &item->items[i].value);
    }
    json_close_object(writer);
}
