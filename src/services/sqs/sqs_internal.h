#pragma once

/*
 * sqs_internal.h: what the files of SQS share.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/time.h"
#include "engine/call.h"
#include "sqs_model.h"
#include "sqs_sql.h"
#include "store/store.h"

enum { MAX_IN_FLIGHT = 120000 };

/* A queue is its row; its ARN and URL are made from it. */
struct queue {
    struct sqs_queue_row row;
    str arn;
};

struct queue_address {
    str account, region, name;
};

/* sqs.c */
/* Fail with AWS's sentence about a parameter's value; false. */
/* Do the rules of a minute hold: see struct sqs_options? */
bool sqs_waits(void);

bool sqs_value_refuse(const struct call *call, const char *parameter, str value, const char *reason);

/* queue_find.c */
/* False when it is not the ARN of a queue. */
bool sqs_queue_arn_split(str text, struct queue_address *address);
/* A queue by name in the caller's account; false when there is none.  Authorizes nothing. */
bool sqs_queue_find(const struct call *call, str account, str region, str name, struct queue *queue);
/* The same by ARN. */
bool sqs_queue_find_arn(const struct call *call, str queue_arn, struct queue *queue);
/* The queue that the request is about; NULL when it does not exist: fail() has been called. */
const struct queue *sqs_queue_of(const struct call *call);
/* The queue that an ARN names; false when no queue has it. */
bool sqs_locate_arn(const struct call *call, str text, struct resource *found);
/* The queue of that ARN, for the operation under way: authorized, and there.  NULL: fail() has been called.
 */
const struct queue *sqs_queue_open_arn(const struct call *call, str queue_arn);
str sqs_queue_url(const struct call *call, const struct queue *queue);
/* What its receivers wait for. */
str sqs_queue_arrivals(const struct call *call, const struct queue *queue);
/* Messages sent before that have expired, whether they are still stored or not. */
int64_t sqs_queue_oldest_ms(const struct call *call, const struct queue *queue);

/* attributes.c */
/* By the name itself, or by "All". */
bool sqs_attributes_ask_for(const struct str_list *names, str name);
/* Put the attributes into the queue's row.  False: fail() has been called. */
bool sqs_attributes_apply(const struct call *call, const struct str_map *attributes, struct queue *queue);
/*
 * Has the queue those attributes as the wanted one has them, to which they were applied?  If not,
 * *different is the first that differs.
 */
bool sqs_attributes_match(const struct call *call, const struct str_map *attributes,
                          const struct queue *queue, const struct queue *wanted, str *different);
void sqs_attributes_store(const struct call *call, struct queue *queue);

/* bodies.c */
/* What is sent: the body and its digest, the attributes as JSON. */
struct content {
    str body, body_md5, attributes;
    const int64_t *insert_at; /* where each message has a piece of its own; NULL: nowhere */
};
/* Store it apart, for any number of messages of this call.  NULL: it is small, and stands in each message. */
const int64_t *sqs_body_store(const struct call *call, const struct content *content);
/* The content of a message that was found; its body's digest is made here where it is not stored. */
struct content sqs_body_of(const struct call *call, const struct sqs_find_visible_row *row);
/* The content with a message's own piece in its place. */
str sqs_body_with(const struct call *call, const struct content *content, str piece);
/* Remove a message, and its body with the last message that has it. */
void sqs_message_remove(const struct call *call, int64_t id, const int64_t *body_id);

/* counts.c */
/* What of a message counts. */
struct message_state {
    int64_t visible_ms;
    bool received; /* at least once */
};
/* How a call changes the counts of a generation. */
struct tally {
    int64_t generation_id;
    struct change {
        int64_t messages, received;
    } all, hidden;
    int64_t second; /* that of `hidden`, which was counted last */
};
struct tally sqs_tally_begin(const struct queue *queue);
/* A message with the generation's next number. */
void sqs_tally_sent(const struct call *call, struct tally *tally, struct message_state state);
/* That message is no longer the generation's: its row has gone, or has another id by now. */
void sqs_tally_removed(const struct call *call, struct tally *tally, int64_t id, struct message_state state);
/* Of messages that change, or are moved there: one more (by 1) or one less (by -1) in that state. */
void sqs_tally_count(const struct call *call, struct tally *tally, struct message_state state, int64_t by);
void sqs_tally_end(const struct call *call, struct tally *tally);
/* What has expired does not count. */
struct counts {
    int64_t ready, delayed, in_flight;
};
struct counts sqs_counts_read(const struct call *call, const struct queue *queue);
/* How many more may be in flight. */
int64_t sqs_counts_room_in_flight(const struct call *call, const struct queue *queue);

/* ages.c */
/* The rows of the messages that were sent to a generation, and of the dead letters that were moved to it. */
struct id_range {
    int64_t first, end;
};
struct id_range sqs_ids_sent(int64_t generation_id);
struct id_range sqs_ids_moved(int64_t generation_id);
struct aging_messages {
    struct sqs_aging_message_row *items;
    size_t count;
};
/* Some of its messages that were sent before that, at most `limit`. */
struct aging_messages sqs_sent_before(const struct call *call, int64_t generation_id, int64_t sent_ms,
                                      size_t limit);
/* When its oldest message was sent; INT64_MAX: it has none. */
int64_t sqs_oldest_sent_ms(const struct call *call, int64_t generation_id);

/* removal.c */
/* The id of a new generation for a queue. */
int64_t sqs_generation_begin(const struct call *call);
/* The queue's generation is no queue's any more: have its messages removed. */
void sqs_generation_end(const struct call *call, const struct queue *queue);
/* From now on, have the queue's messages removed when they have expired. */
void sqs_sweep_start(const struct call *call, const struct queue *queue);
void sqs_sweep_stop(const struct call *call, const struct queue *queue);

/* send.c */
/* What a sender asks for. */
struct outgoing {
    str body;
    const int64_t *delay_seconds;
    const struct sqs_message_body_attribute_map *attributes;
    const struct sqs_message_body_system_attribute_map *system_attributes;
    str group_id, deduplication_id;
};
/* The same on its way into a queue's table. */
struct parcel {
    str body, attributes; /* where it is stored apart: its own piece, and none */
    const int64_t *body_id;
    int64_t delay_seconds;
    str trace_header, trace_id, group_id;
};
/* May it be sent to any queue?  False: fail() has been called. */
bool sqs_outgoing_check(const struct call *call, const struct outgoing *message);
/* May this queue have a message of that size?  False: fail() has been called. */
bool sqs_outgoing_size_check(const struct call *call, const struct queue *queue, size_t bytes);
struct content sqs_message_content(const struct call *call, const struct outgoing *message);
/* Put it there, and wake who waits for it.  The message's id. */
void sqs_count_sent(const struct call *call, const struct queue *queue, size_t bytes);
str sqs_message_put(const struct call *call, const struct queue *queue, const struct parcel *parcel,
                    struct tally *tally);

/* The trace of a message, which begins with it when its row names none. */
str sqs_message_trace(const struct call *call, str trace_id, str message_id, int64_t sent_ms);
/* A hop on the message's way, for the rest to be filled in. */
struct trace_hop sqs_message_hop(str trace_id, str message_id, int64_t sent_ms);

/* message_attributes.c */
/* Names, types and values.  False: fail() has been called. */
bool sqs_message_attributes_check(const struct call *call,
                                  const struct sqs_message_body_attribute_map *attributes);
/* What they count against the message's size. */
size_t sqs_message_attributes_size(const struct sqs_message_body_attribute_map *attributes);
/* The digest that clients compare; absent when there are none. */
str sqs_message_attributes_md5(const struct call *call,
                               const struct sqs_message_body_attribute_map *attributes);

/* receipt.c */
/* A receipt handle is opaque to clients: the message's row, and the number and the time of this receive. */
struct receipt {
    int64_t id, number, received_ms;
};
str sqs_receipt_handle(const struct call *call, const struct queue *queue, struct receipt receipt);
/* False when the handle was never one of that queue's; fail() has been called. */
bool sqs_receipt_read(const struct call *call, const struct queue *queue, str handle,
                      struct receipt *receipt);

/* tags.c */
/* See struct resource. */
void sqs_queue_tags_in_context(const struct call *call, const struct resource *resource,
                               struct context_list *context);
/* False: too many; fail() has been called. */
bool sqs_queue_put_tags(const struct call *call, const struct queue *queue, const struct str_map *tags);

/* batch.c */
/* 1 to 10 entries, well-formed ids, no id twice.  False: fail() has been called. */
bool sqs_batch_check(const struct call *call, struct str_list ids);
/* Make the failure of one entry its result, and let the call go on. */
struct sqs_batch_result_error_entry sqs_batch_error(const struct call *call, str id);
