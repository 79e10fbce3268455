#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * orderly_json.h: a strict JSON reader and a text builder, for handlers.
 *
 * The reader accepts exactly RFC 8259: invalid UTF-8, lone surrogates, trailing text and nesting deeper than
 * 100 are refused.  Numbers stay text, so that no digit is lost.
 */

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    enum json_kind kind;
    const char *text; /* a string's UTF-8 or a number as written; a NUL follows it */
    size_t length;    /* of text; a string may hold a NUL itself */
    const char *name; /* of an object's member, as text; else NULL */
    size_t name_length;
    const struct json *first; /* an array's or object's first element */
    const struct json *next;  /* the next element of the same array or object */
};

/* Where values are kept.  Starts as {0}, is reused after json_clear(), ends with json_release(). */
struct json_memory {
    struct json_block *blocks;
};

/* The value of `text`, or NULL if it is not JSON.  Lives in `memory`. */
const struct json *json_read(struct json_memory *memory, const char *text, size_t length);

void json_clear(struct json_memory *memory);
void json_release(struct json_memory *memory);

/* The last member of that name; NULL if no member has it, or if `object` is not an object. */
const struct json *json_member(const struct json *object, const char *name);

/* A string's text; NULL if `value` is NULL, is not a string, or contains a NUL. */
const char *json_string(const struct json *value);

/*
 * A text that grows.  Starts as {0}; `data` ends with a NUL once anything was added.  A text that is kept is
 * begun again by a `length` of 0.
 */
struct json_text {
    char *data;
    size_t length;
    size_t capacity;
};

void json_add(struct json_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds the texts that follow, up to a NULL.  Like the next two, it costs a fraction of json_add(). */
void json_add_texts(struct json_text *text, ...) __attribute__((sentinel));
void json_add_bytes(struct json_text *text, const char *bytes, size_t length);
void json_add_integer(struct json_text *text, int64_t value);

/* Adds a quoted, escaped string; `value` is UTF-8. */
void json_add_string(struct json_text *text, const char *value, size_t length);

void json_text_release(struct json_text *text);
