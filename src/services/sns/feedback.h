#pragma once

/*
 * feedback.h: delivery status logging, as the files about deliveries see it.
 */
#include "sns_internal.h"

/* ---- attributes of topics; `feedback` is the text that a topic's row keeps ---- */

/* Is it one of the 15 names, "SQSSuccessFeedbackRoleArn" and the like? */
bool sns_feedback_is_attribute(str name);
/* Set one in *feedback; an empty value removes it.  False: fail() has been called. */
bool sns_feedback_set(const struct call *call, str name, str value, str *feedback);
str sns_feedback_get(const struct call *call, str feedback, str name);
void sns_feedback_show(const struct call *call, str feedback, struct str_map *shown);

/* ---- deliveries ---- */

/* A message whose deliveries are logged, and the lines so far. */
struct feedback {
    struct str_map attributes;
    str topic_arn;
    const struct message *message;
    str text_md5; /* absent: of the message's text */
    struct sns_log_line_list lines;
};

/* How a delivery has ended. */
struct delivery_status {
    str protocol, destination;
    const struct failure *failure; /* NULL: it was delivered */
    str provider_id;               /* of the message, the request or the event at the receiver */
    str provider_response;         /* what the receiver answered; absent: made of the two above */
    int64_t status_code;           /* 0: 200, or the failure's */
    int64_t attempts;              /* 0: one */
};

/* The topic has feedback attributes.  The message is the caller's, until the end. */
struct feedback sns_feedback_begin(const struct call *call, const struct topic *topic,
                                   const struct message *message);
/* The digest of the message's text, in hexadecimal digits. */
str sns_feedback_md5(const struct call *call, struct feedback *feedback);
void sns_feedback_add(const struct call *call, struct feedback *feedback,
                      const struct delivery_status *status);
/* Have the lines written when this call is committed. */
void sns_feedback_end(const struct call *call, const struct feedback *feedback);

/* Have lines written into log groups of the topic's account when this call is committed. */
void sns_log_lines(const struct call *call, str topic_arn, const struct sns_log_line_list *lines);
