#pragma once

/*
 * sqs_internal.h: what the files of SQS share.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/time.h"
#include "engine/call.h"
#include "engine/doors.h"
#include "sqs_model.h"
#include "sqs_sql.h"
#include "store/store.h"

enum { MAX_IN_FLIGHT = 120000, MAX_DELAY_SECONDS = 900 };

/* A queue is its row; its ARN and URL are computed from it. */
struct queue {
    struct sqs_queue_row row;
    str arn;
};

struct queue_address {
    str account, region, name;
};

/* sqs.c */
/* Do AWS's rules of a minute apply?  See struct sqs_options. */
bool sqs_waits(void);
/* Fail with AWS's sentence about a parameter's value; false. */
bool sqs_value_refuse(const struct call *call, const char *parameter, str value, const char *reason);

/* queue_find.c */
/* Split the ARN of a queue; false for any other text. */
bool sqs_queue_arn_split(str text, struct queue_address *address);
/* A queue by name in that account; false when it does not exist.  Authorizes nothing. */
bool sqs_queue_find(const struct call *call, str account, str region, str name, struct queue *queue);
/* The same by ARN. */
bool sqs_queue_find_arn(const struct call *call, str queue_arn, struct queue *queue);
/* The queue of the request; NULL, after fail(), when it does not exist. */
const struct queue *sqs_queue_of(const struct call *call);
/* Find the queue that an ARN names; false when no queue has it. */
bool sqs_locate_arn(const struct call *call, str text, struct resource *found);
/* The queue of that ARN, authorized for the present operation.  NULL: fail() has been called. */
const struct queue *sqs_queue_open_arn(const struct call *call, str queue_arn);
str sqs_queue_url(const struct call *call, const struct queue *queue);
/* The name that the queue's receivers park for. */
str sqs_queue_arrivals(const struct call *call, const struct queue *queue);
/* From that time on a receiver finds one more message; INT64_MAX: none. */
void sqs_queue_has_messages(const struct call *call, const struct queue *queue, int64_t available_ms);
/* Messages sent before this time have expired, whether they are still stored or not. */
int64_t sqs_queue_oldest_ms(const struct call *call, const struct queue *queue);

/* queues.c */
/* Its messages are unreachable at once, and removed later. */
void sqs_queue_purge(const struct call *call, const struct queue *queue);

/* policy_quotas.c */
/* False: fail() has been called.  Check the size before anything reads the text. */
bool sqs_policy_size_check(const struct call *call, str text);
bool sqs_policy_principals_check(const struct call *call, size_t count);
bool sqs_policy_quotas_check(const struct call *call, str text);
/* Whether no statement has more than one Resource; fail() is not called. */
bool sqs_policy_resources_are_single(const struct call *call, str text);

/* attributes.c */
/* A request may name some attributes, each of which is looked for.  False: fail() has been called. */
bool sqs_attributes_number_check(const struct call *call, const struct str_list *names);
/* Is the name itself, or "All", among the names? */
bool sqs_attributes_ask_for(const struct str_list *names, str name);
/* Set the attributes in the queue's row.  False: fail() has been called. */
bool sqs_attributes_apply(const struct call *call, const struct str_map *attributes, struct queue *queue);
/*
 * Does the queue have those attributes with the values of `wanted`, to which they were applied?  If not,
 * *different is the first that differs.
 */
bool sqs_attributes_match(const struct call *call, const struct str_map *attributes,
                          const struct queue *queue, const struct queue *wanted, str *different);
void sqs_attributes_store(const struct call *call, struct queue *queue);
/* Does the queue's RedriveAllowPolicy let that source have it as its dead-letter queue? */
bool sqs_redrive_allowed(const struct call *call, const struct queue *dead_letters, str source_arn);

/* bodies.c */
/* The content of a message: the body and its digest, the attributes as JSON. */
struct content {
    str body, body_md5, attributes;
    const int64_t *insert_at; /* where each message inserts a piece of its own; NULL: nowhere */
};
/*
 * Store a large content in sqs_body, for that many messages of this call.  NULL: it is small, and belongs in
 * each message's row.
 */
const int64_t *sqs_body_store(const struct call *call, const struct content *content, size_t copies);
/* The content of a found message; computes its body's digest if it is not stored. */
struct content sqs_body_of(const struct call *call, const struct sqs_visible_row *row);
/* With its attributes, which in JSON, as stored, are never shorter than they count. */
int64_t sqs_body_stored_size(const struct call *call, const struct sqs_visible_row *row);
/* Is a message no longer than that, with its attributes? */
bool sqs_body_fits(const struct call *call, const struct sqs_visible_row *row, int64_t maximum_bytes);
/* The body with a message's own piece inserted. */
str sqs_body_with(const struct call *call, const struct content *content, str piece);
/* Remove a message, and its body if no other message has it. */
void sqs_message_remove(const struct call *call, int64_t id, const int64_t *body_id);

/* receive.c */
/* Fill in all but the receipt handle, with the attributes that `in` asks for. */
void sqs_message_show(const struct call *call, const struct sqs_receive_message_request *in,
                      const struct sqs_visible_row *row, const struct content *content,
                      struct sqs_message *message);

/* timeouts.c */
/* A message of the generation has a new visibility timeout.  For handlers. */
void sqs_timeout_begins(int64_t generation_id, int64_t visible_ms);
/* For handlers, before they read the visible messages of a standard queue. */
void sqs_timed_out_return(const struct call *call, const struct queue *queue);
/* When the next message becomes visible: the module's `upcoming`. */
void sqs_upcoming(const struct call *call, struct upcoming *upcoming);

/* tenants.c */
/* A message, of that group or of none, is new in the queue, or has returned to it.  For handlers. */
void sqs_tenant_joins(const struct queue *queue, str group_id);
/* The messages of a standard queue in the order in which they are received.  For handlers. */
struct sqs_visible_rows sqs_visible_list(const struct call *call, const struct queue *queue, int64_t limit);

/* The noisy groups, by their names.  False: none of the messages that wait has a group.  For handlers. */
bool sqs_noisy_groups(const struct call *call, const struct queue *queue, struct str_list *groups);

/* counts.c */
/* The part of a message's state that is counted. */
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
    int64_t second; /* of `hidden`, which was counted last */
};
struct tally sqs_tally_begin(const struct queue *queue);
/* Count a message with the generation's next number. */
void sqs_tally_sent(const struct call *call, struct tally *tally, struct message_state state);
/* The message does not belong to the generation any more: its row is deleted, or has another id. */
void sqs_tally_removed(const struct call *call, struct tally *tally, int64_t id, struct message_state state);
/*
 * Count one message more (by 1) or one less (by -1) in that state: for messages that change, or are moved in.
 */
void sqs_tally_count(const struct call *call, struct tally *tally, struct message_state state, int64_t by);
void sqs_tally_end(const struct call *call, struct tally *tally);
/* Expired messages are not counted. */
struct counts {
    int64_t ready, delayed, in_flight;
};
struct counts sqs_counts_read(const struct call *call, const struct queue *queue);
struct json_writer;
void sqs_describe(const struct call *call, str arn, struct json_writer *state);
/* How many more messages may be in flight. */
int64_t sqs_counts_room_in_flight(const struct call *call, const struct queue *queue);

/* ages.c */
/* The rows of messages sent to a generation, and of the dead letters moved to it. */
struct id_range {
    int64_t first, end;
};
struct id_range sqs_ids_sent(int64_t generation_id);
struct id_range sqs_ids_moved(int64_t generation_id);
struct aging_messages {
    struct sqs_aging_message_row *items;
    size_t count;
};
/* At most `limit` of its messages that were sent before that time. */
struct aging_messages sqs_sent_before(const struct call *call, int64_t generation_id, int64_t sent_ms,
                                      size_t limit);
/* Write the hop of a message that is removed because of its age. */
void sqs_trace_expired(const struct call *call, const struct queue *queue, const struct sqs_visible_row *row);
/* When its oldest message was sent; INT64_MAX: it has no message. */
int64_t sqs_oldest_sent_ms(const struct call *call, int64_t generation_id);

/* measure.c */
/* Have the queues measured for CloudWatch, at the end of each minute while there is a queue. */
void sqs_measure_later(const struct call *call);
/* The age of its oldest message, in seconds; has_messages: it is not empty. */
int64_t sqs_oldest_age_s(const struct call *call, const struct queue *queue, bool has_messages);

/* removal.c */
/* The id of a new generation for a queue. */
int64_t sqs_generation_begin(const struct call *call);
/* The generation does not belong to the queue any more: remove its messages. */
void sqs_generation_end(const struct call *call, const struct queue *queue);
/* From now on, remove the queue's messages when they have expired. */
void sqs_sweep_start(const struct call *call, const struct queue *queue);
void sqs_sweep_stop(const struct call *call, const struct queue *queue);

/* send.c */
/* A message in a sender's request. */
struct outgoing {
    str body;
    const int64_t *delay_seconds;
    const struct sqs_message_body_attribute_map *attributes;
    const struct sqs_message_body_system_attribute_map *system_attributes;
    str group_id, deduplication_id;
};
/* A message for a queue's table. */
struct parcel {
    str body, attributes; /* when the body is in sqs_body: the message's own piece, and absent */
    const int64_t *body_id;
    int64_t delay_seconds;
    str trace_header, trace_id, group_id, deduplication_id;
};
/* What a sender hears of its message. */
struct posted {
    str message_id;
    const int64_t *sequence; /* NULL: the queue is no FIFO queue */
};
/* A request's X-Amzn-Trace-Id, or absent when a message cannot carry it. */
str sqs_trace_header_carried(str header);
/* Checks that do not depend on the queue.  False: fail() has been called. */
bool sqs_outgoing_check(const struct call *call, const struct outgoing *message);
/* May this queue have a message of that size?  False: fail() has been called. */
bool sqs_outgoing_size_check(const struct call *call, const struct queue *queue, size_t bytes);
struct content sqs_message_content(const struct call *call, const struct outgoing *message);
void sqs_count_sent(const struct call *call, const struct queue *queue, size_t bytes);
/* Store the message, and wake a receiver.  In a FIFO queue it is no duplicate: see sqs_duplicate_find(). */
struct posted sqs_message_put(const struct call *call, const struct queue *queue, const struct parcel *parcel,
                              struct tally *tally);

/* The trace of a message: the one in its row, or else the one that begins with it. */
str sqs_message_trace(const struct call *call, str trace_id, str message_id, int64_t sent_ms);
/* The beginning of a hop on the message's way, for the caller to complete. */
struct trace_hop sqs_message_hop(str trace_id, str message_id, int64_t sent_ms);

/* fifo.c */
/* May this queue, FIFO or standard, have the message?  False: fail() has been called. */
bool sqs_fifo_check(const struct call *call, const struct queue *queue, const struct outgoing *message);
/*
 * Has the entry of a batch the ids that the queue needs?  False: fail() has been called, for the whole batch,
 * with another error than for a single message.
 */
bool sqs_fifo_entry_check(const struct call *call, const struct queue *queue, str group_id,
                          str deduplication_id);
/* The sender's id, or the digest of the body; absent for a standard queue. */
str sqs_deduplication_id(const struct call *call, const struct queue *queue, const struct outgoing *message);
/* The message that came with the same id within five minutes; false: none, or the queue is no FIFO queue. */
bool sqs_duplicate_find(const struct call *call, const struct queue *queue, str group_id,
                        str deduplication_id, struct posted *earlier);
/* The next sequence number of a group, and as AWS's text; absent for NULL. */
int64_t sqs_sequence_next(const struct call *call, int64_t generation_id, str group_id);
str sqs_sequence_text(const struct call *call, const int64_t *sequence);
/*
 * The group has one more message, at its end.  Returns the time from which it can be received; INT64_MAX: an
 * earlier message of the group comes first.
 */
int64_t sqs_group_join(const struct call *call, int64_t generation_id, str group_id, int64_t visible_ms);
/* The same for a message that was sent: its deduplication id is remembered, too. */
int64_t sqs_fifo_posted(const struct call *call, const struct queue *queue, const struct parcel *parcel,
                        const struct posted *posted, int64_t visible_ms);
/*
 * Messages of the group were taken, hidden or removed.  Returns the time from which its first message can be
 * received; INT64_MAX: it has no message.
 */
int64_t sqs_group_settle(const struct call *call, int64_t generation_id, str group_id);
/* Forget at most `limit` deduplication ids that are older than five minutes; returns how many. */
int64_t sqs_arrivals_forget(const struct call *call, int64_t generation_id, int64_t limit);

/* delays.c */
/* A FIFO queue has a new delay: so have the messages that nobody has received. */
void sqs_delays_change(const struct call *call, const struct queue *queue);

/* attempts.c */
/* What a receive with a ReceiveRequestAttemptId has taken. */
struct attempt {
    int64_t received_ms, visible_ms; /* visible_ms: until then all its messages are hidden */
    struct taken {
        int64_t id, receipt;
    } * items;
    size_t count;
};
/* False: no receive had that id within five minutes. */
bool sqs_attempt_find(const struct call *call, const struct queue *queue, str attempt_id,
                      struct attempt *attempt);
void sqs_attempt_store(const struct call *call, const struct queue *queue, str attempt_id,
                       const struct attempt *attempt);

/* moves.c */
/*
 * The oldest messages of a queue that could be received now; a FIFO queue's are of one group.  Expired ones
 * are among them.
 */
struct sqs_visible_rows sqs_movable_list(const struct call *call, const struct queue *queue, int64_t limit);
/* Make it a new message of the other queue, with the same content and trace. */
void sqs_message_move(const struct call *call, const struct queue *from, const struct sqs_visible_row *row,
                      const struct queue *to);
/* Remove a message in any state. */
void sqs_message_drop(const struct call *call, const struct queue *queue, const struct sqs_visible_row *row);

/* peek.c */
enum outcome sqs_peek(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome sqs_peek_purge(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome sqs_peek_delete(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome sqs_peek_redrive(const struct call *call, const struct visit *visit, struct http_reply *reply);

/* queue_lists.c */
enum outcome sqs_all_queues(const struct call *call, const struct visit *visit, struct http_reply *reply);
enum outcome sqs_dead_letter_queues(const struct call *call, const struct visit *visit,
                                    struct http_reply *reply);

/* move_tasks.c */
/* The queue is deleted: forget its tasks. */
void sqs_move_tasks_remove(const struct call *call, const struct queue *queue);

/* message_attributes.c */
/* Names, types and values.  False: fail() has been called. */
bool sqs_message_attributes_check(const struct call *call,
                                  const struct sqs_message_body_attribute_map *attributes);
/* The bytes that they count towards the message's size. */
size_t sqs_message_attributes_size(const struct sqs_message_body_attribute_map *attributes);
/* The digest that clients compare; absent without attributes. */
str sqs_message_attributes_md5(const struct call *call,
                               const struct sqs_message_body_attribute_map *attributes);

/* receipt.c */
/* A receipt handle, decoded: the message's row, and the number and the time of the receive. */
struct receipt {
    int64_t id, number, received_ms;
};
str sqs_receipt_handle(const struct call *call, const struct queue *queue, struct receipt receipt);
/* False, after fail(), when the handle never belonged to that queue. */
bool sqs_receipt_read(const struct call *call, const struct queue *queue, str handle,
                      struct receipt *receipt);

/* tags.c */
/* False, after fail(): too many tags. */
bool sqs_queue_put_tags(const struct call *call, const struct queue *queue, const struct str_map *tags);

/* batch.c */
/* 1 to 10 entries, valid ids, no repeated id.  False: fail() has been called. */
bool sqs_batch_check(const struct call *call, struct str_list ids);
/* The failure of one entry as its result; the call continues. */
struct sqs_batch_result_error_entry sqs_batch_error(const struct call *call, str id);
