/*
 * order.c: checking orders before they are sent.
 */
#include "orders/cli/order.h"

#include "base/time.h"
#include "wire/json.h"

#include <string.h>

enum { MAX_MESSAGE_BYTES = 256 * 1024, MAX_KEY_BYTES = 2048, MAX_QUANTITY_DIGITS = 18 };

static str missing(struct arena *arena, str name)
{
    return arena_format(arena, "%.*s is missing", STR_ARGS(name));
}

static str text_problem(struct arena *arena, const struct json *order, str name)
{
    const struct json *value = json_get(order, name);

    if (!value)
        return missing(arena, name);
    if (value->type != JSON_STRING)
        return arena_format(arena, "%.*s must be a text", STR_ARGS(name));
    if (str_empty(value->text))
        return arena_format(arena, "%.*s must not be empty", STR_ARGS(name));
    return (str){0};
}

static bool is_positive_integer(const struct json *value)
{
    if (value->type != JSON_NUMBER || value->text.size > MAX_QUANTITY_DIGITS || value->text.data[0] == '0')
        return false;
    for (size_t i = 0; i < value->text.size; i++)
        if (!strchr("0123456789", value->text.data[i]))
            return false;
    return true;
}

static str quantity_problem(struct arena *arena, const struct json *order)
{
    const struct json *value = json_get(order, S("quantity"));

    if (!value)
        return missing(arena, S("quantity"));
    return is_positive_integer(value) ? (str){0} : S("quantity must be a positive integer");
}

static str timestamp_problem(struct arena *arena, const struct json *order)
{
    str problem = text_problem(arena, order, S("timestamp"));
    int64_t ms;

    if (str_present(problem) || time_parse_iso8601(json_get_str(order, S("timestamp")), &ms))
        return problem;
    return S("timestamp must be an ISO 8601 time, as 2025-05-03T12:00:00Z is");
}

static str json_problem(struct arena *arena, str text, size_t error_at)
{
    if (error_at >= text.size)
        return S("not JSON: it ends too early");
    return arena_format(arena, "not JSON: column %zu is unexpected", error_at + 1);
}

str order_problem(struct arena *arena, str text)
{
    static const str TEXTS[] = {STR_INIT("orderId"), STR_INIT("userId"), STR_INIT("itemName"),
                                STR_INIT("status")};
    size_t error_at = 0;

    if (text.size > MAX_MESSAGE_BYTES)
        return S("larger than the 256 KiB that a message may have");
    const struct json *order = json_parse(arena, text, &error_at);
    if (!order)
        return json_problem(arena, text, error_at);
    if (order->type != JSON_OBJECT)
        return S("not a JSON object");
    str problem = {0};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS && !str_present(problem); i++)
        problem = text_problem(arena, order, TEXTS[i]);
    if (!str_present(problem) && json_get_str(order, S("orderId")).size > MAX_KEY_BYTES)
        problem = S("orderId is longer than the 2,048 bytes that a key may have");
    if (!str_present(problem))
        problem = quantity_problem(arena, order);
    return str_present(problem) ? problem : timestamp_problem(arena, order);
}
