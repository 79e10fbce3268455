/*
 * dialect.c: CloudWatch's errors have the codes of the Query protocol in a header, whatever protocol the
 * client speaks.
 */
#include "engine/dialect.h"

#include "engine/call.h"

static const struct error malformed_input = {.name = "MalformedInput", .status = 400, .sender = true};

const struct dialect CLOUDWATCH_DIALECT = {
    .refusals = QUERY_REFUSALS,
    .validate = validate_coral,
    .mismatch_sentence = coral_mismatch_sentence,
    .query_error_header = true,
    .bad_value = &malformed_input,
    .bad_value_sentence = coral_bad_value_sentence,
};
