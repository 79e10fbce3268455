/*
 * table.c: PutItem in one HTTP request that libcurl signs.
 *
 * Putting the same item again leaves the table unchanged: this makes a second delivery of a message harmless.
 */
#include "table.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIME_TO_ANSWER_MS = 50 };

struct table {
    CURL *curl;
    const char *name;
    char *url, *signature;
    struct curl_slist *headers;
    struct json_text request, response;
    struct json_memory memory;
    char problem[512];
};

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

static void add_header(struct table *table, const char *name, const char *value)
{
    struct json_text line = {0};

    json_add(&line, "%s: %s", name, value);
    table->headers = curl_slist_append(table->headers, line.data);
    json_text_release(&line);
}

static size_t keep_response(char *bytes, size_t one, size_t size, void *response)
{
    json_add_bytes(response, bytes, one * size);
    return one * size;
}

/* Distributions keep the authorities' certificates in different places, and libcurl knows only its own. */
static void trust_authorities(struct table *table)
{
    const char *bundles[] = {
        getenv("AWS_CA_BUNDLE"),
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/cert.pem",
    };

    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
        if (bundles[i] && access(bundles[i], R_OK) == 0) {
            curl_easy_setopt(table->curl, CURLOPT_CAINFO, bundles[i]);
            return;
        }
    }
}

static void set_options(struct table *table, const char *key_id, const char *secret)
{
    CURL *curl = table->curl;

    curl_easy_setopt(curl, CURLOPT_URL, table->url);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, table->signature);
    curl_easy_setopt(curl, CURLOPT_USERNAME, key_id);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, secret);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_response);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &table->response);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    trust_authorities(table);
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

static void prepare(struct table *table, const char *region, const char *key_id, const char *secret)
{
    const char *token = environment("AWS_SESSION_TOKEN", NULL);
    struct json_text signature = {0};

    json_add(&signature, "aws:amz:%s:dynamodb", region);
    table->signature = signature.data;
    table->url = table_url(region);
    table->name = environment("TABLE_NAME", "Orders");
    add_header(table, "Content-Type", "application/x-amz-json-1.0");
    add_header(table, "X-Amz-Target", "DynamoDB_20120810.PutItem");
    if (token)
        add_header(table, "X-Amz-Security-Token", token);
    set_options(table, key_id, secret);
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
    else if (!table || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(table->curl = curl_easy_init()))
        *problem = "libcurl could not be started";
    else
        prepare(table, region, key_id, secret);
    if (*problem) {
        free(table);
        table = NULL;
    }
    return table;
}

/* A JSON value in DynamoDB's form, with its type around it: {"S": "text"}. */
static void add_attribute(struct json_text *text, const struct json *value)
{
    static const char *const types[] = {
        [JSON_NULL] = "NULL", [JSON_FALSE] = "BOOL", [JSON_TRUE] = "BOOL", [JSON_NUMBER] = "N",
        [JSON_STRING] = "S",  [JSON_ARRAY] = "L",    [JSON_OBJECT] = "M",
    };

    json_add(text, "{\"%s\":", types[value->kind]);
    if (value->kind == JSON_STRING || value->kind == JSON_NUMBER) {
        json_add_string(text, value->text, value->length);
    } else if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT) {
        json_add(text, value->kind == JSON_ARRAY ? "[" : "{");
        for (const struct json *element = value->first; element; element = element->next) {
            if (element->name) {
                json_add_string(text, element->name, element->name_length);
                json_add(text, ":");
            }
            add_attribute(text, element);
            if (element->next)
                json_add(text, ",");
        }
        json_add(text, value->kind == JSON_ARRAY ? "]" : "}");
    } else {
        json_add(text, value->kind == JSON_FALSE ? "false" : "true");
    }
    json_add(text, "}");
}

static void build_request(struct table *table, const struct json *item)
{
    struct json_text *request = &table->request;
    struct json_text attribute = {0};

    request->length = 0;
    json_add(request, "{\"TableName\":");
    json_add_string(request, table->name, strlen(table->name));
    add_attribute(&attribute, item);
    /* The item is the content of the attribute {"M": {...}}. */
    json_add(request, ",\"Item\":");
    json_add_bytes(request, attribute.data + strlen("{\"M\":"), attribute.length - strlen("{\"M\":}"));
    json_add(request, "}");
    json_text_release(&attribute);
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

/* The trace header is added before signing, because the signature covers all headers. */
static CURLcode perform_in_trace(struct table *table, const char *trace_id)
{
    struct json_text line = {0};

    json_add(&line, "X-Amzn-Trace-Id: %s", trace_id);
    struct curl_slist headers = {.data = line.data, .next = table->headers};
    curl_easy_setopt(table->curl, CURLOPT_HTTPHEADER, *trace_id ? &headers : table->headers);
    CURLcode code = curl_easy_perform(table->curl);
    curl_easy_setopt(table->curl, CURLOPT_HTTPHEADER, table->headers);
    json_text_release(&line);
    return code;
}

bool table_put(struct table *table, const struct json *item, const struct lambda_invocation *invocation,
               const char **problem)
{
    long status = 0;

    build_request(table, item);
    table->response.length = 0;
    curl_easy_setopt(table->curl, CURLOPT_TIMEOUT_MS, time_for_request_ms(invocation));
    curl_easy_setopt(table->curl, CURLOPT_POSTFIELDS, table->request.data);
    curl_easy_setopt(table->curl, CURLOPT_POSTFIELDSIZE, (long)table->request.length);
    CURLcode code = perform_in_trace(table, invocation->trace_id);
    curl_easy_getinfo(table->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        *problem = curl_easy_strerror(code);
    else if (status != 200)
        *problem = refusal(table, status);
    return code == CURLE_OK && status == 200;
}
