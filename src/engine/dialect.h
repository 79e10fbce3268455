#pragma once

/*
 * dialect.h: the differences between services that speak the same protocol.
 *
 * Each service has one dialect: `dialect NAME` in its model.  The engine has two, coral and plain; to add a
 * dialect, define <NAME>_DIALECT in the service's folder (dialect.c) and name it in its model.  To add a
 * habit, add a field here, use it where the protocols differ, and set it in that service's table.
 */
#include "engine/model.h"
#include "wire/form.h"
#include "wire/json.h"

struct call;
struct failure;

/* Requests that the front end refuses before the service sees them. */
enum refusal {
    REFUSAL_UNSIGNED,
    REFUSAL_UNKNOWN_KEY,
    REFUSAL_BAD_SIGNATURE,
    REFUSAL_INCOMPLETE,
    REFUSAL_EXPIRED,
    REFUSALS
};
/* The errors of the Query protocol for these; each protocol has its own (struct protocol). */
extern const struct error QUERY_REFUSALS[REFUSALS];

/* A JSON value that does not match the model. */
struct mismatch {
    const struct json *json;
    const struct shape *shape;
    bool in_collection; /* an item of a list or a map's value */
};

/* A form's field whose value does not have its member's type. */
struct form_mismatch {
    const struct shape *shape;
    str name, value;
};

/* A member of an operation's input that is missing or breaks its constraints, in the operation's words. */
struct reworded {
    const char *operation, *member;
    bool missing;
    bool alone; /* the sentence is the whole message: no other violation is reported beside it */
    const char *sentence;
};

/* What AWS shows in a value of that structure, after one of its members, and its model does not have. */
struct unmodelled {
    const char *shape, *after;
    const char *shown;
};

/* What a member is called instead. */
struct json_alias {
    const char *member, *name;
};

/* The clock_skew_ms of services that allow five minutes. */
enum { SHORT_CLOCK_SKEW_MS = 5 * 60 * 1000 };

struct dialect {
    const struct error *refusals; /* for every protocol; NULL: the protocol's own errors */
    bool no_key_sessions;         /* sessions of users and roots (without MFA) are refused */
    int64_t clock_skew_ms;        /* how far a signature's time may be from ours; 0: LIMIT_CLOCK_SKEW_MS */

    /* Check a decoded request against its shape.  False: the call has failed with the service's sentence. */
    bool (*validate)(const struct call *call, const struct shape *shape, const void *in);
    const char *const *first_members; /* texts of requests that are checked before everything else; ends with
                                         NULL; may be NULL */
    bool (*first_check)(const struct call *call, str text);         /* false: the call has failed */
    bool (*size_check)(const struct call *call, size_t body_bytes); /* of a body as it was sent; false: the
                                                                       call has failed; may be NULL */
    bool values_are_untold;     /* sentences leave out the value that breaks a constraint */
    bool null_items_are_untold; /* the sentence about a collection's items leaves out "not be null" */
    bool keys_may_be_arns;      /* a map's keys that are ARNs are left to the one who finds what they name */
    const struct reworded *reworded;     /* ends with one without an operation; may be NULL */
    const char *const *newer_operations; /* their sentences about sizes leave out the value, and name members
                                            as the model does; lists and maps are shown as JSON; ends with
                                            NULL; may be NULL */
    const char *const *enums_first;      /* operations that report wrong enums of their input without anything
                                            else; ends with NULL; may be NULL */
    const struct unmodelled *unmodelled; /* ends with one without a shape; may be NULL */

    /* JSON */
    str (*mismatch_sentence)(struct arena *arena, const struct service *service,
                             const struct mismatch *mismatch);
    str (*too_deep_sentence)(const struct call *call); /* for a ValidationException; may be NULL */
    int deep_levels; /* JSON may be nested so deeply, and AWS reads what is deeper than LIMIT_JSON_DEPTH by an
                        older layer, which does not know `reworded`; 0: it may not */
    bool cuts_fractions;     /* 1.5 is 1 for an integer; otherwise it is refused */
    bool unions_read_texts;  /* a union's booleans may be texts: "true", "yes" and "1", else false */
    bool query_error_header; /* x-amzn-query-error beside an error */
    bool crc32_header;       /* x-amz-crc32 over each body, as it is sent */
    bool packs_replies;      /* gzips large replies for clients that accept it */

    /* Query */
    void (*tidy_form)(struct arena *arena, str path, struct form *form); /* before decoding; may be NULL */
    const struct error *bad_value;
    str (*bad_value_sentence)(struct arena *arena, const struct form_mismatch *mismatch);
    str (*error_sentence)(const struct failure *failure); /* the sentence in XML; NULL: the failure's own */
    enum timestamp_format xml_moments;         /* in replies; TIMESTAMP_ISO8601: also milliseconds */
    const char *error_end;                     /* XML that closes each Error; may be NULL */
    const struct json_alias *query_json_names; /* in replies as JSON; ends with NULL; or NULL */
    /*
     * Is that the path of a resource, by which tidy_form completes a form?  Only operations with the member
     * that names the resource are valid there, and the one that finds a resource.  May be NULL.
     */
    bool (*is_resource_path)(str path);
    const char *resource_member, *resource_finder;

    /* REST-XML */
    bool bare_errors; /* Error is the root of the document, as S3 has it */
};

/* All violations of the model in one sentence: see validate.c. */
extern const struct dialect CORAL_DIALECT;
/* Only missing required members are refused here: the handlers check the rest. */
extern const struct dialect PLAIN_DIALECT;

/* Is the input as its model says?  False: fail() has been called. */
bool validate_coral(const struct call *call, const struct shape *shape, const void *in);
bool validate_plain(const struct call *call, const struct shape *shape, const void *in);
str coral_mismatch_sentence(struct arena *arena, const struct service *service,
                            const struct mismatch *mismatch);
str coral_bad_value_sentence(struct arena *arena, const struct form_mismatch *mismatch);

/* For sentences about a mismatch: NUMBER_VALUE; Integer, Long, Boolean, … */
str mismatch_token(const struct json *json);
str mismatch_type_name(const struct shape *shape);
