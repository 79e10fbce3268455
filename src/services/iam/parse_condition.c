/*
 * parse_condition.c: the Condition element.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
#include "services/iam/policy_internal.h"

#include "base/list.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER_SIZE = 64, MAX_DATE_SIZE = 80, MAX_ADDRESS_SIZE = 64 };

static const struct condition_operator OPERATORS[] = {
    {.name = "StringEquals"},
    {.name = "StringNotEquals", .negated = true},
    {.name = "StringEqualsIgnoreCase", .ignore_case = true},
    {.name = "StringNotEqualsIgnoreCase", .ignore_case = true, .negated = true},
    {.name = "StringLike", .wildcards = true},
    {.name = "StringNotLike", .wildcards = true, .negated = true},
    {.name = "NumericEquals", .type = VALUE_NUMBER, .equal = true},
    {.name = "NumericNotEquals", .type = VALUE_NUMBER, .equal = true, .negated = true},
    {.name = "NumericLessThan", .type = VALUE_NUMBER, .less = true},
    {.name = "NumericLessThanEquals", .type = VALUE_NUMBER, .less = true, .equal = true},
    {.name = "NumericGreaterThan", .type = VALUE_NUMBER, .greater = true},
    {.name = "NumericGreaterThanEquals", .type = VALUE_NUMBER, .greater = true, .equal = true},
    {.name = "DateEquals", .type = VALUE_DATE, .equal = true},
    {.name = "DateNotEquals", .type = VALUE_DATE, .equal = true, .negated = true},
    {.name = "DateLessThan", .type = VALUE_DATE, .less = true},
    {.name = "DateLessThanEquals", .type = VALUE_DATE, .less = true, .equal = true},
    {.name = "DateGreaterThan", .type = VALUE_DATE, .greater = true},
    {.name = "DateGreaterThanEquals", .type = VALUE_DATE, .greater = true, .equal = true},
    {.name = "Bool", .type = VALUE_BOOL, .ignore_case = true},
    {.name = "BinaryEquals"},
    {.name = "IpAddress", .type = VALUE_IP},
    {.name = "NotIpAddress", .type = VALUE_IP, .negated = true},
    {.name = "ArnEquals", .type = VALUE_ARN, .wildcards = true},
    {.name = "ArnLike", .type = VALUE_ARN, .wildcards = true},
    {.name = "ArnNotEquals", .type = VALUE_ARN, .wildcards = true, .negated = true},
    {.name = "ArnNotLike", .type = VALUE_ARN, .wildcards = true, .negated = true},
    {.name = "Null", .type = VALUE_NULL, .ignore_case = true},
};

static bool cut_prefix(str *text, str prefix)
{
    if (!str_equal_nocase(str_head(*text, prefix.size), prefix))
        return false;
    *text = str_from(*text, prefix.size);
    return true;
}

static bool cut_suffix(str *text, str suffix)
{
    if (text->size < suffix.size || !str_equal_nocase(str_from(*text, text->size - suffix.size), suffix))
        return false;
    text->size -= suffix.size;
    return true;
}

static bool find_operator(str name, struct condition *condition)
{
    if (cut_prefix(&name, S("ForAllValues:")))
        condition->set = SET_ALL;
    else if (cut_prefix(&name, S("ForAnyValue:")))
        condition->set = SET_ANY;
    condition->if_exists = cut_suffix(&name, S("IfExists"));

    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++)
        if (str_equal_nocase(name, str_of(OPERATORS[i].name)))
            condition->operator= & OPERATORS[i];
    return condition->operator&& !(condition->if_exists && condition->operator->type == VALUE_NULL);
}

bool iam_number_of_text(str text, double *number)
{
    char buffer[MAX_NUMBER_SIZE + 1], *end;

    if (text.size == 0 || text.size > MAX_NUMBER_SIZE)
        return false;
    memcpy(buffer, text.data, text.size);
    buffer[text.size] = '\0';
    if (strspn(buffer, "+-.eE0123456789") < text.size)
        return false;
    *number = strtod(buffer, &end);
    return end == buffer + text.size;
}

/*
 * The date with day, time and seconds, in `room`, when it has one of the shorter forms of
 * https://www.w3.org/TR/NOTE-datetime: "2026-01", "2026-01-31", "2026-01-31T12:00Z".
 */
static str whole_date(str text, char room[MAX_DATE_SIZE])
{
    bool of_month = text.size == 7 && text.data[4] == '-', of_day = text.size == 10 && text.data[4] == '-';
    bool of_minute = text.size > 16 && text.data[10] == 'T' && text.data[16] != ':';
    size_t kept = of_minute ? 16 : text.size;
    str rest = str_from(text, kept);
    const char *added = of_month ? "-01T00:00:00Z" : of_day ? "T00:00:00Z" : of_minute ? ":00" : "";
    int size = snprintf(room, MAX_DATE_SIZE, "%.*s%s%.*s", (int)kept, text.data, added, STR_ARGS(rest));

    return (str){room, (size_t)size};
}

/* Such a date, or seconds since 1970. */
bool iam_date_of_text(str text, double *ms)
{
    char room[MAX_DATE_SIZE];
    int64_t moment;

    if (text.size == 0 || text.size > MAX_NUMBER_SIZE)
        return false;
    if (time_parse_iso8601(whole_date(text, room), &moment)) {
        *ms = (double)moment;
        return true;
    }
    if (!iam_number_of_text(text, ms))
        return false;
    *ms *= 1000;
    return true;
}

bool iam_ip_range_of_text(str text, struct ip_range *range)
{
    char address[MAX_ADDRESS_SIZE + 1];
    str host;
    int64_t bits;

    if (!str_next(&text, '/', &host) || host.size > MAX_ADDRESS_SIZE)
        return false;
    memcpy(address, host.data, host.size);
    address[host.size] = '\0';
    bool v6 = str_index(host, ':') >= 0;
    if (strlen(address) < host.size || inet_pton(v6 ? AF_INET6 : AF_INET, address, range->bytes) != 1)
        return false;
    range->size = v6 ? 16 : 4;
    range->bits = range->size * 8;
    if (!str_present(text))
        return true;
    if (!str_to_i64(text, &bits) || str_index(text, '-') >= 0 || bits > range->bits)
        return false;
    range->bits = (unsigned)bits;
    return true;
}

static bool parse_typed(const struct condition_operator *operator, str text, struct condition_value *value)
{
    switch (operator->type) {
    case VALUE_NUMBER:
        return value->is_number = iam_number_of_text(text, &value->number);
    case VALUE_DATE:
        return value->is_number = iam_date_of_text(text, &value->number);
    case VALUE_IP:
        return iam_ip_range_of_text(text, &value->range);
    case VALUE_BOOL:
    case VALUE_NULL:
        return str_equal_nocase(text, S("true")) || str_equal_nocase(text, S("false"));
    case VALUE_STRING:
    case VALUE_ARN:
        break;
    }
    return true;
}

static bool parse_value(struct arena *arena, struct condition *condition, const struct json *json,
                        bool variables)
{
    struct condition_value *value = list_add(arena, &condition->values);
    str text;

    switch (json->type) {
    case JSON_STRING:
    case JSON_NUMBER:
        text = json->text;
        break;
    case JSON_TRUE:
        text = S("true");
        break;
    case JSON_FALSE:
        text = S("false");
        break;
    default:
        return false;
    }
    if (!iam_is_policy_text(text))
        return false;
    value->pattern = wildcard_compile(arena, text, condition->operator->wildcards, variables);
    return value->pattern.has_variables || parse_typed(condition->operator, text, value);
}

bool iam_parse_condition(struct arena *arena, str operator_name, const struct json_member *key,
                         bool variables, struct condition *condition)
{
    const struct json *values = &key->value;

    if (!find_operator(operator_name, condition))
        return false;
    list_make_empty(arena, &condition->values);
    condition->key = iam_context_key_find(arena_copy(arena, key->name), &condition->key_name);
    if (!json_is(values, JSON_ARRAY))
        return parse_value(arena, condition, values, variables);
    for (uint32_t i = 0; i < values->count; i++)
        if (!parse_value(arena, condition, &values->items[i], variables))
            return false;
    return true;
}
