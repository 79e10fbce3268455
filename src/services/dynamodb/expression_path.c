/*
 * expression_path.c: document paths: a.b[0].#c
 */
#include "expression_internal.h"

#include "base/list.h"
#include "base/text.h"

enum { MAX_PATH_STEPS = 32 };

static bool parse_name(struct parser *parser, struct path *path)
{
    enum token_kind kind = parser->current.kind;

    if ((kind != TOKEN_WORD && kind != TOKEN_NAME) || parser_at_operator_word(parser))
        return parser_refuse(parser);
    list_add(parser->scope->arena, path)->name = parser->current.text;
    parser_advance(parser);
    return true;
}

static bool parse_index(struct parser *parser, struct path *path)
{
    int64_t index;

    if (parser->current.kind != TOKEN_NUMBER || !str_to_i64(parser->current.text, &index))
        return parser_refuse(parser);
    list_add(parser->scope->arena, path)->index = (size_t)index;
    parser_advance(parser);
    return parser_expect_symbol(parser, "]");
}

bool path_parse(struct parser *parser, struct path *path)
{
    if (!parse_name(parser, path))
        return false;
    for (;;) {
        if (parser_accept_symbol(parser, ".")) {
            if (!parse_name(parser, path))
                return false;
        } else if (parser_accept_symbol(parser, "[")) {
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

str path_reserved_word(const struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        if (str_present(path->items[i].name) && is_reserved_word(path->items[i].name))
            return path->items[i].name;
    return (str){0};
}

static bool resolve_name(struct scope *scope, str *name, str *problem)
{
    for (size_t i = 0; i < scope->names->count; i++) {
        if (str_equal(scope->names->items[i].key, *name)) {
            scope->names_used[i] = true;
            *name = scope->names->items[i].value;
            return true;
        }
    }
    *problem = arena_format(scope->arena,
                            "An expression attribute name used in the document path is not defined; "
                            "attribute name: %.*s",
                            STR_ARGS(*name));
    return false;
}

bool path_resolve(struct scope *scope, struct path *path, str *problem)
{
    for (size_t i = 0; i < path->count; i++)
        if (str_starts_with(path->items[i].name, S("#")) &&
            !resolve_name(scope, &path->items[i].name, problem))
            return false;
    return true;
}

bool paths_equal(const struct path *a, const struct path *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_equal(a->items[i].name, b->items[i].name) || a->items[i].index != b->items[i].index)
            return false;
    return true;
}

str path_text(struct arena *arena, const struct path *path)
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
