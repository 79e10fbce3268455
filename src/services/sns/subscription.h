#pragma once

/*
 * subscription.h: what the files about subscriptions share.
 */
#include "engine/delivery.h"
#include "sns_internal.h"
#include "sqs_model.h"

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

/* transports.c */

enum transport_flags {
    TRANSPORT_RAW = 1,         /* RawMessageDelivery is allowed */
    TRANSPORT_ENDS_SIGNED = 2, /* only a signed request may end its subscriptions */
    TRANSPORT_CONFIRMS = 4,    /* the endpoint must confirm */
    TRANSPORT_POLICY = 8,      /* DeliveryPolicy is allowed */
    TRANSPORT_MAIL = 16,
};
struct broadcast;
/* How the subscribers of a protocol get messages. */
struct transport {
    str protocol;
    bool (*endpoint_check)(const struct call *call, str endpoint); /* false: fail() has been called */
    /* Deliver to these subscribers, all of that protocol; NULL: Orderly refuses the protocol. */
    void (*deliver)(const struct call *call, struct broadcast *broadcast,
                    const struct sns_subscriber_rows *subscribers);
    unsigned flags;
};
/* NULL: no such protocol. */
const struct transport *sns_transport_find(str protocol);
/* False, after fail(): there is no such protocol, or it has no such endpoints. */
bool sns_transport_check(const struct call *call, str protocol, str endpoint);
/* Deliver to each of them, by its protocol. */
void sns_transports_deliver(const struct call *call, struct broadcast *broadcast,
                            const struct sns_subscriber_rows *subscribers);

/* envelope.c: a request to confirm the beginning, or the end, of a subscription. */
struct confirmation {
    bool ends;
    str message_id, token, subscription_arn;
};
/* Its signed JSON text. */
str sns_confirmation_envelope(const struct call *call, const struct topic *topic,
                              const struct confirmation *confirmation);

/* broadcast.c */

/* What the subscribers of some protocols get: with structure "json" each protocol may have its own text. */
struct form {
    str text, envelope;               /* the envelope is absent until somebody needs it */
    int64_t insert_at;                /* position in the envelope */
    int64_t text_body, envelope_body; /* of deliveries (delivery_body_add()); 0: none yet */
};
struct feedback;
/* A message on its way to subscribers. */
struct broadcast {
    struct topic topic; /* its ARN, its id and its signature version */
    struct message message;
    struct way way;
    bool from_archive;
    struct feedback *feedback; /* where the status of deliveries is logged; NULL: nowhere */
    struct {
        struct form *items;
        size_t count;
    } forms;
};
/* The text for a protocol. */
struct form *sns_broadcast_form(const struct call *call, struct broadcast *broadcast, str protocol);
/* The same with an envelope. */
struct form *sns_broadcast_enveloped(const struct call *call, struct broadcast *broadcast, str protocol);
/* The attributes in SQS's form. */
struct sqs_message_body_attribute_map
sns_attributes_for_queues(const struct call *call, const struct sns_message_attribute_map *attributes);
/* The principal sns.amazonaws.com, acting for the topic. */
const struct principal *sns_sender(const struct call *call, str topic_arn);
/* Trace and count that the subscriber has got the message; the message's id is of the endpoint's service. */
void sns_note_delivered(const struct call *call, const struct broadcast *broadcast,
                        const struct sns_subscriber_row *subscriber, str message_id);
/* Trace, log and count a copy that is lost, or goes to the dead-letter queue of the subscription. */
void sns_note_failed(const struct call *call, struct broadcast *broadcast,
                     const struct sns_subscriber_row *subscriber, const struct failure *failure);

/* data_protection.c */
/* Deliver to each of them, as the topic's policy allows; there is one. */
void sns_protect_outbound(const struct call *call, struct broadcast *broadcast,
                          const struct sns_subscriber_rows *subscribers);

/*
 * queues.c, functions.c, direct.c: each check says whether a subscription may have the endpoint; false:
 * fail() has been called.
 */
bool sns_queue_check(const struct call *call, str endpoint);
void sns_queues_deliver(const struct call *call, struct broadcast *broadcast,
                        const struct sns_subscriber_rows *subscribers);
bool sns_function_check(const struct call *call, str endpoint);
void sns_functions_deliver(const struct call *call, struct broadcast *broadcast,
                           const struct sns_subscriber_rows *subscribers);

bool sns_phone_check(const struct call *call, str endpoint);
void sns_phones_deliver(const struct call *call, struct broadcast *broadcast,
                        const struct sns_subscriber_rows *subscribers);
bool sns_endpoint_check(const struct call *call, str endpoint);
void sns_endpoints_deliver(const struct call *call, struct broadcast *broadcast,
                           const struct sns_subscriber_rows *subscribers);

/* endpoints.c, mail.c */
struct outside_send_input;
bool sns_http_check(const struct call *call, str endpoint);
bool sns_https_check(const struct call *call, str endpoint);
bool sns_mail_check(const struct call *call, str endpoint);
void sns_outside_deliver(const struct call *call, struct broadcast *broadcast,
                         const struct sns_subscriber_rows *subscribers);
/* The endpoint with stars for the password in a URL. */
str sns_endpoint_shown(const struct call *call, str endpoint);
/* The target of a subscription's deliveries. */
str sns_delivery_target(const struct call *call, int64_t subscription_id);
/* Ask an endpoint for a confirmation; `request` is its envelope. */
void sns_outside_ask(const struct call *call, const struct topic *topic,
                     const struct sns_subscription_row *row, const struct confirmation *confirmation,
                     str request);
/* Fill the effect that sends the mail. */
void sns_mail_write(const struct call *call, const struct sns_deliver_outside_request *in,
                    const struct sns_subscription_row *row, str body, struct outside_send_input *send);

/* delivery_settings.c */
/* Absent: the value may be a subscription's DeliveryPolicy; otherwise what is wrong. */
str sns_delivery_policy_problem(const struct call *call, str value);
struct delivery_policy sns_delivery_policy(const struct call *call, str topic_policy,
                                           str subscription_policy);
/* The same for a topic's policy: what is wrong with it, and what it makes of the defaults. */
str sns_topic_delivery_policy_problem(const struct call *call, str value);
str sns_topic_effective_delivery_policy(const struct call *call, str topic_policy);
str sns_content_type(const struct call *call, str topic_policy, str subscription_policy);
/* In the form of a subscription's policy. */
str sns_effective_delivery_policy(const struct call *call, str topic_policy, str subscription_policy);
/* A policy in AWS's form of it: with all sections of a subscription's, and with a topic's override. */
str sns_delivery_policy_shown(const struct call *call, str policy);
str sns_topic_delivery_policy_shown(const struct call *call, str policy);

/* confirm.c */
/* May the subscription begin only after a confirmation? */
bool sns_needs_confirmation(const struct call *call, str protocol, str endpoint);
/* Give a subscription in its new state a new token, and send it to the endpoint. */
void sns_confirmation_begin(const struct call *call, struct sns_subscription_row *row);
/* subscriptions.c: remove it, with its deliveries. */
void sns_subscription_remove(const struct call *call, const struct sns_subscription_row *row);

/* replay.c */

/* NULL: the value may be the ReplayPolicy of a subscription to that topic; otherwise what is wrong. */
const char *sns_replay_problem(const struct call *call, int64_t topic_id, str value);
/* The subscription has that new policy; an empty one ends the replay. */
void sns_replay_begin(const struct call *call, const struct sns_subscription_row *row, str policy);
/* Is a replay under way, so that new messages must wait? */
bool sns_replay_is_active(const struct call *call, str subscription_arn);
bool sns_replay_has_policy(const struct call *call, str subscription_arn, str policy);
void sns_replay_show(const struct call *call, str subscription_arn, struct str_map *shown);

/* fanout.c */
/* Deliver a message of the archive to one subscriber; the header of its publishing named its trace. */
void sns_fanout_to(const struct call *call, const struct topic *topic,
                   const struct sns_subscriber_row *subscriber, const struct message *message,
                   str trace_header);

/* redrive.c */
/* NULL: the value may be the subscription's RedrivePolicy; otherwise what is wrong. */
const char *sns_redrive_problem(const struct call *call, const struct sns_subscription_row *row, str value);
/* A message that could not be delivered. */
struct dead_letter {
    str topic_arn, subscription_arn, group_id, deduplication_id, trace_id;
    str body, insert;
    const int64_t *insert_at;                           /* where `insert` belongs; NULL: nowhere */
    const struct sns_message_attribute_map *attributes; /* of a raw message; or NULL */
};
/* Send it to the queue of the policy, if there is a policy. */
void sns_redrive(const struct call *call, str policy, const struct dead_letter *letter);

/* filter.c */

/* The policy or its scope is new.  False, after fail(): it is malformed, or there are too many of them. */
bool sns_filter_change(const struct setting *setting);

/*
 * A message as filter policies see it; all that follows the first three members is filled when it is needed.
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
struct broadcast;
/* The subject for that message. */
struct filter_subject sns_filter_begin(const struct call *call, const struct broadcast *broadcast);
/* NULL: the message is for that subscriber, who has a filter policy. */
const struct filter_refusal *sns_filter_refusal(struct filter_subject *subject, struct broadcast *broadcast,
                                                const struct sns_subscriber_row *subscriber);
bool sns_topic_has_filters(const struct call *call, const struct topic *topic);
/* Match it in advance, on a worker: sets the message's verdicts. */
void sns_filters_prepare(const struct call *call, struct broadcast *broadcast,
                         const struct sns_subscriber_rows *subscribers);
