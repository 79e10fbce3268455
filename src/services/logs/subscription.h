#pragma once

/*
 * subscription.h: new events on their way to functions.
 *
 * A worker gathers the matching events of a step into gzip'd batches (extraction.h); the call that stores the
 * step adds a delivery for each, and a delivery invokes the function asynchronously.
 */
#include "logs_internal.h"

/* The events of one stream that one subscription filter matches. */
struct log_batch {
    struct logs_subscriptions_of_group_row subscription;
    struct pattern pattern;
    str group_name, stream_name;
    struct json_writer *writer; /* NULL: no events since the last payload */
    struct str_list payloads;   /* complete ones: what the function is invoked with */
    size_t events, bytes;       /* of the payload that is written */
    size_t forwarded_events, forwarded_bytes, too_large;
};

/* delivering.c */
/* Add the event if it matches. */
void logs_batch_add(const struct call *call, struct log_batch *batch, struct position position,
                    struct log_message *event);
/* No more events. */
void logs_batch_end(const struct call *call, struct log_batch *batch);
/* In the call that stores a step. */
void logs_batch_deliver(const struct call *call, const struct log_batch *batch);

/* subscriptions.c */
str logs_subscription_target(const struct call *call, int64_t subscription_id);
/* Who invokes functions for that group. */
const struct principal *logs_subscription_principal(const struct call *call, str group_name);
/* The group is deleted. */
void logs_subscriptions_remove(const struct call *call, const struct group *group);
