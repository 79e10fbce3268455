/*
 * probe.c: a function for the tests of runtimes/c.  The event {"do": ...} selects what it does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orderly_json.h"
#include "orderly_lambda.h"

static void render(struct json_text *text, const struct json *value)
{
    static const char *const words[] = {[JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true"};
    const char *brackets = value->kind == JSON_ARRAY ? "[]" : "{}";

    if (value->name) {
        json_add_string(text, value->name, value->name_length);
        json_add(text, ":");
    }
    if (value->kind <= JSON_TRUE) {
        json_add(text, "%s", words[value->kind]);
    } else if (value->kind == JSON_NUMBER) {
        json_add_bytes(text, value->text, value->length);
    } else if (value->kind == JSON_STRING) {
        json_add_string(text, value->text, value->length);
    } else {
        json_add_bytes(text, &brackets[0], 1);
        for (const struct json *element = value->first; element; element = element->next) {
            render(text, element);
            if (element->next)
                json_add(text, ",");
        }
        json_add_bytes(text, &brackets[1], 1);
    }
}

static void tell(struct lambda_invocation *invocation)
{
    struct json_text text = {0};
    const char *trace = getenv("_X_AMZN_TRACE_ID");

    json_add(&text, "[\"%s\",\"%s\",\"%s\",\"%s\",%lld,%s]", invocation->request_id, invocation->function_arn,
             invocation->trace_id, trace ? trace : "", (long long)lambda_remaining_ms(invocation),
             invocation->client_context);
    lambda_reply(invocation, text.data, text.length);
    json_text_release(&text);
}

static void handle(void *context, struct lambda_invocation *invocation)
{
    struct json_memory *memory = context;
    struct json_text text = {0};

    json_clear(memory);
    const struct json *event = json_read(memory, invocation->payload, invocation->payload_size);
    const char *what = json_string(json_member(event, "do"));
    if (!event) {
        lambda_fail(invocation, "NotJson", "%zu bytes", invocation->payload_size);
    } else if (!what) {
        render(&text, event);
        lambda_reply(invocation, text.data, text.length);
        json_text_release(&text);
    } else if (strcmp(what, "tell") == 0) {
        tell(invocation);
    } else if (strcmp(what, "log") == 0) {
        lambda_log("two\nlines, %s", "one record");
    } else if (strcmp(what, "fail") == 0) {
        lambda_fail(invocation, "Probe.Failed", "order \"%s\"", "O1234");
        lambda_reply(invocation, "\"too late\"", 10);
    }
}

int main(int count, char **arguments)
{
    struct json_memory memory = {0};

    if (count > 1)
        return lambda_init_failed("Probe.Unset", arguments[1]);
    return lambda_run(handle, &memory);
}
