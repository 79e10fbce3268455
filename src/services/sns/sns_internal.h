#pragma once

/*
 * sns_internal.h: what the files of SNS share.
 */
#include "base/list.h"
#include "engine/doors.h"
#include "engine/page.h"
#include "sns_model.h"
#include "sns_sql.h"
#include "store/store.h"

enum { PAGE_SIZE = 100, MAX_SUBJECT_CHARACTERS = 100, MAX_POLICY_BYTES = 30720, MAX_STATEMENTS = 32 };

/* A topic: its row and its ARN. */
struct topic {
    struct sns_topic_row row;
    str arn;
};

/* topic_find.c */
/* Fail with the sentence about a malformed ARN; returns false. */
bool sns_arn_refuse(const struct call *call, const char *parameter, str text);
/* Find the topic that an ARN names; false when no topic has it. */
bool sns_locate_arn(const struct call *call, str text, struct resource *found);
struct json_writer;
void sns_describe(const struct call *call, str text, struct json_writer *state);
/* The topic of the request; NULL, after fail(), when it does not exist. */
const struct topic *sns_topic_of(const struct call *call);
/* The page of a token.  False: fail() has been called. */
bool sns_page_open(const struct call *call, str token, struct page *page);

/* large.c */
/* In bytes: of a message with its attributes, and of a batch. */
int64_t sns_message_size_limit(const struct topic *topic);
/* The attribute MaximumMessageSize.  False: fail() has been called. */
bool sns_message_size_limit_set(const struct call *call, struct topic *topic, str value);
/* May it have another subscription of the protocol?  False: fail() has been called. */
bool sns_large_topic_check(const struct call *call, const struct topic *topic, str protocol);

/* Does any subscriber get envelopes? */
bool sns_topic_has_enveloped(const struct call *call, const struct topic *topic);

/* topic_attributes.c */
/* Set one attribute in the row.  False: fail() has been called. */
bool sns_topic_attribute_set(const struct call *call, struct topic *topic, str name, str value);
/* Does the topic have that value?  For CreateTopic of an existing topic. */
bool sns_topic_attribute_is(const struct call *call, const struct topic *topic, str name, str value);
/* The policy that the topic shows: AWS's default policy if none was set. */
str sns_topic_policy(const struct call *call, const struct topic *topic);
/*
 * The policy that binds, or absent.  The default statement grants nothing beyond what identity policies grant
 * anyway, whether it is shown only, or was stored by an edit of the policy.
 */
str sns_topic_binding_policy(const struct call *call, const struct topic *topic);

/* permissions.c: what SNS does not accept in a topic's policy, as the end of its sentence; NULL: nothing. */
const char *sns_policy_problem(const struct call *call, str text);

/* tags.c */
/* False, after fail(): a key repeats, or there are too many tags. */
bool sns_topic_put_tags(const struct call *call, const struct topic *topic, const struct sns_tag_list *tags);
bool sns_topic_has_tags(const struct call *call, const struct topic *topic, const struct sns_tag_list *tags);

/* message.c */
/* RSA over SHA-1 (version 1) or SHA-256 (version 2). */
struct signature {
    int64_t version;
    str key_name; /* the name of its certificate's file */
    str base64;
};

/* A message to deliver. */
struct message {
    int64_t published_ms;
    str id, text, subject, structure;
    const struct sns_message_attribute_map *attributes;
    str deduplication_id, group_id;
    bool replayed;       /* it comes from the topic's archive */
    str sequence_number; /* of a FIFO topic; absent until the message is published */
    str published_text;  /* before a data protection policy changed it */
    str signed_text;     /* the text that a worker has signed; or absent */
    struct signature signature;
    str envelope; /* of that text, if a worker has written it; or absent */
    size_t insert_at;
    struct protection *protection; /* of a topic with a data protection policy; NULL until it is applied */
    const struct filter_verdicts *verdicts; /* what a worker has found; or NULL */
};
/* False: fail() has been called. */
bool sns_message_check(const struct call *call, const struct topic *topic, struct message *message);
/*
 * The check in two parts, for a batch: what refuses all its messages, and what refuses this one only.  The
 * second part gives a message its deduplication id, if the topic derives one from the content.
 */
bool sns_message_check_form(const struct call *call, const struct topic *topic,
                            const struct message *message);
bool sns_message_check_content(const struct call *call, const struct topic *topic, struct message *message);
/* The text for subscribers of that protocol: with structure "json" each protocol may have its own text. */
str sns_message_text_for(const struct call *call, const struct message *message, str protocol);

/* message_attributes.c */
/* Names, types and values.  False: fail() has been called. */
bool sns_published_attributes_check(const struct call *call,
                                    const struct sns_message_attribute_map *attributes);
/* The text of one of them, or absent. */
str sns_published_attribute(const struct sns_message_attribute_map *attributes, str name);
/* The bytes that they count towards the message's size. */
size_t sns_published_attributes_size(const struct sns_message_attribute_map *attributes);

/* data_protection_policy.c */
/* May that text be the topic's policy?  False: fail() has been called. */
bool sns_protection_check(const struct call *call, const struct topic *topic, str policy);

/* data_protection.c */
/*
 * Apply the policy to a message that is published: its text may change.  False, after fail(): the policy
 * denies the message.
 */
bool sns_protect_inbound(const struct call *call, const struct topic *topic, struct message *message);
/* The policy that is applied to the message, which has one. */
str sns_protection_policy(const struct message *message);
/* Without the inbound statements: they have been applied before. */
void sns_protect_begin(const struct call *call, const struct topic *topic, struct message *message);
/* Search the message, and change it for these subscribers, in advance, after one of these. */
void sns_audit_prepare(const struct call *call, const struct topic *topic, const struct message *message);
void sns_protect_prepare(const struct call *call, const struct topic *topic, struct message *message,
                         const struct sns_subscriber_rows *subscribers);
/* Report what the policy finds in a sampled message, as it was published.  For handlers. */
void sns_audit(const struct call *call, const struct topic *topic, const struct message *message);

/* archive.c */
/* Set a topic's ArchivePolicy.  False: fail() has been called. */
bool sns_archive_policy_set(const struct call *call, struct topic *topic, str value);
/* ArchivePolicy and BeginningArchiveTime; absent without an archive. */
str sns_archive_policy(const struct call *call, const struct topic *topic);
str sns_archive_begins(const struct call *call, const struct topic *topic);
/* The policy in the row is new: remove the messages of the archive before. */
void sns_archive_changed(const struct call *call, const struct topic *before, const struct topic *topic);
/* Keep the message of a topic with an archive. */
void sns_archive_message(const struct call *call, const struct topic *topic, const struct message *message);

/* fifo.c */
/* Set a FIFO topic's attribute.  False: fail() has been called. */
bool sns_fifo_attribute_set(const struct call *call, struct topic *topic, str name, str value);
bool sns_fifo_is_attribute(str name);
/* The value, or absent. */
str sns_fifo_attribute(const struct topic *topic, str name);
/*
 * Number the message of a FIFO topic.  False: it repeats a message of the last five minutes, whose id and
 * number it gets, and is not delivered.
 */
bool sns_fifo_accept(const struct call *call, const struct topic *topic, struct message *message);
/* Is there a message of the topic that some subscribers still have to get? */
bool sns_fifo_must_wait(const struct call *call, const struct topic *topic);

/* envelope.c */
/* Sign the message with that text in advance, and write its envelope, if there is a key. */
void sns_envelope_prepare(const struct call *call, const struct topic *topic, str text,
                          struct message *message);
/* The signed JSON text for subscribers without raw delivery; each has a piece of its own at *insert_at. */
str sns_envelope(const struct call *call, const struct topic *topic, const struct message *message, str text,
                 size_t *insert_at);
/* A subscriber's own piece: the ARN of its subscription, in the UnsubscribeURL. */
str sns_envelope_insert(const struct call *call, str subscription_arn);

/* fanout.c */
/* Some of a topic's subscribers: enough to know whether they are few. */
struct sns_subscriber_rows sns_fanout_subscribers(const struct call *call, const struct topic *topic);
/* What must not be computed in the publishing itself: the message for its subscribers, if they are few. */
void sns_fanout_prepare(const struct call *call, const struct topic *topic, struct message *message);
/*
 * The trace of a message, the header of the request that named it (or absent), and the hop of its publishing.
 */
struct way {
    str trace_id, trace_header;
    int64_t published; /* 0: unknown */
};
/*
 * Deliver the message to all subscribers: now, if `subscribers` are all of them, or else some at a time,
 * after this call is committed.
 */
void sns_fanout(const struct call *call, const struct topic *topic,
                const struct sns_subscriber_rows *subscribers, const struct message *message,
                const struct way *way);
/* The topic has been deleted: remove its subscriptions when its messages have been delivered. */
void sns_topic_end(const struct call *call, const struct topic *topic);

/* signer.c */
/* Make the key before the first message. */
void sns_signer_begin(const struct call *call);
/* Is the signature of that version, and by the store's present key? */
bool sns_signature_is_current(const struct call *call, const struct signature *signature, int64_t version);
/*
 * Sign with the store's key, which is made at the first use.  Any thread.  False in a prepare function while
 * there is no key.
 */
bool sns_signer_sign(const struct call *call, int64_t version, str text, struct signature *signature);
/* The door "/SimpleNotificationService-<name>.pem": the certificate of that key. */
enum outcome sns_signer_show_certificate(const struct call *call, const struct visit *visit,
                                         struct http_reply *reply);
