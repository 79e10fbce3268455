#pragma once

/*
 * cbor.h: strict CBOR (RFC 8949) into a tree on an arena, and back out.
 *
 * Read: definite and indefinite lengths; floats of 16, 32 and 64 bits; tags.  Undefined reads as null.
 * Rejected: CBOR that is not well-formed, map keys that are not text, text that is not UTF-8, simple values
 * without a meaning, anything after the value, nesting deeper than LIMIT_CBOR_DEPTH, more than
 * LIMIT_CBOR_VALUES values.  Text and bytes in one piece borrow from the source, which must outlive the tree.
 *
 * This is our own code because libcbor (0.8 in Debian 12) takes each value from malloc, past an arena and its
 * budget, and does not check UTF-8.
 */
#include "base/text.h"

enum cbor_type {
    CBOR_UNSIGNED, /* number */
    CBOR_NEGATIVE, /* -1 - number */
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_FALSE,
    CBOR_TRUE,
    CBOR_NULL,
    CBOR_FLOAT,
};

struct cbor {
    enum cbor_type type;
    uint32_t count; /* of items or pairs */
    union {
        uint64_t number;
        double real;
        str text; /* of text and bytes */
        struct cbor *items;
        struct cbor_pair *pairs; /* in source order; a repeated key stays repeated */
        struct {
            uint64_t number;
            const struct cbor *value;
        } tag;
    };
};

struct cbor_pair {
    str key;
    struct cbor value;
};

/* NULL when the source is not exactly one complete value. */
const struct cbor *cbor_parse(struct arena *arena, str source);
/* The value of the last pair with that key; NULL when no pair has it, or when `map` is NULL or not a map. */
const struct cbor *cbor_get(const struct cbor *map, str key);
/* The value's text if it is text, else the absent str. */
str cbor_get_str(const struct cbor *map, str key);
/* False when the value is not an integer, or does not fit 64 bits. */
bool cbor_to_i64(const struct cbor *value, int64_t *number);
/* Any number; false when the value is not a number. */
bool cbor_to_double(const struct cbor *value, double *number);

/*
 * Each value takes its smallest form; floats take at least 32 bits, because many readers do not support
 * halves.
 */
void cbor_add_i64(struct text *text, int64_t value);
void cbor_add_double(struct text *text, double value);
void cbor_add_bool(struct text *text, bool value);
void cbor_add_null(struct text *text);
void cbor_add_text(struct text *text, str value); /* bytes that are not UTF-8 become U+FFFD */
void cbor_add_bytes(struct text *text, str value);
void cbor_add_tag(struct text *text, uint64_t number); /* the tagged value follows */
void cbor_add_array(struct text *text, size_t count);  /* its items follow */
void cbor_add_map(struct text *text, size_t count);    /* its keys and values follow, in turn */
/* A map whose size is not known in advance. */
void cbor_open_map(struct text *text);
void cbor_close_map(struct text *text);
