/*
 * dialect.c: IAM's sentences about a request's members do not repeat their values.
 */
#include "engine/dialect.h"

static const struct error bad_value = {.name = "MalformedInput", .status = 400, .sender = true};

const struct dialect IAM_DIALECT = {
    .no_key_sessions = true,
    .validate = validate_coral,
    .values_are_untold = true,
    .mismatch_sentence = coral_mismatch_sentence,
    .bad_value = &bad_value,
    .bad_value_sentence = coral_bad_value_sentence,
};
