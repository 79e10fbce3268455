#pragma once

/*
 * invocations.h: an invocation from its row to its answer, also one that is streamed.
 */
#include "lambda_internal.h"

/* invocations.c */
/* The name that the caller of a synchronous invocation parks for. */
str lambda_invocation_answer(const struct call *call, str request_id);
/* What the function's program has sent as its answer. */
struct sent_answer {
    int64_t begun_ms, bytes;
};
/* The result of an invocation: error is "Unhandled" and payload its report, or error is absent. */
struct result {
    str error, payload;
    str status; /* for the log, of a runtime that failed: "timeout", "error"; or absent */
    str error_type;
    str fault;                        /* a line for the log, of a program that has ended */
    const struct sent_answer *answer; /* NULL: it has not answered, or by an error */
    bool goes_on; /* extensions still work: the invocation's END and REPORT, and its duration, come later */
};
struct result lambda_result_error(const struct call *call, const char *type, str message);
/* Queue an invocation, and return its id; the params name the function and one of its versions. */
int64_t lambda_invocation_add(const struct call *call, struct lambda_add_invocation_params params);
/*
 * Give the version's oldest queued invocation to a sandbox, with its whole payload; false: nothing is
 * queued.  A synchronous caller holds its large payload itself: when it has gone, its invocation is removed.
 * read: what a worker has read, or NULL.
 */
struct read_event;
bool lambda_invocation_take(const struct call *call, const struct lambda_take_invocation_params *params,
                            const struct read_event *read, struct lambda_queued_row *invocation);
/* The columns of an asynchronous invocation's row, as its whole payload. */
str lambda_invocation_payload(const struct call *call, int64_t id, str payload, bool is_apart);
void lambda_invocation_remove(const struct call *call, int64_t id);
bool lambda_invocation_of_sandbox(const struct call *call, str sandbox_id,
                                  struct lambda_find_invocation_row *invocation);
/* The version's oldest queued invocation. */
bool lambda_invocation_next(const struct call *call, const struct function *function,
                            struct lambda_find_invocation_row *invocation);

/* large_events.c: events that are not in the row of their invocation */
/* Absent: its batch is not under way any more. */
str lambda_stored_event(const struct call *call, const struct lambda_queued_row *queued);
/*
 * What a worker has read: an invocation's event; of a durable execution's run its state, as of that sequence.
 * A call that waits keeps it, and the row's id may be another invocation's meanwhile.
 */
struct read_event {
    str request_id;
    int64_t sequence;
    str text;
};
/* Is the next event of the version large, and not the one that a worker has read (or NULL)?  If so, move. */
bool lambda_event_is_unread(const struct call *call, const struct function *function,
                            const struct read_event *read);
/* On a worker: leave the next event of the version, if it is large. */
void lambda_event_prepare(const struct call *call, const struct function *function);

/* answers.c: what functions answer, as JSON */
bool lambda_answer_is_large(str payload);
/* On a worker, read the answer of the Runtime API's call; failures: also those that it reports of a batch. */
void lambda_answer_prepare(const struct call *call, str payload, bool failures);
/* NULL: it is not JSON. */
const struct json *lambda_answer_json(const struct call *call, str payload);
/* The ids that a function reports as failed, sorted.  False: its answer is malformed. */
bool lambda_event_failures(const struct call *call, str answer, struct str_list *ids);

/* invoke.c */
/*
 * The invocation has ended: log it, answer its caller, retry or remove it.  sandbox is NULL when it never had
 * one.
 */
void lambda_invocation_finish(const struct call *call, const struct function *function,
                              const struct lambda_get_sandbox_row *sandbox,
                              const struct lambda_find_invocation_row *invocation,
                              const struct result *result);

/* An invocation has taken that long. */
void lambda_duration_count(const struct call *call, const struct function *function, int64_t ms);

/* The hash of a request's payload; the worker that has read a large one has computed it. */
str lambda_payload_hash(const struct call *call, str payload);
/* Why json_parse() refuses a payload at `error_at`, in the words of AWS's parser; on the arena. */
str lambda_payload_fault(struct arena *arena, str payload, size_t error_at);
/* Is the payload of a client's request JSON, and not too large?  False: fail() has been called. */
bool lambda_payload_check(const struct call *call, str payload, bool asynchronous);
/* Add a synchronous invocation, and wait for its answer.  FAILED: it is refused. */
enum outcome lambda_invocation_begin(const struct call *call, const struct lambda_invocation_request *in,
                                     const struct function *function, bool streams);
/* Wait for its answer, and meanwhile show its event. */
enum outcome lambda_invocation_wait(const struct call *call, const struct lambda_invocation_request *in);

/*
 * Answer the caller of a synchronous invocation; a large answer stays in memory, because no caller waits for
 * it after a restart.
 */
void lambda_invocation_answer_caller(const struct call *call,
                                     const struct lambda_find_invocation_row *invocation,
                                     const struct result *result, str tail);

/* response_stream.c */
/*
 * Give a piece of the answer to the caller, who takes it as a stream.  PARKED: the call runs again when the
 * piece was taken; DONE: it was, or the caller left.
 */
enum outcome lambda_stream_pass(const struct call *call, const struct lambda_find_invocation_row *invocation,
                                uint64_t before, str bytes);
/* Is that more than a streamed answer may have? */
bool lambda_stream_is_full(uint64_t bytes);
struct result lambda_stream_overflow(const struct call *call);
/* The invocation has ended; a payload that is still to be sent was not streamed. */
void lambda_stream_end(const struct call *call, const struct lambda_find_invocation_row *invocation,
                       const struct result *result, str tail);

/* For the caller's call: the next piece.  False: nothing new was handed over. */
bool lambda_stream_next(const struct call *call, str *piece);
/* So many bytes more have been taken. */
void lambda_stream_keep(const struct call *call, size_t size);
/* Wait for the next piece, or for the end; it lets the function go on. */
enum outcome lambda_stream_wait(const struct call *call);
/* The caller has gone: what the function still answers is dropped. */
enum outcome lambda_stream_leave(const struct call *call, const struct lambda_find_by_request_row *row);

/* recursion.c */
/* The lineage in a trace's header, or absent. */
str lambda_lineage_of_header(struct arena *arena, str header);
/* Of two events that come in one batch; either may be absent. */
str lambda_lineage_join(struct arena *arena, str one, str other);
/* With one more invocation of the function. */
str lambda_lineage_next(struct arena *arena, const struct function *function, str text);
/* The header of a trace for what leaves an invocation of the function whose event has that lineage. */
str lambda_trace_header(struct arena *arena, const struct function *function, str trace_id, str text);
/* Is the function not to be invoked for an event of that lineage? */
bool lambda_loop_is_over(const struct call *call, const struct function *function, str text);
/* Count an invocation that was dropped; at_once: although the call fails. */
void lambda_loop_count(const struct call *call, const struct function *function, bool at_once);
/* For the call's own event.  False: fail() has been called. */
bool lambda_loop_check(const struct call *call, const struct function *function);
