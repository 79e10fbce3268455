/*
 * items.c: DynamoDB's attribute values in plain words.
 */
#include "orders/cli/items.h"

#include "base/hash.h"

str item_text(const struct dynamodb_attribute_map *item, str name)
{
    for (size_t i = 0; i < item->count; i++) {
        const struct dynamodb_attribute_value *value = &item->items[i].value;
        if (str_equal(item->items[i].key, name))
            return str_present(value->s) ? value->s : value->n;
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

static void write_value(struct json_writer *writer, const struct dynamodb_attribute_value *value)
{
    if (str_present(value->s))
        json_string(writer, value->s);
    else if (str_present(value->n))
        json_raw(writer, value->n);
    else if (str_present(value->b))
        write_binary(writer, value->b);
    else if (value->bool_)
        json_bool(writer, *value->bool_);
    else if (value->ss.items)
        write_set(writer, &value->ss, json_string);
    else if (value->ns.items)
        write_set(writer, &value->ns, json_raw);
    else if (value->bs.items)
        write_set(writer, &value->bs, write_binary);
    else if (value->m.items)
        item_write_json(writer, &value->m);
    else if (value->l.items) {
        json_open_array(writer);
        for (size_t i = 0; i < value->l.count; i++)
            write_value(writer, &value->l.items[i]);
        json_close_array(writer);
    } else {
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
