#pragma once

/*
 * json.h: strict JSON (RFC 8259) into a tree on an arena, and back out.
 *
 * Rejected: invalid UTF-8, lone surrogates, control characters in strings, duplicate commas,
 * numbers outside the grammar, anything after the value, nesting deeper than LIMIT_JSON_DEPTH.
 * Numbers stay text, so that nothing of them is lost.  Strings without escapes borrow from the
 * source, which must outlive the tree.
 */
#include "base/text.h"

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    uint32_t count; /* of items or members */
    union {
        str text; /* of a string (unescaped) or a number (as written) */
        struct json *items;
        struct json_member *members; /* in source order; a repeated name stays repeated */
    };
};

struct json_member {
    str name;
    struct json value;
};

/*
 * NULL when the text is not JSON; *error_at (error_at may be NULL) is then the offset of the first wrong
 * byte.
 */
const struct json *json_parse(struct arena *arena, str source, size_t *error_at);

/* The same for a text that may be nested `levels` deep, which the caller's stack must bear. */
const struct json *json_parse_deep(struct arena *arena, str source, int levels);

/* Is a text that json_parse() refuses nested deeper than LIMIT_JSON_DEPTH? */
bool json_is_too_deep(str source);

/* The last member of that name; NULL when no member has it, or when `object` is NULL or not an object. */
const struct json *json_get(const struct json *object, str name);
/* The value's text if it is a string, else the absent str. */
str json_get_str(const struct json *object, str name);
bool json_is(const struct json *value, enum json_type type);

/* Does any object in the value, at any depth, name a member twice? */
bool json_has_repeats(struct arena *arena, const struct json *value);

/*
 * Compact JSON.  The caller opens and closes objects and arrays; the writer puts the commas.  Bytes of a text
 * that are not UTF-8 become U+FFFD.
 */
struct json_writer {
    struct text text;
    bool need_comma;
};

struct json_writer json_writer_in(struct arena *arena);
void json_open_object(struct json_writer *writer);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);
void json_name(struct json_writer *writer, str name);
void json_string(struct json_writer *writer, str value);
/* A string: the bytes in base64. */
void json_bytes(struct json_writer *writer, str bytes);
void json_i64(struct json_writer *writer, int64_t value);
/* The shortest text that reads back as the same double; integral values without a point. */
void json_double(struct json_writer *writer, double value);
void json_bool(struct json_writer *writer, bool value);
void json_null(struct json_writer *writer);
/* Text that is JSON already: copied as it is. */
void json_raw(struct json_writer *writer, str json);
void json_value(struct json_writer *writer, const struct json *value);
str json_written(const struct json_writer *writer);
/* The same JSON text, with escapes for U+FFFE and U+FFFF, which strings may have and XML cannot carry. */
str json_for_xml(struct arena *arena, str json);

/* A name and a string value, skipped when the value is absent. */
void json_field(struct json_writer *writer, str name, str value);
void json_i64_field(struct json_writer *writer, str name, int64_t value);
