/*
 * table.c: PutItem in one signed request.
 *
 * Putting the same item again leaves the table unchanged: this makes a second delivery of a message harmless.
 */
#include "table.h"

#include "endpoint.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIME_TO_ANSWER_MS = 50 };

struct table {
    struct endpoint *endpoint;
    const char *name;
    struct json_text request, response;
    struct json_memory memory;
    char problem[512];
};

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

static char *table_url(const char *region)
{
    const char *endpoint = environment("AWS_ENDPOINT_URL_DYNAMODB", environment("AWS_ENDPOINT_URL", NULL));
    struct json_text url = {0};

    if (endpoint)
        json_add(&url, "%s", endpoint);
    else
        json_add(&url, "https://dynamodb.%s.amazonaws.com", region);
    if (url.data[url.length - 1] != '/')
        json_add(&url, "/");
    return url.data;
}

/* Endpoints with https come with the library that speaks it. */
static endpoint_open_function *opener_for(const char *url, const char **problem)
{
    endpoint_open_function *open = NULL;

    if (strncmp(url, "http://", strlen("http://")) == 0)
        return endpoint_open_http;
    void *library = dlopen(ENDPOINT_HTTPS_LIBRARY, RTLD_NOW);
    if (library)
        *(void **)&open = dlsym(library, "endpoint_open_https"); /* the conversion that POSIX shows */
    if (!open)
        *problem = dlerror();
    return open;
}

static struct endpoint *open_endpoint(const char *region, const char *key_id, const char *secret,
                                      const char **problem)
{
    struct endpoint_settings settings = {
        .url = table_url(region),
        .target = "DynamoDB_20120810.PutItem",
        .region = region,
        .key_id = key_id,
        .secret = secret,
        .token = environment("AWS_SESSION_TOKEN", NULL),
    };
    endpoint_open_function *open = opener_for(settings.url, problem);
    struct endpoint *endpoint = open ? open(&settings) : NULL;

    if (open && !endpoint)
        *problem = "the connection could not be set up";
    return endpoint;
}

struct table *table_open(const char **problem)
{
    const char *region = environment("AWS_REGION", environment("AWS_DEFAULT_REGION", NULL));
    const char *key_id = environment("AWS_ACCESS_KEY_ID", NULL);
    const char *secret = environment("AWS_SECRET_ACCESS_KEY", NULL);
    struct table *table = calloc(1, sizeof *table);

    *problem = NULL;
    if (!region || !key_id || !secret)
        *problem = "AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set";
    else if (!table)
        *problem = "memory has run out";
    else
        table->endpoint = open_endpoint(region, key_id, secret, problem);
    if (*problem) {
        free(table);
        return NULL;
    }
    table->name = environment("TABLE_NAME", "Orders");
    return table;
}

static void add_attribute(struct json_text *text, const struct json *value);

static void add_elements(struct json_text *text, const struct json *parent)
{
    for (const struct json *element = parent->first; element; element = element->next) {
        if (element->name) {
            json_add_string(text, element->name, element->name_length);
            json_add_texts(text, ":", NULL);
        }
        add_attribute(text, element);
        if (element->next)
            json_add_texts(text, ",", NULL);
    }
}

/* A JSON value in DynamoDB's form, with its type around it: {"S": "text"}. */
static void add_attribute(struct json_text *text, const struct json *value)
{
    static const char *const begins[] = {
        [JSON_NULL] = "{\"NULL\":true", [JSON_FALSE] = "{\"BOOL\":false", [JSON_TRUE] = "{\"BOOL\":true",
        [JSON_NUMBER] = "{\"N\":",      [JSON_STRING] = "{\"S\":",        [JSON_ARRAY] = "{\"L\":[",
        [JSON_OBJECT] = "{\"M\":{",
    };
    static const char *const ends[] = {[JSON_ARRAY] = "]}", [JSON_OBJECT] = "}}"};

    json_add_texts(text, begins[value->kind], NULL);
    if (value->kind == JSON_STRING || value->kind == JSON_NUMBER)
        json_add_string(text, value->text, value->length);
    add_elements(text, value);
    json_add_texts(text, value->kind >= JSON_ARRAY ? ends[value->kind] : "}", NULL);
}

static void build_request(struct table *table, const struct json *item)
{
    struct json_text *request = &table->request;

    request->length = 0;
    json_add_texts(request, "{\"TableName\":", NULL);
    json_add_string(request, table->name, strlen(table->name));
    json_add_texts(request, ",\"Item\":{", NULL);
    add_elements(request, item);
    json_add_texts(request, "}}", NULL);
}

/* DynamoDB's error in words: "AccessDeniedException: User ... is not authorized ...". */
static const char *refusal(struct table *table, long status)
{
    json_clear(&table->memory);
    const struct json *error =
        json_read(&table->memory, table->response.data ? table->response.data : "", table->response.length);
    const char *type = json_string(json_member(error, "__type"));
    const char *message = json_string(json_member(error, "message"));
    const char *hash = type ? strchr(type, '#') : NULL;

    if (!message)
        message = json_string(json_member(error, "Message"));
    snprintf(table->problem, sizeof table->problem, "%s (HTTP %ld)%s%s",
             hash   ? hash + 1
             : type ? type
                    : "DynamoDB refused",
             status, message ? ": " : "", message ? message : "");
    return table->problem;
}

/* How long a request may take so that its failure can still be reported before the deadline. */
static long time_for_request_ms(const struct lambda_invocation *invocation)
{
    int64_t remaining_ms = lambda_remaining_ms(invocation) - TIME_TO_ANSWER_MS;

    return remaining_ms > 0 ? (long)remaining_ms : 1;
}

bool table_put(struct table *table, const struct json *item, const struct lambda_invocation *invocation,
               const char **problem)
{
    long status = 0;

    build_request(table, item);
    struct endpoint_request request = {
        .trace_id = invocation->trace_id,
        .body = table->request.data,
        .length = table->request.length,
        .timeout_ms = time_for_request_ms(invocation),
    };
    if (!table->endpoint->post(table->endpoint, &request, &status, &table->response, problem))
        return false;
    if (status != 200)
        *problem = refusal(table, status);
    return status == 200;
}
