/*
 * dialect.c: CloudWatch's errors have the codes of the Query protocol in a header, whatever protocol the
 * client speaks.  Two operations refuse large requests.
 */
#include "engine/dialect.h"

#include "cloudwatch_model.h"
#include "engine/call.h"

enum { MOST_PUT_BYTES = 1048576, MOST_GET_BYTES = 614400 };

static const struct error malformed_input = {.name = "MalformedInput", .status = 400, .sender = true};

static const struct error too_large = {.name = "RequestEntityTooLarge", .status = 413, .sender = true};

static bool size_check(const struct call *call, size_t body_bytes)
{
    size_t most = call->operation == &CLOUDWATCH_PUT_METRIC_DATA   ? MOST_PUT_BYTES
                  : call->operation == &CLOUDWATCH_GET_METRIC_DATA ? MOST_GET_BYTES
                                                                   : body_bytes;

    if (body_bytes <= most)
        return true;
    fail(call, &too_large, "Request size %zu exceeded %zu bytes", body_bytes, most);
    return false;
}

const struct dialect CLOUDWATCH_DIALECT = {
    .clock_skew_ms = SHORT_CLOCK_SKEW_MS,
    .refusals = QUERY_REFUSALS,
    .validate = validate_coral,
    .mismatch_sentence = coral_mismatch_sentence,
    .query_error_header = true,
    .size_check = size_check,
    .xml_moments = TIMESTAMP_ISO8601,
    .bad_value = &malformed_input,
    .bad_value_sentence = coral_bad_value_sentence,
};
