/*
 * message_attributes.c: the attributes of a message, and the digest that clients compare.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
#include "sqs_internal.h"

#include "aws/message_attributes.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdlib.h>

enum {
    MAX_ATTRIBUTES = 10,
    MAX_TYPE = 256,
};

static bool refuse(const struct call *call, const char *format, str name)
{
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, format, STR_ARGS(name));
    return false;
}

/* The letters from À to ſ are accepted, too, although the sentence does not mention them. */
static bool has_name_characters(str name)
{
    while (!str_empty(name)) {
        size_t size = str_character_size(name, 0);
        str character = str_head(name, size);
        bool accented = str_compare(character, S("\u00c0")) >= 0 && str_compare(character, S("\u017f")) <= 0;
        if (!accented && !str_is_word(character, S("-_.")))
            return false;
        name = str_from(name, size);
    }
    return true;
}

static bool name_check(const struct call *call, str name)
{
    bool valid = name.size >= 1 && name.size <= MESSAGE_ATTRIBUTE_MAX_NAME && name.data[0] != '.' &&
                 name.data[name.size - 1] != '.' && str_find(name, S("..")) < 0 && has_name_characters(name);

    if (!valid)
        return refuse(call,
                      "Message (user) attribute name '%.*s' can only contain A-Z, a-z, 0-9, underscore (_), "
                      "hyphen (-), and period (.) characters, and must be 1 to 256 characters long.",
                      name);
    if (message_attribute_is_reserved(name))
        return refuse(call, "Message (user) attribute name '%.*s' must not start with AWS. or Amazon.", name);
    return true;
}

static bool type_check(const struct call *call, str name, const struct sqs_message_attribute_value *value)
{
    if (str_empty(value->data_type))
        return refuse(call, "Message (user) attribute '%.*s' must contain a non-empty attribute type.", name);
    if (str_characters(value->data_type) > MAX_TYPE)
        return refuse(call, "The message attribute '%.*s' has a type that is longer than 256 characters.",
                      name);
    if (value->string_list_values.count || value->binary_list_values.count) {
        fail(call, &SQS_UNSUPPORTED_OPERATION,
             "Message attribute list values in SendMessage operation are not supported.");
        return false;
    }
    if (!str_is_xml_text(value->data_type))
        return refuse(call, "Invalid characters found in the type of message (user) attribute '%.*s'.", name);
    return message_attribute_is_type(value->data_type, S("Binary")) ||
           message_attribute_is_type(value->data_type, S("String")) ||
           message_attribute_is_type(value->data_type, S("Number")) ||
           refuse(call,
                  "The type of message (user) attribute '%.*s' is invalid. You must use only the following "
                  "supported type prefixes: Binary, Number, String.",
                  name);
}

static bool value_check(const struct call *call, str name, const struct sqs_message_attribute_value *value)
{
    if (!str_empty(value->string_value) && !str_empty(value->binary_value))
        return refuse(call, "Message attribute '%.*s' has multiple values.", name);
    if (message_attribute_is_type(value->data_type, S("Binary")))
        return !str_empty(value->binary_value) ||
               refuse(call,
                      "Message (user) attribute '%.*s' must contain a non-empty value of type 'Binary'.",
                      name);
    if (str_empty(value->string_value))
        return refuse(
            call, "Message (user) attribute '%.*s' must contain a non-empty value of type 'String'.", name);
    if (!str_is_xml_text(value->string_value))
        return refuse(call, "Invalid characters found in the value of message (user) attribute '%.*s'.",
                      name);
    if (message_attribute_is_type(value->data_type, S("Number")) &&
        !message_attribute_is_number(value->string_value))
        return refuse(call, "Can't cast the value of message (user) attribute '%.*s' to a number.", name);
    return true;
}

bool sqs_message_attributes_check(const struct call *call,
                                  const struct sqs_message_body_attribute_map *attributes)
{
    if (attributes->count > MAX_ATTRIBUTES) {
        fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Number of message attributes [%zu] exceeds the allowed maximum [10].", attributes->count);
        return false;
    }
    for (size_t i = 0; i < attributes->count; i++) {
        const struct sqs_message_body_attribute_map_entry *attribute = &attributes->items[i];
        if (!name_check(call, attribute->key) || !type_check(call, attribute->key, &attribute->value) ||
            !value_check(call, attribute->key, &attribute->value))
            return false;
    }
    return true;
}

size_t sqs_message_attributes_size(const struct sqs_message_body_attribute_map *attributes)
{
    size_t size = 0;

    for (size_t i = 0; i < attributes->count; i++) {
        const struct sqs_message_attribute_value *value = &attributes->items[i].value;
        size += attributes->items[i].key.size + value->data_type.size + value->string_value.size +
                value->binary_value.size;
    }
    return size;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct sqs_message_body_attribute_map_entry *)a)->key,
                       ((const struct sqs_message_body_attribute_map_entry *)b)->key);
}

static void add_sized(struct text *text, str s)
{
    char size[4] = {(char)(s.size >> 24), (char)(s.size >> 16), (char)(s.size >> 8), (char)s.size};

    text_add(text, (str){size, sizeof size});
    text_add(text, s);
}

/* Sorted by name: size and name, size and type, 1 or 2 for text or bytes, size and value. */
str sqs_message_attributes_md5(const struct call *call,
                               const struct sqs_message_body_attribute_map *attributes)
{
    struct text text = text_in(call->arena);
    struct sqs_message_body_attribute_map_entry *sorted;

    if (attributes->count == 0)
        return (str){0};
    sorted = arena_alloc(call->arena, attributes->count * sizeof *sorted);
    for (size_t i = 0; i < attributes->count; i++)
        sorted[i] = attributes->items[i];
    qsort(sorted, attributes->count, sizeof *sorted, by_name);

    for (size_t i = 0; i < attributes->count; i++) {
        const struct sqs_message_attribute_value *value = &sorted[i].value;
        bool binary = message_attribute_is_type(value->data_type, S("Binary"));
        add_sized(&text, sorted[i].key);
        add_sized(&text, value->data_type);
        text_add_char(&text, binary ? 2 : 1);
        add_sized(&text, binary ? value->binary_value : value->string_value);
    }
    struct md5 digest = md5(text_str(&text));
    return hex_encode(call->arena, HASH_STR(digest));
}
