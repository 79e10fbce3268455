/*
 * expression_lex.c: an expression's tokens, and the sentence for one in the wrong place.
 */
#include "expression_internal.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_part(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static size_t run(str source, size_t from, bool (*belongs)(char c))
{
    while (from < source.size && belongs(source.data[from]))
        from++;
    return from;
}

static size_t size_of_symbol(str rest)
{
    return str_starts_with(rest, S("<>")) || str_starts_with(rest, S("<=")) || str_starts_with(rest, S(">="))
               ? 2
               : str_character_size(rest, 0);
}

/* The token at or after this offset. */
static struct token token_at(str source, size_t at)
{
    while (at < source.size && (source.data[at] == ' ' || source.data[at] == '\t' ||
                                source.data[at] == '\r' || source.data[at] == '\n'))
        at++;
    str rest = str_from(source, at);
    if (str_empty(rest))
        return (struct token){TOKEN_END, rest};

    char c = rest.data[0];
    if (is_letter(c))
        return (struct token){TOKEN_WORD, str_head(rest, run(rest, 1, is_part))};
    if (is_digit(c)) /* without leading zeros: 01 is two numbers */
        return (struct token){TOKEN_NUMBER, str_head(rest, c == '0' ? 1 : run(rest, 1, is_digit))};
    if (c == '#' || c == ':')
        return (struct token){c == '#' ? TOKEN_NAME : TOKEN_VALUE, str_head(rest, run(rest, 1, is_part))};
    return (struct token){TOKEN_SYMBOL, str_head(rest, size_of_symbol(rest))};
}

static size_t end_of(const struct parser *parser, const struct token *token)
{
    return (size_t)(token->text.data - parser->source.data) + token->text.size;
}

bool dynamodb_parser_begin(struct parser *parser, struct scope *scope, str source, str *problem)
{
    *parser = (struct parser){.scope = scope, .source = source, .problem = problem};
    if (source.size > MAX_EXPRESSION_BYTES) {
        *problem =
            arena_format(scope->arena, DYNAMODB_EXPRESSION_TOO_LARGE " expression size: %zu", source.size);
        return false;
    }
    parser->current = token_at(source, 0);
    parser->previous = (struct token){TOKEN_END, str_head(parser->current.text, 0)};
    if (parser->current.kind != TOKEN_END)
        return true;
    *problem = S("The expression can not be empty;");
    return false;
}

void dynamodb_parser_advance(struct parser *parser)
{
    parser->previous = parser->current;
    parser->current = token_at(parser->source, end_of(parser, &parser->current));
}

bool dynamodb_parser_at_symbol(const struct parser *parser, const char *symbol)
{
    return parser->current.kind == TOKEN_SYMBOL && str_equal(parser->current.text, str_of(symbol));
}

bool dynamodb_parser_at_word(const struct parser *parser, const char *word)
{
    return parser->current.kind == TOKEN_WORD && str_equal_nocase(parser->current.text, str_of(word));
}

bool dynamodb_parser_accept_symbol(struct parser *parser, const char *symbol)
{
    if (!dynamodb_parser_at_symbol(parser, symbol))
        return false;
    dynamodb_parser_advance(parser);
    return true;
}

bool dynamodb_parser_accept_word(struct parser *parser, const char *word)
{
    if (!dynamodb_parser_at_word(parser, word))
        return false;
    dynamodb_parser_advance(parser);
    return true;
}

bool dynamodb_parser_expect_symbol(struct parser *parser, const char *symbol)
{
    return dynamodb_parser_accept_symbol(parser, symbol) || dynamodb_parser_refuse(parser);
}

bool dynamodb_parser_at_operator_word(const struct parser *parser)
{
    return dynamodb_parser_at_word(parser, "AND") || dynamodb_parser_at_word(parser, "OR") ||
           dynamodb_parser_at_word(parser, "NOT") || dynamodb_parser_at_word(parser, "BETWEEN") ||
           dynamodb_parser_at_word(parser, "IN");
}

/* AWS counts only up to the first operator too many. */
bool dynamodb_parser_check_whole(const struct parser *parser)
{
    if (parser->operators > MAX_OPERATORS)
        *parser->problem =
            arena_format(parser->scope->arena,
                         "The expression contains too many operators; operator count: %d", MAX_OPERATORS + 1);
    else if (parser->redundant_parentheses)
        *parser->problem = S("The expression has redundant parentheses;");
    else
        return true;
    return false;
}

/* AWS shows the token with its neighbours, as they are written. */
bool dynamodb_parser_refuse(struct parser *parser)
{
    struct token next = token_at(parser->source, end_of(parser, &parser->current));
    bool at_end = parser->current.kind == TOKEN_END;
    const char *begin = parser->previous.text.data;
    const char *end = at_end ? begin + parser->previous.text.size : next.text.data + next.text.size;

    if (!at_end && next.kind == TOKEN_END)
        end = parser->current.text.data + parser->current.text.size;
    *parser->problem = arena_format(parser->scope->arena, "Syntax error; token: \"%.*s\", near: \"%.*s\"",
                                    at_end ? 5 : (int)parser->current.text.size,
                                    at_end ? "<EOF>" : parser->current.text.data, (int)(end - begin), begin);
    return false;
}
