/*
 * order.c: unwrapping and checking orders.
 *
 * An order has orderId, userId, itemName and status (text), quantity (a whole number from 1) and timestamp
 * (ISO 8601).  Further members are kept.
 */
#include "order.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

struct order order_in(struct json_memory *memory, const char *body)
{
    const struct json *outer = json_read(memory, body, strlen(body));
    const char *type = json_string(json_member(outer, "Type"));
    const char *message = json_string(json_member(outer, "Message"));
    const char *published = json_string(json_member(outer, "Timestamp"));
    struct order order = {.item = outer, .published_ms = -1};

    if (type && message && strcmp(type, "Notification") == 0) {
        order.item = json_read(memory, message, strlen(message));
        order.published_ms = published ? time_ms(published) : -1;
    }
    if (order.item && order.item->kind != JSON_OBJECT)
        order.item = NULL;
    return order;
}

static bool is_filled(const struct json *item, const char *name)
{
    const char *text = json_string(json_member(item, name));

    return text && *text;
}

static bool is_positive_integer(const struct json *value)
{
    return value && value->kind == JSON_NUMBER && value->length <= 18 && value->text[0] != '0' &&
           strspn(value->text, "0123456789") == value->length;
}

const char *order_problem(const struct json *item)
{
    if (!item)
        return "not a JSON object";
    if (!is_filled(item, "orderId"))
        return "orderId is missing or not a text";
    if (!is_filled(item, "userId"))
        return "userId is missing or not a text";
    if (!is_filled(item, "itemName"))
        return "itemName is missing or not a text";
    if (!is_positive_integer(json_member(item, "quantity")))
        return "quantity is missing or not a positive integer";
    if (!is_filled(item, "status"))
        return "status is missing or not a text";
    if (!is_filled(item, "timestamp") || time_ms(json_string(json_member(item, "timestamp"))) < 0)
        return "timestamp is missing or not an ISO 8601 time";
    return NULL;
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* "Z", "+hh:mm" or "-hh:mm" in minutes; false for any other text. */
static bool read_offset(const char *text, int *minutes)
{
    *minutes = 0;
    if (strcmp(text, "Z") == 0)
        return true;
    if (strlen(text) != 6 || !strchr("+-", text[0]) || text[3] != ':' ||
        strspn(text + 1, "0123456789") != 2 || strspn(text + 4, "0123456789") != 2)
        return false;
    *minutes = two_digits(text + 1) * 60 + two_digits(text + 4);
    if (text[0] == '-')
        *minutes = -*minutes;
    return true;
}

int64_t time_ms(const char *iso8601)
{
    struct tm date = {0};
    const char *rest = strptime(iso8601, "%Y-%m-%dT%H:%M:%S", &date);
    int milliseconds = 0, offset_minutes;

    if (!rest || rest - iso8601 != 19)
        return -1;
    if (*rest == '.') {
        size_t digits = strspn(++rest, "0123456789");
        if (digits == 0)
            return -1;
        for (size_t i = 0; i < 3; i++)
            milliseconds = milliseconds * 10 + (i < digits ? rest[i] - '0' : 0);
        rest += digits;
    }
    if (!read_offset(rest, &offset_minutes))
        return -1;
    int day = date.tm_mday;
    int64_t seconds = timegm(&date);
    if (date.tm_mday != day)
        return -1; /* an impossible date: 30 February became 2 March */
    return (seconds - INT64_C(60) * offset_minutes) * 1000 + milliseconds;
}
