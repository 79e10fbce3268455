#pragma once

/*
 * subscription.h: what the files about subscriptions share.
 */
#include "sns_internal.h"

/* subscription_attributes.c */

/* A subscription whose attributes are being set. */
struct setting {
    const struct call *call;
    const char *where; /* how the sentence about a wrong value begins: "", or "Attributes Reason: " */
    struct sns_subscription_row *row;
};
/* Set one attribute in the row.  False: fail() has been called. */
bool sns_subscription_attribute_set(const struct setting *setting, str name, str value);
/* After the last attribute: do they fit together?  False: fail() has been called. */
bool sns_subscription_attributes_check(const struct setting *setting);
/* Do both rows have the same attributes? */
bool sns_subscription_attributes_equal(const struct sns_subscription_row *a,
                                       const struct sns_subscription_row *b);
void sns_subscription_attributes_show(const struct call *call, const struct sns_subscription_row *row,
                                      struct str_map *shown);

/* filter.c */

/* The policy or its scope is new.  False, after fail(): it is malformed, or there are too many of them. */
bool sns_filter_change(const struct setting *setting);

/* A message as filter policies see it; all that follows the first three members is filled when it is needed.
 */
struct filter_subject {
    const struct call *call;
    const struct sns_message_attribute_map *attributes;
    str text;
    struct json *values; /* of the attributes, in their order */
    const struct json *body;
    bool has_values, values_are_valid, has_body;
};

/* Why a subscriber does not get a message. */
struct filter_refusal {
    const char *reason;
    const struct metric *metrics[3]; /* ends with NULL, unless there are three */
};
/* NULL: the message is for that subscriber.  For handlers only. */
const struct filter_refusal *sns_filter_refusal(struct filter_subject *subject, int64_t subscription_id,
                                                int64_t filter_id);
/* Forget the compiled policy: it has changed, or its subscription is gone. */
void sns_filter_forget(const int64_t *filter_id);
