/*
 * log_pattern.c: reading patterns of terms, and matching messages against them.
 */
#include "log_pattern.h"

#include "base/list.h"
#include "base/text.h"

#include <string.h>

static str skip_spaces(str text)
{
    while (!str_empty(text) && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n'))
        text = str_from(text, 1);
    return text;
}

/* Cut a phrase off *rest, which begins with its quote.  Inside, a backslash says that a quote is meant. */
static bool take_phrase(struct arena *arena, str *rest, str *phrase)
{
    struct text text = text_in(arena);
    size_t i = 1;

    for (; i < rest->size && rest->data[i] != '"'; i++) {
        if (rest->data[i] == '\\' && i + 1 < rest->size &&
            (rest->data[i + 1] == '"' || rest->data[i + 1] == '\\'))
            i++;
        text_add_char(&text, rest->data[i]);
    }
    if (i == rest->size)
        return false;
    *phrase = text_str(&text);
    *rest = str_from(*rest, i + 1);
    return true;
}

/* Bytes above 7F are letters of other alphabets. */
static bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (unsigned char)c > 0x7f;
}

/* Anything else has to stand in quotes. */
static bool take_word(str *rest, str *word)
{
    size_t size = 0;

    while (size < rest->size && is_word_character(rest->data[size]))
        size++;
    *word = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return size > 0;
}

static enum term_kind take_kind(str *rest)
{
    enum term_kind kind = rest->data[0] == '?'   ? TERM_OPTIONAL
                          : rest->data[0] == '-' ? TERM_EXCLUDED
                                                 : TERM_REQUIRED;

    if (kind != TERM_REQUIRED)
        *rest = str_from(*rest, 1);
    return kind;
}

static bool terms_parse(struct arena *arena, str rest, struct pattern *pattern)
{
    for (rest = skip_spaces(rest); !str_empty(rest); rest = skip_spaces(rest)) {
        struct term term = {.kind = take_kind(&rest)};
        bool quoted = !str_empty(rest) && rest.data[0] == '"';

        if (!(quoted ? take_phrase(arena, &rest, &term.text) : take_word(&rest, &term.text)))
            return false;
        pattern->only_optional = pattern->only_optional && term.kind == TERM_OPTIONAL;
        *list_add(arena, &pattern->terms) = term;
    }
    return true;
}

bool log_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem)
{
    char first = str_empty(skip_spaces(text)) ? ' ' : skip_spaces(text).data[0];

    *pattern = (struct pattern){.only_optional = true};
    if (first == '{' || first == '[' || first == '%') {
        *problem = first == '{'   ? S("JSON filter patterns are not supported yet")
                   : first == '[' ? S("Space-delimited filter patterns are not supported yet")
                                  : S("Regular expressions in filter patterns are not supported yet");
        return false;
    }
    if (terms_parse(arena, text, pattern))
        return true;
    *problem = S("Invalid filter pattern");
    return false;
}

static bool contains(str message, str text)
{
    return str_empty(text) || memmem(message.data, message.size, text.data, text.size) != NULL;
}

/* Beside other terms, optional ones have no say. */
bool log_pattern_matches(const struct pattern *pattern, str message)
{
    for (size_t i = 0; i < pattern->terms.count; i++) {
        const struct term *term = &pattern->terms.items[i];
        if (term->kind == TERM_OPTIONAL && !pattern->only_optional)
            continue;
        bool found = contains(message, term->text);
        if (term->kind == TERM_OPTIONAL && found)
            return true;
        if (term->kind != TERM_OPTIONAL && found != (term->kind == TERM_REQUIRED))
            return false;
    }
    return !pattern->only_optional || pattern->terms.count == 0;
}
