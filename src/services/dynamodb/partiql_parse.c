/*
 * partiql_parse.c: the statements of PartiQL that DynamoDB knows.
 *
 *     select = SELECT [ ALL ] ( "*" | path { "," path } ) FROM table [ "." index ] [ WHERE condition ]
 *              [ ORDER BY name [ ASC | DESC ] { "," name [ ASC | DESC ] } ]
 *     insert = INSERT INTO table VALUE map
 *     update = UPDATE table clauses [ WHERE condition ] [ RETURNING returning ]
 *            | FROM table [ WHERE condition ] clauses [ RETURNING returning ]
 *     delete = DELETE FROM table [ WHERE condition ] [ RETURNING returning ]
 *     exists = EXISTS "(" select ")"
 *     returning = ( ALL | MODIFIED ) ( OLD | NEW ) "*"
 */
#include "partiql_internal.h"

#include "base/list.h"

/* ---- parts ---- */

static bool parse_source_name(struct pql_parser *parser, str *name, const char *detail)
{
    if (!dynamodb_pql_at_name(parser))
        return detail ? dynamodb_pql_malformed(parser, detail) : dynamodb_pql_unexpected(parser);
    if (str_empty(parser->current.text))
        return dynamodb_pql_refuse(parser, S("Path component cannot be an empty string"));
    *name = parser->current.text;
    dynamodb_pql_advance(parser);
    return true;
}

static bool is_table_name(str name)
{
    enum { MIN_NAME = 3, MAX_NAME = 255 };

    return str_starts_with(name, S("arn:")) ||
           (name.size >= MIN_NAME && name.size <= MAX_NAME && str_is_word(name, S("_.-")));
}

/* "table" or "table"."index"; only a SELECT may name an index. */
static bool parse_source(struct pql_parser *parser, struct statement *statement)
{
    bool selects = statement->kind == STATEMENT_SELECT;
    str written = parser->current.written;

    if (!parse_source_name(parser, &statement->table_name,
                           statement->kind == STATEMENT_DELETE ? "Expected identifier for simple path"
                                                               : NULL))
        return false;
    if (dynamodb_pql_at_symbol(parser, ".") && statement->kind == STATEMENT_INSERT)
        return dynamodb_pql_refuse_at(parser,
                                      S("FROM clause may only contain a single table name in data "
                                        "manipulation statements"),
                                      written);
    if (dynamodb_pql_accept_symbol(parser, ".") &&
        !parse_source_name(parser, &statement->index_name, "Invalid path dot component"))
        return false;
    if (dynamodb_pql_at_symbol(parser, "."))
        return dynamodb_pql_refuse(parser, S("A path may contain at most 2 components in the FROM clause"));
    if (str_present(statement->index_name) && !selects)
        return dynamodb_pql_refuse(parser, S("This operation is not supported on an index"));
    if (selects && !dynamodb_pql_join_check(parser))
        return false;
    return is_table_name(statement->table_name) ||
           dynamodb_pql_refuse(parser, S("Table name should be within the length [3, 255] and only contain "
                                         "'a-z', 'A-Z', '0-9', '-', '_', '.'."));
}

static bool alias_check(struct pql_parser *parser)
{
    bool alias = parser->current.kind == PQL_NAME || dynamodb_pql_at_word(parser, "AS") ||
                 (parser->current.kind == PQL_WORD && !dynamodb_pql_at_keyword(parser));

    return !alias || dynamodb_pql_refuse(parser, S("Aliasing is not supported"));
}

static bool parse_where(struct pql_parser *parser, struct statement *statement)
{
    if (!dynamodb_pql_accept_word(parser, "WHERE"))
        return true;
    statement->where = dynamodb_pql_condition(parser);
    return statement->where != NULL;
}

/* ---- RETURNING ---- */

static const struct returning {
    const char *which, *when;
    enum dynamodb_return_value return_value;
} returnings[] = {{"ALL", "OLD", DYNAMODB_RETURN_VALUE_ALL_OLD},
                  {"ALL", "NEW", DYNAMODB_RETURN_VALUE_ALL_NEW},
                  {"MODIFIED", "OLD", DYNAMODB_RETURN_VALUE_UPDATED_OLD},
                  {"MODIFIED", "NEW", DYNAMODB_RETURN_VALUE_UPDATED_NEW}};

static const struct returning *accept_returning(struct pql_parser *parser)
{
    for (size_t i = 0; i < sizeof returnings / sizeof *returnings; i++) {
        struct pql_parser ahead = *parser;
        if (!dynamodb_pql_accept_word(&ahead, returnings[i].which) ||
            !dynamodb_pql_accept_word(&ahead, returnings[i].when))
            continue;
        *parser = ahead;
        return &returnings[i];
    }
    return NULL;
}

static bool returning_check(struct pql_parser *parser, const struct statement *statement,
                            const struct returning *returning)
{
    if (statement->kind != STATEMENT_DELETE || returning->return_value == DYNAMODB_RETURN_VALUE_ALL_OLD)
        return true;
    return dynamodb_pql_refuse(
        parser,
        arena_format(parser->scope.arena,
                     "Invalid returning clause: RETURNING %s %s *. Only RETURNING ALL OLD * is allowed "
                     "in DELETE statements.",
                     returning->which, returning->when));
}

static bool parse_returning(struct pql_parser *parser, struct statement *statement)
{
    if (!dynamodb_pql_accept_word(parser, "RETURNING"))
        return true;
    const struct returning *returning = accept_returning(parser);
    if (!returning)
        return dynamodb_pql_malformed(parser, "Expected ( MODIFIED | ALL ) ( NEW | OLD )");
    statement->return_values = dynamodb_return_value_text(returning->return_value);
    if (!dynamodb_pql_accept_symbol(parser, "*"))
        return dynamodb_pql_refuse(
            parser, S("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"));
    if (dynamodb_pql_at_symbol(parser, ","))
        return dynamodb_pql_refuse(parser,
                                   S("Invalid syntax with multiple returning elements in RETURNING clause"));
    return returning_check(parser, statement, returning);
}

/* ---- SELECT ---- */

static bool parse_column(struct pql_parser *parser, struct projection *projection)
{
    struct pql_token first = parser->current;
    struct path path = {0};

    if (!dynamodb_pql_column_start_check(parser) || !dynamodb_pql_path(parser, &path))
        return false;
    if (dynamodb_pql_at_symbol(parser, "("))
        return dynamodb_pql_refuse_at(parser, S("Unexpected path component"), first.written);
    if (!dynamodb_pql_column_end_check(parser))
        return false;
    *list_add(parser->scope.arena, projection) = path;
    return alias_check(parser);
}

/* A word that can be a column is one before a comma, FROM, or the rest of a path. */
static bool is_quantifier(const struct pql_parser *parser, const char *word)
{
    struct pql_parser ahead = *parser;

    dynamodb_pql_advance(&ahead);
    return dynamodb_pql_at_word(parser, word) &&
           (dynamodb_pql_at_symbol(&ahead, "*") || dynamodb_pql_at_symbol(&ahead, "{") ||
            ((ahead.current.kind == PQL_WORD || ahead.current.kind == PQL_NAME) &&
             !dynamodb_pql_at_word(&ahead, "FROM") && !dynamodb_pql_at_word(&ahead, "AS")));
}

static bool parse_quantifier(struct pql_parser *parser)
{
    if (is_quantifier(parser, "DISTINCT"))
        return dynamodb_pql_refuse(parser, S("Unsupported token in expression: DISTINCT"));
    if (is_quantifier(parser, "VALUE"))
        return dynamodb_pql_refuse(parser, S("Select projection doesn't support value or pivot keywords"));
    if (is_quantifier(parser, "ALL"))
        dynamodb_pql_advance(parser);
    return true;
}

static bool parse_columns(struct pql_parser *parser, struct statement *statement)
{
    struct projection *projection = arena_new(parser->scope.arena, struct projection);

    if (dynamodb_pql_accept_symbol(parser, "*"))
        return !dynamodb_pql_at_symbol(parser, ",") ||
               dynamodb_pql_refuse(parser, S("Other attributes should not be present in the projection when "
                                             "'*' is used."));
    statement->projection = projection;
    do {
        if (!parse_column(parser, projection))
            return false;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    return true;
}

static bool parse_ordering(struct pql_parser *parser, struct statement *statement)
{
    struct path path = {0};

    if (!dynamodb_pql_path(parser, &path))
        return false;
    struct ordering *ordering = list_add(parser->scope.arena, &statement->orderings);
    ordering->name = path.items[0].name;
    ordering->descending = dynamodb_pql_accept_word(parser, "DESC");
    if (!ordering->descending)
        dynamodb_pql_accept_word(parser, "ASC");
    return path.count == 1 || dynamodb_pql_refuse(parser, S("Argument to ORDER BY must be of type "
                                                            "VariableReference. Type: Path"));
}

static bool parse_order(struct pql_parser *parser, struct statement *statement)
{
    if (!dynamodb_pql_accept_word(parser, "ORDER"))
        return true;
    if (!dynamodb_pql_expect_word(parser, "BY", "Expected BY"))
        return false;
    do {
        if (!parse_ordering(parser, statement))
            return false;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    return true;
}

static bool parse_select(struct pql_parser *parser, struct statement *statement)
{
    return parse_quantifier(parser) && parse_columns(parser, statement) &&
           dynamodb_pql_expect_word(parser, "FROM", "Expected FROM") && parse_source(parser, statement) &&
           alias_check(parser) && parse_where(parser, statement) && dynamodb_pql_group_check(parser) &&
           parse_order(parser, statement) && dynamodb_pql_having_check(parser) &&
           dynamodb_pql_limit_check(parser);
}

static bool parse_exists(struct pql_parser *parser, struct statement *statement)
{
    statement->exists = true;
    return dynamodb_pql_expect_symbol(parser, "(", "Expected LEFT_PAREN") &&
           dynamodb_pql_expect_word(parser, "SELECT", "Expected SELECT") && parse_select(parser, statement) &&
           dynamodb_pql_expect_symbol(parser, ")", "Expected RIGHT_PAREN");
}

/* ---- writes ---- */

static bool parse_insert(struct pql_parser *parser, struct statement *statement)
{
    if (!dynamodb_pql_expect_word(parser, "INTO", "Expected INTO") || !parse_source(parser, statement))
        return false;
    return dynamodb_pql_items_check(parser) &&
           dynamodb_pql_expect_word(parser, "VALUE", "Unexpected token after expression") &&
           dynamodb_pql_item(parser, &statement->item) && dynamodb_pql_insert_end_check(parser);
}

static bool parse_update(struct pql_parser *parser, struct statement *statement)
{
    return parse_source(parser, statement) && alias_check(parser) &&
           dynamodb_pql_update(parser, &statement->update) && parse_where(parser, statement) &&
           parse_returning(parser, statement);
}

static bool parse_from_first(struct pql_parser *parser, struct statement *statement)
{
    return parse_source(parser, statement) && alias_check(parser) && parse_where(parser, statement) &&
           dynamodb_pql_update(parser, &statement->update) && parse_returning(parser, statement);
}

static bool parse_delete(struct pql_parser *parser, struct statement *statement)
{
    return dynamodb_pql_expect_word(parser, "FROM", "Expected FROM") && parse_source(parser, statement) &&
           alias_check(parser) && parse_where(parser, statement) && parse_returning(parser, statement);
}

/* ---- statements ---- */

static const struct beginning {
    const char *word;
    enum statement_kind kind;
    bool (*parse)(struct pql_parser *parser, struct statement *statement);
} beginnings[] = {
    {"SELECT", STATEMENT_SELECT, parse_select}, {"INSERT", STATEMENT_INSERT, parse_insert},
    {"UPDATE", STATEMENT_UPDATE, parse_update}, {"FROM", STATEMENT_UPDATE, parse_from_first},
    {"DELETE", STATEMENT_DELETE, parse_delete}, {"EXISTS", STATEMENT_SELECT, parse_exists},
};

static bool parse_statement(struct pql_parser *parser, struct statement *statement)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (!dynamodb_pql_accept_word(parser, beginnings[i].word))
            continue;
        statement->kind = beginnings[i].kind;
        return beginnings[i].parse(parser, statement);
    }
    return dynamodb_pql_statement_refuse(parser);
}

static bool parse_end(struct pql_parser *parser)
{
    dynamodb_pql_accept_symbol(parser, ";");
    return parser->current.kind == PQL_END ||
           dynamodb_pql_malformed(parser, "Unexpected token after expression");
}

bool dynamodb_parameters_check(struct arena *arena,
                               const struct dynamodb_prepared_statement_parameters *parameters, str *problem)
{
    for (size_t i = 0; parameters && i < parameters->count; i++)
        if (!dynamodb_value_check(arena, VALUE_LAYER_OLDER, &parameters->items[i], problem))
            return false;
    return true;
}

/* No two columns have one name. */
static bool columns_check(struct pql_parser *parser, const struct statement *statement)
{
    struct str_list names = {0};

    for (size_t i = 0; statement->projection && i < statement->projection->count; i++)
        *list_add(parser->scope.arena, &names) =
            dynamodb_pql_column_name(parser->scope.arena, &statement->projection->items[i]);
    const str *repeated = dynamodb_first_repeated(parser->scope.arena, &names);
    return !repeated ||
           dynamodb_pql_refuse(parser, arena_format(parser->scope.arena,
                                                    "Duplicate identifiers in select clause: %.*s",
                                                    STR_ARGS(*repeated)));
}

/* The literals are checked; a parameter may be too deep for an item. */
static bool item_check(struct pql_parser *parser, const struct statement *statement)
{
    if (dynamodb_item_check(parser->scope.arena, VALUE_LAYER_OLDER, &statement->item, parser->problem))
        return true;
    return dynamodb_pql_refuse(parser, str_equal(*parser->problem, dynamodb_item_too_deep)
                                           ? S(DYNAMODB_NESTED_TOO_DEEPLY)
                                           : *parser->problem);
}

/* The checks of expressions, on trees that have their values. */
static bool trees_check(struct pql_parser *parser, struct statement *statement)
{
    if (parser->operators > MAX_STATEMENT_OPERATORS)
        return dynamodb_pql_refuse(
            parser, arena_format(parser->scope.arena,
                                 "The expression contains too many operators; operator count: %d",
                                 MAX_STATEMENT_OPERATORS + 1));
    return columns_check(parser, statement) &&
           (!statement->where ||
            dynamodb_condition_check(&parser->scope, statement->where, parser->problem)) &&
           (statement->update.count == 0 ||
            dynamodb_update_check(&parser->scope, &statement->update, parser->problem)) &&
           item_check(parser, statement);
}

bool dynamodb_statement_parse(struct arena *arena, str text,
                              const struct dynamodb_prepared_statement_parameters *parameters,
                              struct statement *statement, str *problem)
{
    struct pql_parser parser = {.scope = {.arena = arena, .resolved = true},
                                .source = text,
                                .parameters = parameters,
                                .problem = problem};

    *statement = (struct statement){0};
    *problem = (str){0};
    dynamodb_pql_begin(&parser);
    return parse_statement(&parser, statement) && parse_end(&parser) && trees_check(&parser, statement);
}
