/*
 * partiql_refused.c: what PartiQL has, and DynamoDB does not: it is named in the refusal.
 *
 * Each check looks ahead and leaves the parser where it is.
 */
#include "partiql_internal.h"

/* ---- statements ---- */

static const struct other_statement {
    const char *words[2];
    const char *name;
} other_statements[] = {
    {{"CREATE", "TABLE"}, "CreateTable"},
    {{"CREATE", "INDEX"}, "CreateIndex"},
    {{"DROP", "TABLE"}, "DropTable"},
    {{"DROP", "INDEX"}, "DropIndex"},
    {{"EXEC", NULL}, "Exec"},
};

/* Do the statement's words, and then a name, begin here?  CREATE INDEX has ON before the name. */
static bool is_statement(struct pql_parser ahead, const struct other_statement *statement)
{
    for (size_t i = 0; i < 2 && statement->words[i]; i++)
        if (!dynamodb_pql_accept_word(&ahead, statement->words[i]))
            return false;
    return dynamodb_pql_accept_word(&ahead, "ON") || dynamodb_pql_at_name(&ahead);
}

bool dynamodb_pql_statement_refuse(struct pql_parser *parser)
{
    for (size_t i = 0; i < sizeof other_statements / sizeof *other_statements; i++)
        if (is_statement(*parser, &other_statements[i]))
            return dynamodb_pql_refuse(parser, arena_join(parser->scope.arena, S("Unsupported operation: "),
                                                          str_of(other_statements[i].name)));
    return dynamodb_pql_malformed(parser, "Expected data manipulation");
}

/* ---- clauses of a SELECT ---- */

bool dynamodb_pql_join_check(struct pql_parser *parser)
{
    static const char *const kinds[] = {"INNER", "LEFT", "RIGHT", "FULL", "CROSS"};
    struct pql_parser ahead = *parser;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (dynamodb_pql_accept_word(&ahead, kinds[i]))
            break;
    dynamodb_pql_accept_word(&ahead, "OUTER");
    return (!dynamodb_pql_at_word(&ahead, "JOIN") && !dynamodb_pql_at_symbol(&ahead, ",")) ||
           dynamodb_pql_refuse(parser, S("Only select from a single table or index is supported."));
}

bool dynamodb_pql_group_check(struct pql_parser *parser)
{
    struct pql_parser ahead = *parser;

    return !dynamodb_pql_accept_word(&ahead, "GROUP") || !dynamodb_pql_at_word(&ahead, "BY") ||
           dynamodb_pql_refuse(parser, S("Unsupported clause: GROUP BY"));
}

/* How loosely the current token binds its operands. */
enum looseness { NO_OPERATOR, COMPARISON, CONJUNCTION, DISJUNCTION };

static enum looseness looseness_of(const struct pql_parser *parser)
{
    return dynamodb_pql_at_word(parser, "OR")    ? DISJUNCTION
           : dynamodb_pql_at_word(parser, "AND") ? CONJUNCTION
           : dynamodb_pql_at_operator(parser)    ? COMPARISON
                                                 : NO_OPERATOR;
}

/* Of a condition, the operator that is evaluated last; without one, its first token. */
static str last_operator(struct pql_parser ahead)
{
    enum looseness loosest = dynamodb_pql_at_word(&ahead, "NOT") ? COMPARISON : NO_OPERATOR;
    str place = ahead.current.written;
    int depth = 0, ranges = 0;

    for (; ahead.current.kind != PQL_END && ahead.current.kind != PQL_BAD; dynamodb_pql_advance(&ahead)) {
        depth += dynamodb_pql_at_symbol(&ahead, "(") - dynamodb_pql_at_symbol(&ahead, ")");
        enum looseness looseness = depth == 0 ? looseness_of(&ahead) : NO_OPERATOR;
        bool of_range = looseness == CONJUNCTION && ranges > 0 && ranges--;
        ranges += depth == 0 && dynamodb_pql_at_word(&ahead, "BETWEEN");
        if (of_range || looseness < loosest || looseness < COMPARISON ||
            (looseness == COMPARISON && loosest == COMPARISON))
            continue;
        loosest = looseness;
        place = ahead.current.written;
    }
    return place;
}

bool dynamodb_pql_having_check(struct pql_parser *parser)
{
    struct pql_parser ahead = *parser;

    return !dynamodb_pql_accept_word(&ahead, "HAVING") || ahead.current.kind == PQL_END ||
           dynamodb_pql_refuse_at(parser, S("Unsupported clause: HAVING"), last_operator(ahead));
}

/* The place is that of the number. */
bool dynamodb_pql_limit_check(struct pql_parser *parser)
{
    struct pql_parser ahead = *parser;

    return !dynamodb_pql_accept_word(&ahead, "LIMIT") || !dynamodb_pql_at_value(&ahead) ||
           dynamodb_pql_refuse_at(parser, S("Unsupported clause: LIMIT"), ahead.current.written);
}

/* ---- columns ---- */

static bool at_arithmetic(const struct pql_parser *parser)
{
    static const char *const symbols[] = {"+", "-", "*", "/", "%", "||"};

    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (dynamodb_pql_at_symbol(parser, symbols[i]))
            return true;
    return false;
}

static bool refuse_column(struct pql_parser *parser)
{
    return dynamodb_pql_refuse_at(parser, S("Unexpected path component"), parser->current.written);
}

bool dynamodb_pql_column_start_check(struct pql_parser *parser)
{
    bool is_path = !dynamodb_pql_at_value(parser) && !dynamodb_pql_at_word(parser, "NOT") &&
                   !dynamodb_pql_at_word(parser, "CASE") && !dynamodb_pql_at_word(parser, "MISSING");

    return is_path || refuse_column(parser);
}

bool dynamodb_pql_column_end_check(struct pql_parser *parser)
{
    bool is_path = !dynamodb_pql_at_operator(parser) && !at_arithmetic(parser);

    return is_path || refuse_column(parser);
}

/* ---- INSERT ---- */

bool dynamodb_pql_items_check(struct pql_parser *parser)
{
    bool many = dynamodb_pql_at_word(parser, "VALUES") || dynamodb_pql_at_symbol(parser, "<<");

    return !many ||
           dynamodb_pql_refuse(parser, S("Unsupported operation: Inserting multiple items in a single "
                                         "statement is not supported, use \"INSERT INTO tableName VALUE "
                                         "item\" instead"));
}

/* The place of AT is the statement's first word. */
bool dynamodb_pql_insert_end_check(struct pql_parser *parser)
{
    struct pql_parser ahead = *parser, first = *parser;

    if (dynamodb_pql_at_word(parser, "RETURNING"))
        return dynamodb_pql_refuse(parser, S("RETURNING is not supported in INSERT"));
    if (dynamodb_pql_accept_word(&ahead, "AT") && dynamodb_pql_at_value(&ahead)) {
        dynamodb_pql_begin(&first);
        return dynamodb_pql_refuse_at(parser, S("AT is not supported in insert statements."),
                                      first.current.written);
    }
    return !dynamodb_pql_accept_word(&ahead, "ON") || !dynamodb_pql_accept_word(&ahead, "CONFLICT") ||
           !dynamodb_pql_at_word(&ahead, "WHERE") ||
           dynamodb_pql_refuse(parser, S("Unsupported clause: ON CONFLICT"));
}
