/*
 * sigv4.c: one canonical form, for both checking and making signatures.
 *
 * A signature covers the request as it came over the wire: the path and query still encoded, the payload
 * before it is unpacked.
 */
#include "wire/sigv4.h"

#include "base/list.h"
#include "base/time.h"
#include "wire/form.h"
#include "wire/percent.h"
#include "wire/uri.h"

#include <stdlib.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

enum {
    DATE_SIZE = 8,
    SIGNATURE_SIZE = 2 * SHA256_SIZE,
    LONGEST_EXPIRES_S = 7 * 24 * 60 * 60,
    LONGEST_REGION = 64,
    LONGEST_REPEATED = 1024 /* of a client's text in a sentence */
};

/* ---- reading ---- */

/* Cut the part after the last `separator` off *rest. */
static bool cut_last(str *rest, char separator, str *part)
{
    ptrdiff_t at = str_last_index(*rest, separator);

    if (at < 0)
        return false;
    *part = str_from(*rest, (size_t)at + 1);
    *rest = str_head(*rest, (size_t)at);
    return true;
}

/*
 * "AKID/20260131/eu-west-1/sqs/aws4_request", read from the end, because a made-up access key id may contain
 * a slash.
 */
static bool read_credential(str credential, struct sigv4 *sigv4)
{
    if (!cut_last(&credential, '/', &sigv4->terminator) || !cut_last(&credential, '/', &sigv4->service) ||
        !cut_last(&credential, '/', &sigv4->region) || !cut_last(&credential, '/', &sigv4->date))
        return false;
    sigv4->access_key_id = credential;
    return credential.size > 0 && sigv4->region.size > 0 && sigv4->service.size > 0;
}

static bool signs_header(const struct sigv4 *sigv4, str name)
{
    str rest = sigv4->signed_headers, signed_name;

    while (str_next(&rest, ';', &signed_name))
        if (str_equal_nocase(signed_name, name))
            return true;
    return false;
}

/* Without an early end, so that compilers look at many characters at a time. */
static bool is_signature(str text)
{
    unsigned others = 0;

    if (text.size != SIGNATURE_SIZE)
        return false;
    for (size_t i = 0; i < SIGNATURE_SIZE; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_digit = (unsigned char)(c - '0') < 10, is_letter = (unsigned char)(c - 'a') < 6;
        others |= !(is_digit | is_letter);
    }
    return others == 0;
}

/* The parts of a signature, as the header or the query has them. */
struct written {
    str algorithm, credential, signature, signed_headers, date, expires;
};

static enum sigv4_result refuse(struct sigv4 *sigv4, enum sigv4_result result, str sentence)
{
    sigv4->problem = sentence;
    return result;
}

/* A text of the client's as a sentence may repeat it. */
static str repeated(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return S("?");
    return str_head(text, text.size < LONGEST_REPEATED ? text.size : LONGEST_REPEATED);
}

static void add_if_missing(struct text *text, str part, str sentence)
{
    if (str_empty(part))
        text_add(text, sentence);
}

/* AWS's sentences for the parts that the header lacks; empty when it lacks none. */
static str missing_in_header(struct arena *arena, const struct written *written, str authorization)
{
    struct text text = text_in(arena);

    add_if_missing(&text, written->credential, S("Authorization header requires 'Credential' parameter. "));
    add_if_missing(&text, written->signature, S("Authorization header requires 'Signature' parameter. "));
    add_if_missing(&text, written->signed_headers,
                   S("Authorization header requires 'SignedHeaders' parameter. "));
    add_if_missing(
        &text, written->date,
        S("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "));
    if (text.size > 0) {
        text_add(&text, S("Authorization="));
        text_add(&text, repeated(authorization));
    }
    return text_str(&text);
}

static str missing_in_query(struct arena *arena, const struct written *written)
{
    const struct {
        str name, value;
    } parts[] = {{S("Algorithm"), written->algorithm},
                 {S("Credential"), written->credential},
                 {S("Signature"), written->signature},
                 {S("SignedHeaders"), written->signed_headers},
                 {S("Date"), written->date}};
    struct text text = text_in(arena);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (str_empty(parts[i].value))
            text_add(&text, arena_format(arena, "AWS query-string parameters must include 'X-Amz-%.*s'. ",
                                         STR_ARGS(parts[i].name)));
    if (text.size > 0)
        text_add(&text, S("Re-examine the query-string parameters."));
    return text_str(&text);
}

/* What is wrong is told in the order in which AWS looks at the parts. */
static enum sigv4_result read_written(struct arena *arena, const struct written *written, struct sigv4 *sigv4)
{
    sigv4->amz_date = written->date;
    sigv4->signed_headers = written->signed_headers;
    sigv4->signature = written->signature;
    bool has_credential = read_credential(written->credential, sigv4);
    if (!time_parse_amz_date(written->date, &sigv4->signed_ms))
        return refuse(sigv4, SIGV4_INCOMPLETE,
                      arena_format(arena,
                                   "Date must be in ISO-8601 'basic format'. Got '%.*s'. See "
                                   "http://en.wikipedia.org/wiki/ISO_8601",
                                   STR_ARGS(repeated(written->date))));
    if (!signs_header(sigv4, S("host")))
        return refuse(sigv4, SIGV4_UNSIGNED,
                      S("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
    if (!str_equal(written->algorithm, S(ALGORITHM)))
        return refuse(sigv4, SIGV4_INCOMPLETE,
                      arena_format(arena, "Unsupported AWS 'algorithm': '%.*s' (only " ALGORITHM " for now).",
                                   STR_ARGS(repeated(written->algorithm))));
    if (!has_credential)
        return refuse(sigv4, SIGV4_INCOMPLETE,
                      arena_format(arena,
                                   "Credential must have exactly 5 slash-delimited elements, e.g. "
                                   "keyid/date/region/service/term, got '%.*s'",
                                   STR_ARGS(repeated(written->credential))));
    return is_signature(written->signature) ? SIGV4_OK : SIGV4_MISMATCH;
}

static bool separates_parts(char c)
{
    switch (c) {
    case ' ':
    case '\t':
    case ',':
        return true;
    default:
        return false;
    }
}

/* Cut the next part off: like AWS, at commas and at white space. */
static bool next_part(str *rest, str *part)
{
    const char *start = rest->data, *end = rest->data + rest->size, *at;

    while (start < end && separates_parts(*start))
        start++;
    for (at = start; at < end && !separates_parts(*at);)
        at++;
    *part = (str){start, (size_t)(at - start)};
    *rest = (str){at, (size_t)(end - at)};
    return part->size > 0;
}

/*
 * "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...".  Returns the part without '=', if
 * there is one.
 */
static str read_parts(str authorization, struct written *written)
{
    str rest = authorization, part, name;

    next_part(&rest, &written->algorithm);
    while (next_part(&rest, &part)) {
        str value = part;
        if (str_index(part, '=') < 0)
            return part;
        str_next(&value, '=', &name);
        if (str_equal(name, S("Credential")))
            written->credential = value;
        else if (str_equal(name, S("SignedHeaders")))
            written->signed_headers = value;
        else if (str_equal(name, S("Signature")))
            written->signature = value;
    }
    return (str){0};
}

/* X-Amz-Date, or else Date in either of its two forms. */
static str date_of_headers(struct arena *arena, const struct http_request *request)
{
    str date = http_header(&request->headers, S("X-Amz-Date"));
    int64_t date_ms;

    if (!str_present(date))
        date = http_header(&request->headers, S("Date"));
    return time_parse_http_date(date, &date_ms) ? time_amz_date(arena, date_ms) : date;
}

static const str PAYLOAD_HEADER = STR_INIT("X-Amz-Content-Sha256");

static str payload_of_headers(const struct http_request *request, const struct sigv4 *sigv4)
{
    return signs_header(sigv4, PAYLOAD_HEADER) ? http_header(&request->headers, PAYLOAD_HEADER) : (str){0};
}

static str payload_of_query(const struct form *query, const struct sigv4 *sigv4)
{
    str declared = form_get(query, PAYLOAD_HEADER);

    return !str_present(declared) && str_equal(sigv4->service, S("s3")) ? S(UNSIGNED_PAYLOAD) : declared;
}

static enum sigv4_result read_header(struct arena *arena, const struct http_request *request,
                                     str authorization, struct sigv4 *sigv4)
{
    struct written written = {.date = date_of_headers(arena, request)};
    str odd = read_parts(authorization, &written);
    str missing = missing_in_header(arena, &written, authorization);

    sigv4->security_token = http_header(&request->headers, S("X-Amz-Security-Token"));
    enum sigv4_result result = read_written(arena, &written, sigv4);
    sigv4->declared_payload = payload_of_headers(request, sigv4);
    if (str_present(odd))
        return refuse(sigv4, SIGV4_INCOMPLETE,
                      arena_format(arena,
                                   "'%.*s' not a valid key=value pair (missing equal-sign) in Authorization "
                                   "header: '%.*s'.",
                                   STR_ARGS(repeated(odd)), STR_ARGS(repeated(authorization))));
    return str_empty(missing) ? result : refuse(sigv4, SIGV4_INCOMPLETE, missing);
}

/*
 * In S3's words: the other services' are not documented.  They do not require the parameter, and aws4 and
 * aws4fetch send it to S3 alone.
 */
static enum sigv4_result read_expires(str expires, struct sigv4 *sigv4)
{
    int64_t expires_s;

    if (!str_present(expires) && !str_equal(sigv4->service, S("s3")))
        return SIGV4_OK;
    if (!str_present(expires))
        return refuse(
            sigv4, SIGV4_INCOMPLETE,
            S("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
              "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."));
    if (!str_to_i64(expires, &expires_s))
        return refuse(sigv4, SIGV4_INCOMPLETE, S("X-Amz-Expires should be a number"));
    if (expires_s < 0)
        return refuse(sigv4, SIGV4_INCOMPLETE, S("X-Amz-Expires must be non-negative"));
    if (expires_s > LONGEST_EXPIRES_S)
        return refuse(sigv4, SIGV4_INCOMPLETE,
                      S("X-Amz-Expires must be less than a week (in seconds); that is, the given "
                        "X-Amz-Expires must be less than 604800 seconds"));
    sigv4->has_expiry = true;
    sigv4->expires_ms = sigv4->signed_ms + expires_s * MS_PER_S;
    return SIGV4_OK;
}

static enum sigv4_result read_query(struct arena *arena, const struct http_request *request,
                                    const struct form *query, struct sigv4 *sigv4)
{
    const struct written written = {
        .algorithm = form_get(query, S("X-Amz-Algorithm")),
        .credential = form_get(query, S("X-Amz-Credential")),
        .signature = form_get(query, S("X-Amz-Signature")),
        .signed_headers = form_get(query, S("X-Amz-SignedHeaders")),
        .date = form_get(query, S("X-Amz-Date")),
        .expires = form_get(query, S("X-Amz-Expires")),
    };
    str missing = missing_in_query(arena, &written);

    sigv4->security_token = form_get(query, S("X-Amz-Security-Token"));
    enum sigv4_result result = read_written(arena, &written, sigv4);
    if (!str_empty(missing))
        return refuse(sigv4, SIGV4_INCOMPLETE, missing);
    if (result == SIGV4_OK)
        result = read_expires(written.expires, sigv4);
    sigv4->declared_payload = signs_header(sigv4, PAYLOAD_HEADER) ? payload_of_headers(request, sigv4)
                                                                  : payload_of_query(query, sigv4);
    return result;
}

static enum sigv4_result read_either(struct arena *arena, const struct http_request *request,
                                     struct sigv4 *sigv4)
{
    str authorization = http_header(&request->headers, S("Authorization"));
    bool in_header = str_starts_with(authorization, S("AWS4-"));
    bool in_query = str_find(request->query, S("X-Amz-Signature=")) >= 0 ||
                    str_find(request->query, S("X-Amz-Algorithm=")) >= 0;
    struct form query;

    sigv4->present = in_header || in_query;
    if (in_header && in_query)
        return refuse(sigv4, SIGV4_UNSIGNED,
                      S("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
                        "header."));
    if (in_header)
        return read_header(arena, request, authorization, sigv4);
    if (!in_query)
        return SIGV4_OK;
    return form_parse(arena, request->query, &query) ? read_query(arena, request, &query, sigv4)
                                                     : SIGV4_INCOMPLETE;
}

enum sigv4_result sigv4_read(struct arena *arena, const struct http_request *request, struct sigv4 *sigv4)
{
    *sigv4 = (struct sigv4){.skew_ms = LIMIT_CLOCK_SKEW_MS};
    return sigv4->read = read_either(arena, request, sigv4);
}

static bool is_region(str text)
{
    return text.size <= LONGEST_REGION && str_is_word(text, S("-_"));
}

static str date_in_time(const struct sigv4 *sigv4)
{
    return str_head(sigv4->amz_date, DATE_SIZE);
}

static bool scope_is_whole(const struct sigv4 *sigv4)
{
    return str_equal(sigv4->terminator, S(TERMINATOR)) && str_equal(sigv4->date, date_in_time(sigv4));
}

str sigv4_scope_problem(struct arena *arena, const struct sigv4 *sigv4, str service)
{
    struct text text = text_in(arena);

    if (!is_region(sigv4->region))
        text_add(&text, arena_format(arena, "Credential should be scoped to a valid region, not '%.*s'. ",
                                     STR_ARGS(repeated(sigv4->region))));
    if (str_present(service) && !str_equal(service, sigv4->service))
        text_add(&text, arena_format(arena, "Credential should be scoped to correct service: '%.*s'. ",
                                     STR_ARGS(service)));
    if (!str_equal(sigv4->terminator, S(TERMINATOR)))
        text_add(&text, arena_format(arena,
                                     "Credential should be scoped with a valid terminator: '" TERMINATOR
                                     "', not '%.*s'. ",
                                     STR_ARGS(repeated(sigv4->terminator))));
    if (!str_equal(sigv4->date, date_in_time(sigv4)))
        text_add(&text, arena_format(arena,
                                     "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
                                     "of date from HTTP: '%.*s' != '%.*s', from '%.*s'. ",
                                     STR_ARGS(repeated(sigv4->date)), STR_ARGS(date_in_time(sigv4)),
                                     STR_ARGS(sigv4->amz_date)));
    return str_trim(text_str(&text));
}

/* ---- the canonical request ---- */

/* Without empty and dot segments; the encoded path is encoded once more. */
static void add_normalized_path(struct text *text, str path)
{
    size_t start = text->size;
    str segment, rest = path;

    while (str_next(&rest, '/', &segment)) {
        if (str_equal(segment, S("..")))
            while (text->size > start && text->data[--text->size] != '/')
                ;
        else if (segment.size > 0 && !str_equal(segment, S("."))) {
            text_add_char(text, '/');
            uri_encode(text, segment, false);
        }
    }
    if (text->size == start || str_ends_with(path, S("/")))
        text_add_char(text, '/');
}

/* S3 keeps keys as they are: "a//b" and "a/../b" are names.  A character and its escape are the same key. */
static void add_path(struct text *text, const struct http_request *request, const struct sigv4 *sigv4)
{
    str decoded;

    if (str_equal(sigv4->service, S("s3")))
        uri_encode(text, uri_decode(text->arena, request->path, &decoded) ? decoded : request->path, true);
    else
        add_normalized_path(text, request->path);
}

struct parameter {
    str name, value;
};
struct parameters {
    struct parameter *items;
    size_t count;
};

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = str_compare(a->name, b->name);

    return order ? order : str_compare(a->value, b->value);
}

/* Many plain clients send '+' for a space, and sign "%20". */
static str reencoded_parameter(struct arena *arena, str encoded)
{
    struct text text = text_in(arena);
    str decoded;

    uri_encode(&text, percent_decode(arena, encoded, true, &decoded) ? decoded : encoded, false);
    return text_str(&text);
}

static void add_query(struct text *text, str query)
{
    struct parameters parameters = {0};
    str rest = query, pair, name;

    while (!str_empty(query) && str_next(&rest, '&', &pair)) {
        str value = pair;
        str_next(&value, '=', &name);
        if (pair.size == 0 || str_equal(name, S("X-Amz-Signature")))
            continue;
        struct parameter *parameter = list_add(text->arena, &parameters);
        *parameter = (struct parameter){reencoded_parameter(text->arena, name),
                                        reencoded_parameter(text->arena, value)};
    }
    if (parameters.count > 0)
        qsort(parameters.items, parameters.count, sizeof *parameters.items, compare_parameters);
    for (size_t i = 0; i < parameters.count; i++) {
        if (i > 0)
            text_add_char(text, '&');
        text_add(text, parameters.items[i].name);
        text_add_char(text, '=');
        text_add(text, parameters.items[i].value);
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Runs of white space become one space; white space at the ends goes. */
static void add_collapsed(struct text *text, str value)
{
    str trimmed = str_trim(value);

    if (str_index(trimmed, ' ') < 0 && str_index(trimmed, '\t') < 0) {
        text_add(text, trimmed);
        return;
    }
    char *start = text_reserve(text, trimmed.size + 1), *to = start;

    for (size_t i = 0; i < trimmed.size; i++) {
        if (!is_space(trimmed.data[i]))
            *to++ = trimmed.data[i];
        else if (!is_space(trimmed.data[i + 1])) /* the last byte is not a space */
            *to++ = ' ';
    }
    text_grew(text, (size_t)(to - start));
}

/* "name:value,value" of one signed header, which may have been sent several times. */
static void add_header(struct text *text, const struct http_headers *headers, str name)
{
    bool first = true;

    text_add(text, name);
    text_add_char(text, ':');
    for (size_t i = 0; i < headers->count; i++) {
        if (!str_equal_nocase(headers->items[i].name, name))
            continue;
        if (!first)
            text_add_char(text, ',');
        first = false;
        add_collapsed(text, headers->items[i].value);
    }
    text_add_char(text, '\n');
}

static void add_hex(struct text *text, struct sha256 hash)
{
    text_add(text, hex_encode(text->arena, HASH_STR(hash)));
}

static struct sha256 hash_of_payload(const struct http_request *request)
{
    return request->payload_hash ? *request->payload_hash : sha256(request->payload);
}

str sigv4_canonical_request(struct arena *arena, const struct http_request *request,
                            const struct sigv4 *sigv4)
{
    struct text text = text_in(arena);
    str names = sigv4->signed_headers, name;

    text_reserve(&text, 1024);
    text_add(&text, request->method);
    text_add_char(&text, '\n');
    add_path(&text, request, sigv4);
    text_add_char(&text, '\n');
    add_query(&text, request->query);
    text_add_char(&text, '\n');
    while (str_next(&names, ';', &name))
        add_header(&text, &request->headers, name);
    text_add_char(&text, '\n');
    text_add(&text, sigv4->signed_headers);
    text_add_char(&text, '\n');
    if (str_present(sigv4->declared_payload))
        text_add(&text, sigv4->declared_payload);
    else
        add_hex(&text, hash_of_payload(request));
    return text_str(&text);
}

str sigv4_string_to_sign(struct arena *arena, const struct sigv4 *sigv4, str canonical_request)
{
    struct text text = text_in(arena);

    text_add(&text, S(ALGORITHM "\n"));
    text_add(&text, sigv4->amz_date);
    text_add_char(&text, '\n');
    text_add(&text, sigv4->date);
    text_add_char(&text, '/');
    text_add(&text, sigv4->region);
    text_add_char(&text, '/');
    text_add(&text, sigv4->service);
    text_add(&text, S("/" TERMINATOR "\n"));
    add_hex(&text, sha256(canonical_request));
    return text_str(&text);
}

/* ---- checking ---- */

struct sha256 sigv4_signing_key(str secret, str date, str region, str service)
{
    struct arena arena = {0};
    str start = arena_join(&arena, S("AWS4"), secret);
    struct sha256 key = hmac_sha256(start, date);

    arena_free(&arena);
    key = hmac_sha256(HASH_STR(key), region);
    key = hmac_sha256(HASH_STR(key), service);
    return hmac_sha256(HASH_STR(key), S(TERMINATOR));
}

enum sigv4_result sigv4_check_time(const struct sigv4 *sigv4, int64_t now_ms)
{
    int64_t last_ms = sigv4->has_expiry ? sigv4->expires_ms : sigv4->signed_ms + sigv4->skew_ms;

    if (sigv4->signed_ms > now_ms + sigv4->skew_ms)
        return SIGV4_NOT_YET;
    return now_ms > last_ms ? SIGV4_EXPIRED : SIGV4_OK;
}

static bool payload_as_declared(struct arena *arena, const struct http_request *request,
                                const struct sigv4 *sigv4)
{
    str declared = sigv4->declared_payload;

    if (!str_present(declared) || str_equal(declared, S(UNSIGNED_PAYLOAD)) ||
        str_starts_with(declared, S(SIGV4_STREAMING)))
        return true;
    struct sha256 hash = hash_of_payload(request);
    return str_equal(declared, hex_encode(arena, HASH_STR(hash)));
}

/*
 * Are all headers signed that decide what the request does, when, and with whose permissions?  Not all of
 * X-Amz-*: the SDK for PHP does not sign X-Amz-User-Agent.
 */
static bool signs_what_matters(const struct http_request *request, const struct sigv4 *sigv4)
{
    static const str names[] = {STR_INIT("X-Amz-Target"), STR_INIT("X-Amz-Date"),
                                STR_INIT("X-Amz-Security-Token")};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_present(http_header(&request->headers, names[i])) && !signs_header(sigv4, names[i]))
            return false;
    return true;
}

static str make_signature(struct arena *arena, const struct http_request *request, const struct sigv4 *sigv4,
                          const struct sha256 *signing_key)
{
    str canonical = sigv4_canonical_request(arena, request, sigv4);
    struct sha256 signature =
        hmac_sha256(HASH_STR(*signing_key), sigv4_string_to_sign(arena, sigv4, canonical));

    return hex_encode(arena, HASH_STR(signature));
}

static bool is_signed_by(struct arena *arena, const struct http_request *request, const struct sigv4 *sigv4,
                         const struct sha256 *signing_key)
{
    str expected = make_signature(arena, request, sigv4, signing_key);

    return equal_in_constant_time(expected, sigv4->signature);
}

/* "localhost" of "localhost:4566"; absent when the host names no port. */
static str without_port(str host)
{
    ptrdiff_t colon = str_last_index(host, ':');
    int64_t port;

    return colon > 0 && str_to_i64(str_from(host, (size_t)colon + 1), &port) ? str_head(host, (size_t)colon)
                                                                             : (str){0};
}

/*
 * AWS's endpoints have no port in their Host.  So some clients (aiodynamo) sign the name alone, although they
 * send the port, too.
 */
static bool is_signed_without_port(struct arena *arena, const struct http_request *request,
                                   const struct sigv4 *sigv4, const struct sha256 *signing_key)
{
    const struct http_headers *sent = &request->headers;
    str host = without_port(http_header(sent, S("Host")));
    struct http_request portless = *request;

    if (!str_present(host))
        return false;
    portless.headers = (struct http_headers){0};
    for (size_t i = 0; i < sent->count; i++) {
        const struct http_header *header = &sent->items[i];
        http_header_add(arena, &portless.headers, header->name,
                        str_equal_nocase(header->name, S("Host")) ? host : header->value);
    }
    return is_signed_by(arena, &portless, sigv4, signing_key);
}

enum sigv4_result sigv4_verify(struct arena *arena, const struct http_request *request,
                               const struct sigv4 *sigv4, const struct sha256 *signing_key, int64_t now_ms)
{
    enum sigv4_result in_time = sigv4_check_time(sigv4, now_ms);

    if (in_time != SIGV4_OK)
        return in_time;
    if (!signs_what_matters(request, sigv4))
        return SIGV4_UNSIGNED;
    if (!scope_is_whole(sigv4) || !payload_as_declared(arena, request, sigv4))
        return SIGV4_MISMATCH;
    return is_signed_by(arena, request, sigv4, signing_key) ||
                   is_signed_without_port(arena, request, sigv4, signing_key)
               ? SIGV4_OK
               : SIGV4_MISMATCH;
}

/* ---- making ---- */

static int compare_names(const void *left, const void *right)
{
    return str_compare(*(const str *)left, *(const str *)right);
}

static bool worth_signing(str lower_name)
{
    return str_equal(lower_name, S("host")) || str_equal(lower_name, S("content-type")) ||
           str_starts_with(lower_name, S("x-amz-"));
}

/* "content-type;host;x-amz-date" */
static str choose_signed_headers(struct arena *arena, const struct http_headers *headers)
{
    struct {
        str *items;
        size_t count;
    } names = {0};
    struct text text = text_in(arena);

    for (size_t i = 0; i < headers->count; i++) {
        str name = arena_lower_case(arena, headers->items[i].name);
        if (worth_signing(name))
            *list_add(arena, &names) = name;
    }
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, compare_names);
    for (size_t i = 0; i < names.count; i++) {
        if (i > 0 && str_equal(names.items[i], names.items[i - 1]))
            continue;
        if (i > 0)
            text_add_char(&text, ';');
        text_add(&text, names.items[i]);
    }
    return text_str(&text);
}

static void add_amz_headers(struct arena *arena, struct http_request *request, const struct sigv4 *sigv4)
{
    http_header_add(arena, &request->headers, S("X-Amz-Date"), sigv4->amz_date);
    if (str_present(sigv4->security_token))
        http_header_add(arena, &request->headers, S("X-Amz-Security-Token"), sigv4->security_token);
    if (str_equal(sigv4->service, S("s3"))) {
        struct sha256 hash = sha256(request->payload);
        http_header_add(arena, &request->headers, S("X-Amz-Content-Sha256"),
                        hex_encode(arena, HASH_STR(hash)));
    }
}

void sigv4_sign(struct arena *arena, struct http_request *request,
                const struct sigv4_credentials *credentials, str region, str service, int64_t now_ms)
{
    str amz_date = time_amz_date(arena, now_ms);
    struct sigv4 sigv4 = {
        .access_key_id = credentials->access_key_id,
        .date = str_head(amz_date, DATE_SIZE),
        .region = region,
        .service = service,
        .security_token = credentials->session_token,
        .amz_date = amz_date,
    };
    struct sha256 key = sigv4_signing_key(credentials->secret, sigv4.date, region, service);

    add_amz_headers(arena, request, &sigv4);
    sigv4.signed_headers = choose_signed_headers(arena, &request->headers);
    sigv4.declared_payload = payload_of_headers(request, &sigv4);
    str signature = make_signature(arena, request, &sigv4, &key);
    http_header_add(arena, &request->headers, S("Authorization"),
                    arena_format(arena,
                                 ALGORITHM " Credential=%.*s/%.*s/%.*s/%.*s/" TERMINATOR
                                           ", SignedHeaders=%.*s, Signature=%.*s",
                                 STR_ARGS(sigv4.access_key_id), STR_ARGS(sigv4.date), STR_ARGS(region),
                                 STR_ARGS(service), STR_ARGS(sigv4.signed_headers), STR_ARGS(signature)));
}
