/*
 * dialect.c: a name that is too long is refused before everything else, in words of CloudWatch Logs' own.
 */
#include "engine/dialect.h"

#include "engine/call.h"
#include "logs_model.h"

enum { MAX_NAME = 512 };

static bool name_check(const struct call *call, str name)
{
    if (str_characters(name) <= MAX_NAME)
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
         "Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
    return false;
}

static const char *const first_members[] = {"logGroupName", "logStreamName", NULL};

const struct dialect LOGS_DIALECT = {
    .clock_skew_ms = SHORT_CLOCK_SKEW_MS,
    .validate = validate_coral,
    .first_members = first_members,
    .first_check = name_check,
    .mismatch_sentence = coral_mismatch_sentence,
};
