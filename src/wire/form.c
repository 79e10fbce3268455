/*
 * form.c: name=value pairs; text without escapes is borrowed, not copied.
 */
#include "wire/form.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/utf8.h"
#include "wire/percent.h"

static bool decode(struct arena *arena, str text, str *decoded)
{
    if (str_index(text, '%') < 0 && str_index(text, '+') < 0)
        *decoded = str_present(text) ? text : S("");
    else if (!percent_decode(arena, text, true, decoded))
        return false;
    return utf8_valid(*decoded);
}

/* The next name and value, still encoded.  False: the source is at its end. */
static bool next_pair(str *rest, str *name, str *value)
{
    while (str_next(rest, '&', value)) {
        if (str_empty(*value))
            continue;
        str_next(value, '=', name);
        return true;
    }
    return false;
}

bool form_parse(struct arena *arena, str source, struct form *form)
{
    str rest = source, name, value;

    *form = (struct form){0};
    while (next_pair(&rest, &name, &value)) {
        if (form->count == LIMIT_FORM_FIELDS)
            return false;
        struct form_field *field = list_add(arena, form);
        if (!decode(arena, name, &field->name) || !decode(arena, value, &field->value))
            return false;
    }
    return true;
}

struct form form_read_query(struct arena *arena, str query)
{
    struct form form = {0};
    str rest = query, name, value;

    while (next_pair(&rest, &name, &value))
        *list_add(arena, &form) = (struct form_field){.name = percent_decode_loosely(arena, name),
                                                      .value = percent_decode_loosely(arena, value)};
    return form;
}

str form_get(const struct form *form, str name)
{
    for (size_t i = 0; i < form->count; i++)
        if (str_equal(form->items[i].name, name))
            return form->items[i].value;
    return (str){0};
}

static void encode(struct text *text, str value)
{
    char *start = text_reserve(text, value.size * 3 + 1), *to = start;

    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (percent_unreserved(c))
            *to++ = c;
        else if (c == ' ')
            *to++ = '+';
        else
            to = percent_escape(to, c);
    }
    text_grew(text, (size_t)(to - start));
}

void form_add(struct text *text, str name, str value)
{
    if (text->size > 0)
        text_add_char(text, '&');
    encode(text, name);
    text_add_char(text, '=');
    encode(text, value);
}
