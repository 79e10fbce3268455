#pragma once

/*
 * dialect.h: what differs between services that speak the same protocol.
 *
 * Each service has one dialect: `dialect NAME` in its model.  The engine has two, coral and plain; a service
 * with habits of its own defines <NAME>_DIALECT in its folder (dialect.c) and calls that name in its model.
 * To add a habit: a field here, its use where the protocols differ, and its value in that service's table.
 */
#include "engine/model.h"
#include "wire/form.h"
#include "wire/json.h"

struct call;

/* What the front end refuses before it asks the service. */
enum refusal {
    REFUSAL_UNSIGNED,
    REFUSAL_UNKNOWN_KEY,
    REFUSAL_BAD_SIGNATURE,
    REFUSAL_INCOMPLETE,
    REFUSAL_EXPIRED,
    REFUSALS
};
/* The refusals of the Query protocol; each protocol has its own (struct protocol). */
extern const struct error QUERY_REFUSALS[REFUSALS];

/* A JSON value that is not what the model says. */
struct mismatch {
    const struct json *json;
    const struct shape *shape;
    bool in_collection; /* an item of a list or a map's value */
};

/* A form's field whose value is not of its member's type. */
struct form_mismatch {
    const struct shape *shape;
    str name, value;
};

struct dialect {
    const struct error *refusals; /* in every protocol; NULL: the protocol's own */

    /* Check a decoded request against its shape.  False: the call has failed with the service's sentence. */
    bool (*validate)(const struct call *call, const struct shape *shape, const void *in);
    bool null_items_are_untold; /* the sentence about a collection's items does not say "not be null" */

    /* JSON */
    str (*mismatch_sentence)(struct arena *arena, const struct service *service,
                             const struct mismatch *mismatch);
    bool cuts_fractions;     /* 1.5 is a 1 where an integer is asked for */
    bool query_error_header; /* x-amzn-query-error beside an error */
    bool crc32_header;       /* x-amz-crc32 over each body, as it is sent */
    bool packs_replies;      /* gzips large ones for clients that ask for it */

    /* Query */
    void (*tidy_form)(struct arena *arena, str path, struct form *form); /* before decoding; may be NULL */
    const struct error *bad_value;
    str (*bad_value_sentence)(struct arena *arena, const struct form_mismatch *mismatch);
    const char *error_end; /* XML that closes each Error; may be NULL */

    /* REST-XML */
    bool bare_errors; /* Error is the root of the document, as S3 has it */
};

/* Everything that breaks the model, in one sentence: see validate.c. */
extern const struct dialect CORAL_DIALECT;
/* Only what is required and missing is refused: the handlers say the rest. */
extern const struct dialect PLAIN_DIALECT;

bool validate_coral(const struct call *call, const struct shape *shape, const void *in);
bool validate_plain(const struct call *call, const struct shape *shape, const void *in);
str coral_mismatch_sentence(struct arena *arena, const struct service *service,
                            const struct mismatch *mismatch);
str coral_bad_value_sentence(struct arena *arena, const struct form_mismatch *mismatch);

/* For sentences about a mismatch: NUMBER_VALUE; Integer, Long, Boolean, … */
str mismatch_token(const struct json *json);
str mismatch_type_name(const struct shape *shape);
