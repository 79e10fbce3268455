/*
 * message_attributes.c: checks the attributes of a message to publish.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
 */
#include "sns_internal.h"

#include "aws/message_attributes.h"

enum { MAX_TYPE = 256 };

static bool refuse(const struct call *call, str problem)
{
    fail(call, &SNS_INVALID_PARAMETER_VALUE_EXCEPTION, "%.*s", STR_ARGS(problem));
    return false;
}

/* ---- names ---- */

/* The sentence for misplaced dots, or absent. */
static str problem_of_dots(str name)
{
    if (str_starts_with(name, S(".")))
        return S("Invalid message attribute name starting with character '.' was found.");
    if (str_ends_with(name, S(".")))
        return S("Invalid message attribute name ending with character '.' was found.");
    if (str_find(name, S("..")) >= 0)
        return S("Message attribute name can not have successive '.' character.");
    return (str){0};
}

static bool characters_check(const struct call *call, str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!str_is_word((str){name.data + i, 1}, S("-_."))) {
            fail(
                call, &SNS_INVALID_PARAMETER_VALUE_EXCEPTION,
                "Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only "
                "include alphanumeric characters, hyphens, underscores, or dots.",
                (unsigned char)name.data[i]);
            return false;
        }
    return true;
}

/* Those of text messages, and all of mobile push, whose names have the platform's. */
static bool is_of_amazon(str name)
{
    static const str names[] = {
        STR_INIT("AWS.SNS.SMS.SenderID"),         STR_INIT("AWS.SNS.SMS.SMSType"),
        STR_INIT("AWS.SNS.SMS.MaxPrice"),         STR_INIT("AWS.MM.SMS.EntityId"),
        STR_INIT("AWS.MM.SMS.OriginationNumber"), STR_INIT("AWS.MM.SMS.TemplateId"),
    };

    return str_is_one_of(name, names, sizeof names / sizeof *names) ||
           str_starts_with(name, S("AWS.SNS.MOBILE."));
}

static bool name_check(const struct call *call, str name)
{
    if (str_empty(name))
        return refuse(call, S("Message attribute name can not be empty."));
    if (name.size > MESSAGE_ATTRIBUTE_MAX_NAME)
        return refuse(call, S("Length of message attribute name must be less than 256 bytes."));
    if (str_present(problem_of_dots(name)))
        return refuse(call, problem_of_dots(name));
    if (message_attribute_is_reserved(name) && !is_of_amazon(name))
        return refuse(call,
                      S("Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use "
                        "by Amazon."));
    return characters_check(call, name);
}

/* ---- values ---- */

/* One of the three types, or one with a label after a dot. */
static bool is_type(str data_type)
{
    bool label_missing = str_index(data_type, '.') + 1 == (ptrdiff_t)data_type.size;

    return !label_missing && (message_attribute_is_type(data_type, S("String")) ||
                              message_attribute_is_type(data_type, S("Number")) ||
                              message_attribute_is_type(data_type, S("Binary")));
}

/* Is the value in its type's field, and in no other? */
static bool field_check(const struct call *call, str name, const struct sns_message_attribute_value *value)
{
    bool binary = message_attribute_is_type(value->data_type, S("Binary"));
    bool text_given = !str_empty(value->string_value), bytes_given = !str_empty(value->binary_value);
    const char *problem = NULL;

    if (!text_given && !bytes_given)
        problem = "The message attribute '%.*s' must contain non-empty message attribute value for message "
                  "attribute type '%.*s'.";
    else if (text_given && bytes_given)
        problem = "The message attribute '%.*s' with type '%.*s' has multiple values.";
    else if (binary && !bytes_given)
        problem = "The message attribute '%.*s' with type '%.*s' must use field 'Binary'.";
    else if (!binary && !text_given)
        problem = "The message attribute '%.*s' with type '%.*s' must use field 'String'.";
    if (problem)
        fail(call, &SNS_INVALID_PARAMETER_VALUE_EXCEPTION, problem, STR_ARGS(name),
             STR_ARGS(value->data_type));
    return !problem;
}

static bool value_check(const struct call *call, str name, const struct sns_message_attribute_value *value)
{
    if (value->data_type.size > MAX_TYPE)
        return refuse(call, S("Length of message attribute type must be less than 256 bytes."));
    if (!is_type(value->data_type))
        return refuse(call,
                      arena_concat(call->arena, S("The message attribute '"), name,
                                   S("' has an invalid message attribute type, the set of supported type "
                                     "prefixes is Binary, Number, and String.")));
    if (!field_check(call, name, value))
        return false;
    return !message_attribute_is_type(value->data_type, S("Number")) ||
           message_attribute_is_number(value->string_value) ||
           refuse(call, arena_concat(call->arena, S("Could not cast message attribute '"), name,
                                     S("' value to number.")));
}

bool sns_published_attributes_check(const struct call *call,
                                    const struct sns_message_attribute_map *attributes)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (!name_check(call, attributes->items[i].key) ||
            !value_check(call, attributes->items[i].key, &attributes->items[i].value))
            return false;
    return true;
}

str sns_published_attribute(const struct sns_message_attribute_map *attributes, str name)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (str_equal(attributes->items[i].key, name))
            return attributes->items[i].value.string_value;
    return (str){0};
}

size_t sns_published_attributes_size(const struct sns_message_attribute_map *attributes)
{
    size_t size = 0;

    for (size_t i = 0; i < attributes->count; i++) {
        const struct sns_message_attribute_value *value = &attributes->items[i].value;
        size += attributes->items[i].key.size + value->data_type.size + value->string_value.size +
                value->binary_value.size;
    }
    return size;
}
