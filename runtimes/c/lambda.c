/*
 * lambda.c: the loop of a function: fetch the next invocation, run the handler, send its answer.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
#include "orderly_lambda.h"

#include "http_client.h"
#include "orderly_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define API_ROOT "/2018-06-01/runtime"

struct lambda_runtime {
    struct http_client client;
    struct http_reply invocation, receipt;
};

int64_t lambda_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t lambda_remaining_ms(const struct lambda_invocation *invocation)
{
    int64_t remaining_ms = invocation->deadline_ms - lambda_now_ms();

    return remaining_ms > 0 ? remaining_ms : 0;
}

static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/* The record is written by one write(), so that another thread's record cannot come between. */
void lambda_log(const char *format, ...)
{
    va_list arguments;
    char *record;

    va_start(arguments, format);
    int length = vasprintf(&record, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    for (char *at = record; (at = strchr(at, '\n')); at++)
        *at = '\r';
    record[length] = '\n';
    write_all(record, (size_t)length + 1);
    free(record);
}

static bool post(struct lambda_runtime *runtime, const char *path, const char *headers, const char *body,
                 size_t length)
{
    if (http_exchange(&runtime->client, "POST", path, headers, body, length, &runtime->receipt))
        return true;
    lambda_log("The Lambda Runtime API at %s did not take %s.", runtime->client.address, path);
    return false;
}

static bool post_error(struct lambda_runtime *runtime, const char *path, const char *type,
                       const char *message)
{
    struct json_text body = {0};
    char header[256];

    lambda_log("[ERROR] %s: %s", type, message);
    snprintf(header, sizeof header, "Lambda-Runtime-Function-Error-Type: %s\r\n", type);
    json_add(&body, "{\"errorType\":");
    json_add_string(&body, type, strlen(type));
    json_add(&body, ",\"errorMessage\":");
    json_add_string(&body, message, strlen(message));
    json_add(&body, ",\"stackTrace\":[]}");
    bool posted = post(runtime, path, header, body.data, body.length);
    json_text_release(&body);
    return posted;
}

void lambda_reply(struct lambda_invocation *invocation, const char *payload, size_t size)
{
    char path[256];

    if (invocation->answered)
        return;
    invocation->answered = 1;
    snprintf(path, sizeof path, API_ROOT "/invocation/%s/response", invocation->request_id);
    post(invocation->runtime, path, "Content-Type: application/json\r\n", payload, size);
}

void lambda_fail(struct lambda_invocation *invocation, const char *error_type, const char *format, ...)
{
    va_list arguments;
    char path[256], message[1024];

    if (invocation->answered)
        return;
    invocation->answered = 1;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(path, sizeof path, API_ROOT "/invocation/%s/error", invocation->request_id);
    post_error(invocation->runtime, path, error_type, message);
}

static bool runtime_begin(struct lambda_runtime *runtime)
{
    const char *address = getenv("AWS_LAMBDA_RUNTIME_API");

    *runtime = (struct lambda_runtime){.client = {.address = address, .socket = -1}};
    if (!address)
        lambda_log("AWS_LAMBDA_RUNTIME_API is not set: this program is started by Lambda.");
    return address != NULL;
}

int lambda_init_failed(const char *error_type, const char *message)
{
    struct lambda_runtime runtime;

    if (runtime_begin(&runtime))
        post_error(&runtime, API_ROOT "/init/error", error_type, message);
    return EXIT_FAILURE;
}

static struct lambda_invocation received(struct lambda_runtime *runtime)
{
    const struct http_reply *reply = &runtime->invocation;

    return (struct lambda_invocation){
        .payload = reply->body,
        .payload_size = reply->body_length,
        .request_id = http_header(reply, "Lambda-Runtime-Aws-Request-Id"),
        .function_arn = http_header(reply, "Lambda-Runtime-Invoked-Function-Arn"),
        .trace_id = http_header(reply, "Lambda-Runtime-Trace-Id"),
        .client_context = http_header(reply, "Lambda-Runtime-Client-Context"),
        .cognito_identity = http_header(reply, "Lambda-Runtime-Cognito-Identity"),
        .deadline_ms = strtoll(http_header(reply, "Lambda-Runtime-Deadline-Ms"), NULL, 10),
        .runtime = runtime,
    };
}

int lambda_run(lambda_handler *handler, void *context)
{
    struct lambda_runtime runtime;

    if (!runtime_begin(&runtime))
        return EXIT_FAILURE;
    while (http_exchange(&runtime.client, "GET", API_ROOT "/invocation/next", "", NULL, 0,
                         &runtime.invocation) &&
           runtime.invocation.status == 200) {
        struct lambda_invocation invocation = received(&runtime);
        if (*invocation.trace_id)
            setenv("_X_AMZN_TRACE_ID", invocation.trace_id, 1);
        else
            unsetenv("_X_AMZN_TRACE_ID");
        handler(context, &invocation);
        lambda_reply(&invocation, "null", 4);
    }
    lambda_log("The Lambda Runtime API at %s is gone.", runtime.client.address);
    return EXIT_FAILURE;
}
