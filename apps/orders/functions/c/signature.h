#pragma once
#include <nettle/hmac.h>
#include <stddef.h>

#include "orderly_json.h"

/*
 * signature.h: Signature Version 4 of a POST to DynamoDB.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
struct signed_header {
    const char *name, *value; /* the name in lower case */
};

enum { DAY_LENGTH = sizeof "20260131" - 1 };

/* Who signs, and what is kept from one signature to the next. */
struct signer {
    const char *region, *key_id, *secret;
    char day[DAY_LENGTH]; /* whose key is `key` */
    struct hmac_sha256_ctx key;
    struct json_text canonical, text; /* the canonical request, the string to sign */
};

struct signed_post {
    const char *date;                    /* as in X-Amz-Date: 20260131T120000Z */
    const char *path;                    /* percent-encoded, without a query */
    const struct signed_header *headers; /* all that are signed, sorted by name */
    size_t header_count;
    const char *body;
    size_t body_length;
};

/* Add the value of the header Authorization to the text. */
void signature_add(struct json_text *text, struct signer *signer, const struct signed_post *post);
