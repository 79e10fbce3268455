#pragma once

/*
 * push.h: what the files about phones and mobile endpoints share.
 */
#include "sns_internal.h"

/* push_applications.c */

/* A platform's application: its row, and its ARN. */
struct application {
    struct sns_application_row row;
    str arn;
};
/* The platform in the ARN of an application or an endpoint: "GCM". */
str sns_platform_of(str arn);
/* Attributes as they are stored, with some of them changed.  False, after fail(): *stored is unchanged. */
bool sns_push_attributes_change(const struct call *call, const struct str_map *changes, str *stored);
struct str_map sns_push_attributes(const struct call *call, str stored);
/* Is "Enabled" anything but false? */
bool sns_push_is_enabled(const struct call *call, str stored);

/* push_endpoints.c */

/* Is it the ARN of an endpoint, whether the endpoint exists or not? */
bool sns_is_endpoint(str arn);

/* sms.c */

/* "+15550100", or the same without the plus. */
bool sns_is_phone_number(str text);
bool sns_is_opted_out(const struct call *call, str number);
/* The settings of the account in this region. */
struct str_map sns_sms_settings(const struct call *call);

/* outbox.c */

/* What has gone to a phone or a mobile endpoint. */
struct letter {
    str protocol; /* "sms" or "application" */
    str target, topic_arn, subscription_arn;
    const struct message *message;
};
/* Keep it for `GET /_aws/sns/…`; the oldest letters make room. */
void sns_outbox_put(const struct call *call, const struct letter *letter);
/* The doors. */
enum outcome sns_outbox_show_sms(const struct call *call, const struct visit *visit,
                                 struct http_reply *reply);
enum outcome sns_outbox_show_push(const struct call *call, const struct visit *visit,
                                  struct http_reply *reply);
enum outcome sns_outbox_clear_sms(const struct call *call, const struct visit *visit,
                                  struct http_reply *reply);
enum outcome sns_outbox_clear_push(const struct call *call, const struct visit *visit,
                                   struct http_reply *reply);
enum outcome sns_outbox_opt_out(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* direct.c */

/* Does the request publish to a phone or an endpoint? */
bool sns_is_direct(const struct sns_publish_input *in);
/* That phone or endpoint, as the request's resource.  False: fail() has been called. */
bool sns_locate_direct(const struct call *call, const struct sns_publish_input *in, struct resource *found);
/* Publish the message, which was checked.  False: fail() has been called. */
bool sns_publish_direct(const struct call *call, const struct sns_publish_input *in,
                        const struct message *message);
