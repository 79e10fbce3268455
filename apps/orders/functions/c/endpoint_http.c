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
    struct signer signer;
    struct http_client client;
    struct http_reply reply;
    struct json_text address; /* what the URL says between http:// and the path */
    struct json_text headers; /* of a request; the memory is kept */
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

static void write_headers(struct http_endpoint *http, const struct endpoint_request *request)
{
    struct json_text *lines = &http->headers;
    struct signed_header headers[6];
    char date[DATE_SIZE];
    time_t now = time(NULL);

    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime(&now));
    struct signed_post post = {
        .date = date,
        .path = http->path,
        .headers = headers,
        .header_count = list_headers(http, request, date, headers),
        .body = request->body,
        .body_length = request->length,
    };
    lines->length = 0;
    json_add_texts(lines, "authorization: ", NULL);
    signature_add(lines, &http->signer, &post);
    json_add_texts(lines, "\r\n", NULL);
    for (size_t i = 0; i < post.header_count; i++)
        if (strcmp(headers[i].name, "host") != 0) /* http_exchange() sends it */
            json_add_texts(lines, headers[i].name, ": ", headers[i].value, "\r\n", NULL);
}

static bool post(struct endpoint *endpoint, const struct endpoint_request *request, long *status,
                 struct json_text *body, const char **problem)
{
    struct http_endpoint *http = (struct http_endpoint *)endpoint;

    write_headers(http, request);
    http->client.timeout_ms = request->timeout_ms;
    if (!http_exchange(&http->client, "POST", http->path, http->headers.data, request->body, request->length,
                       &http->reply)) {
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
        json_add_texts(&http->address, ":80", NULL);
    *http = (struct http_endpoint){
        .endpoint.post = post,
        .settings = *settings,
        .signer = {.region = settings->region, .key_id = settings->key_id, .secret = settings->secret},
        .client = {.address = http->address.data, .socket = -1},
        .address = http->address,
        .path = http->path,
    };
    return &http->endpoint;
}
