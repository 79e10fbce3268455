#include "unit.h"

#include "sigv4_vectors.h"
#include "wire/sigv4.h"

#include <stdlib.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static const int64_t now_ms = 1769860800000; /* 2026-01-31T12:00:00Z */

static struct http_request request_of(str bytes)
{
    struct http_parser *parser = http_parser_new();
    size_t used;

    http_parser_begin(parser, &scratch);
    assert_int_equal(http_parser_feed(parser, bytes, &used), HTTP_COMPLETE);
    struct http_request request = *http_parser_request(parser);
    http_parser_free(parser);
    return request;
}

static enum sigv4_result verified_at(const struct http_request *request, str secret, int64_t at_ms)
{
    struct sigv4 sigv4;
    enum sigv4_result result = sigv4_read(&scratch, request, &sigv4);

    if (result != SIGV4_OK)
        return result;
    assert_true(sigv4.present);
    struct sha256 key = sigv4_signing_key(secret, sigv4.date, sigv4.region, sigv4.service);
    return sigv4_verify(&scratch, request, &sigv4, &key, at_ms);
}

static enum sigv4_result verified(const struct http_request *request)
{
    return verified_at(request, S(SECRET), now_ms);
}

/* A correctly signed SendMessage for a test to change. */
static struct http_request signed_request(void)
{
    struct http_request request = {.method = S("POST"), .path = S("/"), .query = S(""), .payload = S("{}")};
    struct sigv4_credentials credentials = {.access_key_id = S("AKID"), .secret = S(SECRET)};

    http_header_add(&scratch, &request.headers, S("Host"), S("localhost:4566"));
    http_header_add(&scratch, &request.headers, S("Content-Type"), S("application/x-amz-json-1.0"));
    http_header_add(&scratch, &request.headers, S("X-Amz-Target"), S("AmazonSQS.SendMessage"));
    sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), S("sqs"), now_ms);
    return request;
}

static str *header_value(struct http_request *request, str name)
{
    for (size_t i = 0; i < request->headers.count; i++)
        if (str_equal_nocase(request->headers.items[i].name, name))
            return &request->headers.items[i].value;
    fail_msg("no header %.*s", STR_ARGS(name));
    return NULL;
}

/* `value` with the first `from` in it replaced by `to`. */
static str replaced(str value, str from, str to)
{
    ptrdiff_t at = str_find(value, from);

    assert_true(at >= 0);
    str start = arena_join(&scratch, str_head(value, (size_t)at), to);
    return arena_join(&scratch, start, str_from(value, (size_t)at + from.size));
}

/* The vector of that name with the first `from` replaced by `to`. */
static struct http_request vector_request(const char *name, str from, str to)
{
    size_t i = 0;

    while (i < sizeof vectors / sizeof *vectors && strcmp(vectors[i].name, name) != 0)
        i++;
    assert_true(i < sizeof vectors / sizeof *vectors);
    return request_of(replaced(str_of(vectors[i].request), from, to));
}

static enum sigv4_result vector_with(const char *name, str from, str to)
{
    struct http_request request = vector_request(name, from, to);

    return verified(&request);
}

TEST(what_botocore_signs_is_verified)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct http_request request = request_of(str_of(vectors[i].request));
        if (verified(&request) != SIGV4_OK)
            fail_msg("refused: %s", vectors[i].name);
        if (verified_at(&request, S("another"), now_ms) != SIGV4_MISMATCH)
            fail_msg("accepted with another secret: %s", vectors[i].name);
    }
}

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
TEST(awss_example_of_a_signing_key_comes_out)
{
    struct sha256 key = sigv4_signing_key(S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), S("20120215"),
                                          S("us-east-1"), S("iam"));

    assert_text(hex_encode(&scratch, HASH_STR(key)),
                "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

TEST(awss_example_of_list_users_is_verified)
{
    struct http_request request = request_of(
        S("GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\r\n"
          "Host: iam.amazonaws.com\r\n"
          "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
          "X-Amz-Date: 20150830T123600Z\r\n"
          "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
          "SignedHeaders=content-type;host;x-amz-date, "
          "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\r\n\r\n"));
    struct sigv4 sigv4;

    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_text(sigv4_canonical_request(&scratch, &request, &sigv4),
                "GET\n/\nAction=ListUsers&Version=2010-05-08\n"
                "content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\n"
                "x-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n"
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_text(sigv4_string_to_sign(&scratch, &sigv4, sigv4_canonical_request(&scratch, &request, &sigv4)),
                "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n"
                "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    assert_int_equal(verified_at(&request, S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), sigv4.signed_ms),
                     SIGV4_OK);
}

/* https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
TEST(awss_example_of_getting_an_object_is_verified)
{
    struct http_request request = request_of(S(
        "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nRange: bytes=0-9\r\n"
        "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
        "x-amz-date: 20130524T000000Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n\r\n"));

    assert_int_equal(verified_at(&request, S(SECRET), 1369353600000), SIGV4_OK);
}

/* https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
TEST(awss_example_of_a_presigned_url_is_verified_for_a_day)
{
    struct http_request request = request_of(
        S("GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
          "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders="
          "host"
          "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\r\n"
          "Host: examplebucket.s3.amazonaws.com\r\n\r\n"));
    int64_t signed_ms = 1369353600000, day_ms = 86400000;

    assert_int_equal(verified_at(&request, S(SECRET), signed_ms), SIGV4_OK);
    assert_int_equal(verified_at(&request, S(SECRET), signed_ms + day_ms), SIGV4_OK);
    assert_int_equal(verified_at(&request, S(SECRET), signed_ms + day_ms + 1), SIGV4_EXPIRED);
    assert_int_equal(verified_at(&request, S(SECRET), signed_ms - LIMIT_CLOCK_SKEW_MS - 1), SIGV4_NOT_YET);
}

TEST(the_parts_of_a_signature_are_read)
{
    struct http_request request = signed_request();
    struct sigv4 sigv4;

    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_true(sigv4.present);
    assert_false(sigv4.has_expiry);
    assert_text(sigv4.access_key_id, "AKID");
    assert_text(sigv4.date, "20260131");
    assert_text(sigv4.region, "eu-west-1");
    assert_text(sigv4.service, "sqs");
    assert_text(sigv4.signed_headers, "content-type;host;x-amz-date;x-amz-target");
    assert_absent(sigv4.security_token);
    assert_int_equal(sigv4.signed_ms, now_ms);
}

TEST(a_request_without_signature_is_told_apart)
{
    struct http_request request = request_of(S("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    struct sigv4 sigv4;

    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_false(sigv4.present);
    request = request_of(S("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer abc\r\n\r\n"));
    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_false(sigv4.present);
}

TEST(a_changed_request_is_refused)
{
    const char *call = "a JSON call";

    assert_int_equal(vector_with(call, S("POST / "), S("POST /q ")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S("POST / "), S("POST /?a=1 ")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S("POST / "), S("PUT / ")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S("Host: sqs"), S("Host: sns")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S(".SendMessage"), S(".PurgeQueue.")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S("caf"), S("CAF")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S("/eu-west-1/"), S("/us-east-1/")), SIGV4_MISMATCH);
    assert_int_equal(vector_with(call, S("Date: 20260131T120000Z"), S("Date: 20260131T120001Z")),
                     SIGV4_MISMATCH);
    assert_int_equal(vector_with("a presigned call of a session", S("GetCallerIdentity"), S("AssumeRole")),
                     SIGV4_MISMATCH);
    assert_int_equal(vector_with("a presigned object", S("Expires="), S("Expires=1")), SIGV4_MISMATCH);
}

TEST(equal_ways_of_writing_are_equal)
{
    assert_int_equal(vector_with("a JSON call", S("Content-Type: "), S("content-TYPE:   \t")), SIGV4_OK);
    assert_int_equal(vector_with("a query out of order", S("b=2&a=%20x"), S("a=%20x&b=2")), SIGV4_OK);
    assert_int_equal(vector_with("a query out of order", S("a=%20x"), S("a=+x")), SIGV4_OK);
    assert_int_equal(vector_with("a query out of order", S("%C3%A9&empty="), S("%c3%a9&empty")), SIGV4_OK);
    assert_int_equal(vector_with("an object", S("%20b"), S("%20%62")), SIGV4_OK);
    assert_int_equal(vector_with("a JSON call", S(", SignedHeaders="), S(",SignedHeaders=")), SIGV4_OK);
}

TEST(an_object_keeps_its_slashes_and_dots)
{
    assert_int_equal(vector_with("an object", S("//"), S("/")), SIGV4_MISMATCH);
    assert_int_equal(vector_with("a path with dots and double slashes", S("/./b//.."), S("")), SIGV4_OK);
}

TEST(a_header_sent_twice_is_signed_as_a_list)
{
    struct http_request request = {.method = S("GET"), .path = S("/"), .query = S(""), .payload = S("")};
    struct sigv4_credentials credentials = {.access_key_id = S("AKID"), .secret = S(SECRET)};
    struct sigv4 sigv4;

    http_header_add(&scratch, &request.headers, S("Host"), S("h"));
    http_header_add(&scratch, &request.headers, S("X-Amz-Meta"), S("a"));
    http_header_add(&scratch, &request.headers, S("x-amz-meta"), S("b  c"));
    sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), S("sqs"), now_ms);
    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_true(str_find(sigv4_canonical_request(&scratch, &request, &sigv4), S("\nx-amz-meta:a,b c\n")) > 0);
    assert_int_equal(verified(&request), SIGV4_OK);
}

TEST(the_clock_may_differ_by_the_skew_and_no_more)
{
    struct http_request request = signed_request();

    assert_int_equal(verified_at(&request, S(SECRET), now_ms + LIMIT_CLOCK_SKEW_MS), SIGV4_OK);
    assert_int_equal(verified_at(&request, S(SECRET), now_ms - LIMIT_CLOCK_SKEW_MS), SIGV4_OK);
    assert_int_equal(verified_at(&request, S(SECRET), now_ms + LIMIT_CLOCK_SKEW_MS + 1), SIGV4_EXPIRED);
    assert_int_equal(verified_at(&request, S(SECRET), now_ms - LIMIT_CLOCK_SKEW_MS - 1), SIGV4_NOT_YET);
}

TEST(a_service_may_allow_less_of_a_skew)
{
    struct http_request request = signed_request();
    struct sigv4 sigv4;
    enum { SKEW_MS = 300000 };

    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    sigv4.skew_ms = SKEW_MS;
    assert_int_equal(sigv4_check_time(&sigv4, sigv4.signed_ms + SKEW_MS), SIGV4_OK);
    assert_int_equal(sigv4_check_time(&sigv4, sigv4.signed_ms - SKEW_MS), SIGV4_OK);
    assert_int_equal(sigv4_check_time(&sigv4, sigv4.signed_ms + SKEW_MS + 1), SIGV4_EXPIRED);
    assert_int_equal(sigv4_check_time(&sigv4, sigv4.signed_ms - SKEW_MS - 1), SIGV4_NOT_YET);
}

TEST(the_scopes_date_must_be_the_requests)
{
    assert_int_equal(vector_with("a JSON call", S("/20260131/"), S("/20260130/")), SIGV4_MISMATCH);
}

TEST(a_declared_payload_hash_must_be_true)
{
    assert_int_equal(vector_with("an object", S("\r\n\r\nPK"), S("\r\n\r\nPX")), SIGV4_MISMATCH);
    assert_int_equal(vector_with("an unsigned payload", S("\r\n\r\nPK"), S("\r\n\r\nPX")), SIGV4_OK);
    assert_int_equal(vector_with("an object", S("SHA256: fcab7fcc"), S("SHA256: 00000000")), SIGV4_MISMATCH);
}

TEST(a_declared_payload_hash_that_is_not_signed_does_not_count)
{
    struct http_request request = signed_request();

    http_header_add(&scratch, &request.headers, S("X-Amz-Content-Sha256"), S("UNSIGNED-PAYLOAD"));
    assert_int_equal(verified(&request), SIGV4_OK);
    request.payload = S("{\"changed\":1}");
    assert_int_equal(verified(&request), SIGV4_MISMATCH);
}

TEST(a_chunk_signed_payload_is_refused)
{
    assert_int_equal(
        vector_with("an object", S("SHA256: fcab7fcc"), S("SHA256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD")),
        SIGV4_MISMATCH);
}

TEST(a_target_that_is_not_signed_is_refused)
{
    struct http_request request = request_of(S("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"));
    struct sigv4_credentials credentials = {.access_key_id = S("AKID"), .secret = S(SECRET)};

    sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), S("sqs"), now_ms);
    assert_int_equal(verified(&request), SIGV4_OK);
    http_header_add(&scratch, &request.headers, S("X-Amz-Target"), S("AmazonSQS.PurgeQueue"));
    assert_int_equal(verified(&request), SIGV4_UNSIGNED);
}

TEST(a_token_or_date_that_is_not_signed_is_refused)
{
    struct http_request request = request_of(S("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"));
    struct sigv4_credentials credentials = {.access_key_id = S("AKID"), .secret = S(SECRET)};

    sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), S("sqs"), now_ms);
    http_header_add(&scratch, &request.headers, S("X-Amz-Security-Token"), S("token"));
    assert_int_equal(verified(&request), SIGV4_UNSIGNED);

    const char *url = "a presigned call of a session";
    struct http_request presigned = vector_request(url, S("Host"), S("host"));
    assert_int_equal(verified(&presigned), SIGV4_OK);
    http_header_add(&scratch, &presigned.headers, S("X-Amz-Date"), S("20260131T120000Z"));
    assert_int_equal(verified(&presigned), SIGV4_UNSIGNED);
}

TEST(a_plus_in_a_signed_query_is_a_space)
{
    struct http_request request =
        request_of(S("GET /?MessageBody=a%20b&x%20y=%2B HTTP/1.1\r\nHost: h\r\n\r\n"));
    struct sigv4_credentials credentials = {.access_key_id = S("AKID"), .secret = S(SECRET)};

    sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), S("sqs"), now_ms);
    assert_int_equal(verified(&request), SIGV4_OK);
    request.query = S("MessageBody=a+b&x+y=%2B");
    assert_int_equal(verified(&request), SIGV4_OK);
    request.query = S("MessageBody=a%2Bb&x+y=%2B");
    assert_int_equal(verified(&request), SIGV4_MISMATCH);
}

TEST(a_host_may_be_signed_without_its_port)
{
    static const struct {
        const char *is_signed, *sent;
        enum sigv4_result result;
    } hosts[] = {
        {"localhost", "localhost:4566", SIGV4_OK},
        {"[::1]", "[::1]:4566", SIGV4_OK},
        {"localhost:4566", "localhost:4566", SIGV4_OK},
        {"localhost:4567", "localhost:4566", SIGV4_MISMATCH},
        {"localhost:4566", "localhost", SIGV4_MISMATCH},
        {"localhost", "localhost:", SIGV4_MISMATCH},
        {"localhost", "localhost:4566x", SIGV4_MISMATCH},
        {"localhost", "localhosts:4566", SIGV4_MISMATCH},
        {"[:", "[::1]", SIGV4_MISMATCH},
        {"", ":4566", SIGV4_MISMATCH},
    };
    struct sigv4_credentials credentials = {.access_key_id = S("AKID"), .secret = S(SECRET)};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct http_request request = {.method = S("GET"), .path = S("/"), .query = S("Action=ListTopics")};
        http_header_add(&scratch, &request.headers, S("Host"), str_of(hosts[i].is_signed));
        sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), S("sns"), now_ms);
        *header_value(&request, S("Host")) = str_of(hosts[i].sent);
        if (verified(&request) != hosts[i].result)
            fail_msg("signed %s, sent %s", hosts[i].is_signed, hosts[i].sent);
    }
}

TEST(malformed_signatures_are_told_in_awss_words)
{
    static const struct {
        str from, to;
        enum sigv4_result result;
        const char *sentence; /* how it begins; NULL: the one about signatures that differ */
    } edits[] = {
        {STR_INIT("AWS4-HMAC-SHA256"), STR_INIT("AWS4-ECDSA-P256-SHA256"), SIGV4_INCOMPLETE,
         "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now)."},
        {STR_INIT("Credential="), STR_INIT("Credentials="), SIGV4_INCOMPLETE,
         "Authorization header requires 'Credential' parameter. Authorization=AWS4-HMAC-SHA256 Credentials="},
        {STR_INIT("SignedHeaders="), STR_INIT("Headers="), SIGV4_INCOMPLETE,
         "Authorization header requires 'SignedHeaders' parameter. Authorization="},
        {STR_INIT(", Signature="), STR_INIT(", Sig="), SIGV4_INCOMPLETE,
         "Authorization header requires 'Signature' parameter. Authorization="},
        {STR_INIT("Credential=AKID"), STR_INIT("Credential= AKID"), SIGV4_INCOMPLETE,
         "'AKID/20260131/eu-west-1/sqs/aws4_request' not a valid key=value pair (missing equal-sign) in "
         "Authorization header: 'AWS4-HMAC-SHA256 Credential= AKID"},
        {STR_INIT("/sqs/"), STR_INIT("/"), SIGV4_INCOMPLETE,
         "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
         "'AKID/20260131/eu-west-1/aws4_request'"},
        {STR_INIT("AKID/"), STR_INIT("/"), SIGV4_INCOMPLETE,
         "Credential must have exactly 5 slash-delimited"},
        {STR_INIT("SignedHeaders=content-type;host;"), STR_INIT("SignedHeaders=content-type;"),
         SIGV4_UNSIGNED, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
        {STR_INIT(", Signature="), STR_INIT(", Signature=0"), SIGV4_MISMATCH, NULL},
        {STR_INIT("/aws4_request"), STR_INIT("/aws5_request"), SIGV4_MISMATCH, NULL},
        {STR_INIT("/20260131/"), STR_INIT("/2026/"), SIGV4_MISMATCH, NULL},
    };

    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct http_request request = signed_request();
        struct sigv4 sigv4;
        str *value = header_value(&request, S("Authorization"));
        *value = replaced(*value, edits[i].from, edits[i].to);
        assert_int_equal(verified(&request), edits[i].result);
        sigv4_read(&scratch, &request, &sigv4);
        if (edits[i].sentence && !str_starts_with(sigv4.problem, str_of(edits[i].sentence)))
            fail_msg("%.*s", STR_ARGS(sigv4.problem));
        if (!edits[i].sentence)
            assert_absent(sigv4.problem);
    }
}

TEST(a_signature_without_parts_lacks_them_all)
{
    struct http_request request =
        request_of(S("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: AWS4-HMAC-SHA256\r\n\r\n"));
    struct sigv4 sigv4;

    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_INCOMPLETE);
    assert_text(sigv4.problem,
                "Authorization header requires 'Credential' parameter. Authorization header requires "
                "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                "Authorization=AWS4-HMAC-SHA256");
}

TEST(a_credentials_scope_is_one_of_the_request)
{
    struct sigv4 sigv4 = {.region = S("us-east-1"),
                          .service = S("sqs"),
                          .terminator = S("aws4_request"),
                          .date = S("20260131"),
                          .amz_date = S("20260131T120000Z")};

    assert_text(sigv4_scope_problem(&scratch, &sigv4, S("sqs")), "");
    assert_text(sigv4_scope_problem(&scratch, &sigv4, (str){0}), "");
    sigv4.region = S("us-east-1:111122223333"); /* it would be two parts of an ARN */
    sigv4.terminator = S("aws5_request");
    sigv4.date = S("20260130");
    assert_text(sigv4_scope_problem(&scratch, &sigv4, S("sns")),
                "Credential should be scoped to a valid region, not 'us-east-1:111122223333'. Credential "
                "should be scoped to correct service: 'sns'. Credential should be scoped with a valid "
                "terminator: 'aws4_request', not 'aws5_request'. Date in Credential scope does not match "
                "YYYYMMDD from ISO-8601 version of date from HTTP: '20260130' != '20260131', from "
                "'20260131T120000Z'.");
}

TEST(a_regions_name_is_a_word_of_bounded_length)
{
    static char longest[66];
    struct sigv4 sigv4 = {.terminator = S("aws4_request"), .date = S("20260131"), .amz_date = S("20260131T")};

    memset(longest, 'a', sizeof longest);
    sigv4.region = (str){longest, 64};
    assert_text(sigv4_scope_problem(&scratch, &sigv4, (str){0}), "");
    sigv4.region.size++;
    assert_true(sigv4_scope_problem(&scratch, &sigv4, (str){0}).size > 0);
    sigv4.region = S("caf\xc3\xa9");
    assert_text(sigv4_scope_problem(&scratch, &sigv4, (str){0}),
                "Credential should be scoped to a valid region, not '?'.");
}

TEST(a_signature_without_a_date_is_incomplete)
{
    struct http_request request = signed_request();

    *header_value(&request, S("X-Amz-Date")) = S("yesterday");
    assert_int_equal(verified(&request), SIGV4_INCOMPLETE);
}

TEST(a_plain_date_header_may_stand_for_x_amz_date)
{
    struct http_request request = signed_request();
    struct sigv4 sigv4;

    for (size_t i = 0; i < request.headers.count; i++)
        if (str_equal(request.headers.items[i].name, S("X-Amz-Date")))
            request.headers.items[i] = (struct http_header){S("Date"), S("Sat, 31 Jan 2026 12:00:00 GMT")};
    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_text(sigv4.amz_date, "20260131T120000Z");
}

TEST(presigned_parameters_are_checked)
{
    const char *url = "a presigned call of a session";

    assert_int_equal(vector_with(url, S("X-Amz-Algorithm=AWS4-HMAC-SHA256"), S("X-Amz-Algorithm=none")),
                     SIGV4_INCOMPLETE);
    assert_int_equal(vector_with(url, S("X-Amz-Expires="), S("X-Amz-Expires=-")), SIGV4_INCOMPLETE);
    assert_int_equal(vector_with(url, S("X-Amz-Expires="), S("X-Amz-Expires=604801")), SIGV4_INCOMPLETE);
    assert_int_equal(vector_with(url, S("X-Amz-SignedHeaders=host"), S("X-Amz-SignedHeaders=date")),
                     SIGV4_UNSIGNED);
    assert_int_equal(vector_with(url, S("X-Amz-Date="), S("X-Amz-Dote=")), SIGV4_INCOMPLETE);
}

TEST(a_url_without_an_expiry_is_as_good_as_a_header_but_not_for_s3)
{
    struct http_request call =
        vector_request("a presigned call of a session", S("&X-Amz-Expires="), S("&E="));
    struct http_request object = vector_request("a presigned object", S("&X-Amz-Expires="), S("&E="));
    struct http_request empty =
        vector_request("a presigned call of a session", S("&X-Amz-Expires="), S("&X-Amz-Expires=&E="));
    struct sigv4 sigv4;

    assert_int_equal(sigv4_read(&scratch, &call, &sigv4), SIGV4_OK);
    assert_false(sigv4.has_expiry);
    assert_int_equal(sigv4_check_time(&sigv4, sigv4.signed_ms + sigv4.skew_ms), SIGV4_OK);
    assert_int_equal(sigv4_check_time(&sigv4, sigv4.signed_ms + sigv4.skew_ms + 1), SIGV4_EXPIRED);
    assert_int_equal(sigv4_read(&scratch, &empty, &sigv4), SIGV4_INCOMPLETE);
    assert_int_equal(sigv4_read(&scratch, &object, &sigv4), SIGV4_INCOMPLETE);
    assert_text(sigv4.problem,
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
}

TEST(two_signatures_are_one_too_many)
{
    assert_int_equal(vector_with("a JSON call", S("POST / "), S("POST /?X-Amz-Signature=00 ")),
                     SIGV4_UNSIGNED);
}

TEST(an_access_key_may_hold_a_slash_or_be_one_letter)
{
    struct http_request request = signed_request();
    struct sigv4 sigv4;
    str *value = header_value(&request, S("Authorization"));

    *value = replaced(*value, S("AKID/"), S("a/b/"));
    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_text(sigv4.access_key_id, "a/b");
    *value = replaced(*value, S("a/b/"), S("a/"));
    assert_int_equal(sigv4_read(&scratch, &request, &sigv4), SIGV4_OK);
    assert_text(sigv4.access_key_id, "a");
}

TEST(what_we_sign_we_verify)
{
    static const char *const services[] = {"sqs", "s3", "lambda"};

    for (size_t i = 0; i < 3; i++) {
        struct http_request request = request_of(
            S("PUT /a%2Fb/./c//d?x=1&a=%20&a= HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"));
        struct sigv4_credentials credentials = {S("AKID"), S(SECRET), S("to/ken==")};
        sigv4_sign(&scratch, &request, &credentials, S("eu-west-1"), str_of(services[i]), now_ms);
        assert_int_equal(verified(&request), SIGV4_OK);
        assert_text(http_header(&request.headers, S("x-amz-security-token")), "to/ken==");
        request.payload = S("ho");
        assert_int_equal(verified(&request), SIGV4_MISMATCH);
    }
}

TESTS(test(what_botocore_signs_is_verified), test(awss_example_of_a_signing_key_comes_out),
      test(awss_example_of_list_users_is_verified), test(awss_example_of_getting_an_object_is_verified),
      test(awss_example_of_a_presigned_url_is_verified_for_a_day), test(the_parts_of_a_signature_are_read),
      test(a_request_without_signature_is_told_apart), test(a_changed_request_is_refused),
      test(equal_ways_of_writing_are_equal), test(an_object_keeps_its_slashes_and_dots),
      test(a_header_sent_twice_is_signed_as_a_list), test(the_clock_may_differ_by_the_skew_and_no_more),
      test(a_service_may_allow_less_of_a_skew), test(the_scopes_date_must_be_the_requests),
      test(a_declared_payload_hash_must_be_true),
      test(a_declared_payload_hash_that_is_not_signed_does_not_count),
      test(a_chunk_signed_payload_is_refused), test(a_target_that_is_not_signed_is_refused),
      test(a_token_or_date_that_is_not_signed_is_refused), test(a_plus_in_a_signed_query_is_a_space),
      test(a_host_may_be_signed_without_its_port), test(malformed_signatures_are_told_in_awss_words),
      test(a_signature_without_parts_lacks_them_all), test(a_credentials_scope_is_one_of_the_request),
      test(a_regions_name_is_a_word_of_bounded_length), test(a_signature_without_a_date_is_incomplete),
      test(a_plain_date_header_may_stand_for_x_amz_date), test(presigned_parameters_are_checked),
      test(a_url_without_an_expiry_is_as_good_as_a_header_but_not_for_s3),
      test(two_signatures_are_one_too_many), test(an_access_key_may_hold_a_slash_or_be_one_letter),
      test(what_we_sign_we_verify))
