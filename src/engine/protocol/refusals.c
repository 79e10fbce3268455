/*
 * refusals.c: the front end's refusals, in the words of each family of protocols.
 *
 * To add a refusal, add it to enum refusal in dialect.h, and its error to each table here.
 */
#include "engine/protocol/protocol_internal.h"

#define REFUSAL(error_name, http_status)                                                                     \
    {                                                                                                        \
        .name = (error_name), .query_code = (error_name), .status = (http_status), .sender = true            \
    }

#define JSON_REFUSAL(error_name)                                                                             \
    {                                                                                                        \
        .name = (error_name), .query_code = (error_name), .status = 400, .sender = true,                     \
        .prefix = "com.amazon.coral.service#"                                                                \
    }

const struct error JSON_REFUSALS[REFUSALS] = {
    [REFUSAL_UNSIGNED] = JSON_REFUSAL("MissingAuthenticationTokenException"),
    [REFUSAL_UNKNOWN_KEY] = JSON_REFUSAL("UnrecognizedClientException"),
    [REFUSAL_BAD_SIGNATURE] = JSON_REFUSAL("InvalidSignatureException"),
    [REFUSAL_INCOMPLETE] = JSON_REFUSAL("IncompleteSignatureException"),
    [REFUSAL_EXPIRED] = JSON_REFUSAL("ExpiredTokenException"),
};

const struct error QUERY_REFUSALS[REFUSALS] = {
    [REFUSAL_UNSIGNED] = REFUSAL("MissingAuthenticationToken", 403),
    [REFUSAL_UNKNOWN_KEY] = REFUSAL("InvalidClientTokenId", 403),
    [REFUSAL_BAD_SIGNATURE] = REFUSAL("SignatureDoesNotMatch", 403),
    [REFUSAL_INCOMPLETE] = REFUSAL("IncompleteSignature", 400),
    [REFUSAL_EXPIRED] = REFUSAL("ExpiredToken", 403),
};

const struct error REST_JSON_REFUSALS[REFUSALS] = {
    [REFUSAL_UNSIGNED] = REFUSAL("MissingAuthenticationTokenException", 403),
    [REFUSAL_UNKNOWN_KEY] = REFUSAL("UnrecognizedClientException", 403),
    [REFUSAL_BAD_SIGNATURE] = REFUSAL("InvalidSignatureException", 403),
    [REFUSAL_INCOMPLETE] = REFUSAL("IncompleteSignatureException", 403),
    [REFUSAL_EXPIRED] = REFUSAL("ExpiredTokenException", 403),
};
