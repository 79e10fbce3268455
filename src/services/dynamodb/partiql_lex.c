/*
 * partiql_lex.c: the tokens of a PartiQL statement.
 *
 * Names in double quotes and strings in single quotes double the quote inside.  Comments are white space.
 */
#include "partiql_internal.h"

#include "base/text.h"

#include <string.h>

#define MALFORMED "Statement wasn't well formed, can't be processed: "

/* The words that structure a statement: as names they need quotes. */
static const char *const keywords[] = {
    "AND",    "AS",    "ASC",   "AT",      "BETWEEN", "BY",    "CASE",   "CAST",   "DELETE", "DESC",
    "EXISTS", "FALSE", "FROM",  "GROUP",   "HAVING",  "IN",    "INNER",  "INSERT", "INTO",   "IS",
    "JOIN",   "LIKE",  "LIMIT", "MISSING", "NOT",     "NULL",  "OR",     "ORDER",  "REMOVE", "RETURNING",
    "SELECT", "SET",   "TRUE",  "UNION",   "UPDATE",  "VALUE", "VALUES", "WHERE",
};

/* ---- tokens ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char char_at(str source, size_t at)
{
    return at < source.size ? source.data[at] : 0;
}

static bool begins(str source, size_t at, const char *text)
{
    return str_starts_with(str_from(source, at), str_of(text));
}

/* The end of the comment that begins there; the source's size + 1 when a block comment has no end. */
static size_t comment_end(str source, size_t at)
{
    bool block = source.data[at] == '/';
    ptrdiff_t length =
        block ? str_find(str_from(source, at + 2), S("*/")) : str_index(str_from(source, at), '\n');

    if (length < 0)
        return source.size + (block ? 1 : 0);
    return at + (size_t)length + (block ? 4 : 1);
}

static size_t blank_end(str source, size_t at)
{
    while (at < source.size) {
        if (begins(source, at, "--") || begins(source, at, "/*"))
            at = comment_end(source, at);
        else if (char_is_space(source.data[at]))
            at++;
        else
            break;
    }
    return at;
}

static size_t digits_end(str source, size_t at)
{
    while (is_digit(char_at(source, at)))
        at++;
    return at;
}

static size_t number_end(str source, size_t at)
{
    at = digits_end(source, at);
    if (char_at(source, at) == '.')
        at = digits_end(source, at + 1);
    if (char_at(source, at) != 'e' && char_at(source, at) != 'E')
        return at;
    size_t sign = char_at(source, at + 1) == '+' || char_at(source, at + 1) == '-' ? 1 : 0;
    return is_digit(char_at(source, at + 1 + sign)) ? digits_end(source, at + 1 + sign) : at;
}

static size_t word_end(str source, size_t at)
{
    while (is_letter(char_at(source, at)) || is_digit(char_at(source, at)))
        at++;
    return at;
}

static size_t symbol_end(str source, size_t at)
{
    static const char *const pairs[] = {"<<", ">>", "<=", ">=", "<>", "!=", "||"};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (begins(source, at, pairs[i]))
            return at + 2;
    return at + 1;
}

/* What quotes enclose, with each doubled quote as one. */
static str unquoted(struct arena *arena, str inside, char quote)
{
    struct text text = text_in(arena);

    text_reserve(&text, inside.size + 1);
    for (size_t i = 0; i < inside.size; i++) {
        text_add_char(&text, inside.data[i]);
        if (inside.data[i] == quote)
            i++;
    }
    return str_head(text_str(&text), text.size);
}

static struct pql_token quoted_token(const struct pql_parser *parser, size_t at)
{
    str source = parser->source;
    char quote = source.data[at];
    size_t end = at + 1;

    while (end < source.size && (source.data[end] != quote || char_at(source, end + 1) == quote))
        end += source.data[end] == quote ? 2 : 1;
    if (end >= source.size)
        return (struct pql_token){PQL_BAD, S(""), str_from(source, at)};
    str inside = {source.data + at + 1, end - at - 1};
    return (struct pql_token){quote == '"' ? PQL_NAME : PQL_STRING,
                              str_index(inside, quote) < 0 ? inside
                                                           : unquoted(parser->scope.arena, inside, quote),
                              {source.data + at, end + 1 - at}};
}

static struct pql_token token_at(const struct pql_parser *parser, size_t at)
{
    static const char symbols[] = "=<>!+-*/%,.()[]{}:?;";
    str source = parser->source;
    char c = char_at(source, at);
    enum pql_token_kind kind = PQL_SYMBOL;
    size_t end;

    if (at > source.size)
        return (struct pql_token){PQL_BAD, S(""), str_from(source, source.size)};
    if (at == source.size)
        return (struct pql_token){PQL_END, S(""), {source.data + at, 0}};
    if (c == '\'' || c == '"')
        return quoted_token(parser, at);
    if (is_letter(c)) {
        kind = PQL_WORD;
        end = word_end(source, at);
    } else if (is_digit(c) || (c == '.' && is_digit(char_at(source, at + 1)))) {
        kind = PQL_NUMBER;
        end = number_end(source, at);
    } else {
        end = symbol_end(source, at);
        kind = end == at + 2 || (c && strchr(symbols, c)) ? PQL_SYMBOL : PQL_BAD;
    }
    str text = {source.data + at, end - at};
    return (struct pql_token){kind, text, text};
}

void dynamodb_pql_begin(struct pql_parser *parser)
{
    parser->current = token_at(parser, blank_end(parser->source, 0));
}

void dynamodb_pql_advance(struct pql_parser *parser)
{
    str written = parser->current.written;
    size_t end = (size_t)(written.data - parser->source.data) + written.size;

    parser->current = token_at(parser, blank_end(parser->source, end));
}

bool dynamodb_pql_at_symbol(const struct pql_parser *parser, const char *symbol)
{
    return parser->current.kind == PQL_SYMBOL && str_equal(parser->current.text, str_of(symbol));
}

bool dynamodb_pql_at_word(const struct pql_parser *parser, const char *word)
{
    return parser->current.kind == PQL_WORD && str_equal_nocase(parser->current.text, str_of(word));
}

bool dynamodb_pql_at_keyword(const struct pql_parser *parser)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (dynamodb_pql_at_word(parser, keywords[i]))
            return true;
    return false;
}

bool dynamodb_pql_accept_symbol(struct pql_parser *parser, const char *symbol)
{
    if (!dynamodb_pql_at_symbol(parser, symbol))
        return false;
    dynamodb_pql_advance(parser);
    return true;
}

bool dynamodb_pql_accept_word(struct pql_parser *parser, const char *word)
{
    if (!dynamodb_pql_at_word(parser, word))
        return false;
    dynamodb_pql_advance(parser);
    return true;
}

/* ---- refusals ---- */

bool dynamodb_pql_refuse(struct pql_parser *parser, str sentence)
{
    *parser->problem = sentence;
    return false;
}

/* What cannot be read at all has no detail. */
bool dynamodb_pql_malformed(struct pql_parser *parser, const char *detail)
{
    return dynamodb_pql_refuse(parser, arena_format(parser->scope.arena, MALFORMED "%s",
                                                    parser->current.kind == PQL_BAD ? "" : detail));
}

/* Lines and columns count characters from 1. */
bool dynamodb_pql_refuse_at(struct pql_parser *parser, str sentence, str written)
{
    str before = str_head(parser->source, (size_t)(written.data - parser->source.data));
    ptrdiff_t last_line = str_last_index(before, '\n');
    size_t line = 1;

    for (size_t i = 0; i < before.size; i++)
        line += before.data[i] == '\n';
    return dynamodb_pql_refuse(
        parser,
        arena_format(parser->scope.arena, "%.*s at %zu:%zu:%zu", STR_ARGS(sentence), line,
                     str_characters(str_from(before, (size_t)(last_line + 1))) + 1, str_characters(written)));
}

bool dynamodb_pql_at_operator(const struct pql_parser *parser)
{
    static const char *const words[] = {"IS", "LIKE", "IN", "BETWEEN", "AND", "OR"};
    static const char *const symbols[] = {"=", "<>", "!=", "<", "<=", ">", ">="};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (dynamodb_pql_at_word(parser, words[i]))
            return true;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (dynamodb_pql_at_symbol(parser, symbols[i]))
            return true;
    return false;
}

bool dynamodb_pql_unexpected(struct pql_parser *parser)
{
    return dynamodb_pql_malformed(parser, dynamodb_pql_at_operator(parser)  ? "Unexpected operator"
                                          : dynamodb_pql_at_keyword(parser) ? "Unexpected keyword"
                                                                            : "Unexpected term");
}

bool dynamodb_pql_expect_symbol(struct pql_parser *parser, const char *symbol, const char *detail)
{
    return dynamodb_pql_accept_symbol(parser, symbol) || dynamodb_pql_malformed(parser, detail);
}

bool dynamodb_pql_expect_word(struct pql_parser *parser, const char *word, const char *detail)
{
    return dynamodb_pql_accept_word(parser, word) || dynamodb_pql_malformed(parser, detail);
}

bool dynamodb_pql_deeper(struct pql_parser *parser)
{
    return ++parser->depth <= MAX_STATEMENT_DEPTH ||
           dynamodb_pql_malformed(parser, "The statement is nested too deeply");
}
