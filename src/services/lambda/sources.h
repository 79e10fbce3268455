#pragma once

/*
 * sources.h: what the files of event source mappings share.
 *
 * A mapping has one poller, an internal call.  Its source decides what a run of the poller does:
 * queue_poller.c for queues, stream_source.c and lanes.c for streams.
 *
 * To add a kind of event source, write its struct event_source and add it to sources.c.
 */
#include "invocations.h"
#include "lambda_internal.h"

enum { EVENT_BYTES = 6 * 1024 * 1024 - 4096 }; /* of a batch's records */

/* A mapping at work. */
struct poll {
    struct lambda_mapping_row mapping;
    struct lambda_event_source_mapping_configuration settings; /* that are not columns */
    const struct filter *filter;                               /* NULL: every record is taken */
    struct function function;
    const struct principal *role;
    bool is_full;  /* no more records of the stream are read until a batch is done: batching windows end */
    bool reads_on; /* more records of the stream are read in a moment: only full batches are sent */
};

/* A kind of event source. */
struct event_source {
    const char *service; /* in its ARNs */
    bool is_stream;
    int64_t default_batch_size;
    const char *user_reason; /* StateTransitionReason after a client's change */
    const char *conflict[2]; /* around the names in the sentence that refuses a second mapping */
    /*
     * May the function read there, and do the mapping's settings fit?  False: fail() has been called.
     */
    bool (*accepts)(const struct call *call, const struct function *function,
                    const struct lambda_mapping_row *mapping);
    /* The mapping is new, or was changed; its poller will begin. */
    void (*begin)(const struct call *call, const struct lambda_mapping_row *mapping);
    /* The mapping's poller has ended, perhaps to begin again. */
    void (*end)(const struct call *call, const struct lambda_mapping_row *mapping);
    /* The mapping is deleted. */
    void (*forget)(const struct call *call, const struct lambda_mapping_row *mapping);
    /* One run of the poller. */
    enum outcome (*run)(const struct call *call, struct poll *poll);
    /*
     * Read the records that lambda_matching_begin() was called for, and match them.  Runs on a worker or on
     * the engine, so it writes nothing.  NULL: the records cannot be read.
     */
    void *(*match)(const struct call *call, const struct poll *poll,
                   const struct lambda_matching_row *matching);
    /* Send what match() returned to the function, on the engine.  False: some is left, call again. */
    bool (*take)(const struct call *call, const struct poll *poll, const struct lambda_matching_row *matching,
                 void *matched);
};
/* The kind of that ARN's source; NULL: no mapping can read from there. */
const struct event_source *lambda_event_source_of(str source_arn);
extern const struct event_source LAMBDA_QUEUE_SOURCE, LAMBDA_STREAM_SOURCE;

/* What has happened to a mapping's records, for MetricsConfig's EventCount. */
enum event_count {
    EVENTS_POLLED,
    EVENTS_FILTERED_OUT,
    EVENTS_INVOKED,
    EVENTS_FAILED,
    EVENTS_DELETED,
    EVENTS_DROPPED,
    EVENTS_SENT_ON,
};
/* Counts only if the settings ask for it. */
void lambda_events_count(const struct call *call, const struct lambda_mapping_row *mapping,
                         const struct lambda_event_source_mapping_configuration *settings,
                         enum event_count what, size_t number);

/* mapping_settings.c */
/* The settings of a new mapping as JSON, before those of the request are applied. */
str lambda_mapping_settings_new(const struct call *call, const struct event_source *source,
                                str starting_position);
/* Set the row's columns and settings from the settings that are present.  False: fail() has been called. */
bool lambda_mapping_settings_apply(const struct call *call, const struct lambda_mapping_settings *in,
                                   struct lambda_mapping_row *mapping);
/* The settings that are not columns. */
void lambda_mapping_settings_read(const struct call *call, const struct lambda_mapping_row *mapping,
                                  struct lambda_event_source_mapping_configuration *settings);
/* All settings, as clients see them. */
void lambda_mapping_settings_describe(const struct call *call, const struct lambda_mapping_row *mapping,
                                      struct lambda_event_source_mapping_configuration *out);
/* The number of batches that it may have under way; `otherwise` when no setting says it. */
int64_t lambda_mapping_concurrency(const struct lambda_mapping_row *mapping,
                                   const struct lambda_event_source_mapping_configuration *settings,
                                   int64_t otherwise);

/* filter.c */
/* False, after fail(): too many filters, or one is not a pattern. */
bool lambda_filter_check(const struct call *call, const struct lambda_filter_criteria *criteria);
/* Checked criteria, ready to be used; NULL, which takes everything, for NULL. */
const struct filter *lambda_filter_new(const struct call *call,
                                       const struct lambda_filter_criteria *criteria);
/*
 * Does the record, which is JSON, match?  The body of a queue's message is apart; a stream's record has none.
 */
bool lambda_filter_takes(const struct call *call, const struct filter *filter, str record, str body);

/*
 * Does it take too long for the engine to match records of so many bytes and to make the function's records
 * of them?  A worker does it then.
 */
bool lambda_filter_takes_long(const struct filter *filter, size_t bytes);

/* matching.c */
/* Let a worker match the mapping's records and send them on.  Receipts: those of messages, a line each. */
void lambda_matching_begin(const struct call *call, struct poll *poll, str receipts);
/* Does a worker match the mapping's records?  Then the poller must wait, until *until_ms at the latest. */
bool lambda_matching_is_on(const struct call *call, struct poll *poll, int64_t *until_ms);
/* Drop the result of the matching that has begun, if one has. */
void lambda_matching_forget(const struct call *call, int64_t mapping_id);

/* queue_source.c */
/* The messages of a batch, in the invocation's row. */
struct receipts {
    str source_arn;
    struct str_list ids, handles;
};
struct sqs_message_list;
/* At most `most` messages; PARKED: the call waits for some.  FAILED: see *failure. */
enum outcome lambda_queue_receive(const struct call *call, const struct poll *poll, int64_t most,
                                  struct sqs_message_list *messages, struct failure *failure);
/*
 * The messages that have become visible after after_ms, until until_ms, tell in their traces that the
 * function has no room for them.  Returns up to which time they do.
 */
int64_t lambda_queue_trace_waiting(const struct call *call, const struct poll *poll, int64_t after_ms,
                                   int64_t until_ms);
/* Is one of the messages still hidden?  True also if nobody knows. */
bool lambda_queue_hides(const struct call *call, const struct principal *role,
                        const struct receipts *receipts);
/* Delete all messages but these failures, whose list is sorted; role may be NULL. */
void lambda_queue_delete(const struct call *call, const struct principal *role,
                         const struct receipts *receipts, const struct str_list *failures);
bool lambda_queue_accepts(const struct call *call, const struct function *function,
                          const struct lambda_mapping_row *mapping);
/* gathered.c: batches of queues whose mapping has a window */
/* What one receive brings to a batch. */
struct batch_part {
    size_t count;
    str receipts; /* a line each */
    str records;  /* JSON, with commas between them */
    str trace_id; /* of the first message, or absent */
    str lineage;
};
/* The batch that the mapping gathers now.  False: none has begun. */
bool lambda_gathering_find(const struct call *call, int64_t mapping_id, struct lambda_batch_row *batch);
/* Add to that batch; one that would become too large is sent, and another one begins. */
void lambda_gathering_add(const struct call *call, const struct poll *poll, const struct batch_part *part);
void lambda_gathering_send(const struct call *call, const struct poll *poll,
                           const struct lambda_batch_row *batch);
/* Forget the messages that the mapping has gathered: they become visible again. */
void lambda_gathering_drop(const struct call *call, int64_t mapping_id);
/* What the batch has received last. */
struct receipts lambda_gathered_receipts(const struct call *call, int64_t batch_id);
/* Do these ids, which are sorted, all belong to messages of the batch? */
bool lambda_batch_has_all(const struct call *call, int64_t batch_id, const struct str_list *ids);
/* How the function has done a batch. */
struct batch_end {
    bool is_done;                    /* all messages but the failures are deleted */
    bool comes_again;                /* the others tell it in their traces */
    const struct str_list *failures; /* sorted */
    const struct logs_input_log_events *output;
};
void lambda_gathered_end(const struct call *call, const struct function *function,
                         const struct lambda_find_invocation_row *invocation, const struct batch_end *end);

/* queue_records.c: messages become records */
/* A record of an event, and what settles it. */
struct record {
    str json, receipt, trace_id, lineage;
};
struct record_list {
    struct record *items;
    size_t count;
};
/* The records for the function.  Messages that the filter does not take are deleted. */
struct record_list lambda_messages_take(const struct call *call, const struct poll *poll,
                                        const struct sqs_message_list *messages);
/* A line each. */
str lambda_messages_receipts(const struct call *call, const struct sqs_message_list *messages);
void *lambda_queue_match(const struct call *call, const struct poll *poll,
                         const struct lambda_matching_row *matching);
bool lambda_queue_take(const struct call *call, const struct poll *poll,
                       const struct lambda_matching_row *matching, void *what);

/* queue_poller.c */
/* Invoke the function with the records, or gather them during the window. */
void lambda_queue_send(const struct call *call, const struct poll *poll, const struct record_list *records);
/* Add the records to the batch that is gathered, even without a window; … */
void lambda_queue_gather(const struct call *call, const struct poll *poll, const struct record_list *records);
/* … these were all: without a window the batch is sent. */
void lambda_queue_gathered(const struct call *call, const struct poll *poll);
/* Remove a batch whose messages are visible again.  False: they are not. */
bool lambda_queue_batch_lapse(const struct call *call, const struct function *function,
                              const struct lambda_queued_row *invocation);
/* The function has answered or failed a queue's batch. */
void lambda_queue_batch_end(const struct call *call, const struct function *function,
                            const struct lambda_find_invocation_row *invocation, const struct result *result,
                            const struct logs_input_log_events *output);

/* queue_scaling.c */
/* The batches of the mapping that are queued or run. */
int64_t lambda_queue_under_way(const struct call *call, const struct poll *poll);
/*
 * Has the queue's mapping as many batches under way as it may?  *until_ms: it may have more then; or
 * INT64_MAX.
 */
bool lambda_queue_is_full(const struct call *call, const struct poll *poll, int64_t *until_ms);
/* Nothing can be received: the queue is empty, or the function has no room. */
void lambda_queue_stops_growing(const struct call *call, const struct poll *poll, bool is_empty);
/* The mapping begins with five batches again. */
void lambda_queue_scale_back(const struct call *call, const struct lambda_mapping_row *mapping);

/* lane_records.c: the records that a stream's mapping holds */
/*
 * The lanes of the mapping; none while its records are moved to new ones.  *retired (or NULL) then gets older
 * lanes that still have to end their windows.
 */
struct lambda_lane_rows lambda_lanes_of(const struct call *call, int64_t mapping_id,
                                        struct lambda_lane_rows *retired);
/* The mapping gets that many lanes; after a change, when the batches that run have ended. */
void lambda_lanes_set(const struct call *call, const struct lambda_mapping_row *mapping, int64_t count);
/* False: the mapping gets its lanes as soon as it can, and then its poller is woken. */
bool lambda_lanes_are_made(const struct call *call, int64_t mapping_id);
/* Of the lane's records up to the id `last`, the one behind `skipped` others. */
bool lambda_lane_record(const struct call *call, const struct lambda_lane_row *lane, int64_t last,
                        int64_t skipped, struct lambda_held_row *record);
/* The lane's records up to that id are done.  The caller stores the lane. */
void lambda_lane_done(const struct call *call, struct lambda_lane_row *lane, int64_t last);
/* The mapping is deleted, and its lanes are. */
void lambda_records_forget(const struct call *call, int64_t mapping_id);

/* lanes.c: the batches of a stream's mapping */
/* The lanes' batches are not tried again. */
void lambda_lanes_stop(const struct call *call, int64_t mapping_id);
void lambda_lanes_drop(const struct call *call, int64_t mapping_id);
/*
 * Has a function, or the queue of its invocations, the lane's batch?  *lane is idle if it has not any more.
 */
bool lambda_lane_runs(const struct call *call, struct lambda_lane_row *lane);
/* The id of the last record of the lane's batch.  False: no batch has been chosen. */
bool lambda_lane_batch_end(const struct lambda_lane_row *lane, int64_t *last);
/*
 * Send what is ready.  Returns when something becomes ready by time, or INT64_MAX.  caught_up: the stream has
 * no further record now.
 */
int64_t lambda_lanes_dispatch(const struct call *call, const struct poll *poll, bool caught_up);
/* Remove a batch whose records are too old.  False: they are not. */
bool lambda_lane_batch_lapse(const struct call *call, const struct function *function,
                             const struct lambda_queued_row *invocation);
/* The function has answered or failed a stream's batch. */
void lambda_lane_end(const struct call *call, const struct function *function,
                     const struct lambda_find_invocation_row *invocation, const struct result *result);

/* stream_letters.c */
/* Records that are given up, and their function's last answer. */
struct discard {
    struct lambda_held_row first, last;
    size_t count;
    const char *condition; /* "RetryAttemptsExhausted", "RecordAgeExceeded" */
    int64_t attempts;
    str request_id, error; /* of the last invocation; absent without one */
    int64_t executed;      /* the number of the version that it ran */
};
/* Send the place of the records to the mapping's destination, if it has one. */
void lambda_discard_send(const struct call *call, const struct poll *poll, const struct discard *discard);

/* poller.c */
/* Start the poller of that mapping. */
void lambda_poller_begin(const struct call *call, const struct lambda_mapping_row *mapping);
/* The mapping was changed or will be deleted: end its poller. */
void lambda_poller_end(const struct call *call, const struct lambda_mapping_row *mapping);
/* A poller that rests has something to do. */
void lambda_poller_wake(const struct call *call, int64_t mapping_id);
/* The same, also when the poller waits for its source. */
void lambda_poller_run_now(const struct call *call, int64_t mapping_id);
/* The poller cannot work now: it tries again later, and LastProcessingResult says why. */
enum outcome lambda_poller_back_off(const struct call *call, const struct lambda_mapping_row *mapping,
                                    str message);
void lambda_poller_clear_error(const struct call *call, struct lambda_mapping_row *mapping);
/* Set LastProcessingResult, if it differs. */
void lambda_mapping_result_set(const struct call *call, struct lambda_mapping_row *mapping, str result);
/* The mapping and its settings only; *there is in its account and region.  False: it is deleted. */
bool lambda_poll_find(const struct call *call, int64_t mapping_id, struct call *there, struct poll *poll);
/*
 * The same with its filter, its function and its role.  False: it is disabled or deleted (*problem is
 * absent), or cannot work.
 */
bool lambda_poll_open(const struct call *call, int64_t mapping_id, struct call *there, struct poll *poll,
                      str *problem);
/* Park again where the call is parked, until that time at the latest. */
enum outcome lambda_stay_parked(const struct call *call, int64_t until_ms);
/* Invoke the function with a batch; returns the request's id.  The function's columns are filled in. */
str lambda_batch_send(const struct call *call, const struct poll *poll,
                      struct lambda_add_invocation_params batch);
