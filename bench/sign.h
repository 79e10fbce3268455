#pragma once

/*
 * sign.h: signed AWS requests, written out as bytes, for the load generator.
 *
 * It shares no code with the server on purpose: the server's checks do not check themselves.
 */
#include <stddef.h>

struct request {
    char *bytes; /* the caller frees it */
    size_t length;
};

struct signer {
    const char *access_key_id, *secret;
    const char *region;
    const char *host; /* "127.0.0.1:4566" */
};

/* What makes one service's request different from another's. */
struct message {
    const char *service; /* "sqs" */
    const char *target;  /* X-Amz-Target; NULL for the Query protocol */
    const char *content_type;
    const char *path;
    const char *body;
};

/* A POST of that message, signed now: valid for a quarter of an hour. */
struct request sign_request(const struct signer *signer, const struct message *message);
/* The same without any signature. */
struct request plain_request(const struct signer *signer, const struct message *message);
