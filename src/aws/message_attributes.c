#include "aws/message_attributes.h"

enum { MAX_GROUP_ID = 128, MAX_NUMBER_DIGITS = 38, MIN_NUMBER_EXPONENT = -128, MAX_NUMBER_EXPONENT = 126 };

bool message_attribute_is_type(str data_type, str base)
{
    return str_starts_with(data_type, base) &&
           (data_type.size == base.size || data_type.data[base.size] == '.');
}

bool message_attribute_is_number(str text)
{
    size_t digits;
    int64_t exponent;

    return str_is_decimal(text, &digits, &exponent) && digits <= MAX_NUMBER_DIGITS &&
           (digits == 0 || (exponent >= MIN_NUMBER_EXPONENT && exponent <= MAX_NUMBER_EXPONENT));
}

bool message_attribute_is_reserved(str name)
{
    return str_starts_with_nocase(name, S("AWS.")) || str_starts_with_nocase(name, S("Amazon."));
}

bool message_group_is_id(str id)
{
    return id.size >= 1 && id.size <= MAX_GROUP_ID &&
           str_is_word(id, S("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
}
