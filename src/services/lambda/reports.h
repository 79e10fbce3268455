#pragma once

/*
 * reports.h: what is told of sandboxes and their invocations: in the function's log, to extensions, in
 * traces.
 */
#include "sandboxes.h"

/* platform_events.c: absent texts are events below the function's level */
bool lambda_log_is_json(const struct function *function);
str lambda_event_init_start(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox, str runtime_version,
                            str runtime_version_arn);
str lambda_event_init_done(const struct call *call, const struct function *function,
                           const struct lambda_get_sandbox_row *sandbox, const struct result *result);
str lambda_event_init_report(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox, const struct result *result);
str lambda_event_start(const struct call *call, const struct function *function,
                       const struct lambda_find_invocation_row *invocation);
/* What the log tells of an invocation that has ended. */
struct invocation_report {
    str request_id;
    const struct result *result;
    int64_t started_ms, duration_ms, billed_ms, memory_bytes;
    const int64_t *init_ms;           /* NULL: the sandbox was warm */
    const struct sent_answer *answer; /* as in struct result */
    int64_t answered_ms;              /* when it was complete, if there is one */
    /* With extensions: when the function's program asked for its next event; NULL: it has not. */
    const int64_t *ready_ms;
};
str lambda_event_runtime_done(const struct call *call, const struct function *function,
                              const struct invocation_report *report);
str lambda_event_report(const struct call *call, const struct function *function,
                        const struct invocation_report *report);
str lambda_event_fault(const struct call *call, str line);
str lambda_event_over(const struct call *call, const struct function *function, str request_id);
str lambda_event_extension(const struct call *call, const struct function *function,
                           const struct lambda_extension_row *extension);
str lambda_event_subscription(const struct call *call, const struct function *function,
                              const struct telemetry_subscription *subscription);
/* Is the level of a line of the function's own high enough for its log? */
bool lambda_log_keeps(const struct call *call, const struct function *function, str line);

struct logs_input_log_events;
/* logs.c */
/* Note the beginning of a sandbox's initialization. */
void lambda_log_init_start(const struct call *call, const struct function *function,
                           const struct lambda_get_sandbox_row *sandbox);
/* The same as an event. */
str lambda_log_init_event(const struct call *call, const struct function *function,
                          const struct lambda_get_sandbox_row *sandbox);
/*
 * Note, and tell the extensions: the function's program is initialized, or the whole sandbox; or it failed.
 */
void lambda_report_init_done(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox, const struct result *result);
void lambda_report_init(const struct call *call, const struct function *function,
                        const struct lambda_get_sandbox_row *sandbox, const struct result *result);
/* Note how an extension began, and its subscription to telemetry. */
void lambda_log_extension(const struct call *call, const struct function *function, str sandbox_id,
                          const struct lambda_extension_row *extension);
void lambda_log_subscription(const struct call *call, const struct function *function, str sandbox_id,
                             const struct telemetry_subscription *subscription);
/* Add a line of our own, which is held back until the next flush. */
void lambda_log_keep(const struct call *call, str sandbox_id, int64_t timestamp_ms, str text);
/* Add the sandbox's output. */
void lambda_log_output(const struct call *call, const struct function *function,
                       struct lambda_get_sandbox_row *sandbox, const struct sandbox_output_line_list *lines);
/* Write the lines held back into the function's log stream.  invocation: the current one, or NULL. */
void lambda_log_flush(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox,
                      const struct lambda_find_invocation_row *invocation);
/* What is told of an invocation that ends now. */
struct invocation_report lambda_invocation_report(const struct call *call,
                                                  const struct lambda_get_sandbox_row *sandbox,
                                                  const struct lambda_find_invocation_row *invocation,
                                                  const struct result *result);
/*
 * Write END and REPORT; returns the tail for a caller that asked for it, or absent.  Adds to *output what the
 * function has printed; of a batch's invocation, also the last part of what is written already.
 */
str lambda_log_end(const struct call *call, const struct function *function,
                   const struct lambda_get_sandbox_row *sandbox,
                   const struct lambda_find_invocation_row *invocation, const struct result *result,
                   struct logs_input_log_events *output);

/* Write END and REPORT of an invocation that was answered before. */
void lambda_log_report(const struct call *call, const struct function *function,
                       const struct lambda_get_sandbox_row *sandbox, const struct invocation_report *report);

/* telemetry.c: events for extensions; nothing happens in a sandbox without a subscription */
str lambda_telemetry_init_start(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox);
void lambda_telemetry_subscribed(const struct call *call, const struct function *function,
                                 const struct lambda_get_sandbox_row *sandbox,
                                 const struct telemetry_subscription *subscription);
void lambda_telemetry_init_done(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox, const struct result *result);
void lambda_telemetry_extension(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox,
                                const struct lambda_extension_row *extension);
void lambda_telemetry_init_report(const struct call *call, const struct function *function,
                                  const struct lambda_get_sandbox_row *sandbox, const struct result *result);
void lambda_telemetry_start(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox, str request_id);
void lambda_telemetry_runtime_done(const struct call *call, const struct function *function,
                                   const struct lambda_get_sandbox_row *sandbox,
                                   const struct invocation_report *report);
void lambda_telemetry_report(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox,
                             const struct invocation_report *report);
/* The invocation fails before the function has answered; the end of a program is a fault. */
void lambda_telemetry_failed(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox,
                             const struct invocation_report *report);

/* hops.c */
/* A message of a batch, in the invocation's row: a line of `receipts` after the queue's ARN. */
struct receipt {
    str message_id, handle, trace_id;
    int64_t attempt; /* the number of its receives */
};
str lambda_receipt_text(const struct call *call, const struct receipt *receipt);
/* Take the next message off *receipts, which begins with the first line.  False: there are no more. */
bool lambda_receipt_next(str *receipts, struct receipt *receipt);
/*
 * Note a hop in the trace of the invocation; for a batch, in the trace of each message.  Returns the id of
 * the first.
 */
int64_t lambda_invocation_hop(const struct call *call, str trace_id, str receipts,
                              const struct trace_hop *hop);
/* The same in the traces of the messages of these lines only. */
int64_t lambda_messages_hop(const struct call *call, str trace_id, str lines, const struct trace_hop *hop);
/*
 * Note a hop in the trace of each message that is delivered again, though the function returned: those that
 * it reported as failed, or all of them (NULL) when its report cannot be understood.  The reason contains the
 * last line that the function printed about the message.
 */
void lambda_retried_hops(const struct call *call, const struct lambda_find_invocation_row *invocation,
                         const struct str_list *failures, const struct logs_input_log_events *output);
/* The same for one message; line: what the function printed about it, or absent. */
void lambda_retried_hop(const struct call *call, const struct receipt *receipt, str queue_arn, str request_id,
                        bool is_reported, str line);
/* A message that does not invoke the function: it, or else an earlier one of its group, is in a loop. */
void lambda_stopped_hop(const struct call *call, const struct receipt *receipt, str queue_arn,
                        bool is_looping);
