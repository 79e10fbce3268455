#pragma once
#include <stddef.h>
#include <stdint.h>

/*
 * orderly_lambda.h: write a Lambda function for a `provided` runtime in C.
 *
 *     static void greet(void *context, struct lambda_invocation *invocation)
 *     {
 *         lambda_reply(invocation, "\"hello\"", 7);
 *     }
 *
 *     int main(void)
 *     {
 *         return lambda_run(greet, NULL);
 *     }
 *
 * The program is the function's `bootstrap`.  It needs only libc, speaks the Lambda Runtime API over one kept
 * connection, and runs on AWS as it does on Orderly.
 */

/* One invocation.  All of it belongs to the runtime and is freed when the handler returns. */
struct lambda_invocation {
    const char *payload; /* the event, a JSON text; a NUL follows it */
    size_t payload_size;
    const char *request_id;
    const char *function_arn;
    const char *trace_id;         /* "" when missing, as the next two */
    const char *client_context;   /* JSON */
    const char *cognito_identity; /* JSON */
    int64_t deadline_ms;          /* since the epoch: the process is killed then */

    struct lambda_runtime *runtime;
    int answered;
};

/*
 * Answers one invocation by calling lambda_reply() or lambda_fail() once; if it calls neither, the answer is
 * null.  `context` is the argument of lambda_run().
 */
typedef void lambda_handler(void *context, struct lambda_invocation *invocation);

/* Serves invocations until the Runtime API goes away, then returns an exit status for main(), never 0. */
int lambda_run(lambda_handler *handler, void *context);

/* Reports, before lambda_run(), that the function could not be set up.  Returns main()'s exit status. */
int lambda_init_failed(const char *error_type, const char *message);

/* The invocation succeeded with `payload`, a JSON text.  It is sent before the call returns. */
void lambda_reply(struct lambda_invocation *invocation, const char *payload, size_t size);

/* The invocation failed.  The error is logged, too. */
void lambda_fail(struct lambda_invocation *invocation, const char *error_type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes one log record (without a line break at its end); line breaks inside it become carriage returns. */
void lambda_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds since the epoch, and milliseconds left until the invocation's deadline (0 after it). */
int64_t lambda_now_ms(void);
int64_t lambda_remaining_ms(const struct lambda_invocation *invocation);
