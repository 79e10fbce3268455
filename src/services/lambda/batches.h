#pragma once

/*
 * batches.h: what the rest of Lambda needs of event source mappings; their own files share sources.h.
 */
#include "invocations.h"

struct logs_input_log_events;

/* lane_records.c */
/*
 * The event of a lane's batch; tail: what it has besides the records.  Absent: it is not under way any more.
 */
str lambda_lane_event(const struct call *call, int64_t lane_id, str request_id, str tail);

/* gathered.c */
/* The event of a batch whose messages were gathered. */
str lambda_gathered_event(const struct call *call, int64_t batch_id);
/* The batch was taken by a sandbox, as the hop of kind HOP_INVOKED tells; returns the hop's id. */
int64_t lambda_gathered_invoked(const struct call *call, const struct function *function,
                                const struct lambda_queued_row *invocation, const struct trace_hop *hop);
/* Its invocation has ended, as the hop of kind HOP_RETURNED tells. */
void lambda_gathered_returned(const struct call *call, int64_t batch_id, const struct trace_hop *hop);
/* It is not begun any more, as that hop tells. */
void lambda_gathered_lapse(const struct call *call, const struct function *function, int64_t batch_id,
                           const struct trace_hop *hop);
void lambda_gathered_remove(const struct call *call, int64_t batch_id);
/* At a start: what no function has done comes again. */
void lambda_gathered_forget(const struct call *call);

/* event.c */
struct sqs_message;
/* One of the event's Records. */
str lambda_event_record(const struct call *call, const struct sqs_message *message, str queue_arn,
                        bool has_window);
/* The same without its body, which may be large. */
str lambda_event_record_head(const struct call *call, const struct sqs_message *message, str queue_arn);
/* The trace that came with the message, or absent. */
str lambda_event_trace_id(const struct sqs_message *message);
str lambda_event_lineage(const struct call *call, const struct sqs_message *message);
/* Sort the ids, and leave each only once. */
void lambda_ids_sort(struct str_list *ids);
/* Of sorted ids. */
bool lambda_ids_have(const struct str_list *ids, str id);
/* Which of sorted ids have been seen in a batch, where a message may be twice: it came again in a window. */
struct ids_seen {
    const struct str_list *ids;
    bool *is_seen;
    size_t count;
};
struct ids_seen lambda_ids_unseen(const struct call *call, const struct str_list *ids);
void lambda_ids_see(struct ids_seen *seen, str id);
bool lambda_ids_all_seen(const struct ids_seen *seen);

/* mappings.c */
/* The name of the function that the mapping invokes, with its qualifier. */
struct function_name lambda_mapping_target(const struct lambda_mapping_row *mapping);
/* The resource of a mapping's id, whether the mapping exists or not. */
void lambda_mapping_locate(const struct call *call, str account, str region, str uuid,
                           struct resource *found);

/* queue_source.c */
str lambda_source_queue_url(const struct call *call, str queue_arn);

/* poller.c */
/* At a start: start the pollers of all enabled mappings. */
void lambda_pollers_resume(const struct call *call);
/*
 * Remove a batch that cannot begin any more: its messages or its records are not its any more.  False: it
 * can.
 */
bool lambda_batch_lapse(const struct call *call, int64_t version_id,
                        const struct lambda_queued_row *invocation);
/* The function has answered or failed a batch. */
void lambda_batch_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result,
                      const struct logs_input_log_events *output);
