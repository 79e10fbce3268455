#pragma once

/*
 * durable.h: what the rest of Lambda needs of durable executions; their own files share durable_internal.h.
 */
#include "invocations.h"

/* durable_start.c */
bool lambda_function_is_durable(const struct function *function);
/* May the request invoke the function, as a durable one or not?  False: fail() has been called. */
bool lambda_durable_check(const struct call *call, const struct function *function,
                          const struct lambda_invocation_request *in, bool streams);
/* The request names an execution that has ended: answer with its result.  False: it does not. */
bool lambda_durable_answered(const struct call *call, const struct function *function,
                             const struct lambda_invocation_request *in, str payload,
                             struct lambda_invocation_response *out);
/*
 * Start the execution of that name, or find it (any: absent); the invocation waits for its end, if it runs.
 * False: it has another payload, and fail() has been called.
 */
bool lambda_durable_invoke(const struct call *call, const struct function *function, str name,
                           struct lambda_add_invocation_params *start);
/* The ARN of that execution, or absent (NULL). */
str lambda_durable_arn(const struct call *call, const int64_t *execution_id);

/* durable_batches.c */
/* Start an execution with the event of a gathered batch or a lane's, which a worker makes. */
void lambda_durable_invoke_batch(const struct call *call, struct lambda_add_invocation_params *start);

/* durable_run.c */
/* The event of a run that begins now; absent: the execution has ended. */
str lambda_run_event(const struct call *call, int64_t execution_id, const struct read_event *read);
/* The largest part of the event, for a worker; absent: the execution has ended. */
str lambda_run_state(const struct call *call, int64_t execution_id, int64_t *sequence);
bool lambda_run_state_is_current(const struct call *call, int64_t execution_id, int64_t sequence);
/* Remove an execution that has not run yet, if the batch that has started it lapses.  False: it may run. */
bool lambda_run_lapse(const struct call *call, int64_t version_id, const struct lambda_queued_row *run);
void lambda_run_end(const struct call *call, const struct lambda_find_invocation_row *invocation,
                    const struct result *result);

/* durable_chained.c */
/* A function that an execution has invoked has ended; or will never run, because it is deleted. */
void lambda_chained_invocation_end(const struct call *call,
                                   const struct lambda_find_invocation_row *invocation,
                                   const struct result *result);
void lambda_chained_invocation_lost(const struct call *call, int64_t execution_id, str operation_id);

/* durable_end.c */
/* The function is deleted, or one of its versions: so are its executions. */
void lambda_executions_drop(const struct call *call, int64_t function_id, const int64_t *version_id);
