/*
 * endpoint_https.c: libcurl sends and signs.
 */
#include "endpoint.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

struct https_endpoint {
    struct endpoint endpoint;
    CURL *curl;
    char *signature;
    struct curl_slist *headers;
};

static void add_header(struct https_endpoint *https, const char *name, const char *value)
{
    struct json_text line = {0};

    json_add(&line, "%s: %s", name, value);
    https->headers = curl_slist_append(https->headers, line.data);
    json_text_release(&line);
}

static size_t keep_body(char *bytes, size_t one, size_t size, void *body)
{
    json_add_bytes(body, bytes, one * size);
    return one * size;
}

/* Distributions keep the authorities' certificates in different places, and libcurl knows only its own. */
static void trust_authorities(CURL *curl)
{
    const char *bundles[] = {
        getenv("AWS_CA_BUNDLE"),
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/cert.pem",
    };

    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
        if (bundles[i] && access(bundles[i], R_OK) == 0) {
            curl_easy_setopt(curl, CURLOPT_CAINFO, bundles[i]);
            return;
        }
    }
}

/* The trace header is added before signing, because the signature covers all headers. */
static CURLcode perform_in_trace(struct https_endpoint *https, const char *trace_id)
{
    struct json_text line = {0};

    json_add(&line, "X-Amzn-Trace-Id: %s", trace_id);
    struct curl_slist headers = {.data = line.data, .next = https->headers};
    curl_easy_setopt(https->curl, CURLOPT_HTTPHEADER, *trace_id ? &headers : https->headers);
    CURLcode code = curl_easy_perform(https->curl);
    curl_easy_setopt(https->curl, CURLOPT_HTTPHEADER, https->headers);
    json_text_release(&line);
    return code;
}

static bool post(struct endpoint *endpoint, const struct endpoint_request *request, long *status,
                 struct json_text *body, const char **problem)
{
    struct https_endpoint *https = (struct https_endpoint *)endpoint;

    body->length = 0;
    curl_easy_setopt(https->curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(https->curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(https->curl, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(https->curl, CURLOPT_POSTFIELDSIZE, (long)request->length);
    CURLcode code = perform_in_trace(https, request->trace_id);
    curl_easy_getinfo(https->curl, CURLINFO_RESPONSE_CODE, status);
    if (code != CURLE_OK)
        *problem = curl_easy_strerror(code);
    return code == CURLE_OK;
}

static void set_up(struct https_endpoint *https, const struct endpoint_settings *settings)
{
    struct json_text signature = {0};
    CURL *curl = https->curl;

    json_add(&signature, "aws:amz:%s:dynamodb", settings->region);
    https->signature = signature.data;
    add_header(https, "Content-Type", "application/x-amz-json-1.0");
    add_header(https, "X-Amz-Target", settings->target);
    if (settings->token)
        add_header(https, "X-Amz-Security-Token", settings->token);
    curl_easy_setopt(curl, CURLOPT_URL, settings->url);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, https->signature);
    curl_easy_setopt(curl, CURLOPT_USERNAME, settings->key_id);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, settings->secret);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    trust_authorities(curl);
}

struct endpoint *endpoint_open_https(const struct endpoint_settings *settings)
{
    struct https_endpoint *https = calloc(1, sizeof *https);

    if (!https || curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || !(https->curl = curl_easy_init())) {
        free(https);
        return NULL;
    }
    https->endpoint.post = post;
    set_up(https, settings);
    return &https->endpoint;
}
