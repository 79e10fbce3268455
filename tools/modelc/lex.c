/*
 * lex.c: a model's text into lines of words.
 *
 * A word is a run of characters other than white space, '<', '>', ',' and '"'; '<', '>' and ',' are words of
 * one character; a quoted word may contain all of them.  Inside quotes a backslash is an ordinary character,
 * except before a quote: patterns are full of backslashes.  '#' at the beginning of a word starts a comment.
 */
#include "modelc.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_word(char c)
{
    return is_space(c) || strchr("<>,\"", c) != NULL;
}

/* *rest begins just after the opening quote, and is moved past the closing one. */
static bool lex_quoted(struct model *model, int line, str *rest, str *word)
{
    struct text text = text_in(model->arena);
    size_t i = 0;

    for (; i < rest->size && rest->data[i] != '"'; i++) {
        if (rest->data[i] == '\\' && i + 1 < rest->size && rest->data[i + 1] == '"')
            i++;
        text_add_char(&text, rest->data[i]);
    }
    if (i == rest->size)
        return complain(model, line, "The quote is not closed on its line.");
    *rest = str_from(*rest, i + 1);
    *word = text_str(&text);
    return true;
}

static str cut_word(str *rest)
{
    size_t size = 1;

    if (!ends_word(rest->data[0]))
        while (size < rest->size && !ends_word(rest->data[size]))
            size++;
    str word = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return word;
}

static void lex_line(struct model *model, str rest, struct line *line)
{
    while (rest.size > 0) {
        if (is_space(rest.data[0])) {
            rest = str_from(rest, 1);
            continue;
        }
        if (rest.data[0] == '#')
            return;

        struct word word = {.quoted = rest.data[0] == '"'};
        if (word.quoted) {
            rest = str_from(rest, 1);
            if (!lex_quoted(model, line->number, &rest, &word.text))
                return;
        } else {
            word.text = cut_word(&rest);
        }
        *list_add(model->arena, line) = word;
    }
}

struct lines lex(struct model *model)
{
    struct lines lines = {0};
    str rest = model->source, text;

    for (int number = 1; str_next(&rest, '\n', &text); number++) {
        struct line line = {.number = number, .indented = text.size > 0 && is_space(text.data[0])};

        lex_line(model, text, &line);
        if (line.count > 0)
            *list_add(model->arena, &lines) = line;
    }
    return lines;
}
