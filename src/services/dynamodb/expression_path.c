/*
 * expression_path.c: document paths: a.b[0].#c
 */
#include "expression_internal.h"

#include "base/list.h"
#include "base/text.h"

enum { MAX_PATH_STEPS = 32 };
static const int64_t max_index = 4294967294;

static bool parse_name(struct parser *parser, struct path *path)
{
    enum token_kind kind = parser->current.kind;

    if ((kind != TOKEN_WORD && kind != TOKEN_NAME) || dynamodb_parser_at_operator_word(parser))
        return dynamodb_parser_refuse(parser);
    list_add(parser->scope->arena, path)->name = parser->current.text;
    dynamodb_parser_advance(parser);
    return true;
}

static bool parse_index(struct parser *parser, struct path *path)
{
    int64_t index;

    if (parser->current.kind != TOKEN_NUMBER)
        return dynamodb_parser_refuse(parser);
    if (!str_to_i64(parser->current.text, &index) || index > max_index) {
        *parser->problem =
            arena_format(parser->scope->arena, "List index is not within the allowable range; index: [%.*s]",
                         STR_ARGS(parser->current.text));
        return false;
    }
    list_add(parser->scope->arena, path)->index = (size_t)index;
    dynamodb_parser_advance(parser);
    return dynamodb_parser_expect_symbol(parser, "]");
}

bool dynamodb_path_parse(struct parser *parser, struct path *path)
{
    if (!parse_name(parser, path))
        return false;
    for (;;) {
        if (dynamodb_parser_accept_symbol(parser, ".")) {
            if (!parse_name(parser, path))
                return false;
        } else if (dynamodb_parser_accept_symbol(parser, "[")) {
            if (!parse_index(parser, path))
                return false;
        } else {
            break;
        }
    }
    if (path->count <= MAX_PATH_STEPS)
        return true;
    *parser->problem =
        S("The document path has too many nesting elements; nesting levels have exceeded supported "
          "limits");
    return false;
}

str dynamodb_path_reserved_word(const struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        if (str_present(path->items[i].name) && dynamodb_is_reserved_word(path->items[i].name))
            return path->items[i].name;
    return (str){0};
}

ptrdiff_t dynamodb_placeholder_find(struct scope *scope, const struct lookup_texts *placeholders, str text)
{
    scope->lookups.arena = scope->arena;
    return dynamodb_lookup_text(&scope->lookups, placeholders, text);
}

static bool resolve_name(struct scope *scope, str *name, str *problem)
{
    const struct str_map *names = scope->names;
    ptrdiff_t i = dynamodb_placeholder_find(
        scope, &(struct lookup_texts){names->items, names->count, sizeof *names->items}, *name);

    if (i >= 0) {
        scope->names_used[i] = true;
        *name = names->items[i].value;
        return true;
    }
    *problem = arena_format(scope->arena,
                            "An expression attribute name used in the document path is not defined; "
                            "attribute name: %.*s",
                            STR_ARGS(*name));
    return false;
}

bool dynamodb_path_resolve(struct scope *scope, struct path *path, str *problem)
{
    for (size_t i = 0; i < path->count; i++)
        if (str_starts_with(path->items[i].name, S("#")) &&
            !resolve_name(scope, &path->items[i].name, problem))
            return false;
    return true;
}

/* Names come before indexes. */
int dynamodb_step_compare(const struct step *a, const struct step *b)
{
    if (str_present(a->name) != str_present(b->name))
        return str_present(a->name) ? -1 : 1;
    if (str_present(a->name))
        return str_compare(a->name, b->name);
    return (a->index > b->index) - (a->index < b->index);
}

int dynamodb_path_compare(const struct path *a, const struct path *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = dynamodb_step_compare(&a->items[i], &b->items[i]);
        if (order != 0)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

str dynamodb_path_text(struct arena *arena, const struct path *path)
{
    struct text text = text_in(arena);

    text_add_char(&text, '[');
    for (size_t i = 0; i < path->count; i++) {
        text_add(&text, i ? S(", ") : S(""));
        if (str_present(path->items[i].name))
            text_add(&text, path->items[i].name);
        else
            text_format(&text, "[%zu]", path->items[i].index);
    }
    text_add_char(&text, ']');
    return text_str(&text);
}
