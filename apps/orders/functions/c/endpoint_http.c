/*
 * endpoint_http.c: a plain connection, as to an Orderly on the same machine.
 */
#include "endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http_client.h"
#include "signature.h"

enum { DATE_SIZE = sizeof "20260131T120000Z" };

struct http_endpoint {
    struct endpoint endpoint;
    struct endpoint_settings settings;
    struct http_client client;
    struct http_reply reply;
    struct json_text address; /* what the URL says between http:// and the path */
    const char *path;
};

static size_t list_headers(const struct http_endpoint *http, const struct endpoint_request *request,
                           const char *date, struct signed_header headers[6])
{
    const struct signed_header all[] = {
        {"content-type", "application/x-amz-json-1.0"},
        {"host", http->client.address},
        {"x-amz-date", date},
        {"x-amz-security-token", http->settings.token},
        {"x-amz-target", http->settings.target},
        {"x-amzn-trace-id", *request->trace_id ? request->trace_id : NULL},
    };
    size_t count = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value)
            headers[count++] = all[i];
    return count;
}

static void write_headers(const struct http_endpoint *http, const struct endpoint_request *request,
                          struct json_text *lines)
{
    struct signed_header headers[6];
    char date[DATE_SIZE];
    time_t now = time(NULL);

    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime(&now));
    struct signed_post post = {
        .region = http->settings.region,
        .key_id = http->settings.key_id,
        .secret = http->settings.secret,
        .date = date,
        .path = http->path,
        .headers = headers,
        .header_count = list_headers(http, request, date, headers),
        .body = request->body,
        .body_length = request->length,
    };
    json_add(lines, "authorization: ");
    signature_add(lines, &post);
    json_add(lines, "\r\n");
    for (size_t i = 0; i < post.header_count; i++)
        if (strcmp(headers[i].name, "host") != 0) /* http_exchange() sends it */
            json_add(lines, "%s: %s\r\n", headers[i].name, headers[i].value);
}

static bool post(struct endpoint *endpoint, const struct endpoint_request *request, long *status,
                 struct json_text *body, const char **problem)
{
    struct http_endpoint *http = (struct http_endpoint *)endpoint;
    struct json_text headers = {0};

    write_headers(http, request, &headers);
    http->client.timeout_ms = request->timeout_ms;
    bool answered = http_exchange(&http->client, "POST", http->path, headers.data, request->body,
                                  request->length, &http->reply);
    json_text_release(&headers);
    if (!answered) {
        *problem = http->client.timed_out ? "Timeout was reached" : "Couldn't connect to server";
        return false;
    }
    *status = http->reply.status;
    body->length = 0;
    json_add_bytes(body, http->reply.body, http->reply.body_length);
    return true;
}

struct endpoint *endpoint_open_http(const struct endpoint_settings *settings)
{
    struct http_endpoint *http = calloc(1, sizeof *http);
    const char *host = settings->url + strlen("http://");

    if (!http)
        return NULL;
    http->path = strchr(host, '/');
    size_t length = (size_t)(http->path - host);
    json_add_bytes(&http->address, host, length);
    if (!memchr(host, ':', length))
        json_add(&http->address, ":80");
    *http = (struct http_endpoint){
        .endpoint.post = post,
        .settings = *settings,
        .client = {.address = http->address.data, .socket = -1},
        .address = http->address,
        .path = http->path,
    };
    return &http->endpoint;
}
