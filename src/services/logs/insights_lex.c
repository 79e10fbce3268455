/*
 * insights_lex.c: the words of a query.
 *
 * A name may have parts: a.b, a[0].b and a.`b-c`; they are one name, "a.0.b".  "#" begins a comment, up to
 * the end of the line.
 */
#include "insights_program.h"

static const char *const pairs[] = {"!=", "<=", ">=", "=~"};

static char at(const struct insights_parser *parser, size_t index)
{
    return index < parser->text.size ? parser->text.data[index] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c == '`' ||
           (unsigned char)c >= 0x80;
}

static bool is_in_name(char c)
{
    return (begins_name(c) && c != '`') || is_digit(c);
}

static size_t skip_blank(const struct insights_parser *parser, size_t index)
{
    while (char_is_space(at(parser, index)) || at(parser, index) == '#') {
        bool comment = at(parser, index) == '#';
        index++;
        while (comment && index < parser->text.size && at(parser, index) != '\n')
            index++;
    }
    return index;
}

bool logs_insights_complain(struct insights_parser *parser, const struct insights_token *token, str message)
{
    if (!str_present(parser->problem->message))
        *parser->problem =
            (struct insights_problem){.message = message, .start = token->start, .end = token->end};
    parser->token = (struct insights_token){.kind = TOKEN_END, .start = token->start, .end = token->end};
    return false;
}

/* "line 2 and position 5" of an offset, both from 1. */
static str place_of(struct arena *arena, str text, size_t offset)
{
    size_t line = 1, position = 1;

    for (size_t i = 0; i < offset && i < text.size; i++) {
        position = text.data[i] == '\n' ? 1 : position + 1;
        line += text.data[i] == '\n';
    }
    return arena_format(arena, "line %zu and position %zu", line, position);
}

bool logs_insights_unexpected(struct insights_parser *parser)
{
    const struct insights_token *token = &parser->token;
    str symbol = str_head(str_from(parser->text, token->start), token->end - token->start);
    str place = place_of(parser->arena, parser->text, token->start);

    if (token->kind == TOKEN_END)
        return logs_insights_complain(
            parser, token,
            arena_format(parser->arena, "unexpected end of the query at %.*s", STR_ARGS(place)));
    return logs_insights_complain(parser, token,
                                  arena_format(parser->arena, "unexpected symbol found %.*s at %.*s",
                                               STR_ARGS(symbol), STR_ARGS(place)));
}

static void set(struct insights_parser *parser, enum insights_token_kind kind, size_t start, size_t end)
{
    parser->token = (struct insights_token){
        .kind = kind, .start = start, .end = end, .text = {parser->text.data + start, end - start}};
}

/* ---- strings ---- */

/* The content up to the quote; a backslash before a quote or a backslash stands for that character. */
static void lex_string(struct insights_parser *parser, size_t start)
{
    struct text content = text_in(parser->arena);
    char quote = at(parser, start);
    size_t index = start + 1;

    for (; index < parser->text.size && at(parser, index) != quote; index++) {
        char next = at(parser, index + 1);
        if (at(parser, index) == '\\' && (next == '"' || next == '\'' || next == '\\'))
            index++;
        text_add_char(&content, at(parser, index));
    }
    set(parser, TOKEN_STRING, start, index < parser->text.size ? index + 1 : index);
    parser->token.text = text_str(&content);
    if (index >= parser->text.size)
        logs_insights_unexpected(parser);
}

bool logs_insights_take_regex(struct insights_parser *parser, str *regex)
{
    size_t start = parser->token.start + 1, end = start;

    while (end < parser->text.size && at(parser, end) != '/')
        end += at(parser, end) == '\\' ? 2 : 1;
    if (end >= parser->text.size)
        return logs_insights_unexpected(parser);
    *regex = str_head(str_from(parser->text, start), end - start);
    parser->token.end = end + 1;
    logs_insights_next(parser);
    return true;
}

/* ---- names ---- */

/* One part of a name, from `index` on; returns its end, or `index` without a part. */
static size_t lex_part(struct insights_parser *parser, size_t index, struct text *name)
{
    size_t end = index;

    if (at(parser, index) == '`') {
        ptrdiff_t size = str_index(str_from(parser->text, index + 1), '`');
        if (size <= 0)
            return index;
        text_add(name, str_head(str_from(parser->text, index + 1), (size_t)size));
        return index + (size_t)size + 2;
    }
    while (is_in_name(at(parser, end)))
        end++;
    text_add(name, str_head(str_from(parser->text, index), end - index));
    return end;
}

/* "[0]" after a name; returns its end, or `index`. */
static size_t lex_index(struct insights_parser *parser, size_t index, struct text *name)
{
    size_t end = index + 1;

    while (is_digit(at(parser, end)))
        end++;
    if (at(parser, index) != '[' || end == index + 1 || at(parser, end) != ']')
        return index;
    text_add_char(name, '.');
    text_add(name, str_head(str_from(parser->text, index + 1), end - index - 1));
    return end + 1;
}

static size_t lex_further_part(struct insights_parser *parser, size_t index, struct text *name)
{
    char next = at(parser, index + 1);

    if (at(parser, index) != '.' || !(begins_name(next) || is_digit(next)))
        return lex_index(parser, index, name);
    text_add_char(name, '.');
    return lex_part(parser, index + 1, name);
}

static void lex_name(struct insights_parser *parser, size_t start)
{
    struct text name = text_in(parser->arena);
    bool quoted = at(parser, start) == '`';
    size_t end = lex_part(parser, start, &name), further;

    while (end > start && (further = lex_further_part(parser, end, &name)) > end)
        end = further;
    set(parser, TOKEN_NAME, start, end > start ? end : start + 1);
    if (end == start) {
        logs_insights_unexpected(parser);
        return;
    }
    parser->token.text = text_str(&name);
    parser->token.quoted = quoted;
}

/* ---- the rest ---- */

static void lex_number(struct insights_parser *parser, size_t start)
{
    size_t end = start;

    while (is_digit(at(parser, end)))
        end++;
    if (at(parser, end) == '.' && is_digit(at(parser, end + 1)))
        for (end++; is_digit(at(parser, end));)
            end++;
    set(parser, TOKEN_NUMBER, start, end);
}

static void lex_symbol(struct insights_parser *parser, size_t start)
{
    size_t size = 1;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (at(parser, start) == pairs[i][0] && at(parser, start + 1) == pairs[i][1])
            size = 2;
    set(parser, TOKEN_SYMBOL, start, start + size);
}

void logs_insights_next(struct insights_parser *parser)
{
    size_t start = skip_blank(parser, parser->token.end);
    char first = at(parser, start);

    if (str_present(parser->problem->message))
        return;
    if (start >= parser->text.size)
        set(parser, TOKEN_END, parser->text.size, parser->text.size);
    else if (first == '"' || first == '\'')
        lex_string(parser, start);
    else if (begins_name(first))
        lex_name(parser, start);
    else if (is_digit(first) || (first == '.' && is_digit(at(parser, start + 1))))
        lex_number(parser, start);
    else
        lex_symbol(parser, start);
}

bool logs_insights_is_word(const struct insights_parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_NAME && !parser->token.quoted &&
           str_equal_nocase(parser->token.text, str_of(word));
}

bool logs_insights_is_symbol(const struct insights_parser *parser, const char *symbol)
{
    return parser->token.kind == TOKEN_SYMBOL && str_equal(parser->token.text, str_of(symbol));
}

bool logs_insights_take_word(struct insights_parser *parser, const char *word)
{
    if (!logs_insights_is_word(parser, word))
        return false;
    logs_insights_next(parser);
    return true;
}

bool logs_insights_take_symbol(struct insights_parser *parser, const char *symbol)
{
    if (!logs_insights_is_symbol(parser, symbol))
        return false;
    logs_insights_next(parser);
    return true;
}
