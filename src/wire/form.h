#pragma once

/*
 * form.h: application/x-www-form-urlencoded, as the Query protocol and query strings use it.
 */
#include "base/text.h"

struct form_field {
    str name, value;
};

struct form {
    struct form_field *items;
    size_t count;
};

/*
 * False on a bad percent escape, invalid UTF-8 or more than LIMIT_FORM_FIELDS.  '+' is a space; a piece
 * without '=' has an empty value.  Text without escapes borrows from the source.
 */
bool form_parse(struct arena *arena, str source, struct form *form);
/*
 * A query that anybody may have written: a bad escape is kept as it is, invalid UTF-8 is not found, and the
 * head in which the query came bounds its fields.
 */
struct form form_read_query(struct arena *arena, str query);
/* The first value of that name, or the absent str. */
str form_get(const struct form *form, str name);
/* Appends `name=value`, with '&' before all but the first. */
void form_add(struct text *text, str name, str value);
