#pragma once
#include <stdint.h>

#include "orderly_json.h"

/*
 * order.h: the rules for an order, and how to find it in a queue's message.
 */

struct order {
    const struct json *item; /* the order itself, a JSON object; NULL if the message has none */
    int64_t published_ms;    /* when the topic accepted it; -1 if it did not come through a topic */
};

/* The order in a message's body: an SNS notification's Message, or the body itself. */
struct order order_in(struct json_memory *memory, const char *body);

/* NULL for a valid order, else what is wrong with it. */
const char *order_problem(const struct json *item);

/* "2025-05-03T12:00:00.123Z" or with an offset like "+02:00" in milliseconds since the epoch, or -1. */
int64_t time_ms(const char *iso8601);
