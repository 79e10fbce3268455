#pragma once

/*
 * durable_internal.h: what the files of durable executions share.
 *
 * An execution is a row, its operations and its history are others; durable.h says what the rest of
 * Lambda needs.  A handler finds the execution, changes it, and settles it at the end: the engine's timer of
 * the execution is set to whatever is due next, and a run begins when the function must know of a change.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
 */
#include "invocations.h"
#include "lambda_internal.h"

enum {
    DURABLE_PAGE_BYTES = 1024 * 1024, /* of operations or events in one reply */
    DURABLE_PAGE_ITEMS = 1000,
    DURABLE_DEFAULT_ITEMS = 100,
    DURABLE_DUE_PER_RUN = 100, /* operations that one run of a timer changes */
    DURABLE_HIDDEN_PER_RUN = 300,
    DURABLE_PAYLOAD_BYTES = 1048576, /* of an operation; also all fields of an error together */
};

/* ---- durable_executions.c ---- */

/* Errors are stored as JSON of AWS's ErrorObject. */
str lambda_error_json(const struct call *call, const struct lambda_error_object *error);
str lambda_error_text(const struct call *call, const char *type, str message);
const struct lambda_error_object *lambda_error_object_of(const struct call *call, str json);

/* Has the error at most DURABLE_PAYLOAD_BYTES? */
bool lambda_error_fits(const struct lambda_error_object *error);
#define DURABLE_ERROR_TOO_LARGE "Error object size must be less than or equal to 1048576 bytes."
/* The same of a request's error, or NULL.  False: fail() has been called. */
bool lambda_error_check(const struct call *call, const struct lambda_error_object *error);

bool lambda_execution_get(const struct call *call, int64_t id, struct lambda_execution_row *execution);
bool lambda_execution_is_running(const struct lambda_execution_row *execution);
/* The execution of the request.  NULL: it does not exist, and fail() has been called. */
const struct lambda_execution_row *lambda_execution_of(const struct call *call);
/* Count bytes of payloads.  False: the execution has too many. */
bool lambda_execution_take(struct lambda_execution_row *execution, size_t bytes);
#define DURABLE_TOO_LARGE "The durable execution exceeds the maximum of 104857600 bytes of data."
/* The row of the execution itself among its operations, without its input. */
struct lambda_operation_row lambda_execution_operation(const struct call *call,
                                                       const struct lambda_execution_row *execution);
str lambda_execution_input(const struct call *call, const struct lambda_execution_row *execution);
/* Store the execution's row; set its timer, and begin a run if its function must know of a change. */
void lambda_execution_settle(const struct call *call, struct lambda_execution_row *execution);

/* ---- durable_start.c ---- */

/* How an execution begins. */
struct execution_start {
    const struct function *function; /* the version that it runs */
    str function_arn;                /* as the invoker named it */
    str name;                        /* absent: it gets one */
    str payload, trace_id;
    const int64_t *parent_id; /* the execution whose operation has invoked it; or NULL */
    str parent_operation;
};
/* Begin an execution; *execution is its row, settled. */
void lambda_execution_begin(const struct call *call, const struct execution_start *start,
                            struct lambda_execution_row *execution);

/* ---- durable_run.c ---- */

/* Queue a run of the execution's function. */
void lambda_run_begin(const struct call *call, struct lambda_execution_row *execution);
/* A runtime's report of an error, as JSON of an ErrorObject. */
str lambda_error_of_report(const struct call *call, const struct result *result);

/* ---- durable_end.c ---- */

/* The end of an execution: its result, or its error as JSON. */
struct execution_end {
    enum lambda_execution_status status;
    str result, error;
};
/* End a running execution: callers that wait for it are answered.  The caller settles it. */
void lambda_execution_end(const struct call *call, struct lambda_execution_row *execution,
                          const struct execution_end *end);
/* Make it invisible; its timer removes it. */
void lambda_execution_forget(const struct call *call, struct lambda_execution_row *execution);

/* Wait until an execution has been kept for long enough, then remove it. */
enum outcome lambda_execution_expire(const struct call *call, struct lambda_execution_row *execution,
                                     const struct lambda_continue_execution_request *in);
/* How many bytes its output may have: an event and another execution take less than a synchronous caller. */
size_t lambda_execution_output_bytes(const struct call *call, const struct lambda_execution_row *execution);
/* What the caller of an execution that has ended gets. */
struct result lambda_execution_result(const struct call *call, str result, str error_json);

/* ---- durable_operations.c ---- */

/* A part of an execution's operations. */
struct operation_page {
    bool changes; /* those that have changed, in the order of their changes; or those that a replay needs */
    int64_t after, most;
};
/* Read the page; returns the marker of the next one, or absent. */
str lambda_operations_read(const struct call *call, const struct lambda_execution_row *execution,
                           const struct operation_page *page, struct lambda_operation_list *operations);
/* The operation has changed: note when, and store its row. */
void lambda_operation_change(const struct call *call, struct lambda_execution_row *execution,
                             struct lambda_operation_row *operation);
/* Change what is due, up to a bound. */
void lambda_operations_fire(const struct call *call, struct lambda_execution_row *execution);

/* The token of the run's next checkpoint. */
str lambda_checkpoint_token(const struct call *call, const struct lambda_execution_row *execution);
/* The number of checkpoints before that token was made; -1: the execution's present run has not got it. */
int64_t lambda_checkpoint_number(const struct call *call, const struct lambda_execution_row *execution,
                                 str token);
/* The id of a callback. */
str lambda_callback_id(const struct call *call, const struct lambda_operation_row *operation);

/* ---- durable_updates.c ---- */

enum { DURABLE_UPDATES = 250 }; /* of one checkpoint; AWS's SDKs send no more */
/* Apply a checkpoint's updates.  False: fail() has been called. */
bool lambda_updates_apply(const struct call *call, struct lambda_execution_row *execution,
                          const struct function *function,
                          const struct lambda_operation_update_list *updates);

/* ---- durable_chained.c ---- */

/* Invoke the function that a new CHAINED_INVOKE operation names; the operation's row is stored. */
void lambda_chained_begin(const struct call *call, struct lambda_execution_row *execution,
                          const struct function *function, struct lambda_operation_row *operation,
                          const struct lambda_chained_invoke_options *options);
/* The target as the options name it.  False: fail() has been called. */
bool lambda_chained_check(const struct call *call, const struct function *function,
                          const struct lambda_chained_invoke_options *options);
/* The function, or the execution, that the operation has invoked has ended. */
void lambda_chained_end(const struct call *call, int64_t execution_id, str operation_id,
                        const struct execution_end *end);

/* ---- durable_history.c ---- */

/*
 * What an event tells beside its operation: a JSON object without the payload; a payload that is not the
 * operation's own, or absent.
 */
struct event_parts {
    str details, payload;
};
/* Add the event that the operation has reached its status. */
void lambda_history_note(const struct call *call, struct lambda_execution_row *execution,
                         const struct lambda_operation_row *operation, str details);
/* Add an event about an operation, or about none (NULL). */
void lambda_history_note_with(const struct call *call, struct lambda_execution_row *execution,
                              const struct lambda_operation_row *operation, enum lambda_event_type type,
                              const struct event_parts *parts);
/* The type of the event that an operation has reached that status. */
enum lambda_event_type lambda_history_type(const struct call *call,
                                           const struct lambda_operation_row *operation,
                                           enum lambda_operation_status status);
