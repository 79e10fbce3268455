#pragma once

/*
 * sigv4.h: AWS Signature Version 4, checking and making.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * Both the Authorization header and presigned query parameters are read.  Knows no secrets: the
 * caller looks the access key up between sigv4_read() and sigv4_verify().
 */
#include "base/hash.h"
#include "wire/http.h"

/* Declared payloads that begin so are signed chunk by chunk, or have a checksum behind them. */
#define SIGV4_STREAMING "STREAMING-"

enum sigv4_result {
    SIGV4_OK,
    SIGV4_INCOMPLETE, /* malformed: IncompleteSignature */
    SIGV4_MISMATCH,   /* SignatureDoesNotMatch */
    SIGV4_UNSIGNED,   /* SignatureDoesNotMatch: a header that decides what the request does is not signed */
    SIGV4_EXPIRED,    /* too old, or a presigned URL after its expiry */
    SIGV4_NOT_YET,    /* dated in the future beyond the skew */
};

struct sigv4 {
    bool present;           /* the request carries a signature */
    bool has_expiry;        /* a presigned URL that names its lifetime; others are as good as a header */
    enum sigv4_result read; /* of sigv4_read() */
    str problem;            /* what makes it not SIGV4_OK, in AWS's words; or absent */
    str access_key_id;
    str date, region, service, terminator; /* the credential scope */
    str signed_headers;                    /* "host;x-amz-date" */
    str signature;                         /* 64 hex digits */
    str security_token;                    /* of temporary credentials */
    str amz_date;
    /*
     * What the client declares and signs about the payload: its hash, UNSIGNED-PAYLOAD, or SIGV4_STREAMING
     * and more.
     */
    str declared_payload;
    int64_t signed_ms, expires_ms; /* absolute; expires_ms only when has_expiry */
    /*
     * How far signed_ms may be from the present.  sigv4_read() sets LIMIT_CLOCK_SKEW_MS; some services allow
     * less.
     */
    int64_t skew_ms;
};

/* Read the signature of the request.  SIGV4_OK with present == false when it is unsigned. */
enum sigv4_result sigv4_read(struct arena *arena, const struct http_request *request, struct sigv4 *sigv4);

/* The derived key for a scope; it may be kept until the secret changes. */
struct sha256 sigv4_signing_key(str secret, str date, str region, str service);

/*
 * What is wrong with the credential's scope, in AWS's words, or empty.  `service` absent: any service is
 * right.
 */
str sigv4_scope_problem(struct arena *arena, const struct sigv4 *sigv4, str service);

/* Is the signature's time acceptable?  OK, EXPIRED or NOT_YET. */
enum sigv4_result sigv4_check_time(const struct sigv4 *sigv4, int64_t now_ms);
/*
 * Check time and signature; a Host with a port may be signed without it.  A streaming payload is not looked
 * at: wire/aws_chunked.h verifies it.
 */
enum sigv4_result sigv4_verify(struct arena *arena, const struct http_request *request,
                               const struct sigv4 *sigv4, const struct sha256 *signing_key, int64_t now_ms);
/*
 * The two texts that AWS prints in SignatureDoesNotMatch: the request in the form that should have been
 * signed, ...
 */
str sigv4_canonical_request(struct arena *arena, const struct http_request *request,
                            const struct sigv4 *sigv4);
/* ... and the text whose signature was compared. */
str sigv4_string_to_sign(struct arena *arena, const struct sigv4 *sigv4, str canonical_request);

struct sigv4_credentials {
    str access_key_id, secret, session_token;
};

/*
 * Sign a request in place: adds X-Amz-Date, X-Amz-Security-Token (when there is a token),
 * X-Amz-Content-Sha256 (for s3) and Authorization.  The request must carry its method, path, query,
 * payload and Host header already.
 */
void sigv4_sign(struct arena *arena, struct http_request *request,
                const struct sigv4_credentials *credentials, str region, str service, int64_t now_ms);
