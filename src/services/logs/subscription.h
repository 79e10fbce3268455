#pragma once

/*
 * subscription.h: new events on their way to functions.
 *
 * A worker gathers the matching events of a step into gzip'd batches (extraction.h); the call that stores the
 * step adds a delivery for each, and a delivery invokes the function asynchronously.
 */
#include "logs_internal.h"

/* A subscription filter of a group, or the account's. */
struct log_subscription {
    str name, destination_arn;
    str target; /* of its deliveries */
    bool is_of_account;
};

/* The events of one stream that one subscription filter matches. */
struct log_batch {
    struct log_subscription subscription;
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

/* subscription_destination.c */
/* May a subscription filter name this destination?  False: fail() has been called. */
bool logs_destination_check(const struct call *call, str destination_arn, str role_arn);
/*
 * A dry run: does the function exist, and does its policy allow the group ("*": all groups of the account)?
 * False: fail() has been called.
 */
bool logs_destination_allows(const struct call *call, str group_name, str function_arn);
/*
 * Do the events that the function writes lead to this group, directly or by other subscriptions?  Without
 * a group: to any group that the account's policy, with these exclusions, applies to?
 */
bool logs_destination_leads_to(const struct call *call, str function_arn, const struct group *group,
                               str excluded);
/* Who invokes functions for that group. */
const struct principal *logs_subscription_principal(const struct call *call, str group_name);

/* account_policies.c */
/* The account's subscription filter for that group; false: it has no such policy, or excludes the group. */
bool logs_account_subscription(const struct call *call, str group_name, struct log_subscription *subscription,
                               str *pattern);
/* Does this column of a policy have the group's name? */
bool logs_excludes(const struct call *call, str excluded, str group_name);

/* subscriptions.c */
str logs_subscription_target(const struct call *call, int64_t subscription_id);
/* The group is deleted. */
void logs_subscriptions_remove(const struct call *call, const struct group *group);
